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
    for (const role of ['owner', 'administrator'] as const) {
      const { users } = await needs.users.list({ organizationId, role, status: 'active', limit: mostReaders })
      for (const to of users) {
        await needs.letters.mail(tx, {
          template: 'alert', to, expiresAt: needs.now() + week, urgent: true,
          model: { textKey: `alert.${kind}`, domain: told('domain'), fields: told('fields'), days: told('days'), reason: told('reason'), link: `${needs.publicUrl}/admin/microsoft365` },
        })
      }
    }
  }
}
