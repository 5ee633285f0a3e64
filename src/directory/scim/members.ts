import { placeholders, type Clock, type GroupId, type OrganizationId, type Storage, type Transaction } from '../../storage/index.ts'
import { nameOf } from '../user.ts'
import { invalidValue, ScimError } from './errors.ts'
import type { Filter } from './filter.ts'
import { concerns, type Operation } from './patch.ts'
import { isObject, type Complex } from './values.ts'

export type MemberStep = { readonly kind: 'add' | 'remove' | 'replace'; readonly ids: readonly string[] } | { readonly kind: 'clear' }

const statementSize = 200
const pageSize = 1_000
/** More members than this are not told in one answer. */
const mostShown = 200_000

/**
 * The ids in a list of members. Groups in groups are not taken: what a nested group gives is not what people here would see.
 * @throws ScimError `invalidValue`
 */
export function readMembers(value: unknown): string[] {
  if (value === null || value === undefined) return []
  const ids = (Array.isArray(value) ? value : [value]).map((item: unknown) => {
    const id = isObject(item) ? item['value'] : item
    const type = isObject(item) ? item['type'] : undefined
    if (typeof type === 'string' && type.toLowerCase() === 'group') throw invalidValue('A group cannot be a member of a group here; send the people in it.')
    if (typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id)) throw invalidValue('members must be objects whose value is the id of a person.')
    return id
  })
  return [...new Set(ids)]
}

/** What an operation does to the members, without looking at the others: one of 50,000 costs as much as one of five. */
export function readMemberStep(operation: Operation): MemberStep | undefined {
  if (!concerns(operation, 'members')) return undefined
  const { op, value, path: { where, sub } } = operation
  if (sub) throw new ScimError(400, 'members are added and removed as a whole.', 'invalidPath')
  if (where) {
    if (op !== 'remove') throw new ScimError(400, 'Add members by the path members, with a list of objects as the value.', 'invalidPath')
    return { kind: 'remove', ids: idsIn(where) }
  }
  if (op !== 'remove') return { kind: op, ids: readMembers(value) }
  return value === undefined || value === null ? { kind: 'clear' } : { kind: 'remove', ids: readMembers(value) }
}

function idsIn(filter: Filter): string[] {
  if (filter.kind === 'or') return filter.terms.flatMap(idsIn)
  if (filter.kind === 'compare' && filter.operator === 'eq' && filter.path.attribute.name === 'value' && typeof filter.value === 'string') return [filter.value]
  throw new ScimError(400, 'Name the members that go by members[value eq "id"].', 'invalidPath')
}

