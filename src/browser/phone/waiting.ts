import { agoText, textOf } from './dom.ts'
import { serverNow } from './api.ts'
import type { App } from './app.ts'
import { applicationText, ownerText } from './names.ts'

/** Something that waits for the person, as the first screen tells it. */
export interface Waiting {
  readonly href: string
  /** Somebody signs in, or a key is to be made for an administrator: what to ask. */
  readonly asks: boolean
  readonly order: boolean
  readonly application: string
  readonly organization: string
  readonly browser: string
  readonly age: string
}

const ageOf = (at: number): string => agoText(Math.max(0, Math.floor((serverNow() - at) / 1_000)))

/** Sign-ins here, what paired computers want, and what administrators want; what ends soonest comes first. */
export function waitingOf(app: App): Waiting[] {
  return [
    ...app.waiting.map(({ held, approval }) => ({
      application: applicationText(approval), organization: ownerText(held.account), browser: approval.browser, age: ageOf(approval.createdAt), asks: true, order: false, href: `#/request/${held.id}/${approval.id}`,
    })),
    ...app.questions.waiting.map(({ id, asked, held, computer }) => ({
      application: asked.kind === 'ctap' ? computer.name : URL.parse(asked.origin)?.hostname ?? asked.origin, organization: ownerText(held.account), browser: computer.name, age: ageOf(asked.at), asks: true, order: false, href: `#/ask/${id}`,
    })),
    ...app.orders.map(({ held, order }) => ({ application: order.site, organization: ownerText(held.account), browser: textOf('order'), age: ageOf(order.createdAt), asks: false, order: true, href: `#/order/${held.id}/${order.id}` })),
  ]
}
