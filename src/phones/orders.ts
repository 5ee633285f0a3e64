import type { From, OrderFact, OrderOptions, OrderOutcome, PhoneOf } from './needs.ts'
import { readOrderAnswer } from './read.ts'
import { Refused, type ApiNeeds } from './refused.ts'
import type { StoredPhone } from './store.ts'
import { personSubject } from './watch.ts'

/** What an administrator ordered from a phone, as it asks and answers; what becomes of it is not decided here. */
export function createOrders({ orders, watch }: Pick<ApiNeeds, 'orders' | 'watch'>) {
  const of = ({ organizationId, userId, id }: StoredPhone): PhoneOf => ({ organizationId, userId, phoneId: id })

  return {
    list: async (phone: StoredPhone): Promise<readonly OrderFact[]> => (await orders?.list(of(phone))) ?? [],

    async options(phone: StoredPhone, id: string, from: From): Promise<OrderOptions> {
      const options = await orders?.options(of(phone), id, from)
      if (!options) throw new Refused(409, 'over')
      return options
    },

    async answer(phone: StoredPhone, id: string, body: Buffer, from: From): Promise<OrderOutcome> {
      const order = readOrderAnswer(body)
      if (!order) throw new Refused(400, 'invalid')
      const outcome = (await orders?.answer(of(phone), id, order.response, from)) ?? { outcome: 'over', reason: null }
      // The same order waits on the person's other phones.
      watch.changed(personSubject(phone.userId))
      return outcome
    },
  }
}
