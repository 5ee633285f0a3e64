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
