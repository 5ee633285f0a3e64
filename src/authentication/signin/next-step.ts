import { atLeast, assuranceOf } from '../proof.ts'
import { isFresh, opensOf, type LiveSession, type Proven } from '../sessions/index.ts'
import type { Refusal } from './request.ts'
import type { StoredRequest } from './sign-in.ts'

export type Step =
  /** Nobody is known yet, or the one who is cannot be meant. */
  | { readonly kind: 'identify'; readonly because: 'nobody' | 'other_person' | 'other_organization' }
  /** The person is known; a new proof is wanted. */
  | { readonly kind: 'confirm'; readonly because: 'too_old' | 'too_weak' | 'step_up' | 'second_step' }
  /** In, but only as far as the page that enrolls the first key. */
  | { readonly kind: 'enroll' }
  | { readonly kind: 'done' }
  | { readonly kind: 'refuse'; readonly reason: Refusal }

type SessionFacts = Pick<LiveSession, 'userId' | 'organizationId' | 'authenticatedAt'> & Proven

/**
 * The one place that decides what comes next in a sign-in. It looks at what is proven, never at which page was last:
 * skipping, repeating or mixing pages leads back here and nowhere further (SEC-61).
 */
export function nextStep(request: StoredRequest, session: SessionFacts | undefined, now: number, askedAt = now): Step {
  if (!session) return { kind: 'identify', because: 'nobody' }
  if (request.userId !== null && request.userId !== session.userId) return { kind: 'identify', because: 'other_person' }
  if (request.application !== null && request.application.organizationId !== session.organizationId) {
    return { kind: 'identify', because: 'other_organization' }
  }
  const opens = opensOf(session)
  if (opens === 'second_step') return { kind: 'confirm', because: 'second_step' }
  if (request.stepUp && !isFresh(session, now)) return { kind: 'confirm', because: 'step_up' }
  // A step-up begins and ends at the very page that this session may open.
  if (opens === 'first_key') return request.stepUp ? { kind: 'done' } : { kind: 'enroll' }
  // Measured from when it was asked: a proof given for this very request is never too old for it.
  const { maxAgeSeconds } = request
  if (maxAgeSeconds !== null && session.authenticatedAt < askedAt - maxAgeSeconds * 1_000) return { kind: 'confirm', because: 'too_old' }
  // Both at once mean a fresh proof that is strong enough: an old key and a new code are not that (SEC-19).
  const counted = maxAgeSeconds === null ? session.proofs : session.proofs.filter(({ at }) => at >= askedAt - maxAgeSeconds * 1_000)
  if (request.assurance !== null && !atLeast(assuranceOf(counted), request.assurance)) {
    // Someone without a key could confirm for ever and never be strong enough, unless password and app are two factors together.
    const reachable = session.user.passkeys > 0 || (request.assurance === 'urn:doorward:acr:multi' && session.user.authenticators > 0)
    return reachable ? { kind: 'confirm', because: 'too_weak' } : { kind: 'refuse', reason: 'unmet_authentication_requirements' }
  }
  return { kind: 'done' }
}
