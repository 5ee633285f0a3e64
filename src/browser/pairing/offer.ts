import { base64url, concat, fromBase64url, randomBytes, sha256, utf8, type Bytes } from './bytes.ts'
import { pointBytes } from './party.ts'
import type { PublicPoint } from './wire.ts'

export interface Offer {
  readonly id: string
  readonly secret: Bytes
  readonly agreementKey: PublicPoint
}

/** By this the server knows an offer; it never learns the secret that only the picture shows. */
export async function offerIdOf(secret: Bytes): Promise<string> {
  return base64url(await sha256(concat(utf8('doorward-pairing-offer-1'), secret)))
}

/** A picture's worth of pairing: `address` is what the QR code says. */
export async function makeOffer(publicUrl: string, agreementKey: PublicPoint): Promise<Offer & { readonly address: string }> {
  const secret = randomBytes(16)
  return { id: await offerIdOf(secret), secret, agreementKey, address: `${publicUrl}/phone/pair#1.${base64url(secret)}.${agreementKey}` }
}

/** An offer of a computer that pairs through this server; undefined for any other text. */
export async function readOffer(address: string, publicUrl: string): Promise<Offer | undefined> {
  const start = `${publicUrl}/phone/pair#1.`
  const [secret = '', agreementKey = '', ...more] = address.trim().startsWith(start) ? address.trim().slice(start.length).split('.') : []
  try {
    const bytes = fromBase64url(secret)
    pointBytes(agreementKey)
    return bytes.length === 16 && more.length === 0 ? { id: await offerIdOf(bytes), secret: bytes, agreementKey } : undefined
  } catch {
    return undefined
  }
}
