import { setImmediate as breathe } from 'node:timers/promises'
import type { Audit, AuditEntry } from '../../audit/index.ts'
import { roleMay } from '../../http/index.ts'
import type { Lease } from '../../jobs/index.ts'
import { newId, placeholders, type Clock, type GroupId, type OrganizationId, type Sql, type SqlValue, type Storage, type Transaction, type UserId } from '../../storage/index.ts'
import type { Groups } from '../groups.ts'
import { foldText, mayManage, searchKeyOf, type User, type UserRole } from '../user.ts'
import type { Users } from '../users.ts'
import { readLine, type LinePerson, type LineProblem } from './check.ts'
import { toLine, type PeopleImports } from './imports.ts'
import type { ImportLine, ImportNumbers, LineVerdict, PeopleImport } from './people-import.ts'

export interface ImportWorkNeeds {
  readonly storage: Storage
  readonly clock: Clock
  readonly users: Users
  readonly groups: Groups
  readonly imports: PeopleImports
  readonly audit: Pick<Audit, 'record' | 'recordAll'>
  readonly locales: readonly string[]
  /** Makes a one-time link and puts its mail into the outbox. */
  readonly invite: (tx: Transaction, user: User, by: { readonly id: UserId; readonly name: string }) => Promise<void>
  /** Counts an invitation; false when as many were sent as may be within an hour. */
  readonly mayInvite: (tx: Transaction, organizationId: OrganizationId) => Promise<boolean>
}

const lookedAtTogether = 500
const madeTogether = 200

interface Known { id: UserId; organization_id: OrganizationId; email_key: string; role: UserRole; given_name: string; family_name: string; phone: string | null; locale: string | null; managed_by: string | null; /** Names, folded. */ groups: ReadonlySet<string> }

/**
 * The work of an import: looks at lines, then makes people of them, a few hundred in a transaction. Each part writes down how far it
 * came, so a process that dies goes on where it was, and two that try at once meet the lease.
 */
