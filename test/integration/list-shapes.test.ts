import { expect, it } from 'vitest'
import { createGroups, createUsers, foldText } from '../../src/directory/index.ts'
import { newId, type GroupId, type OrganizationId, type SqlValue, type Storage } from '../../src/storage/index.ts'
import { onEachDatabase } from '../support/storage.ts'

const people = 12_000

onEachDatabase('long lists', (current, kind) => {
  const organizationId = newId<OrganizationId>()
  const [large, small] = [newId<GroupId>(), newId<GroupId>()]
  let filled = false

  async function fill(): Promise<void> {
    if (filled) return
    filled = true
    const { storage, clock } = current()
    const now = clock.now()
    const ids = Array.from({ length: people }, () => newId())
    await storage.write(async (tx) => {
      await tx.run(`INSERT INTO organizations (id, kind, name, slug, plan, settings, created_at, updated_at) VALUES (?, 'business', 'Engines', 'engines', 'free', '{}', ?, ?)`, [organizationId, now, now])
      for (const [group, name] of [[large, 'large'], [small, 'small']] as const) await tx.run(`INSERT INTO groups (id, organization_id, name, name_key, description, created_at, updated_at) VALUES (?, ?, ?, ?, '', ?, ?)`, [group, organizationId, name, name, now, now])
      for (let at = 0; at < people; at += 200) {
        const rows = ids.slice(at, at + 200).map((id, index) => {
          const [givenName, familyName, email] = [`Grace${index % 7}`, `Hopper${at + index}`, `person${at + index}@example.com`]
          return [id, organizationId, index === 0 ? 'suspended' : 'active', 'user', email, email, givenName, familyName, foldText(`${familyName} ${givenName} ${email}`), now, now]
        })
        await tx.run(`INSERT INTO users (id, organization_id, status, role, email, email_key, given_name, family_name, search_key, created_at, updated_at) VALUES ${rows.map(() => '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').join(', ')}`, rows.flat())
        const members = ids.slice(at, at + 200).flatMap((id, index) => [[large, id, organizationId, now], ...(index < 2 ? [[small, id, organizationId, now]] : [])])
        await tx.run(`INSERT INTO group_members (group_id, user_id, organization_id, added_at) VALUES ${members.map(() => '(?, ?, ?, ?)').join(', ')}`, members.flat())
      }
    })
    if (kind === 'postgres') await storage.execute('ANALYZE')
  }

  /** Rooms on a storage that writes down what it is asked. */
  function watched() {
    const { storage, clock, sealer } = current()
    const asked: { sql: string; parameters: readonly SqlValue[] }[] = []
    const all: Storage['read']['all'] = (sql, parameters = []) => {
      asked.push({ sql, parameters })
      return storage.read.all(sql, parameters)
    }
    const watching: Storage = { ...storage, read: { ...storage.read, all, one: async <T>(sql: string, parameters: readonly SqlValue[] = []) => (await all<T>(sql, parameters))[0] } }
    return { asked, users: createUsers({ storage: watching, clock, sealer }), groups: createGroups({ storage: watching, clock, sealer }) }
  }

  /** With the values in the text: what a planner does depends on them. */
  async function plansOf(asked: readonly { sql: string; parameters: readonly SqlValue[] }[]): Promise<string[]> {
    const plans = await Promise.all(asked.map(({ sql, parameters }) => {
      const values = [...parameters]
      const literal = (): string => { const value = values.shift() ?? null; return typeof value === 'string' ? `'${value.replaceAll(`'`, `''`)}'` : String(value) }
      return current().storage.read.all<Record<string, string>>(`${kind === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN'} ${sql.replaceAll('?', literal)}`)
    }))
    return plans.flat().map((line) => line['detail'] ?? line['QUERY PLAN'] ?? '')
  }

  /** Tables that are read from one end to the other. The search's own index is asked by what it looks for; what was found is small. PostgreSQL plans by size, and is right to read a table whole that is this small. */
  const scansOf = (plan: readonly string[]): string[] => (kind === 'sqlite' ? plan.filter((line) => /\bSCAN\b(?!.*VIRTUAL TABLE INDEX 0:M|.*(?:CONSTANT ROW|\bfound\b))/.test(line)) : [])

  it.each([
    ['a page', { limit: 50 }], ['one status', { limit: 50, status: 'suspended' as const }], ['two statuses', { limit: 50, status: ['new', 'pending'] as const }], ['a role', { limit: 50, role: 'owner' as const }],
    ['people without a key', { limit: 50, withoutKey: true }], ['a part of a name that many have', { limit: 50, text: 'hopper' }], ['a part of a name that few have', { limit: 50, text: 'opper4321' }], ['two letters', { limit: 50, text: 'ho' }],
    ['a large group', { limit: 50, groupId: large }], ['a small group', { limit: 50, groupId: small }], ['a part of a name in a large group', { limit: 50, groupId: large, text: 'opper4321' }], ['a part of a name in a small group', { limit: 50, groupId: small, text: 'grace' }],
  ])('read no table from end to end for %s, on the first page and on the next', async (_what, question) => {
    await fill()
    const { users, asked } = watched()
    const { next } = await users.list({ organizationId, ...question })
    if (next !== undefined) await users.list({ organizationId, ...question, after: next })
    expect(asked.length).toBeGreaterThan(0)
    expect(scansOf(await plansOf(asked))).toEqual([])
  })

  it('read no table from end to end for a page of groups, one group and its choices', async () => {
    await fill()
    const { groups, asked } = watched()
    await groups.page(organizationId, { text: 'lar', limit: 50 })
    await groups.list(organizationId)
    expect((await groups.find(organizationId, large))?.members).toBe(people)
    expect(scansOf(await plansOf(asked))).toEqual([])
  })

  it('notice a reading from end to end', async () => {
    await fill()
    const plan = await plansOf([{ sql: `SELECT id FROM users WHERE given_name || '' = ?`, parameters: ['Grace'] }])
    expect(kind === 'sqlite' ? scansOf(plan) : plan.filter((line) => line.includes('Seq Scan'))).not.toEqual([])
  })

  it('walk along the order and sort nothing when many fit', async () => {
    await fill()
    const { users, asked } = watched()
    // PostgreSQL may hold a sort for cheaper than a long walk; for the plain list it never is.
    for (const question of kind === 'sqlite' ? [{}, { text: 'hopper' }, { groupId: large }] : [{}]) await users.list({ organizationId, limit: 50, ...question })
    expect((await plansOf(asked)).filter((line) => /TEMP B-TREE|\bSort\b/.test(line))).toEqual([])
  })

  it('look for a rare part of a name in the index that was made for it, and read the plain list in order', async () => {
    await fill()
    const { users, asked } = watched()
    await users.list({ organizationId, limit: 50, text: 'opper4321' })
    expect((await plansOf(asked)).filter((line) => /users_search_trigrams|VIRTUAL TABLE INDEX 0:M|\bf VIRTUAL/.test(line)).length).toBeGreaterThanOrEqual(2)
    asked.length = 0
    await users.list({ organizationId, limit: 50 })
    expect((await plansOf(asked)).filter((line) => line.includes('users_organization_list'))).toHaveLength(1)
  })

  it('count a large group once a minute, and at once after a change', async () => {
    await fill()
    const { clock, storage } = current()
    const { groups, users, asked } = watched()
    const counts = (): number => asked.filter(({ sql }) => sql.startsWith('SELECT count(*) AS members FROM group_members')).length
    for (let look = 0; look < 3; look++) expect((await groups.find(organizationId, large))?.members).toBe(people)
    expect(counts()).toBe(1)
    clock.advance(60_001)
    await groups.find(organizationId, large)
    expect(counts()).toBe(2)
    const { users: [one] } = await users.list({ organizationId, groupId: large, limit: 1 })
    if (!one) throw new Error('nobody is in the group')
    await storage.write((tx) => groups.removeMember(tx, organizationId, large, one.id))
    expect((await groups.find(organizationId, large))?.members).toBe(people - 1)
    await storage.write((tx) => groups.addMember(tx, organizationId, large, one.id))
    expect((await groups.find(organizationId, large))?.members).toBe(people)
  })

  it('find a person by every part of names and address, after a change of them too, and nobody of another organization', async () => {
    await fill()
    const { storage, sealer } = current()
    const { users } = watched()
    const found = async (text: string): Promise<string[]> => (await users.list({ organizationId, text, limit: 50 })).users.map(({ email }) => email)
    expect(await found('opper4321')).toEqual(['person4321@example.com'])
    expect(await found('PERSON4321@')).toEqual(['person4321@example.com'])
    const { users: [one] } = await users.list({ organizationId, text: 'hopper4321', limit: 1 })
    if (!one) throw new Error('nobody was found')
    await storage.write((tx) => users.update(tx, organizationId, one.id, { familyName: 'Łukasiewicz Gödel' }))
    expect(await found('opper4321')).toEqual([])
    expect(await found('goedel')).toEqual([])
    expect(await found('ukasiewicz ödel')).toEqual(['person4321@example.com'])
    expect(await found('gra ukas')).toEqual(['person4321@example.com'])
    expect(await found('"; DROP')).toEqual([])
    expect(await found(`'"* NEAR(`)).toEqual([])
    expect(await found('%_%')).toEqual([])
    const elsewhere = createUsers({ storage, clock: current().clock, sealer })
    expect((await elsewhere.list({ organizationId: newId<OrganizationId>(), text: 'ukasiewicz', limit: 50 })).users).toEqual([])
  })

  it('give every member of a group once, page by page, whichever way it is read', async () => {
    await fill()
    const { users } = watched()
    for (const [groupId, count] of [[large, people], [small, people / 100]] as const) {
      const seen = new Set<string>()
      for await (const page of users.pages({ organizationId, groupId })) for (const { id } of page) seen.add(id)
      expect(seen.size).toBe(count)
    }
  })
})
