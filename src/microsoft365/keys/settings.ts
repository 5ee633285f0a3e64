import type { Clock, OrganizationId, Sql, Storage, Transaction } from '../../storage/index.ts'
import type { Orderer } from './order.ts'

/** Of the text that is agreed to, `microsoft.consent.point_…`; another text wants a new yes. */
export const consentVersion = 1

export interface KeySettings {
  /** Only one to the text of today counts. */
  readonly consent: { readonly version: number; readonly by: string; readonly at: number } | null
  /** Every phone that becomes active from now on is ordered for. */
  readonly onActivation: boolean
  readonly changedAt: number
}

interface Row { consent_version: number | null; consented_by_name: string | null; consented_at: number | null; on_activation: number; changed_at: number }

/** Nothing is ordered before somebody agreed in the name of the organization (S108). */
export function createKeySettings(needs: { readonly storage: Storage; readonly clock: Clock }) {
  const { storage, clock } = needs
  const save = (tx: Transaction, organizationId: OrganizationId, columns: Readonly<Record<string, string | number | null>>): Promise<number> => {
    const names = Object.keys(columns)
    return tx.run(
      `INSERT INTO microsoft_key_settings (organization_id, on_activation, changed_at) VALUES (?, 0, ?) ON CONFLICT (organization_id) DO NOTHING`, [organizationId, clock.now()])
      .then(() => tx.run(`UPDATE microsoft_key_settings SET ${names.map((name) => `${name} = ?`).join(', ')}, changed_at = ? WHERE organization_id = ?`, [...Object.values(columns), clock.now(), organizationId]))
  }

  return {
    async find(organizationId: OrganizationId, sql: Sql = storage.read): Promise<KeySettings> {
      const row = await sql.one<Row>('SELECT consent_version, consented_by_name, consented_at, on_activation, changed_at FROM microsoft_key_settings WHERE organization_id = ?', [organizationId])
      const consent = row?.consent_version === consentVersion && row.consented_at !== null ? { version: row.consent_version, by: row.consented_by_name ?? '', at: row.consented_at } : null
      return { consent, onActivation: row?.on_activation === 1 && consent !== null, changedAt: row?.changed_at ?? 0 }
    },
    async consent(tx: Transaction, organizationId: OrganizationId, by: Orderer): Promise<void> {
      await save(tx, organizationId, { consent_version: consentVersion, consented_by: by.id, consented_by_name: by.name, consented_at: clock.now() })
    },
    /** What was ordered and not made yet is not made any more: the phone's answer is judged by it. */
    async withdraw(tx: Transaction, organizationId: OrganizationId): Promise<void> {
      await save(tx, organizationId, { consent_version: null, consented_by: null, consented_by_name: null, consented_at: null, on_activation: 0 })
    },
    async setOnActivation(tx: Transaction, organizationId: OrganizationId, on: boolean): Promise<void> {
      await save(tx, organizationId, { on_activation: on ? 1 : 0 })
    },
  }
}