export function createImportWork(needs: ImportWorkNeeds) {
  const { storage, imports } = needs

  /** Everything that waits, part by part. @returns how many parts were done */
  return async function work(signal: AbortSignal, lease?: Lease): Promise<number> {
    let parts = 0
    for (const begun of await imports.waiting()) {
      for (let current: PeopleImport | undefined = begun; current && !signal.aborted; parts++) {
        const { id, organizationId } = current
        if (current.state === 'checking') await check(current, lease)
        else if (current.state === 'applying') await apply(current, lease)
        else break
        current = await imports.find(organizationId, id)
        await breathe()
      }
    }
    return parts
  }

  async function check(order: PeopleImport, lease: Lease | undefined): Promise<void> {
    await storage.write(async (tx) => {
      await lease?.stillHeld(tx)
      const actor = await actorOf(tx, order)
      if (!actor) return imports.move(tx, order.id, ['checking'], 'stopped')
      const lines = await linesOf(tx, order, lookedAtTogether)
      if (lines.length === 0) return finishChecking(tx, order)
      const rules = { mapping: order.mapping, locales: needs.locales, actorRole: actor.role, createGroups: order.choices.createGroups, groups: await groupsOf(tx, order.organizationId) }
      const read = lines.map((line) => ({ line, result: readLine(line.cells, rules) }))
      const known = await knownOf(tx, read.flatMap(({ result }) => ('person' in result ? [result.person.email.key] : [])))
      const rows = read.map(({ line, result }): SqlValue[] => {
        const told = 'person' in result ? judge(result.person, known.get(result.person.email.key), order, actor) : { verdict: 'problem' as const, problem: result.problem, field: result.field }
        const column = told.field === undefined || told.field === '' ? null : order.columns[order.mapping.indexOf(told.field)] ?? null
        return [order.id, line.line, JSON.stringify(line.cells), 'person' in result ? result.person.email.key : null, told.verdict, told.problem ?? null, column]
      })
      await tx.run(
        `INSERT INTO people_import_lines (import_id, line, cells, email_key, verdict, problem, problem_column) VALUES ${rows.map(() => '(?, ?, ?, ?, ?, ?, ?)').join(', ')}
         ON CONFLICT (import_id, line) DO UPDATE SET email_key = excluded.email_key, verdict = excluded.verdict, problem = excluded.problem, problem_column = excluded.problem_column`, rows.flat())
      const upTo = lines.at(-1)?.line ?? 0
      await markTwice(tx, order, upTo)
      await tx.run('UPDATE people_imports SET position = ? WHERE id = ?', [upTo, order.id])
    })
  }

  /** One address is one person: the first line that can be used counts, the others say so. */
  async function markTwice(tx: Transaction, order: PeopleImport, upTo: number): Promise<void> {
    await tx.run(
      `UPDATE people_import_lines SET verdict = 'problem', problem = 'email_twice', problem_column = ? WHERE import_id = ? AND line > ? AND line <= ? AND verdict <> 'problem' AND email_key IS NOT NULL
       AND EXISTS (SELECT 1 FROM people_import_lines f WHERE f.import_id = people_import_lines.import_id AND f.email_key = people_import_lines.email_key AND f.line < people_import_lines.line AND f.verdict <> 'problem')`,
      [order.columns[order.mapping.indexOf('email')] ?? null, order.id, order.position, upTo])
  }

  async function finishChecking(tx: Transaction, order: PeopleImport): Promise<void> {
    const counted = await tx.all<{ verdict: string; lines: number }>('SELECT verdict, count(*) AS lines FROM people_import_lines WHERE import_id = ? GROUP BY verdict', [order.id])
    await imports.move(tx, order.id, ['checking'], 'checked', { position: 0, counts: JSON.stringify({ verdicts: Object.fromEntries(counted.map(({ verdict, lines }) => [verdict, lines])) }) })
  }

  async function apply(order: PeopleImport, lease: Lease | undefined): Promise<void> {
    await storage.write(async (tx) => {
      await lease?.stillHeld(tx)
      const actor = await actorOf(tx, order)
      if (!actor) return imports.move(tx, order.id, ['applying'], 'stopped')
      const by = { kind: 'user' as const, id: actor.id, name: actor.email }
      const lines = await linesOf(tx, order, madeTogether, true)
      if (lines.length === 0) {
        const { verdicts: _verdicts, ...numbers } = order.numbers
        await needs.audit.record(tx, { organizationId: order.organizationId, action: 'user.import_done', outcome: 'success', actor: by, details: { file: order.fileName, lines: order.lines, ...numbers } })
        return imports.move(tx, order.id, ['applying'], 'done')
      }
      const numbers = { ...order.numbers }
      const groups = await groupsOf(tx, order.organizationId)
      const rules = { mapping: order.mapping, locales: needs.locales, actorRole: actor.role, createGroups: order.choices.createGroups, groups }
      const people = lines.flatMap(({ cells }) => { const result = readLine(cells, rules); return 'person' in result ? [result.person] : [] })
      // The rules may have changed since the lines were looked at.
      numbers.left += lines.length - people.length
      const known = await knownOf(tx, people.map(({ email }) => email.key))
      const events: AuditEntry[] = []
      const record = (action: string, id: UserId, person: LinePerson, details: Readonly<Record<string, unknown>>): void => {
        events.push({ organizationId: order.organizationId, action, outcome: 'success', actor: by, userId: id, target: { kind: 'user', id, name: person.email.email }, details: { file: order.fileName, ...(person.groups.length > 0 ? { groups: person.groups.join(', ') } : {}), ...details } })
      }
      await makeGroups(tx, order, people, groups, numbers, events, by)
      const fresh = people.filter(({ email }) => !known.has(email.key)).map((person) => ({ id: newId<UserId>(), person }))
      const made = new Set(await insertPeople(tx, order.organizationId, fresh))
      for (const { id, person } of fresh) if (made.has(id)) record('user.imported', id, person, person.role === null ? {} : { role: person.role })
      numbers.created += made.size
      numbers.left += fresh.length - made.size
      const members = fresh.filter(({ id }) => made.has(id))
      for (const person of people) {
        const before = known.get(person.email.key)
        if (!before) continue
        const { verdict } = judge(person, before, order, actor)
        if (verdict !== 'update') { if (verdict !== 'unchanged') numbers.left++; continue }
        const changes = changesOf(person, before)
        await needs.users.update(tx, order.organizationId, before.id, changes)
        members.push({ id: before.id, person })
        record('user.changed', before.id, person, { changed: Object.keys(changes).join(', ') })
        numbers.updated++
      }
      await addMembers(tx, order.organizationId, members, groups)
      if (order.choices.invite === 'now') {
        for (const { id } of fresh.filter((one) => made.has(one.id))) {
          const user = await needs.users.find(order.organizationId, id, tx)
          if (!user || numbers.waiting > 0 || !(await needs.mayInvite(tx, order.organizationId))) { numbers.waiting++; continue }
          await needs.invite(tx, user, { id: actor.id, name: actor.name })
          numbers.invited++
        }
      }
      await needs.audit.recordAll(tx, events)
      await tx.run('UPDATE people_imports SET position = ?, counts = ? WHERE id = ?', [lines.at(-1)?.line ?? 0, JSON.stringify(numbers), order.id])
    })
  }

  /** Whoever imports must still be allowed to, at every step (SEC-69). */
  async function actorOf(tx: Transaction, order: PeopleImport): Promise<User | undefined> {
    const actor = await needs.users.find(order.organizationId, order.createdBy, tx)
    return actor?.status === 'active' && roleMay(actor.role, 'users.write') && roleMay(actor.role, 'groups.write') ? actor : undefined
  }

  async function linesOf(tx: Sql, order: PeopleImport, limit: number, actedOn = false): Promise<ImportLine[]> {
    const rows = await tx.all<Parameters<typeof toLine>[0]>(
      `SELECT line, cells, verdict, problem, problem_column FROM people_import_lines WHERE import_id = ? AND line > ?${actedOn ? ` AND verdict IN ('create', 'update')` : ''} ORDER BY line LIMIT ?`, [order.id, order.position, limit])
    return rows.map(toLine)
  }

  async function groupsOf(tx: Sql, organizationId: OrganizationId): Promise<Map<string, GroupId | null>> {
    const rows = await tx.all<{ id: GroupId; name_key: string; managed_by: string | null }>('SELECT id, name_key, managed_by FROM groups WHERE organization_id = ?', [organizationId])
    return new Map(rows.map((row) => [row.name_key, row.managed_by === null ? row.id : null]))
  }

  async function knownOf(tx: Sql, keys: readonly string[]): Promise<Map<string, Known>> {
    if (keys.length === 0) return new Map()
    const rows = await tx.all<Omit<Known, 'groups'>>(`SELECT id, organization_id, email_key, role, given_name, family_name, phone, locale, managed_by FROM users WHERE email_key IN (${placeholders(keys.length)})`, keys)
    const members = rows.length === 0 ? [] : await tx.all<{ user_id: UserId; name_key: string }>(
      `SELECT m.user_id, g.name_key FROM group_members m JOIN groups g ON g.id = m.group_id WHERE m.user_id IN (${placeholders(rows.length)})`, rows.map(({ id }) => id))
    const groups = Map.groupBy(members, (member) => member.user_id)
    return new Map(rows.map((row) => [row.email_key, { ...row, groups: new Set(groups.get(row.id)?.map((member) => member.name_key)) }]))
  }

  async function makeGroups(tx: Transaction, order: PeopleImport, people: readonly LinePerson[], groups: Map<string, GroupId | null>, numbers: ImportNumbers, events: AuditEntry[], actor: AuditEntry['actor']): Promise<void> {
    for (const name of new Set(people.flatMap((person) => person.groups))) {
      if (groups.has(foldText(name))) continue
      const id = await needs.groups.create(tx, order.organizationId, { name, description: '' })
      groups.set(foldText(name), id)
      numbers.groups++
      events.push({ organizationId: order.organizationId, action: 'group.created', outcome: 'success', actor, target: { kind: 'group', id, name }, details: { file: order.fileName } })
    }
  }

  /** @returns who was made: an address that somebody took a moment ago stays theirs. */
  async function insertPeople(tx: Transaction, organizationId: OrganizationId, people: readonly { id: UserId; person: LinePerson }[]): Promise<UserId[]> {
    if (people.length === 0) return []
    needs.users.forgetCounts(organizationId)
    const now = needs.clock.now()
    const rows = people.map(({ id, person: { email, givenName, familyName, phone, locale, role } }): SqlValue[] =>
      [id, organizationId, 'new', role ?? 'user', email.email, email.key, givenName, familyName, searchKeyOf({ givenName, familyName, email: email.email }), phone, locale, now, now])
    const made = await tx.all<{ id: UserId }>(
      `INSERT INTO users (id, organization_id, status, role, email, email_key, given_name, family_name, search_key, phone, locale, created_at, updated_at)
       VALUES ${rows.map((row) => `(${placeholders(row.length)})`).join(', ')} ON CONFLICT DO NOTHING RETURNING id`, rows.flat())
    return made.map(({ id }) => id)
  }

  async function addMembers(tx: Transaction, organizationId: OrganizationId, people: readonly { id: UserId; person: LinePerson }[], groups: ReadonlyMap<string, GroupId | null>): Promise<void> {
    const rows = people.flatMap(({ id, person }) => person.groups.flatMap((name): SqlValue[][] => { const group = groups.get(foldText(name)); return group ? [[group, id, organizationId, needs.clock.now()]] : [] }))
    for (let at = 0; at < rows.length; at += madeTogether) {
      const part = rows.slice(at, at + madeTogether)
      await tx.run(`INSERT INTO group_members (group_id, user_id, organization_id, added_at) VALUES ${part.map(() => '(?, ?, ?, ?)').join(', ')} ON CONFLICT DO NOTHING`, part.flat())
    }
  }
}

