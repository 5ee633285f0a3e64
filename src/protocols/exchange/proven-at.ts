import type { Proof } from '../../authentication/index.ts'
import type { LiveSession } from '../../authentication/sessions/index.ts'

/**
 * The proofs that an answer may speak of: where the application wants a proof of a certain age, an older one says nothing about
 * it, or a new code beside an old key would pass for two factors of this very moment (SEC-19, SEC-31).
 * @param askedAt epoch milliseconds
 */
export function countedProofs({ proofs }: Pick<LiveSession, 'proofs'>, maxAgeSeconds: number | null, askedAt: number): readonly Proof[] {
  return maxAgeSeconds === null ? proofs : proofs.filter(({ at }) => at >= askedAt - maxAgeSeconds * 1_000)
}

/**
 * When the proof was given that an answer rests on, in epoch milliseconds; single sign-on does not make it newer
 * (SAML Core §2.7.2, microsoft365 §1.4). Two factors count by the proof that has both.
 */
export function provenAt(counted: readonly Proof[], { authenticatedAt }: Pick<LiveSession, 'authenticatedAt'>): number {
  const strong = counted.filter((proof) => proof.phishingResistant && proof.factors.length >= 2).map(({ at }) => at)
  return strong.length > 0 ? Math.max(...strong) : authenticatedAt
}
