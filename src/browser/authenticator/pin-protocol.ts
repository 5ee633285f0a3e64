import { concat, randomBytes, utf8, type Bytes } from '../pairing/bytes.ts'
import type { Key } from '../pairing/party.ts'

/** PIN/UV auth protocols (CTAP 2.1 §6.5.6, §6.5.7). No PIN goes through them here, only what `hmac-secret` keeps from the wire. */
export type PinProtocol = 1 | 2

/** What both sides of one know. */
export interface SharedSecret { readonly protocol: PinProtocol; readonly encryption: Bytes; readonly authentication: Bytes }

export const pinProtocols: readonly PinProtocol[] = [2, 1]
const block = 16

/** @param bits the x-coordinate that ECDH gives */
export async function sharedSecret(protocol: PinProtocol, bits: Bytes): Promise<SharedSecret> {
  if (protocol === 1) {
    const key = new Uint8Array(await crypto.subtle.digest('SHA-256', bits))
    return { protocol, encryption: key, authentication: key }
  }
  const root = await crypto.subtle.importKey('raw', bits, 'HKDF', false, ['deriveBits'])
  const derive = async (info: string): Promise<Bytes> => new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info: utf8(info) }, root, 256))
  return { protocol, encryption: await derive('CTAP2 AES key'), authentication: await derive('CTAP2 HMAC key') }
}

export async function isAuthentic({ protocol, authentication }: SharedSecret, message: Bytes, proof: Bytes): Promise<boolean> {
  const key = await crypto.subtle.importKey('raw', authentication, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])
  if (protocol === 2) return proof.length === 32 && crypto.subtle.verify('HMAC', key, proof, message)
  const own = new Uint8Array(await crypto.subtle.sign('HMAC', key, message)).subarray(0, block)
  return proof.length === block && own.reduce((difference, byte, at) => difference | (byte ^ (proof[at] ?? 0)), 0) === 0
}

/** Of whole blocks, without padding: the last one, which WebCrypto adds, is left away. */
export async function encrypt({ protocol, encryption }: Pick<SharedSecret, 'protocol' | 'encryption'>, plain: Bytes): Promise<Bytes> {
  const iv = protocol === 1 ? new Uint8Array(block) : randomBytes(block)
  const body = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, await cipher(encryption), plain)).subarray(0, plain.length)
  return protocol === 1 ? Uint8Array.from(body) : concat(iv, body)
}

/** @returns undefined when these are no whole blocks */
export async function decrypt({ protocol, encryption }: Pick<SharedSecret, 'protocol' | 'encryption'>, sealed: Bytes): Promise<Bytes | undefined> {
  const iv = protocol === 1 ? new Uint8Array(block) : sealed.slice(0, block)
  const body = protocol === 1 ? sealed : sealed.slice(block)
  if (iv.length < block || body.length === 0 || body.length % block !== 0) return undefined
  const key = await cipher(encryption)
  // WebCrypto wants padding at the end: a whole block of it, chained to the last one, is what it makes of nothing.
  const padding = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv: body.slice(-block) }, key, new Uint8Array(0)))
  return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CBC', iv }, key, concat(body, padding)))
}

function cipher(bytes: Bytes): Promise<Key> {
  return crypto.subtle.importKey('raw', bytes, 'AES-CBC', false, ['encrypt', 'decrypt'])
}
