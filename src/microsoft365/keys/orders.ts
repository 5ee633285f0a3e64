import type { OrganizationId, Sql, Transaction, UserId } from '../../storage/index.ts'
import type { ManagedDomain } from '../domain.ts'
import type { KeyNeeds, KeyOrder, Orderer } from './order.ts'
import type { createKeySettings } from './settings.ts'
import type { KeyStore } from './store.ts'

export type OrderOutcome =
  | { readonly outcome: 'ordered'; readonly id: string; readonly upn: string; readonly waits: boolean }
  /** Nobody agreed for the organization · Entra does not know the person by any name · no domain of theirs has an app registration · there is one already · no such phone. */
  | { readonly outcome: 'no_consent' | 'no_identity' | 'no_app' | 'open' | 'no_phone' }

export type Place = { readonly outcome: 'known'; readonly domain: ManagedDomain; readonly upn: string } | { readonly outcome: 'no_identity' | 'no_app' }

interface Order { readonly organizationId: OrganizationId; readonly userId: UserId; readonly phoneId: string | null; readonly by: Orderer | null }

/** What administrators do with orders; whoever calls writes it down in the same transaction. */
export function createKeyOrders(needs: KeyNeeds & { readonly store: KeyStore; readonly settings: ReturnType<typeof createKeySettings> }) {
  const { store, settings, domains, identities, unattended } = needs

  /** Under which name Entra knows somebody, and the domain through whose app registration it can be told. */
  const placeOf = async (organizationId: OrganizationId, userId: UserId): Promise<Place> => {
    const identity = await identities.of(userId)
    if (!identity) return { outcome: 'no_identity' }
    for (const domain of await domains.list(organizationId)) {
      if (!unattended.isSetUp(domain)) continue
      if ((await identities.forAssertion(domain, userId)).outcome === 'known') return { outcome: 'known', domain, upn: identity.upn }
    }
    return { outcome: 'no_app' }
  }

  const phonesOf = (sql: Sql, userId: UserId) => sql.all<{ id: string; name: string }>('SELECT id, name FROM phones WHERE user_id = ? AND suspended_at IS NULL', [userId])

  return {
    placeOf,

    /** @param place as it was found before the transaction */
    async order(tx: Transaction, { organizationId, userId, phoneId, by }: Order, place: Place): Promise<OrderOutcome> {
      if ((await settings.find(organizationId, tx)).consent === null) return { outcome: 'no_consent' }
      if (place.outcome !== 'known') return { outcome: place.outcome }
      const phones = await phonesOf(tx, userId)
      const phone = phones.find(({ id }) => id === phoneId)
      if (phoneId !== null && !phone) return { outcome: 'no_phone' }
      const before = await store.ofPerson(organizationId, userId, tx)
      const stands = ({ state, phoneId: other }: KeyOrder): boolean => (state === 'waiting' || state === 'asked' ? phoneId === null || other === null || other === phoneId : state === 'registered' && phoneId !== null && other === phoneId)
      if (before.some(stands)) return { outcome: 'open' }
      const waits = phones.length === 0
      const id = await store.create(tx, { organizationId, userId, domainId: place.domain.id, upn: place.upn, phoneId, phoneName: phone?.name ?? null, by, state: waits ? 'waiting' : 'asked' })
      return { outcome: 'ordered', id, upn: place.upn, waits }
    },

    /** @returns false when the phone was faster */
    cancel: (tx: Transaction, order: KeyOrder): Promise<boolean> => store.end(tx, order.id, 'removed', 'cancelled'),

    /**
     * Under the name and through the registration of today: what failed may have failed because of the old ones.
     * @param place as it was found before the transaction
     */
    async retry(tx: Transaction, order: KeyOrder, place: Place): Promise<boolean> {
      if (place.outcome !== 'known' || (await settings.find(order.organizationId, tx)).consent === null) return false
      return !(await store.hasOther(tx, order, ['waiting', 'asked'])) && store.reopen(tx, order.id, { domainId: place.domain.id, upn: place.upn })
    },

    /** Off Microsoft; the job does it, again and again until it is done. */
    askRemoval: (tx: Transaction, order: KeyOrder): Promise<boolean> => store.askRemoval(tx, order.id),
  }
}
