import { Client } from 'pg'
import { expect, it } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { createUsers } from '../../src/directory/index.ts'
import { createSealer, migrate, openStorage, revertNewest, systemClock, type OrganizationId } from '../../src/storage/index.ts'
import { createTestDatabase, postgresMissing } from '../support/postgres.ts'
import { skipWithout } from '../support/skip.ts'

skipWithout(postgresMissing())

it('lists and searches work for a role that may not create extensions, and the migration goes back too', async () => {
  const database = await createTestDatabase()
  const role = new URL(database.url).pathname.slice(1).replace('test_', 'limited_')
  const asSuperuser = async (...statements: string[]): Promise<void> => {
    const client = new Client({ connectionString: database.url })
    await client.connect()
    try {
      for (const statement of statements) await client.query(statement)
    } finally {
      await client.end()
    }
  }
  await asSuperuser(`CREATE ROLE ${role} LOGIN`, `GRANT CREATE ON SCHEMA public TO ${role}`)
  const url = new URL(database.url)
  url.username = role
  const location = { kind: 'postgres', url: url.href, poolSize: 2 } as const
  try {
    expect(await migrate(location, migrations)).toHaveLength(migrations.length)
    const storage = await openStorage(location, [])
    try {
      expect(await storage.read.all(`SELECT indexname FROM pg_indexes WHERE indexname = 'users_search_trigrams'`)).toEqual([])
      expect(await storage.read.all(`SELECT extname FROM pg_extension WHERE extname = 'pg_trgm'`)).toEqual([])
      const organizationId = 'organization' as OrganizationId
      await storage.execute(`INSERT INTO organizations (id, kind, name, slug, plan, settings, created_at, updated_at) VALUES (?, 'business', 'Engines', 'engines', 'free', '{}', 0, 0)`, [organizationId])
      const users = createUsers({ storage, clock: systemClock, sealer: createSealer(Buffer.alloc(32)) })
      await storage.write((tx) => users.create(tx, { organizationId, email: { email: 'grace@example.com', key: 'grace@example.com' }, givenName: 'Grace', familyName: 'Hopper', role: 'user', status: 'active', emailVerified: true }))
      expect((await users.list({ organizationId, text: 'oppe race@', limit: 5 })).users.map(({ email }) => email)).toEqual(['grace@example.com'])
      expect((await users.list({ organizationId, text: 'hoppers', limit: 5 })).users).toEqual([])
    } finally {
      await storage.close()
    }
    for (const _migration of migrations) await revertNewest(location, migrations)
  } finally {
    await asSuperuser(`DROP OWNED BY ${role}`, `DROP ROLE ${role}`)
    await database.drop()
  }
})
