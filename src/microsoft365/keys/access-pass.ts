import type { OrganizationId, UserId } from '../../storage/index.ts'
import { GraphRefused, issueAccessPass, type AccessPass } from '../graph/index.ts'
import { reasonOf, type KeyNeeds, type KeyReason } from './order.ts'
import type { createKeyOrders } from './orders.ts'

/** What the default policy of a tenant allows (section 5.2). */
export const accessPassMinutes = [60, 240, 480] as const

export type PassOutcome =
  | { readonly outcome: 'issued'; readonly pass: AccessPass; readonly upn: string }
  | { readonly outcome: 'no_identity' | 'no_app' }
  | { readonly outcome: 'refused'; readonly reason: KeyReason; readonly said: string }

/** Temporary Access Passes of Microsoft. The pass is in the answer only: it is kept nowhere, and in no log. */
export function createMicrosoftPasses(needs: KeyNeeds & { readonly orders: ReturnType<typeof createKeyOrders> }) {
  return {
    async issue(organizationId: OrganizationId, userId: UserId, order: { readonly minutes: number; readonly once: boolean }): Promise<PassOutcome> {
      const place = await needs.orders.placeOf(organizationId, userId)
      if (place.outcome !== 'known') return { outcome: place.outcome }
      try {
        const session = await needs.unattended.session(place.domain, 10_000)
        return session ? { outcome: 'issued', pass: await issueAccessPass(session, place.upn, order), upn: place.upn } : { outcome: 'no_app' }
      } catch (error) {
        if (!(error instanceof GraphRefused)) throw error
        needs.log.warn('Microsoft made no access pass', { reason: error.kind, message: error.message, requestId: error.requestId })
        return { outcome: 'refused', reason: reasonOf(error), said: error.message }
      }
    },
  }
}
