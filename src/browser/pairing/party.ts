import { base64url, fromBase64url, type Bytes } from './bytes.ts'
import type { PublicPoint } from './wire.ts'

/** WebCrypto's key, named by its use, since this runs in Node too. */
export type Key = Parameters<typeof crypto.subtle.sign>[1]
export interface KeyPair { readonly publicKey: Key; readonly privateKey: Key }

const curve = 'P-256'

/** For ECDH. Nobody can read it out, we neither; IndexedDB keeps it all the same. */
export async function makeAgreementKey(): Promise<KeyPair> {
  return crypto.subtle.generateKey({ name: 'ECDH', namedCurve: curve }, false, ['deriveBits'])
}

/** For ECDSA: what a computer signs its requests with. */
export async function makeSigningKey(): Promise<KeyPair> {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: curve }, false, ['sign', 'verify'])
}

export async function publicPoint(key: Key): Promise<PublicPoint> {
  return base64url(new Uint8Array(await crypto.subtle.exportKey('raw', key)))
}

/**
 * The server keeps public keys as JWK (RFC 7518 §6.2.1), we speak of points.
 * @throws RangeError
 */
export function pointOfJwk({ kty, crv, x, y }: { readonly kty?: string; readonly crv?: string; readonly x?: string; readonly y?: string }): PublicPoint {
  const [left, right] = [fromBase64url(x ?? ''), fromBase64url(y ?? '')]
  if (kty !== 'EC' || crv !== curve || left.length !== 32 || right.length !== 32) throw new RangeError('not a key on P-256')
  return base64url(Uint8Array.of(4, ...left, ...right))
}

/** @throws RangeError */
export function pointBytes(point: PublicPoint): Bytes {
  const bytes = fromBase64url(point)
  if (bytes.length !== 65 || bytes[0] !== 4) throw new RangeError('not an uncompressed point on P-256')
  return bytes
}

/**
 * What both sides of an agreement know: the x-coordinate that ECDH gives.
 * @throws RangeError when `theirs` is no point; DOMException when it is not on the curve
 */
export async function sharedBits(own: Key, theirs: PublicPoint): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', pointBytes(theirs), { name: 'ECDH', namedCurve: curve }, true, [])
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: key }, own, 256))
}
