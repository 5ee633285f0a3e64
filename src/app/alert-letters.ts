import type { Users } from '../directory/index.ts'
import type { Alert } from '../microsoft365/index.ts'
import type { OrganizationId, Transaction } from '../storage/index.ts'
import type { Letters } from './letters.ts'

const week = 7 * 86_400_000
/** More would be a mailing list. */
const mostReaders = 20

/** Tells everyone who could do something about it, in the transaction that raises the alert: nobody watches a dashboard at night. */
export function createAlertLetters(needs: { users: Pick<Users, 'list'>; letters: Pick<Letters, 'mail'>; publicUrl: string; now: () => number }) {
  return async (tx: Transaction, organizationId: OrganizationId, { kind, details }: Pick<Alert, 'kind' | 'details'>): Promise<void> => {
    const told = (name: string): string => String(details[name] ?? '')
    const about = kind.startsWith('directory.') ? { template: 'directory-alert', page: '/admin/directories', named: 'directory', counted: 'minutes' } : { template: 'alert', page: '/admin/microsoft365', named: 'domain', counted: 'days' }
    for (const role of ['owner', 'administrator'] as const) {
      const { users } = await needs.users.list({ organizationId, role, status: 'active', limit: mostReaders })
      for (const to of users) {
        await needs.letters.mail(tx, {
          template: about.template, to, expiresAt: needs.now() + week, urgent: true,
          model: { textKey: `alert.${kind}`, domain: told(about.named), fields: told('fields'), days: told(about.counted), reason: told('reason'), link: `${needs.publicUrl}${about.page}` },
        })
      }
    }
  }
}