export function createMembers(needs: { storage: Storage; clock: Clock; publicUrl: string }) {
  const { storage, clock } = needs
  const inPieces = async (ids: readonly string[], work: (piece: readonly string[]) => Promise<readonly { user_id: string }[]>): Promise<string[]> => {
    const done: string[] = []
    for (let at = 0; at < ids.length; at += statementSize) done.push(...(await work(ids.slice(at, at + statementSize))).map(({ user_id }) => user_id))
    return done
  }

  /** @returns who is new in the group. @throws ScimError `invalidValue` for somebody whom SCIM does not know */
  async function add(tx: Transaction, organizationId: OrganizationId, id: string, ids: readonly string[]): Promise<string[]> {
    return inPieces(ids, async (piece) => {
      const known = new Set((await tx.all<{ id: string }>(
        `SELECT id FROM scim_resources WHERE organization_id = ? AND kind = 'user' AND state = 'live' AND id IN (${placeholders(piece.length)})`, [organizationId, ...piece])).map((row) => row.id))
      const stranger = piece.find((one) => !known.has(one))
      if (stranger !== undefined) throw invalidValue(`members: there is no person ${JSON.stringify(stranger)} here.`)
      const now = clock.now()
      return tx.all<{ user_id: string }>(
        `INSERT INTO group_members (group_id, user_id, organization_id, added_at) VALUES ${piece.map(() => '(?, ?, ?, ?)').join(', ')} ON CONFLICT DO NOTHING RETURNING user_id`,
        piece.flatMap((one) => [id, one, organizationId, now]))
    })
  }

  /** @returns who was in the group */
  async function remove(tx: Transaction, organizationId: OrganizationId, id: string, ids: readonly string[]): Promise<string[]> {
    return inPieces(ids, (piece) => tx.all<{ user_id: string }>(
      `DELETE FROM group_members WHERE group_id = ? AND organization_id = ? AND user_id IN (${placeholders(piece.length)}) RETURNING user_id`, [id, organizationId, ...piece]))
  }

  return {
    async take(tx: Transaction, organizationId: OrganizationId, id: string, step: MemberStep): Promise<{ added: readonly string[]; removed: readonly string[] }> {
      switch (step.kind) {
        case 'add': return { added: await add(tx, organizationId, id, step.ids), removed: [] }
        case 'remove': return { added: [], removed: await remove(tx, organizationId, id, step.ids) }
        case 'clear': return { added: [], removed: (await tx.all<{ user_id: string }>('DELETE FROM group_members WHERE group_id = ? AND organization_id = ? RETURNING user_id', [id, organizationId])).map(({ user_id }) => user_id) }
        case 'replace': {
          const wanted = new Set(step.ids)
          const before = new Set((await tx.all<{ user_id: string }>('SELECT user_id FROM group_members WHERE group_id = ? AND organization_id = ?', [id, organizationId])).map(({ user_id }) => user_id))
          const removed = await remove(tx, organizationId, id, [...before].filter((one) => !wanted.has(one)))
          return { added: await add(tx, organizationId, id, [...wanted].filter((one) => !before.has(one))), removed }
        }
      }
    },

    /** All members as SCIM shows them, read some at a time. @param budget how many may still be told in this answer */
    async show(organizationId: OrganizationId, id: GroupId, budget: { left: number }): Promise<Complex[]> {
      const members: Complex[] = []
      for (let after = ''; ;) {
        // The page is chosen first, by the key alone; only its people are looked up.
        const rows = await storage.read.all<{ id: string; state: string | null; given_name: string; family_name: string; email: string }>(
          `SELECT m.user_id AS id, r.state, u.given_name, u.family_name, u.email
           FROM (SELECT user_id FROM group_members WHERE group_id = ? AND organization_id = ? AND user_id > ? ORDER BY user_id LIMIT ${pageSize}) m
           JOIN users u ON u.id = m.user_id LEFT JOIN scim_resources r ON r.id = m.user_id ORDER BY m.user_id`, [id, organizationId, after])
        if ((budget.left -= rows.length) < 0) throw new ScimError(400, 'These groups have too many members for one answer; ask with excludedAttributes=members.', 'tooMany')
        for (const row of rows) if (row.state === 'live') members.push({ value: row.id, $ref: `${needs.publicUrl}/scim/v2/Users/${row.id}`, display: nameOf({ givenName: row.given_name, familyName: row.family_name, email: row.email }), type: 'User' })
        const last = rows.at(-1)
        if (!last || rows.length < pageSize) return members
        after = last.id
      }
    },

    /** Of these groups, who of these people is in which: all that a filter may ask about members. */
    async among(organizationId: OrganizationId, groupIds: readonly string[], ids: readonly string[]): Promise<Map<string, Complex[]>> {
      const found = new Map<string, Complex[]>()
      if (groupIds.length === 0 || ids.length === 0) return found
      const rows = await storage.read.all<{ group_id: string; user_id: string }>(
        `SELECT group_id, user_id FROM group_members WHERE organization_id = ? AND user_id IN (${placeholders(ids.length)}) AND group_id IN (${placeholders(groupIds.length)})`, [organizationId, ...ids, ...groupIds])
      for (const { group_id, user_id } of rows) found.set(group_id, [...(found.get(group_id) ?? []), { value: user_id }])
      return found
    },

    budget: () => ({ left: mostShown }),
  }
}

/** Whose membership a filter asks about. @throws ScimError `invalidFilter` for anything but who is in a group */
export function membersIn(filter: Filter): string[] {
  switch (filter.kind) {
    case 'and': case 'or': return filter.terms.flatMap(membersIn)
    case 'not': return membersIn(filter.term)
    default: {
      if (filter.path.attribute.name !== 'members') return []
      const asked = filter.kind === 'some' ? filter.where : filter
      const isValue = asked.kind === 'compare' && asked.operator === 'eq' && typeof asked.value === 'string' && (asked.path.sub?.name ?? asked.path.attribute.name) !== 'display' && (asked.path.sub?.name ?? asked.path.attribute.name) !== 'type'
      if (isValue && asked.kind === 'compare') return [String(asked.value)]
      throw new ScimError(400, 'Of members, a filter can ask only who is one: members[value eq "id"].', 'invalidFilter')
    }
  }
}
