import type { Clock, OrganizationId, Sql, Storage, Transaction, UserId } from '../../storage/index.ts'

/** Somebody of a tenant, by the ids that Entra never gives to anyone else; names change and are given again. */
export interface EntraUser {
  readonly connectionId: string
  readonly tenantId: string
  readonly objectId: string
}

export interface Link {
  readonly userId: UserId
  readonly status: 'new' | 'pending' | 'active' | 'suspended'
  readonly email: string
}

/** A link as administrators see it. */
export interface LinkView {
  readonly tenantId: string
  readonly objectId: string
  readonly userId: UserId
  readonly email: string
  /** What Entra called the person when the link was made. */
  readonly name: string
  readonly createdAt: number
  readonly lastUsedAt: number | null
}

interface ViewRow { tenant_id: string; object_id: string; user_id: UserId; email: string; name: string; created_at: number; last_used_at: number | null }

const where = 'connection_id = ? AND tenant_id = ? AND object_id = ?'
const keyOf = ({ connectionId, tenantId, objectId }: EntraUser): string[] => [connectionId, tenantId, objectId]

export type Links = ReturnType<typeof createLinks>

export function createLinks(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  return {
    /** Who this is here. A link to somebody who was deleted is none. */
    async find(entra: EntraUser, sql: Sql = storage.read): Promise<Link | undefined> {
      const row = await sql.one<{ user_id: UserId; status: Link['status']; email: string }>(
        `SELECT l.user_id, u.status, u.email FROM external_mfa_links l JOIN users u ON u.id = l.user_id WHERE l.${where.replaceAll(' AND ', ' AND l.')} AND u.status <> 'deleted'`, keyOf(entra))
      return row && { userId: row.user_id, status: row.status, email: row.email }
    },

    /** @returns false where the person of Entra belongs to somebody here already */
    async add(tx: Transaction, entra: EntraUser, userId: UserId, name: string): Promise<boolean> {
      await tx.run(`DELETE FROM external_mfa_links WHERE ${where} AND user_id IN (SELECT id FROM users WHERE status = 'deleted')`, keyOf(entra))
      const rows = await tx.all(
        'INSERT INTO external_mfa_links (connection_id, tenant_id, object_id, user_id, name, created_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING user_id',
        [...keyOf(entra), userId, name, clock.now()])
      return rows.length === 1
    },

    async recordUse(tx: Transaction, entra: EntraUser): Promise<void> {
      await tx.run(`UPDATE external_mfa_links SET last_used_at = ? WHERE ${where}`, [clock.now(), ...keyOf(entra)])
    },

    /** In the order of object ids, `limit` of those after one. */
    async list(organizationId: OrganizationId, connectionId: string, page: { after: string; limit: number }): Promise<LinkView[]> {
      const rows = await storage.read.all<ViewRow>(
        `SELECT l.tenant_id, l.object_id, l.user_id, u.email, l.name, l.created_at, l.last_used_at
         FROM external_mfa_links l JOIN external_mfa_connections c ON c.id = l.connection_id JOIN users u ON u.id = l.user_id
         WHERE c.organization_id = ? AND l.connection_id = ? AND u.status <> 'deleted' AND l.object_id > ? ORDER BY l.object_id LIMIT ${page.limit}`, [organizationId, connectionId, page.after])
      return rows.map((row) => ({
        tenantId: row.tenant_id, objectId: row.object_id, userId: row.user_id, email: row.email, name: row.name, createdAt: row.created_at, lastUsedAt: row.last_used_at,
      }))
    },

    async count(connectionId: string): Promise<number> {
      const row = await storage.read.one<{ count: number | string }>(
        `SELECT count(*) AS count FROM external_mfa_links l JOIN users u ON u.id = l.user_id WHERE l.connection_id = ? AND u.status <> 'deleted'`, [connectionId])
      return Number(row?.count ?? 0)
    },

    /** @returns whose link it was; undefined where there is none */
    async remove(tx: Transaction, entra: EntraUser): Promise<UserId | undefined> {
      const [row] = await tx.all<{ user_id: UserId }>(`DELETE FROM external_mfa_links WHERE ${where} RETURNING user_id`, keyOf(entra))
      return row?.user_id
    },
  }
}
