import { concat, fromBase64url, type Bytes } from '../pairing/bytes.ts'
import type { Key, KeyPair } from '../pairing/party.ts'
import { writeCbor, type Cbor, type CborKey } from './cbor.ts'
import type { Algorithm } from './credential.ts'

interface Scheme {
  /** @throws DOMException where this WebCrypto does not know it */
  make(): Promise<KeyPair>
  /** As COSE_Key (RFC 9052 §7). */
  publicKey(jwk: PublicJwk): Map<CborKey, Cbor>
  sign(key: Key, data: Bytes): Promise<Bytes>
}
interface PublicJwk { readonly x?: string; readonly y?: string; readonly n?: string; readonly e?: string }

const usages = ['sign', 'verify'] as const
const part = (text: string | undefined): Bytes => fromBase64url(text ?? '')

const schemes: Readonly<Record<Algorithm, Scheme>> = {
  [-7]: {
    make: () => crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, usages),
    publicKey: ({ x, y }) => new Map<CborKey, Cbor>([[1, 2], [3, -7], [-1, 1], [-2, part(x)], [-3, part(y)]]),
    sign: async (key, data) => der(new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, data))),
  },
  [-8]: {
    async make() {
      // Some libraries of types do not know yet that this makes a pair.
      const pair: unknown = await crypto.subtle.generateKey({ name: 'Ed25519' }, false, usages)
      return pair as KeyPair
    },
    publicKey: ({ x }) => new Map<CborKey, Cbor>([[1, 1], [3, -8], [-1, 6], [-2, part(x)]]),
    sign: async (key, data) => new Uint8Array(await crypto.subtle.sign({ name: 'Ed25519' }, key, data)),
  },
  [-257]: {
    make: () => crypto.subtle.generateKey({ name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' }, false, usages),
    publicKey: ({ n, e }) => new Map<CborKey, Cbor>([[1, 3], [3, -257], [-1, part(n)], [-2, part(e)]]),
    sign: async (key, data) => new Uint8Array(await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, data)),
  },
}

/** In the order of preference. */
export const algorithms: readonly Algorithm[] = [-7, -8, -257]

export interface CredentialKey {
  readonly key: Key
  readonly cose: Bytes
  /** SubjectPublicKeyInfo, DER: what browsers give to sites that read no COSE. */
  readonly spki: Bytes
}

/** The first of a site's list that we can; undefined when there is none. */
export async function chooseAlgorithm(wanted: readonly number[], allowed: readonly Algorithm[] = algorithms): Promise<Algorithm | undefined> {
  for (const number of wanted) {
    const algorithm = allowed.find((one) => one === number)
    if (algorithm !== undefined && await canMake(algorithm)) return algorithm
  }
  return undefined
}

export async function makeCredentialKey(algorithm: Algorithm): Promise<CredentialKey> {
  const { publicKey, privateKey } = await schemes[algorithm].make()
  const jwk = (await crypto.subtle.exportKey('jwk', publicKey)) as PublicJwk
  return { key: privateKey, cose: writeCbor(schemes[algorithm].publicKey(jwk)), spki: new Uint8Array(await crypto.subtle.exportKey('spki', publicKey)) }
}

export function signWith(algorithm: Algorithm, key: Key, data: Bytes): Promise<Bytes> {
  return schemes[algorithm].sign(key, data)
}

let knowsEd25519: Promise<boolean> | undefined

/** Ed25519 is the one that some browsers lack. */
function canMake(algorithm: Algorithm): Promise<boolean> {
  if (algorithm !== -8) return Promise.resolve(true)
  knowsEd25519 ??= schemes[-8].make().then(() => true, () => false)
  return knowsEd25519
}

/** WebCrypto joins r and s, WebAuthn wants them as ASN.1 (L3 §6.5.5). */
function der(joined: Bytes): Bytes {
  const body = concat(integer(joined.subarray(0, 32)), integer(joined.subarray(32)))
  return concat(Uint8Array.of(0x30, body.length), body)
}

function integer(bytes: Uint8Array): Bytes {
  const start = bytes.findIndex((byte) => byte !== 0)
  const digits = bytes.subarray(start === -1 ? bytes.length - 1 : start)
  const positive = (digits[0] ?? 0) < 0x80 ? digits : concat(Uint8Array.of(0), digits)
  return concat(Uint8Array.of(2, positive.length), positive)
}
