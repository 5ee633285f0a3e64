import { performCeremony } from '../webauthn.ts'
import type { ApprovalView, Decision, DecisionAnswer, DecisionOrder, Unlocking } from '../wire.ts'
import { call, Refusal, serverNow } from './api.ts'
import type { App } from './app.ts'
import { show, textOf } from './dom.ts'
import type { HeldKey } from './keys.ts'
import { decisionText, sign } from './signing.ts'

let working = false

export function aboutText({ application, organization }: ApprovalView): string {
  return application ?? `${textOf('panel')} · ${organization}`
}

/** A result, until the person goes on. */
export function showResult(kind: 'approved' | 'denied' | 'reported' | 'over' | 'unknown_code'): void {
  history.replaceState(null, '', '/phone/#/result')
  show('result', { good: kind === 'approved' || kind === 'reported', bad: kind !== 'approved' && kind !== 'reported', title: textOf(`${kind}.title`), text: textOf(`${kind}.text`) })
}

/** One request: who asks, and the number that the computer shows. @returns how to stop its clock */
export function showRequest(app: App, held: HeldKey, approval: ApprovalView, problem = ''): () => void {
  const left = (): number => Math.max(0, Math.ceil((approval.expiresAt - serverNow()) / 1_000))
  const far = approval.nearness === 'needed'
  const root = show('request', {
    ...approval, about: aboutText(approval), account: held.account.email, otherNetwork: !approval.sameNetwork, secondsLeft: left(), problem, needsScan: far && !working, mayChoose: !far && !working, working,
    choices: approval.choices.map((digits) => ({ digits })),
  }, { choose: (digits) => void decide(app, held, approval, 'approve', Number(digits)), no: () => { showNo(app, held, approval) } })
  if (problem !== '') root.querySelector<HTMLElement>('[role="alert"]')?.focus()
  const timer = window.setInterval(() => {
    const seconds = root.querySelector('[data-live="secondsLeft"]')
    if (seconds) seconds.textContent = String(left())
    if (left() === 0 && !working) {
      window.clearInterval(timer)
      showResult('over')
    }
  }, 1_000)
  return () => { window.clearInterval(timer) }
}

function showNo(app: App, held: HeldKey, approval: ApprovalView): void {
  show('no', { about: aboutText(approval), back: `#/request/${held.id}/${approval.id}` }, { deny: () => void decide(app, held, approval, 'deny', null), report: () => void decide(app, held, approval, 'report', null) })
  history.replaceState(null, '', `/phone/#/no/${held.id}/${approval.id}`)
}

/** The phone's own lock, then the signature, then the server's word. A second tap meanwhile does nothing. */
async function decide(app: App, held: HeldKey, approval: ApprovalView, decision: Decision, number: number | null): Promise<void> {
  if (working) return
  working = true
  const stop = showRequest(app, held, approval)
  let problem = ''
  try {
    const unlocking = decision === 'approve' ? await unlock(held, approval) : null
    const signature = await sign(held.key, decisionText({ id: approval.id, decision, number, nonce: approval.nonce, expiresAt: approval.expiresAt }))
    const order: DecisionOrder = { decision, number, unlocking, expiresAt: approval.expiresAt, origin: location.origin, signature }
    const { outcome } = await call<DecisionAnswer>(held, 'POST', `/approvals/${approval.id}`, order)
    if (outcome === 'wrong_number' || outcome === 'far') problem = textOf(`problem.${outcome}`)
    else if (outcome === 'refused') problem = textOf('problem.not_unlocked')
    else {
      void app.look(held.id)
      return showResult(outcome)
    }
  } catch (error) {
    if (error instanceof Refusal && error.code === 'over') return showResult('over')
    problem = textOf(error instanceof DOMException ? 'problem.not_unlocked' : error instanceof Refusal && error.code === 'offline' ? 'problem.offline' : 'problem.other')
  } finally {
    working = false
    stop()
  }
  showRequest(app, held, approval, problem)
}

async function unlock(held: HeldKey, { id }: ApprovalView): Promise<{ challengeId: string; response: string }> {
  const { challengeId, options } = await call<Unlocking>(held, 'POST', `/approvals/${id}/options`, {})
  const { response } = await performCeremony('get', options, { signal: new AbortController().signal })
  return { challengeId, response }
}
