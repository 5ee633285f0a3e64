import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { migrations } from '../../migrations/index.ts'
import { createAudit } from '../../src/audit/index.ts'
import { createImportWork, createPeopleImports, exportPeople } from '../../src/directory/csv/index.ts'
import { createGroups, createUsers, foldText } from '../../src/directory/index.ts'
import { createSealer, migrate, newId, openStorage, systemClock, type DatabaseLocation, type GroupId, type OrganizationId, type Storage, type UserId } from '../../src/storage/index.ts'
import { createLog } from '../../src/http/index.ts'
import { useServer } from '../support/postgres.ts'
import { startCluster } from '../support/postgres-cluster.ts'
import { createTestDatabase } from '../support/postgres.ts'

/**
 * `node test/bench/lists.ts`: what the pages of people and groups cost in a large organization, on both databases, against the
 * limits of growth: a page 50 ms, a search by the beginning of a name 100 ms, by a part of it 300 ms. It reports and never judges.
 */
const { values: options } = parseArgs({ options: { people: { type: 'string', default: '100000' }, only: { type: 'string' }, 'without-trigrams': { type: 'boolean', default: false } } })
const people = Number(options.people)
const rounds = 15
const families = ['Hopper', 'Lovelace', 'Turing', 'Liskov', 'Knuth', 'Dijkstra', 'Zuse', 'Noether', 'Johnson', 'Hamilton', 'Müller', 'Østergård']
const given = ['Grace', 'Ada', 'Alan', 'Barbara', 'Donald', 'Edsger', 'Konrad', 'Emmy', 'Katherine', 'Margaret']

async function fill(storage: Storage): Promise<{ organizationId: OrganizationId; large: GroupId; small: GroupId }> {
  const organizationId = newId<OrganizationId>()
  const now = systemClock.now()
  const many = async (start: string, width: number, rows: readonly (string | number | null)[][]): Promise<void> => {
    for (let at = 0; at < rows.length; at += 200) {
      const part = rows.slice(at, at + 200)
      await storage.write((tx) => tx.run(`${start} VALUES ${part.map(() => `(${Array.from({ length: width }, () => '?').join(', ')})`).join(', ')}`, part.flat()))
    }
  }
  await many('INSERT INTO organizations (id, kind, name, slug, plan, settings, created_at, updated_at)', 8, [[organizationId, 'business', 'Analytical Engines', 'engines', 'free', '{}', now, now]])
  const ids = Array.from({ length: people }, () => newId())
  await many('INSERT INTO users (id, organization_id, status, role, email, email_key, given_name, family_name, search_key, created_at, updated_at)', 11, ids.map((id, number) => {
    const [familyName, givenName, email] = [`${families[number % 12] ?? ''}${number % 997}`, given[number % 10] ?? '', `person${number}@example.com`]
    return [id, organizationId, number % 50 === 0 ? 'new' : number % 200 === 1 ? 'suspended' : 'active', number % 5_000 === 3 ? 'owner' : 'user', email, email, givenName, familyName, foldText(`${familyName} ${givenName} ${email}`), now, now]
  }))
  const groups = Array.from({ length: 1_000 }, (_value, number) => [newId<GroupId>(), organizationId, `Group ${number}`, `group ${number}`, '', now, now])
  await many('INSERT INTO groups (id, organization_id, name, name_key, description, created_at, updated_at)', 7, groups)
  const members = ids.slice(0, people / 2).map((id) => [String(groups[0]?.[0]), id, organizationId, now])
  for (const [index, group] of groups.entries()) if (index > 0) for (let one = 0; one < 100; one++) members.push([String(group[0]), ids[(index * 97 + one * 31) % people] ?? '', organizationId, now])
  await many('INSERT INTO group_members (group_id, user_id, organization_id, added_at)', 4, members)
  if (storage.kind === 'postgres') await storage.execute('ANALYZE')
  return { organizationId, large: groups[0]?.[0] as GroupId, small: groups[5]?.[0] as GroupId }
}

