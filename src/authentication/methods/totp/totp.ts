import { HOTP, Secret, TOTP } from 'otpauth'
import { renderSVG } from 'uqr'
import { equalInConstantTime } from '../../../equal.ts'
import type { CredentialId } from '../../../storage/index.ts'
import type { Proof } from '../../proof.ts'

// What every app speaks, whatever else the address of a seed may name: HMAC-SHA-1, six digits, thirty seconds.
const algorithm = 'SHA1'
const digits = 6
export const stepSeconds = 30

/** 160 bits, the length that RFC 4226 §4 recommends (SEC-57), in base32 as people type it. */
export function newSeed(): string {
  return new Secret({ size: 20 }).base32
}

export function stepOf(now: number): number {
  return Math.floor(now / (stepSeconds * 1_000))
}

export function codeAt(seed: string, step: number, length = digits): string {
  return HOTP.generate({ secret: Secret.fromBase32(seed), algorithm, digits: length, counter: step })
}

/**
 * The 30-second step whose code this is, one early or late, for clocks that differ and people who type slowly.
 * @see RFC 6238 §5.2
 */
export function matchingStep(seed: string, code: string, now: number): number | undefined {
  const today = stepOf(now)
  // All of them are compared, so that the time taken does not tell which one it was.
  return [today + 1, today, today - 1].filter((step) => equalInConstantTime(codeAt(seed, step), code)).at(0)
}

/** The address that a QR code carries into the app; the same facts can be typed. */
export function keyUri(seed: string, issuer: string, account: string): string {
  return new TOTP({ issuer, label: account, algorithm, digits, period: stepSeconds, secret: Secret.fromBase32(seed) }).toString()
}

/** As a picture for a camera, with the quiet zone that ISO/IEC 18004 asks for. */
export function qrPicture(uri: string): string {
  return renderSVG(uri, { ecc: 'M', border: 4 })
}

/** In groups of four, as people read and type it. */
export function formatSeed(seed: string): string {
  return seed.replaceAll(/(.{4})(?=.)/g, '$1 ')
}

/** Something the person has; a look-alike site could pass the code on within its minute. */
export function totpProof(id: CredentialId, at: number): Proof {
  return { method: 'totp', at, credentialId: id, factors: ['possession'], amr: ['otp'], phishingResistant: false, deviceBound: false }
}