interface Told { readonly verdict: LineVerdict; readonly problem?: LineProblem; readonly field?: 'email' }

/** What becomes of a readable line, by who is here with that address. */
function judge(person: LinePerson, known: Known | undefined, order: PeopleImport, actor: User): Told {
  if (!known) return { verdict: 'create' }
  if (known.organization_id !== order.organizationId) return { verdict: 'problem', problem: 'email_elsewhere', field: 'email' }
  if (known.managed_by !== null) return { verdict: 'managed' }
  if (order.choices.existing === 'skip') return { verdict: 'exists' }
  if (!mayManage(actor.role, known.role)) return { verdict: 'above' }
  return Object.keys(changesOf(person, known)).length > 0 || person.groups.some((name) => !known.groups.has(foldText(name))) ? { verdict: 'update' } : { verdict: 'unchanged' }
}

/** An empty cell changes nothing; the role of somebody who is here already is changed on their own page only. */
function changesOf(person: LinePerson, known: Known) {
  return {
    ...(person.givenName !== '' && person.givenName !== known.given_name ? { givenName: person.givenName } : {}), ...(person.familyName !== '' && person.familyName !== known.family_name ? { familyName: person.familyName } : {}),
    ...(person.phone !== null && person.phone !== known.phone ? { phone: person.phone } : {}), ...(person.locale !== null && person.locale !== known.locale ? { locale: person.locale } : {}),
  }
}
