import { createHmac, createSecretKey } from 'node:crypto'
import { equalInConstantTime } from '../equal.ts'

/** Signs the cookies of a protocol library; the shape is the one that Koa asks for. */
export interface CookieSigner {
  sign(data: string): string
  verify(data: string, signature: string): boolean
  /** Which of several keys has signed: 0 is ours, -1 is none. */
  index(data: string, signature: string): number
}

/** HMAC-SHA-256. Koa's own signer would take a key that is made into one anew, and two more HMACs to compare, at every cookie. */
export function createCookieSigner(key: Buffer): CookieSigner {
  const secret = createSecretKey(key)
  const sign = (data: string): string => createHmac('sha256', secret).update(data).digest('base64url')
  const verify = (data: string, signature: string): boolean => equalInConstantTime(sign(data), signature)
  return { sign, verify, index: (data, signature) => (verify(data, signature) ? 0 : -1) }
}
