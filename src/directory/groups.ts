import { Conflict } from '../errors.ts'
import { newId, type Clock, type GroupId, type OrganizationId, type Sql, type Storage, type Transaction, type UserId } from '../storage/index.ts'
import { foldText } from './user.ts'

export interface Group {
  readonly id: GroupId
  readonly organizationId: OrganizationId
  readonly name: string
  readonly description: string
  readonly managedBy: string | null
  readonly members: number
}

export interface GroupMember { readonly id: UserId; readonly name: string; readonly email: string; readonly status: string }

interface Row { id: GroupId; organization_id: OrganizationId; name: string; description: string; managed_by: string | null; members: number }

const select = `SELECT g.id, g.organization_id, g.name, g.description, g.managed_by, (SELECT count(*) FROM group_members m WHERE m.group_id = g.id) AS members FROM groups g`

export type Groups = ReturnType<typeof createGroups>

export function createGroups(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  const refuseTaken = async (tx: Transaction, organizationId: OrganizationId, name: string, id: string): Promise<void> => {
    if (await tx.one('SELECT id FROM groups WHERE organization_id = ? AND name_key = ? AND id <> ?', [organizationId, foldText(name), id])) throw new Conflict('name_taken')
  }

  return {
    async find(organizationId: OrganizationId, id: string, sql: Sql = storage.read): Promise<Group | undefined> {
      const row = await sql.one<Row>(`${select} WHERE g.organization_id = ? AND g.id = ?`, [organizationId, id])
      return row && toGroup(row)
    },
    async findByName(organizationId: OrganizationId, name: string, sql: Sql = storage.read): Promise<Group | undefined> {
      const row = await sql.one<Row>(`${select} WHERE g.organization_id = ? AND g.name_key = ?`, [organizationId, foldText(name)])
      return row && toGroup(row)
    },
    async list(organizationId: OrganizationId, sql: Sql = storage.read): Promise<Group[]> {
      return (await sql.all<Row>(`${select} WHERE g.organization_id = ? ORDER BY g.name_key LIMIT 1000`, [organizationId])).map(toGroup)
    },
    async ofUser(organizationId: OrganizationId, userId: UserId, sql: Sql = storage.read): Promise<Group[]> {
      return (await sql.all<Row>(`${select} WHERE g.organization_id = ? AND g.id IN (SELECT group_id FROM group_members WHERE user_id = ?) ORDER BY g.name_key`, [organizationId, userId])).map(toGroup)
    },
    async members(organizationId: OrganizationId, id: GroupId, limit: number, after = ''): Promise<GroupMember[]> {
      return storage.read.all<GroupMember>(
        `SELECT u.id, u.given_name || ' ' || u.family_name AS name, u.email, u.status FROM group_members m JOIN users u ON u.id = m.user_id
         WHERE m.group_id = ? AND m.organization_id = ? AND u.id > ? ORDER BY u.id LIMIT ?`, [id, organizationId, after, limit])
    },
    /** @throws Conflict `name_taken` */
    async create(tx: Transaction, organizationId: OrganizationId, group: { name: string; description: string }): Promise<GroupId> {
      const id = newId<GroupId>()
      await refuseTaken(tx, organizationId, group.name, id)
      const now = clock.now()
      await tx.run('INSERT INTO groups (id, organization_id, name, name_key, description, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
        [id, organizationId, group.name, foldText(group.name), group.description, now, now])
      return id
    },
    /** @throws Conflict `name_taken` */
    async update(tx: Transaction, organizationId: OrganizationId, id: GroupId, group: { name: string; description: string }): Promise<boolean> {
      await refuseTaken(tx, organizationId, group.name, id)
      return (await tx.run('UPDATE groups SET name = ?, name_key = ?, description = ?, updated_at = ? WHERE organization_id = ? AND id = ?',
        [group.name, foldText(group.name), group.description, clock.now(), organizationId, id])) === 1
    },
    async remove(tx: Transaction, organizationId: OrganizationId, id: GroupId): Promise<boolean> {
      await tx.run(`DELETE FROM application_access WHERE principal_kind = 'group' AND principal_id = ? AND organization_id = ?`, [id, organizationId])
      return (await tx.run('DELETE FROM groups WHERE organization_id = ? AND id = ?', [organizationId, id])) === 1
    },
    /** Both must be of this organization; otherwise nothing happens and false is returned. */
    async addMember(tx: Transaction, organizationId: OrganizationId, id: GroupId, userId: UserId): Promise<boolean> {
      return (await tx.run(
        `INSERT INTO group_members (group_id, user_id, organization_id, added_at)
         SELECT g.id, u.id, g.organization_id, ? FROM groups g JOIN users u ON u.organization_id = g.organization_id
         WHERE g.id = ? AND u.id = ? AND g.organization_id = ? AND u.status <> 'deleted' ON CONFLICT DO NOTHING`, [clock.now(), id, userId, organizationId])) === 1
    },
    async removeMember(tx: Transaction, organizationId: OrganizationId, id: GroupId, userId: UserId): Promise<boolean> {
      return (await tx.run('DELETE FROM group_members WHERE group_id = ? AND user_id = ? AND organization_id = ?', [id, userId, organizationId])) === 1
    },
  }
}

function toGroup(row: Row): Group {
  return { id: row.id, organizationId: row.organization_id, name: row.name, description: row.description, managedBy: row.managed_by, members: row.members }
}
