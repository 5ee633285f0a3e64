import { Conflict } from '../errors.ts'
import { createPageTokens, newId, type Clock, type GroupId, type OrganizationId, type Sealer, type Sql, type SqlValue, type Storage, type Transaction, type UserId } from '../storage/index.ts'
import { countedAnew, createCounts } from './counts.ts'
import { foldText } from './user.ts'

export interface Group {
  readonly id: GroupId
  readonly organizationId: OrganizationId
  readonly name: string
  readonly description: string
  readonly managedBy: string | null
  /** Where there are many, as counted within the last minute. */
  readonly members: number
}

/** A group to choose: nobody waits for its members to be counted. */
export type GroupChoice = Omit<Group, 'members'>

export interface GroupMember { readonly id: UserId; readonly name: string; readonly email: string; readonly status: string }

interface Row { id: GroupId; organization_id: OrganizationId; name: string; description: string; managed_by: string | null; members: number }

const columns = 'g.id, g.organization_id, g.name, g.description, g.managed_by'
const choice = `SELECT ${columns} FROM groups g`
const select = `SELECT ${columns}, (SELECT count(*) FROM (SELECT 1 FROM group_members m WHERE m.group_id = g.id LIMIT ${countedAnew + 1}) AS found) AS members FROM groups g`

export type Groups = ReturnType<typeof createGroups>

export function createGroups(needs: { storage: Storage; clock: Clock; sealer: Sealer }) {
  const { storage, clock } = needs
  const tokens = createPageTokens(needs.sealer)
  const counts = createCounts(clock)
  const counted = async (row: Row, sql: Sql): Promise<Group> => ({
    ...toChoice(row),
    members: row.members <= countedAnew ? row.members : await counts.of(row.id, (count) => count > countedAnew,
      async () => (await sql.one<{ members: number }>('SELECT count(*) AS members FROM group_members WHERE group_id = ?', [row.id]))?.members ?? 0),
  })
  const refuseTaken = async (tx: Transaction, organizationId: OrganizationId, name: string, id: string): Promise<void> => {
    if (await tx.one('SELECT id FROM groups WHERE organization_id = ? AND name_key = ? AND id <> ?', [organizationId, foldText(name), id])) throw new Conflict('name_taken')
  }

  return {
    async find(organizationId: OrganizationId, id: string, sql: Sql = storage.read): Promise<Group | undefined> {
      const row = await sql.one<Row>(`${select} WHERE g.organization_id = ? AND g.id = ?`, [organizationId, id])
      return row && counted(row, sql)
    },
    async findByName(organizationId: OrganizationId, name: string, sql: Sql = storage.read): Promise<Group | undefined> {
      const row = await sql.one<Row>(`${select} WHERE g.organization_id = ? AND g.name_key = ?`, [organizationId, foldText(name)])
      return row && counted(row, sql)
    },
    async list(organizationId: OrganizationId, sql: Sql = storage.read): Promise<GroupChoice[]> {
      return (await sql.all<Row>(`${choice} WHERE g.organization_id = ? ORDER BY g.name_key LIMIT 1000`, [organizationId])).map(toChoice)
    },
    /**
     * A page in the order of names. @param text what the name has in it
     * @throws InvalidRequest when `after` is not a page token of this organization
     */
    async page(organizationId: OrganizationId, query: { text: string; after?: string; limit: number }): Promise<{ groups: Group[]; next: string | undefined }> {
      const scope = `groups ${organizationId}`
      const parts = ['g.organization_id = ?']
      const values: SqlValue[] = [organizationId]
      const text = foldText(query.text).replaceAll('\0', '')
      if (text !== '') {
        parts.push(`g.name_key LIKE ? ESCAPE '\\'`)
        values.push(`%${text.replaceAll(/[\\%_]/g, '\\$&')}%`)
      }
      if (query.after !== undefined) {
        parts.push('g.name_key > (SELECT a.name_key FROM groups a WHERE a.id = ? AND a.organization_id = ?)')
        values.push(tokens.read(query.after, scope).id, organizationId)
      }
      const rows = await storage.read.all<Row>(`${select} WHERE ${parts.join(' AND ')} ORDER BY g.name_key LIMIT ?`, [...values, query.limit + 1])
      const page = rows.slice(0, query.limit)
      const last = page.at(-1)
      return { groups: await Promise.all(page.map((row) => counted(row, storage.read))), next: rows.length > query.limit && last ? tokens.write({ at: 0, id: last.id }, scope) : undefined }
    },
    async ofUser(organizationId: OrganizationId, userId: UserId, sql: Sql = storage.read): Promise<GroupChoice[]> {
      return (await sql.all<Row>(`${choice} WHERE g.organization_id = ? AND g.id IN (SELECT group_id FROM group_members WHERE user_id = ?) ORDER BY g.name_key`, [organizationId, userId])).map(toChoice)
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
      counts.forget(id)
      return (await tx.run(
        `INSERT INTO group_members (group_id, user_id, organization_id, added_at)
         SELECT g.id, u.id, g.organization_id, ? FROM groups g JOIN users u ON u.organization_id = g.organization_id
         WHERE g.id = ? AND u.id = ? AND g.organization_id = ? AND u.status <> 'deleted' ON CONFLICT DO NOTHING`, [clock.now(), id, userId, organizationId])) === 1
    },
    async removeMember(tx: Transaction, organizationId: OrganizationId, id: GroupId, userId: UserId): Promise<boolean> {
      counts.forget(id)
      return (await tx.run('DELETE FROM group_members WHERE group_id = ? AND user_id = ? AND organization_id = ?', [id, userId, organizationId])) === 1
    },
  }
}

function toChoice(row: Row): GroupChoice {
  return { id: row.id, organizationId: row.organization_id, name: row.name, description: row.description, managedBy: row.managed_by }
}
