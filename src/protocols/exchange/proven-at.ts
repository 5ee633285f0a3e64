import type { LiveSession } from '../../authentication/sessions/index.ts'

/**
 * When the proof was given that an answer rests on, in epoch milliseconds; single sign-on does not make it newer
 * (SAML Core §2.7.2, microsoft365 §1.4).
 * @param asked a sign-in that was asked for anew counts by its newest proof; else two factors count by the proof that has both
 */
export function provenAt({ proofs, authenticatedAt }: LiveSession, asked: { readonly anew: boolean }): number {
  const strong = asked.anew ? [] : proofs.filter((proof) => proof.phishingResistant && proof.factors.length >= 2).map(({ at }) => at)
  return strong.length > 0 ? Math.max(...strong) : authenticatedAt
}
