import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { migrate, openStorage, pendingMigrations } from '../../src/storage/index.ts'
import { postgresMissing } from '../support/postgres.ts'
import { newLocation } from '../support/storage.ts'
import { skipWithout } from '../support/skip.ts'

describe.each(['sqlite', 'postgres'] as const)('pending migrations (%s)', (kind) => {
  const missing = kind === 'postgres' ? postgresMissing() : undefined
  skipWithout(missing)

  it('are all of them on an empty database, which stays as it is, and none after migrating', async () => {
    const { location, remove } = await newLocation(kind)
    const names = migrations.map((Migration) => new Migration().name)
    try {
      expect(await pendingMigrations(location, migrations)).toEqual(names)
      if (location.kind === 'sqlite') expect(existsSync(location.file)).toBe(false)
      else {
        const storage = await openStorage(location, [])
        expect(await storage.read.all(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)).toEqual([])
        await storage.close()
      }
      expect(await migrate(location, migrations)).toEqual(names)
      expect(await pendingMigrations(location, migrations)).toEqual([])
    } finally {
      await remove()
    }
  })
})
