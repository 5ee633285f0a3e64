import { createPublicKey, type JsonWebKey } from 'node:crypto'

const uncompressed = 0x04
const bytesOf = (point: string): Buffer => Buffer.from(point, 'base64url')

/** A point on P-256 as computers write it (65 bytes, base64url), in one spelling; undefined for anything else. */
export function readPoint(text: string): string | undefined {
  const bytes = bytesOf(text)
  if (bytes.length !== 65 || bytes[0] !== uncompressed || bytes.toString('base64url') !== text) return undefined
  try {
    // Refuses a point that is not on the curve.
    createPublicKey({ key: JSON.parse(jwkOf(text)) as JsonWebKey, format: 'jwk' })
    return text
  } catch {
    return undefined
  }
}

/** The same key as phones write theirs (RFC 7518 §6.2). */
export function jwkOf(point: string): string {
  const bytes = bytesOf(point)
  return JSON.stringify({ kty: 'EC', crv: 'P-256', x: bytes.subarray(1, 33).toString('base64url'), y: bytes.subarray(33).toString('base64url') })
}

/** And the other way round. */
export function pointOf(jwk: string): string {
  const { x = '', y = '' } = JSON.parse(jwk) as Partial<Record<'x' | 'y', string>>
  return Buffer.concat([Buffer.from([uncompressed]), bytesOf(x), bytesOf(y)]).toString('base64url')
}
