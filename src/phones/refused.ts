import { AppError } from '../errors.ts'
import type { Context } from '../http/index.ts'
import type { Approvals } from './approvals.ts'
import type { PhoneNeeds } from './needs.ts'
import type { PhoneStore } from './store.ts'
import type { Watch } from './watch.ts'

export interface ApiNeeds extends PhoneNeeds { readonly store: PhoneStore; readonly approvals: Approvals; readonly watch: Watch }

/** An answer that is no success; `error` has a text on the phone. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly status: number
  readonly body: Readonly<Record<string, string | number>>

  constructor(status: number, error: string, more: Readonly<Record<string, string | number>> = {}) {
    super(error)
    this.status = status
    this.body = { error, ...more }
  }
}

/** Turns a refusal into the JSON that phones and computers read; anything else is a fault, and thrown on. @param whose how the log names it */
export function answerRefusal(ctx: Context, error: unknown, whose: 'phone' | 'computer'): void {
  if (error instanceof Refused) {
    ctx.state.log.info('request refused', { refusal: `${whose}_${error.message}` })
    ctx.status = error.status
    ctx.body = error.body
    return
  }
  if (!(error instanceof AppError)) throw error
  ctx.status = error.status
  if (error.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(error.retryAfterSeconds))
  ctx.body = { error: 'invalid' }
}
