import { setImmediate as breathe } from 'node:timers/promises'
import { csvLine } from '../../audit/index.ts'
import { placeholders, type GroupId, type OrganizationId, type Storage } from '../../storage/index.ts'
import type { PeopleQuestion } from '../people-query.ts'
import type { Groups } from '../groups.ts'
import type { User } from '../user.ts'
import type { Users } from '../users.ts'

export type ExportFormat = 'csv' | 'json'
export interface ExportNeeds { readonly storage: Storage; readonly users: Users; readonly groups: Groups }

const pageSize = 500
const peopleHeader = ['email', 'given name', 'family name', 'phone', 'language', 'role', 'groups', 'status', 'keys', 'managed by', 'last sign-in', 'created', 'id']
const groupsHeader = ['name', 'description', 'members', 'managed by', 'id']

/** Everybody who fits, a page at a time; its first columns are those that an import reads. */
export async function* exportPeople(needs: ExportNeeds, organizationId: OrganizationId, format: ExportFormat, filter: Omit<PeopleQuestion, 'organizationId'> = {}): AsyncGenerator<string> {
  yield* written(format, peopleHeader, async function* () {
    for await (const page of needs.users.pages({ ...filter, organizationId }, pageSize)) {
      const groups = await groupsOf(needs.storage, organizationId, page)
      yield page.map((user): Item => {
        const names = groups.get(user.id) ?? []
        const [lastSignInAt, createdAt] = [timeOf(user.lastSignInAt), timeOf(user.createdAt)]
        return {
          cells: [user.email, user.givenName, user.familyName, user.phone, user.locale, user.role, names.join('; '), user.status, user.passkeys, user.managedBy, lastSignInAt, createdAt, user.id],
          json: {
            id: user.id, email: user.email, emailVerified: user.emailVerified, givenName: user.givenName, familyName: user.familyName, phone: user.phone, locale: user.locale, role: user.role, status: user.status,
            groups: names, keys: user.passkeys, managedBy: user.managedBy, lastSignInAt, createdAt,
          },
        }
      })
    }
  })
}

/** All groups, a page at a time, with how many are in each. */
export async function* exportGroups(needs: ExportNeeds, organizationId: OrganizationId, format: ExportFormat, text = ''): AsyncGenerator<string> {
  yield* written(format, groupsHeader, async function* () {
    for (let after: string | undefined; ;) {
      const { groups, next } = await needs.groups.page(organizationId, { text, limit: pageSize, ...(after === undefined ? {} : { after }) })
      yield groups.map(({ id, name, description, members, managedBy }): Item => ({ cells: [name, description, members, managedBy, id], json: { id, name, description, members, managedBy } }))
      if (next === undefined) return
      after = next
    }
  })
}

interface Item { readonly cells: readonly (string | number | null)[]; readonly json: Readonly<Record<string, unknown>> }

async function* written(format: ExportFormat, header: readonly string[], pages: () => AsyncGenerator<readonly Item[]>): AsyncGenerator<string> {
  yield format === 'csv' ? `\ufeff${csvLine(header)}` : '['
  let first = true
  for await (const page of pages()) {
    // SQLite answers at once: without a pause nobody else would be served until the end.
    await breathe()
    if (format === 'csv') yield page.map(({ cells }) => csvLine(cells)).join('')
    else for (const { json } of page) { yield `${first ? '\n' : ',\n'}${JSON.stringify(json)}`; first = false }
  }
  if (format === 'json') yield '\n]\n'
}

async function groupsOf(storage: Storage, organizationId: OrganizationId, page: readonly User[]): Promise<Map<string, string[]>> {
  const rows = await storage.read.all<{ user_id: string; name: string; id: GroupId }>(
    `SELECT m.user_id, g.name, g.id FROM group_members m JOIN groups g ON g.id = m.group_id WHERE m.user_id IN (${placeholders(page.length)}) AND m.organization_id = ? ORDER BY g.name_key`, [...page.map(({ id }) => id), organizationId])
  const names = new Map<string, string[]>()
  for (const { user_id: id, name } of rows) names.set(id, [...names.get(id) ?? [], name])
  return names
}

function timeOf(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}
