import { answerWebAuthn } from '../authenticator/webauthn.ts'
import type { OrderAnswer, OrderOptions, OrderOutcome, OrderView } from '../pairing/wire.ts'
import { deviceOf } from './answering.ts'
import { call, Refusal } from './api.ts'
import type { App } from './app.ts'
import { mainPart, show, textOf } from './dom.ts'
import { ownerText } from './home-screen.ts'
import type { HeldKey } from './keys.ts'
import { showResult } from './request-screen.ts'
import { unlock } from './unlock.ts'

let unlocking: AbortController | undefined

/** Whoever goes elsewhere while the phone asks for its lock has approved nothing. */
export function leaveOrder(): void {
  unlocking?.abort()
  unlocking = undefined
}

/** An administrator wants this phone's key to be known at another service: nothing is made without the person's yes (S108). */
export function showOrder(app: App, held: HeldKey, order: OrderView, problem = '', phase: 'open' | 'unlocking' | 'sending' = 'open'): void {
  show('order', {
    site: order.site, account: order.account, by: order.by, organization: ownerText(held.account), email: held.account.email, hue: held.phone.hue, initial: [...order.site][0]?.toUpperCase() ?? '',
    createdAt: order.createdAt, problem, idle: phase === 'open', unlocking: phase === 'unlocking', sending: phase === 'sending',
  }, { approve: () => void approve(app, held, order), deny: () => void give(app, held, order, null) })
  if (problem !== '') mainPart().querySelector<HTMLElement>('[role="alert"]:not([hidden])')?.focus()
}

async function approve(app: App, held: HeldKey, order: OrderView): Promise<void> {
  const ending = new AbortController()
  leaveOrder()
  unlocking = ending
  showOrder(app, held, order, '', 'unlocking')
  const unlocked = await unlock(held, ending.signal)
  if (ending.signal.aborted) return
  if (!unlocked) return showOrder(app, held, order, textOf('problem.refused'))
  showOrder(app, held, order, '', 'sending')
  try {
    const { origin, options } = await call<OrderOptions>(held, 'POST', `/orders/${order.id}/options`, {})
    const made = await answerWebAuthn({ kind: 'create', options, origin, crossOrigin: false }, deviceOf(app, ({ kind }) => Promise.resolve(kind === 'excluded' ? { outcome: 'approved', choice: '' } : { outcome: 'approved', choice: held.id })))
    if (made.outcome !== 'answer') return showResult(made.outcome === 'refused' && made.reason === 'excluded' ? 'excluded' : 'not_done')
    await give(app, held, order, made.response)
  } catch (error) {
    fail(app, held, order, error)
  }
}

async function give(app: App, held: HeldKey, order: OrderView, response: object | null): Promise<void> {
  try {
    const { outcome } = await call<OrderOutcome>(held, 'POST', `/orders/${order.id}`, { response } satisfies OrderAnswer)
    void app.look(held.id)
    showResult(outcome === 'registered' ? 'registered_there' : outcome === 'denied' ? 'denied' : outcome === 'over' ? 'over' : 'not_done')
  } catch (error) {
    fail(app, held, order, error)
  }
}

function fail(app: App, held: HeldKey, order: OrderView, error: unknown): void {
  if (error instanceof Refusal && error.code === 'over') return showResult('over')
  showOrder(app, held, order, textOf(`problem.${error instanceof Refusal && (error.code === 'offline' || error.code === 'limit') ? error.code : 'other'}`))
}
