import { createHash, createPublicKey, randomInt, verify, type JsonWebKey } from 'node:crypto'

/** A phone as its owner and administrators see it. */
export interface Phone {
  readonly id: string
  readonly name: string
  readonly model: string
  readonly platform: string
  readonly hue: number
  /** The passkey that unlocks it. */
  readonly credentialId: string
  readonly createdAt: number
  readonly lastUsedAt: number | null
  readonly lastIp: string | null
  readonly suspended: boolean
  /** Whether it can be woken while its app is closed. */
  readonly wakeable: boolean
}

/** Several phones of one person; more than this is a mistake or somebody else. */
export const maxPhonesPerPerson = 5
/** A phone's clock may be off by this much before it is told the time. */
export const clockToleranceMilliseconds = 120_000

/** Whether a browser says that it runs on something to hold in the hand. It decides what is offered first, never what is allowed. */
export function isHandheld(userAgent: string): boolean {
  return /Android|iPhone|iPad|Mobile/i.test(userAgent)
}

/** What a phone signs with each request; see src/browser/wire.ts. */
export function requestText(method: string, path: string, at: number, body: Buffer): string {
  return `${method}\n${path}\n${at}\n${createHash('sha256').update(body).digest('base64url')}`
}

/** What the approval key signs when it is shown for the first time: that the phone holds it, for this very challenge and origin. */
export function activationText(challengeId: string, origin: string): string {
  return `doorward-activation-1\n${challengeId}\n${origin}`
}

/** What a decision is, in one text: change any part of it and the signature is none (SEC-45). */
export function decisionText(decision: { readonly id: string; readonly decision: string; readonly number: number | null; readonly nonce: string; readonly origin: string; readonly expiresAt: number }): string {
  return `doorward-approval-1\n${decision.id}\n${decision.decision}\n${decision.number ?? '-'}\n${decision.nonce}\n${decision.origin}\n${decision.expiresAt}`
}

/** The public half of an approval key (RFC 7518 §6.2), in one spelling; undefined for anything but a point on P-256. */
export function readPublicKey(text: string): string | undefined {
  try {
    const { kty, crv, x, y } = JSON.parse(text.slice(0, 1_000)) as Partial<Record<string, unknown>>
    if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string') return undefined
    const jwk = { kty, crv, x, y }
    // Refuses a point that is not on the curve.
    createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
    return JSON.stringify(jwk)
  } catch {
    return undefined
  }
}

/** ECDSA with SHA-256, r and s joined (IEEE P1363), as WebCrypto writes it. */
export function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  try {
    const bytes = Buffer.from(signature, 'base64url')
    return bytes.length === 64 && verify('sha256', Buffer.from(text), { key: createPublicKey({ key: JSON.parse(publicKey) as JsonWebKey, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, bytes)
  } catch {
    return false
  }
}

/** Three different numbers of two digits in rising order, and which of them is the right one (SEC-41). */
export function drawNumbers(): { readonly number: number; readonly choices: readonly number[] } {
  const drawn = new Set<number>()
  while (drawn.size < 3) drawn.add(randomInt(10, 100))
  const choices = [...drawn].sort((a, b) => a - b)
  return { number: choices[randomInt(3)] ?? 10, choices }
}

/** Digits to type, out of a keyed hash: the same for the same thing, so that a page can show them again and no copy of the database holds them. @param count at most 9 */
export function digitsOf(hash: string, count: number): string {
  return String(Buffer.from(hash, 'base64url').readUInt32BE() % 10 ** count).padStart(count, '0')
}
