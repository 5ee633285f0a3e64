import { newId, type ApplicationId, type Clock, type OrganizationId, type Sql, type Storage, type Transaction } from '../../storage/index.ts'
import type { Cloud } from './cloud.ts'

/** A tenant of Entra that asks us for the second factor. */
export interface Connection {
  /** At the sign-in desk and in the audit log a connection stands where an application stands. */
  readonly id: ApplicationId
  readonly organizationId: OrganizationId
  /** What people read on the sign-in page. */
  readonly name: string
  readonly cloud: Cloud
  readonly loginOrigin: string | null
  /** Lower case, and never changed: another tenant is another connection with links of its own. */
  readonly tenantId: string
  /** Our app registration at Entra: the `aud` of its hints. */
  readonly appId: string
  /** How Entra names itself to us, and the `aud` of our answers. */
  readonly clientId: string
  readonly enabled: boolean
  /** Whether somebody without a link gets one by signing in here with a key under the same name. */
  readonly linksAtSignIn: boolean
  /** How old a proof may be that answers without asking again; 0 asks every time. */
  readonly maxAgeSeconds: number
  readonly createdAt: number
  readonly updatedAt: number
}

export type NewConnection = Pick<Connection, 'name' | 'cloud' | 'loginOrigin' | 'tenantId' | 'appId' | 'linksAtSignIn' | 'maxAgeSeconds'>
export type ConnectionChanges = Pick<Connection, 'name' | 'cloud' | 'loginOrigin' | 'appId' | 'enabled' | 'linksAtSignIn' | 'maxAgeSeconds'>

/** A working day is the longest that one proof may stand for a second factor. */
export const longestMaxAgeSeconds = 8 * 3_600

interface Row {
  id: ApplicationId; organization_id: OrganizationId; name: string; cloud: Cloud; login_origin: string | null; tenant_id: string; app_id: string; client_id: string
  enabled: number; links_at_sign_in: number; max_age_seconds: number; created_at: number; updated_at: number
}

const select = `SELECT id, organization_id, name, cloud, login_origin, tenant_id, app_id, client_id, enabled, links_at_sign_in, max_age_seconds, created_at, updated_at
  FROM external_mfa_connections`

export type Connections = ReturnType<typeof createConnections>

export function createConnections(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  return {
    /** Any organization's: the id stands in an address that Entra calls. */
    async byId(id: string, sql: Sql = storage.read): Promise<Connection | undefined> {
      const row = await sql.one<Row>(`${select} WHERE id = ?`, [id])
      return row && toConnection(row)
    },

    /** One of another organization is not found (SEC-73). */
    async find(organizationId: OrganizationId, id: string, sql: Sql = storage.read): Promise<Connection | undefined> {
      const row = await sql.one<Row>(`${select} WHERE organization_id = ? AND id = ?`, [organizationId, id])
      return row && toConnection(row)
    },

    async list(organizationId: OrganizationId): Promise<Connection[]> {
      return (await storage.read.all<Row>(`${select} WHERE organization_id = ? ORDER BY name, id LIMIT 100`, [organizationId])).map(toConnection)
    },

    async create(tx: Transaction, organizationId: OrganizationId, connection: NewConnection): Promise<ApplicationId> {
      const id = newId<ApplicationId>()
      const now = clock.now()
      await tx.run(
        `INSERT INTO external_mfa_connections (id, organization_id, name, cloud, login_origin, tenant_id, app_id, client_id, enabled, links_at_sign_in, max_age_seconds, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?)`,
        [id, organizationId, connection.name, connection.cloud, connection.loginOrigin, connection.tenantId, connection.appId, newId(), connection.linksAtSignIn ? 1 : 0, connection.maxAgeSeconds, now, now])
      return id
    },

    async update(tx: Transaction, organizationId: OrganizationId, id: string, to: ConnectionChanges): Promise<boolean> {
      return (await tx.run(
        `UPDATE external_mfa_connections SET name = ?, cloud = ?, login_origin = ?, app_id = ?, enabled = ?, links_at_sign_in = ?, max_age_seconds = ?, updated_at = ?
         WHERE organization_id = ? AND id = ?`,
        [to.name, to.cloud, to.loginOrigin, to.appId, to.enabled ? 1 : 0, to.linksAtSignIn ? 1 : 0, to.maxAgeSeconds, clock.now(), organizationId, id])) === 1
    },

    async remove(tx: Transaction, organizationId: OrganizationId, id: string): Promise<boolean> {
      return (await tx.run('DELETE FROM external_mfa_connections WHERE organization_id = ? AND id = ?', [organizationId, id])) === 1
    },
  }
}

function toConnection(row: Row): Connection {
  return {
    id: row.id, organizationId: row.organization_id, name: row.name, cloud: row.cloud, loginOrigin: row.login_origin, tenantId: row.tenant_id, appId: row.app_id, clientId: row.client_id,
    enabled: row.enabled === 1, linksAtSignIn: row.links_at_sign_in === 1, maxAgeSeconds: row.max_age_seconds, createdAt: row.created_at, updatedAt: row.updated_at,
  }
}