async function measure(kind: 'sqlite' | 'postgres', location: DatabaseLocation): Promise<void> {
  await migrate(location, migrations)
  const storage = await openStorage(location, [])
  const sealer = createSealer(Buffer.alloc(32, 1))
  const [users, groups] = [createUsers({ storage, clock: systemClock, sealer }), createGroups({ storage, clock: systemClock, sealer })]
  const started = performance.now()
  const { organizationId, large, small } = await fill(storage)
  console.log(`\n${kind}: ${people} people, 1,000 groups, one of ${people / 2}; filled in ${((performance.now() - started) / 1_000).toFixed(1)} s`)
  if (kind === 'postgres' && options['without-trigrams']) await storage.execute('DROP INDEX users_search_trigrams')
  let after = ''
  for (let page = 0; page < 20; page++) after = (await users.list({ organizationId, limit: 50, ...(after === '' ? {} : { after }) })).next ?? ''
  const list = (question: Omit<Parameters<typeof users.list>[0], 'organizationId' | 'limit'>) => () => users.list({ organizationId, limit: 50, ...question })
  const measures: readonly (readonly [name: string, limit: number, work: () => Promise<unknown>])[] = [
    ['first page', 50, list({})], ['a later page', 50, list({ after })], ['suspended only', 50, list({ status: 'suspended' })], ['invited only', 50, list({ status: ['new', 'pending'] })], ['owners only', 50, list({ role: 'owner' })], ['without a key', 50, list({ withoutKey: true })],
    ['search, beginning of a name, many', 100, list({ text: 'hopper' })], ['search, beginning of a name, some', 100, list({ text: 'zuse500' })], ['search, two words', 100, list({ text: 'grace hopper12' })], ['search, two letters', 100, list({ text: 'zu' })],
    ['search, part, everybody', 300, list({ text: 'example.com' })], ['search, part, one person', 300, list({ text: 'rson77777@' })], ['search, part, nobody', 300, list({ text: 'qqxyz' })], ['search, two letters, nobody', 300, list({ text: 'qq' })],
    ['search, last in order', 300, list({ text: 'zuse997 OR' })], ['group of half, page', 50, list({ groupId: large })], ['group of half, later page', 50, list({ groupId: large, after })], ['group of 100, page', 50, list({ groupId: small })],
    ['group of half, search', 100, list({ groupId: large, text: 'turing5' })], ['group of half, one person', 100, list({ groupId: large, text: 'rson7776@' })], ['group of 100, search', 100, list({ groupId: small, text: 'grace' })],
    ['one group with its count', 50, () => groups.find(organizationId, large)], ['page of groups', 50, () => groups.page(organizationId, { text: '', limit: 50 })], ['groups by name', 100, () => groups.page(organizationId, { text: 'up 77', limit: 50 })],
    ['1,000 groups to choose from', 50, () => groups.list(organizationId)], ['numbers by status', 50, () => users.countByStatus(organizationId)],
    ['add and remove one of half', 50, async () => { const { users: [one] } = await users.list({ organizationId, limit: 1 }); await storage.write(async (tx) => { if (one && await groups.removeMember(tx, organizationId, large, one.id)) await groups.addMember(tx, organizationId, large, one.id) }) }],
  ]
  console.log('                                       first     median      worst   limit')
  for (const [name, limit, work] of measures) {
    const times: number[] = []
    for (let round = 0; round < rounds; round++) {
      const begun = performance.now()
      await work()
      times.push(performance.now() - begun)
    }
    const sorted = times.toSorted((a, b) => a - b)
    const show = (time: number | undefined): string => (time ?? 0).toFixed(1).padStart(8)
    console.log(`${name.padEnd(36)}${show(times[0])} ms${show(sorted[rounds >> 1])} ms${show(sorted.at(-1))} ms${String(limit).padStart(6)}${(sorted[rounds >> 1] ?? 0) > limit ? '  over' : ''}`)
  }
  await files(storage, organizationId)
  await storage.close()
}

/** A file of as many people again: up, looked at, made; and everybody down again. With the memory that it took. */
async function files(storage: Storage, organizationId: OrganizationId): Promise<void> {
  const sealer = createSealer(Buffer.alloc(32, 1))
  const clock = systemClock
  const [users, groups, imports] = [createUsers({ storage, clock, sealer }), createGroups({ storage, clock, sealer }), createPeopleImports({ storage, clock })]
  const audit = createAudit({ storage, clock, sealer, log: createLog('warn') })
  const work = createImportWork({ storage, clock, users, groups, imports, audit, locales: ['en'], invite: () => Promise.resolve(), mayInvite: () => Promise.resolve(false) })
  const actor = (await users.list({ organizationId, role: 'owner', limit: 1 })).users[0]?.id as UserId
  const file = Buffer.from(`email;first name;last name;groups\r\n${Array.from({ length: people }, (_value, number) => `new${number}@example.com;${given[number % 10] ?? ''};${families[number % 12] ?? ''}${number};Group ${1 + (number % 900)}`).join('\r\n')}`)
  let most = 0
  let stall = 0
  let last = performance.now()
  const watch = setInterval(() => { most = Math.max(most, process.memoryUsage().rss); stall = Math.max(stall, performance.now() - last - 20); last = performance.now() }, 20)
  const before = process.memoryUsage().rss
  const timed = async (name: string, act: () => Promise<unknown>): Promise<void> => {
    const begun = performance.now()
    most = stall = 0
    last = begun
    await act()
    const seconds = (performance.now() - begun) / 1_000
    console.log(`${name.padEnd(36)}${seconds.toFixed(1).padStart(8)} s ${Math.round(people / seconds).toLocaleString('en').padStart(9)} lines/s, memory ${Math.round((most - before) / 1_048_576)} MB above ${Math.round(before / 1_048_576)} MB, longest stall ${Math.round(stall)} ms`)
  }
  let id = ''
  const signal = new AbortController().signal
  await timed(`import ${people}: upload`, async () => { id = await imports.upload(organizationId, actor, { name: 'people.csv', bytes: file }) })
  await storage.write((tx) => imports.choose(tx, id, ['email', 'given_name', 'family_name', 'groups'], { existing: 'update', invite: 'later', createGroups: true }))
  await timed(`import ${people}: check`, () => work(signal))
  await storage.write((tx) => imports.apply(tx, id, actor))
  await timed(`import ${people}: apply`, () => work(signal))
  const state = await imports.find(organizationId, id)
  if (state?.state !== 'done' || state.numbers.created !== people) throw new Error(`the import ended as ${JSON.stringify(state)}`)
  for (const format of ['csv', 'json'] as const) {
    await timed(`export ${2 * people}: ${format}`, async () => { let length = 0; for await (const part of exportPeople({ storage, users, groups }, organizationId, format)) length += part.length; return length })
  }
  await timed(`import ${people}: forget`, () => imports.remove(id))
  clearInterval(watch)
}

const folder = mkdtempSync(join(tmpdir(), 'doorward-lists-'))
try {
  if (options.only !== 'postgres') await measure('sqlite', { kind: 'sqlite', file: join(folder, 'lists.sqlite') })
  if (options.only !== 'sqlite') {
    const cluster = await startCluster()
    if (cluster === undefined) console.log('\npostgres: not installed here')
    else {
      await useServer(cluster.url)
      const database = await createTestDatabase()
      try {
        await measure('postgres', { kind: 'postgres', url: database.url, poolSize: 5 })
      } finally {
        await database.drop()
        await cluster.stop()
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
