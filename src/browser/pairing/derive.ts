import { utf8, type Bytes } from './bytes.ts'
import type { Key } from './party.ts'

const nothing = new Uint8Array(0)

/** A key that only makes other keys. WebCrypto exports no HKDF key to anybody. */
export async function rootOf(bits: Bytes): Promise<Key> {
  return crypto.subtle.importKey('raw', bits, 'HKDF', false, ['deriveBits', 'deriveKey'])
}

/** HKDF with SHA-256 (RFC 5869). */
export async function deriveBits(from: Key, salt: Bytes, info: Bytes, bytes: number): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, from, bytes * 8))
}

/** Bits of a root for one use, by its name. */
export async function labelledBits(root: Key, label: string, bytes: number): Promise<Bytes> {
  return deriveBits(root, nothing, utf8(label), bytes)
}

/** A key of a root that proves who knows the root. */
export async function macKey(root: Key, label: string): Promise<Key> {
  return crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: nothing, info: utf8(label) }, root, { name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['sign', 'verify'])
}

export async function mac(key: Key, bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes))
}

export async function isMac(key: Key, proof: Bytes, bytes: Bytes): Promise<boolean> {
  return crypto.subtle.verify('HMAC', key, proof, bytes)
}
