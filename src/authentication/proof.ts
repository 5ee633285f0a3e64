import type { UserId } from '../storage/index.ts'

export type MethodId = 'passkey' | 'code' | 'recovery-code' | 'password' | 'totp' | 'access-pass' | 'phone'
export type Factor = 'knowledge' | 'possession' | 'inherence'

/** One verified method inside a sign-in: what it proved, when, and with which credential. */
export interface Proof {
  readonly method: MethodId
  readonly at: number
  readonly credentialId: string | null
  readonly factors: readonly Factor[]
  /** RFC 8176 values that are true of this very proof. */
  readonly amr: readonly string[]
  /** The proof was bound to our origin, so a look-alike site could not have relayed it. */
  readonly phishingResistant: boolean
  /** The private key cannot leave its device (WebAuthn backup eligibility is off). */
  readonly deviceBound: boolean
  /** It lets the person enroll a first key, and is worth nothing for anything else. */
  readonly onlyFor?: 'first_key'
}

/**
 * How strongly someone is signed in, weakest first. The last two are the values of OpenID Connect EAP ACR Values 1.0
 * (`phr` phishing-resistant, `phrh` the same with a hardware-protected key).
 */
export const assurances = ['urn:doorward:acr:code', 'urn:doorward:acr:multi', 'phr', 'phrh'] as const
export type Assurance = (typeof assurances)[number]

/** The strongest thing that these proofs truthfully support. Codes never add up to multi-factor (SEC-59, SEC-19). */
export function assuranceOf(proofs: readonly Proof[]): Assurance {
  const strong = proofs.filter((proof) => proof.phishingResistant && proof.factors.length >= 2)
  if (strong.some((proof) => proof.deviceBound)) return 'phrh'
  if (strong.length > 0) return 'phr'
  const factors = new Set(proofs.filter((proof) => proof.method !== 'code' && proof.onlyFor === undefined).flatMap((proof) => proof.factors))
  return factors.size >= 2 ? 'urn:doorward:acr:multi' : 'urn:doorward:acr:code'
}

export function atLeast(actual: Assurance, required: Assurance): boolean {
  return assurances.indexOf(actual) >= assurances.indexOf(required)
}

/** RFC 8176 `amr` of all proofs, each value once; `mfa` too where they are two factors only together, such as password and app. */
export function amrOf(proofs: readonly Proof[]): string[] {
  return [...new Set([...proofs.flatMap((proof) => proof.amr), ...(assuranceOf(proofs) === 'urn:doorward:acr:multi' ? ['mfa'] : [])])]
}

/** What a method answers after judging an answer. A wrong answer is a value; a throw means a fault of ours. */
export type Verification =
  | { readonly outcome: 'verified'; readonly user: UserId; readonly proof: Proof }
  /** `user` where the answer was right in itself: it concerns that person, who must be able to read of it. */
  | { readonly outcome: 'rejected'; readonly reason: 'wrong' | 'expired' | 'replayed' | 'locked' | 'unknown' | 'suspended'; readonly user?: UserId }
