import type { ApplicationId, GroupId, OrganizationId, Sql, Storage, Transaction, UserId } from '../storage/index.ts'
import { columns, toApplication, type Row } from './applications.ts'
import type { Application } from './application.ts'

export interface Assignment { readonly kind: 'user' | 'group'; readonly id: string; readonly name: string }

/** SQL over the aliases a (application) and u (user), for statements that already join both. */
export const usableCondition = `a.enabled = 1 AND u.status = 'active' AND a.organization_id = u.organization_id AND (
  a.access = 'everyone' OR EXISTS (
    SELECT 1 FROM application_access x WHERE x.application_id = a.id AND (
      (x.principal_kind = 'user' AND x.principal_id = u.id)
      OR (x.principal_kind = 'group' AND x.principal_id IN (SELECT m.group_id FROM group_members m WHERE m.user_id = u.id)))))`

export type ApplicationAccess = ReturnType<typeof createApplicationAccess>

/** Who may use which application; suspended people may use none, and nobody one of another organization. */
export function createApplicationAccess(needs: { storage: Storage }) {
  const { storage } = needs
  return {
    /** One statement; asked at every authorization, so a withdrawn right acts at once. */
    async mayUse(applicationId: string, userId: string): Promise<boolean> {
      return (await storage.read.one(`SELECT a.id FROM applications a JOIN users u ON u.id = ? WHERE a.id = ? AND ${usableCondition}`, [userId, applicationId])) !== undefined
    },

    /** The tiles of My Apps. */
    async forUser(userId: UserId): Promise<Application[]> {
      const rows = await storage.read.all<Row>(`SELECT ${columns} FROM applications a JOIN users u ON u.id = ? WHERE ${usableCondition} ORDER BY a.name_key, a.id`, [userId])
      return rows.map(toApplication).filter((application) => application.oidc?.kind !== 'service')
    },

    /** How many people may open it now; none while it is switched off. */
    async countPeople(organizationId: OrganizationId, applicationId: ApplicationId): Promise<number> {
      return (await storage.read.one<{ people: number }>(`SELECT count(*) AS people FROM applications a JOIN users u ON u.organization_id = a.organization_id WHERE a.organization_id = ? AND a.id = ? AND ${usableCondition}`,
        [organizationId, applicationId]))?.people ?? 0
    },

    async assignments(organizationId: OrganizationId, applicationId: ApplicationId, sql: Sql = storage.read): Promise<Assignment[]> {
      const rows = await sql.all<{ kind: 'user' | 'group'; id: string; name: string | null }>(
        `SELECT x.principal_kind AS kind, x.principal_id AS id, CASE WHEN x.principal_kind = 'group' THEN g.name ELSE u.email END AS name
         FROM application_access x LEFT JOIN groups g ON x.principal_kind = 'group' AND g.id = x.principal_id
         LEFT JOIN users u ON x.principal_kind = 'user' AND u.id = x.principal_id AND u.status <> 'deleted'
         WHERE x.organization_id = ? AND x.application_id = ? ORDER BY kind, name`, [organizationId, applicationId])
      return rows.flatMap(({ kind, id, name }) => (name === null ? [] : [{ kind, id, name }]))
    },

    /** What the members of a group may use because they are in it. */
    async ofGroup(organizationId: OrganizationId, groupId: GroupId): Promise<{ id: ApplicationId; name: string }[]> {
      return storage.read.all<{ id: ApplicationId; name: string }>(
        `SELECT a.id, a.name FROM application_access x JOIN applications a ON a.id = x.application_id
         WHERE x.principal_kind = 'group' AND x.principal_id = ? AND x.organization_id = ? ORDER BY a.name_key, a.id`, [groupId, organizationId])
    },

    /** All three must be of one organization; otherwise nothing happens and false is returned. */
    async assign(tx: Transaction, organizationId: OrganizationId, applicationId: ApplicationId, principal: { kind: 'user' | 'group'; id: string }): Promise<boolean> {
      const table = principal.kind === 'user' ? 'users' : 'groups'
      return (await tx.run(
        `INSERT INTO application_access (application_id, principal_kind, principal_id, organization_id)
         SELECT a.id, ?, p.id, a.organization_id FROM applications a JOIN ${table} p ON p.organization_id = a.organization_id
         WHERE a.id = ? AND p.id = ? AND a.organization_id = ? ON CONFLICT DO NOTHING`, [principal.kind, applicationId, principal.id, organizationId])) === 1
    },

    async unassign(tx: Transaction, organizationId: OrganizationId, applicationId: ApplicationId, principal: { kind: 'user' | 'group'; id: string }): Promise<boolean> {
      return (await tx.run('DELETE FROM application_access WHERE organization_id = ? AND application_id = ? AND principal_kind = ? AND principal_id = ?',
        [organizationId, applicationId, principal.kind, principal.id])) === 1
    },
  }
}
