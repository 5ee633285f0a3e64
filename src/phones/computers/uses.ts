import type { From, PhoneEvent } from '../needs.ts'
import { Refused, type ApiNeeds } from '../refused.ts'
import type { StoredPhone } from '../store.ts'
import { read, type Read } from './read.ts'
import type { ComputerStore } from './store.ts'

/** A phone that was offline tells late, and perhaps again. */
const onceSeconds = 90 * 86_400

/** What became of requests at other sites, as the phone tells it: nobody else was there (S64). */
export function createUses(needs: ApiNeeds, store: Pick<ComputerStore, 'ofPhone'>) {
  return {
    async tell(phone: StoredPhone, body: Buffer, from: From): Promise<void> {
      const use = read('use', body)
      if (!use) throw new Refused(400, 'invalid')
      const computer = use.computer === null ? undefined : await store.ofPhone(phone, use.computer)
      const site = { id: use.site, name: use.siteName === '' ? use.site : use.siteName }
      await needs.storage.write(async (tx) => {
        if (!(await needs.computers.once(tx, `phone use ${phone.id} ${use.id}`, onceSeconds))) return
        await needs.record(tx, from, {
          ...actionOf(use), userId: phone.userId, organizationId: phone.organizationId, phone, site, ...(use.account === '' ? {} : { target: { kind: 'account', id: use.account, name: use.account } }),
          details: { asked: use.action, computer: computer?.name ?? null, ip: computer?.ip ?? null },
        })
        if (use.outcome === 'reported') {
          await needs.tellReported(tx, { organizationId: phone.organizationId, userId: phone.userId, application: site.name, browser: computer?.name ?? '', ip: computer?.ip ?? '', until: null })
        }
      })
    },
  }
}

function actionOf({ action, outcome }: Read<'use'>): Pick<PhoneEvent, 'action' | 'outcome'> {
  switch (outcome) {
    case 'success': return { action: action === 'registered' ? 'phone.key_registered' : 'phone.key_used', outcome }
    case 'reported': return { action: 'phone.key_reported', outcome: 'denied' }
    case 'denied': case 'failure': return { action: 'phone.key_refused', outcome }
  }
}
