import { performCeremony } from '../webauthn.ts'
import type { ApprovalView, Decision, DecisionAnswer, DecisionOrder, Unlocking } from '../wire.ts'
import { call } from './api.ts'
import type { HeldKey } from './keys.ts'
import { decisionText, sign } from './signing.ts'

/**
 * The phone's own lock where something is approved, then the signature, then the server's word.
 * @param during.signal takes the prompt of the lock away when there is nothing left to approve
 * @param during.sending called when the answer leaves: from then on it may count
 */
export async function decide(held: HeldKey, approval: ApprovalView, decision: Decision, number: number | null, during: { readonly signal: AbortSignal; sending(): void }): Promise<DecisionAnswer> {
  const unlocking = decision === 'approve' ? await unlock(held, approval, during.signal) : null
  const { id, nonce, expiresAt } = approval
  const { origin } = location
  const signature = await sign(held.key, decisionText({ id, decision, number, nonce, origin, expiresAt }))
  during.sending()
  return call<DecisionAnswer>(held, 'POST', `/approvals/${id}`, { decision, number, unlocking, expiresAt, origin, signature } satisfies DecisionOrder)
}

async function unlock(held: HeldKey, { id }: ApprovalView, signal: AbortSignal): Promise<{ challengeId: string; response: string }> {
  const { challengeId, options } = await call<Unlocking>(held, 'POST', `/approvals/${id}/options`, {})
  const { response } = await performCeremony('get', options, { signal })
  return { challengeId, response }
}
