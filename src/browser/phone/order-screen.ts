import { answerWebAuthn } from '../authenticator/webauthn.ts'
import type { OrderAnswer, OrderOptions, OrderOutcome, OrderView } from '../pairing/wire.ts'
import { deviceOf } from './answering.ts'
import { call, Refusal } from './api.ts'
import type { App } from './app.ts'
import { forgetCredential } from './credentials.ts'
import { mainPart, show, textOf } from './dom.ts'
import type { HeldKey } from './keys.ts'
import { ownerText } from './names.ts'
import { showResult } from './request-screen.ts'
import { unlock } from './unlock.ts'

/** It may come up by itself, under a thumb that meant something else; a no ends it. */
const settleMilliseconds = 500
/** What passes by itself: the order stays. */
const reasonsForLater = ['throttled', 'unavailable', 'unreachable', 'unreadable']
/** Of these nobody knows whether the service wrote the key down before it broke off. */
const reasonsUnsure = ['unavailable', 'unreachable', 'unreadable']
const reasonsForAgain = ['too_late', 'invalid']

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
  if (problem !== '') return mainPart().querySelector<HTMLElement>('[role="alert"]:not([hidden])')?.focus()
  const buttons = [...mainPart().querySelectorAll<HTMLButtonElement>('[data-settles]')]
  for (const button of buttons) button.disabled = true
  window.setTimeout(() => { for (const button of buttons) button.disabled = false }, settleMilliseconds)
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
    // The person said yes to the site that was shown, and to no other.
    const site = URL.parse(origin)?.hostname ?? origin
    if (site !== order.site) return showOrder(app, held, { ...order, site }, textOf('order.other_site'))
    const made = await answerWebAuthn({ kind: 'create', options, origin, crossOrigin: false }, deviceOf(app, ({ kind }) => Promise.resolve(kind === 'excluded' ? { outcome: 'approved', choice: '' } : { outcome: 'approved', choice: held.id })))
    if (made.outcome === 'refused' && made.reason === 'excluded') {
      // Nothing is left to do here, so whoever ordered it hears that too; the order ends by itself if this is lost.
      await call<OrderOutcome>(held, 'POST', `/orders/${order.id}`, { response: 'excluded' } satisfies OrderAnswer).catch(() => undefined)
      void app.look(held.id)
      return showResult('order_excluded')
    }
    if (made.outcome !== 'answer') return showResult('order_failed')
    await give(app, held, order, made.response, made.credential.id)
  } catch (error) {
    fail(app, held, order, error)
  }
}

/** @param made the key that goes with the answer; one that the service did not take is not kept */
async function give(app: App, held: HeldKey, order: OrderView, response: object | null, made?: string): Promise<void> {
  showOrder(app, held, order, '', 'sending')
  try {
    const { outcome, reason } = await call<OrderOutcome>(held, 'POST', `/orders/${order.id}`, { response } satisfies OrderAnswer)
    if (made !== undefined && outcome !== 'registered' && !reasonsUnsure.includes(reason ?? '')) await forgetCredential(made)
    void app.look(held.id)
    if (reasonsForLater.includes(reason ?? '')) return showOrder(app, held, order, textOf('order.busy'))
    if (reasonsForAgain.includes(reason ?? '')) return showOrder(app, held, order, textOf('order.again'))
    showResult(outcome === 'registered' ? 'registered_there' : outcome === 'denied' ? 'order_denied' : outcome === 'over' ? 'order_over' : 'order_failed')
  } catch (error) {
    fail(app, held, order, error)
  }
}

function fail(app: App, held: HeldKey, order: OrderView, error: unknown): void {
  if (!(error instanceof Refusal)) return showOrder(app, held, order, textOf('problem.other'))
  if (error.code === 'over') {
    void app.look(held.id)
    return showResult('order_over')
  }
  showOrder(app, held, order, textOf(error.later ? 'order.busy' : `problem.${error.code === 'offline' || error.code === 'limit' ? error.code : 'other'}`))
}
