import { newId, type Clock, type OrganizationId, type Sql, type Storage, type Transaction } from '../storage/index.ts'
import { readConfiguration, type DomainState } from './federation/index.ts'

export interface Backup { readonly id: string; readonly state: DomainState; readonly createdAt: number; readonly restoredAt: number | null }

interface Row { id: string; content: string; created_at: number; restored_at: number | null }

export type Backups = ReturnType<typeof createBackups>

/** What Entra said about a domain before we changed it; the way back. No certificate in it is secret. */
export function createBackups(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  return {
    async add(tx: Transaction, organizationId: OrganizationId, domainId: string, state: DomainState): Promise<void> {
      // Two saves of one millisecond must have an order: "newest" is the way back.
      const last = await tx.one<{ at: number | null }>('SELECT MAX(created_at) AS at FROM entra_backups WHERE domain_id = ?', [domainId])
      const at = Math.max(clock.now(), Number(last?.at ?? 0) + 1)
      await tx.run('INSERT INTO entra_backups (id, organization_id, domain_id, content, created_at) VALUES (?, ?, ?, ?, ?)', [newId(), organizationId, domainId, JSON.stringify(state), at])
    },

    /** The newest one that was not gone back to. */
    async newest(organizationId: OrganizationId, domainId: string, sql: Sql = storage.read): Promise<Backup | undefined> {
      const row = await sql.one<Row>('SELECT id, content, created_at, restored_at FROM entra_backups WHERE organization_id = ? AND domain_id = ? AND restored_at IS NULL ORDER BY created_at DESC, id LIMIT 1', [organizationId, domainId])
      return row && toBackup(row)
    },

    async list(organizationId: OrganizationId, domainId: string): Promise<Backup[]> {
      const rows = await storage.read.all<Row>('SELECT id, content, created_at, restored_at FROM entra_backups WHERE organization_id = ? AND domain_id = ? ORDER BY created_at DESC, id LIMIT 50', [organizationId, domainId])
      return rows.map(toBackup)
    },

    /** Going back to a state makes every save after it moot. */
    async markRestored(tx: Transaction, backup: Backup, domainId: string): Promise<void> {
      await tx.run('UPDATE entra_backups SET restored_at = ? WHERE domain_id = ? AND created_at >= ? AND restored_at IS NULL', [clock.now(), domainId, backup.createdAt])
    },
  }
}

function toBackup(row: Row): Backup {
  const content = JSON.parse(row.content) as { authenticationType: unknown; configuration: { id: string; values: Record<string, unknown> } | null }
  return {
    id: row.id, createdAt: row.created_at, restoredAt: row.restored_at,
    state: {
      authenticationType: content.authenticationType === 'Federated' ? 'Federated' : 'Managed',
      configuration: content.configuration === null ? null : readConfiguration({ ...content.configuration.values, id: content.configuration.id }) ?? null,
    },
  }
}
