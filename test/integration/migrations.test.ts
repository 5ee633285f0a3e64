import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { MigrationInterface, QueryRunner } from 'typeorm'
import { describe, expect, it } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { migrate, openStorage, revertNewest, type DatabaseLocation, type MigrationClass, type SqlValue, type Storage } from '../../src/storage/index.ts'
import { openPostgresDataSource } from '../../src/storage/postgres.ts'
import { openDataSource } from '../../src/storage/sqlite.ts'
import { silentLogger } from '../../src/storage/typeorm-logger.ts'
import type { Interruption } from '../support/children/interrupted-migration.ts'
import { compileCache } from '../support/command-line.ts'
import { postgresMissing } from '../support/postgres.ts'
import { allEntities, columnsOf, describeSchema, tablesOf } from '../support/schema.ts'
import { newLocation } from '../support/storage.ts'
import { skipWithout } from '../support/skip.ts'

const child = fileURLToPath(new URL('../support/children/interrupted-migration.ts', import.meta.url))
/** Databases that one killed process was working on: most of the time goes into starting processes. */
const batch = 32

describe.each(['sqlite', 'postgres'] as const)('migrations (%s)', (kind) => {
  const missing = kind === 'postgres' ? postgresMissing() : undefined
  skipWithout(missing)

  it('run once, in order, and change nothing when they run again', async () => {
    await withDatabase(async (location) => {
      expect(await migrate(location, migrations)).toEqual(migrations.map((Migration) => new Migration().name))
      const before = await schemaOf(location)
      expect(await migrate(location, migrations)).toEqual([])
      expect(await schemaOf(location)).toEqual(before)
    })
  })

  it('run once on several nodes that start together', async () => {
    await withDatabase(async (location) => {
      const ran = await Promise.all([migrate(location, migrations), migrate(location, migrations), migrate(location, migrations)])
      expect(ran.flat()).toEqual(migrations.map((Migration) => new Migration().name))
    })
  })

  it('go up and down again on tables that hold rows', async () => {
    await withDatabase(async (location) => {
      const schemas: string[][] = [[]]
      for (let count = 1; count <= migrations.length; count++) {
        await migrate(location, migrations.slice(0, count))
        await withStorage(location, fillTables)
        schemas.push(await schemaOf(location))
      }
      for (let count = migrations.length; count >= 1; count--) {
        const kept = await withStorage(location, rowCounts)
        await revertNewest(location, migrations.slice(0, count))
        expect(await schemaOf(location)).toEqual(schemas[count - 1])
        const left = await withStorage(location, rowCounts)
        expect(left).toEqual(Object.fromEntries(Object.entries(kept).filter(([table]) => table in left)))
      }
      expect(await migrate(location, migrations)).toHaveLength(migrations.length)
      expect(await schemaOf(location)).toEqual(schemas.at(-1))
    })
  })

  it('keep the old schema when one fails in the middle', async () => {
    class Broken implements MigrationInterface {
      readonly name = 'Broken9999999999999'
      async up(runner: QueryRunner): Promise<void> {
        await runner.query('CREATE TABLE half (id text)')
        await runner.query('ALTER TABLE nowhere ADD COLUMN note text')
      }
      async down(): Promise<void> { /* never ran */ }
    }
    await withDatabase(async (location) => {
      await migrate(location, migrations)
      const before = await schemaOf(location)
      await expect(migrate(location, [...migrations, Broken])).rejects.toThrow('nowhere')
      expect(await schemaOf(location)).toEqual(before)
      expect(await migrate(location, migrations)).toEqual([])
    })
  })

  it('R-18 leave the old schema or the new one when they are killed before any statement, and the next start finishes', async () => {
    await withDatabase(async (location) => {
      const schemas: string[][] = [[]]
      for (let count = 1; count <= migrations.length; count++) {
        await migrate(location, migrations.slice(0, count))
        schemas.push(await schemaOf(location))
      }
      for (const _migration of migrations) await revertNewest(location, migrations)
      const statements = await countStatements(location)
      expect(statements).toBeGreaterThan(50)

      for (let first = 1; first <= statements + 1; first += batch) {
        // New ones for each batch: to take all migrations back costs ten times as much as an empty database.
        const places = await Promise.all(Array.from({ length: Math.min(batch, statements + 2 - first) }, () => newLocation(kind)))
        try {
          const interruptions = places.map(({ location: place }, index) => ({ location: place, boundary: first + index }))
          await killWhileMigrating(interruptions)
          await Promise.all(interruptions.map(async ({ location: place, boundary }) => {
            const left = await schemaOf(place)
            const ran = schemas.findIndex((schema) => schema.join('\n') === left.join('\n'))
            expect(ran).toBeGreaterThanOrEqual(0)
            if (boundary === 1) expect(ran).toBe(0)
            if (boundary > statements) expect(ran).toBe(migrations.length)
            expect(await migrate(place, migrations)).toEqual(migrations.slice(ran).map((Migration) => new Migration().name))
            expect(await schemaOf(place)).toEqual(schemas.at(-1))
          }))
        } finally {
          await Promise.all(places.map(({ remove }) => remove()))
        }
      }
    })
  }, 300_000)

  it('make every table as its room describes it, and no room forgets one', async () => {
    const entities = await allEntities()
    await withDatabase(async (location) => {
      await migrate(location, migrations)
      await withStorage(location, async (storage) => {
        const described = new Set(entities.map(({ options }) => options.tableName))
        // Facts about the installation belong to storage, set-up and brands alike; it is read with plain SQL.
        expect((await tablesOf(storage)).filter((table) => !described.has(table))).toEqual(['installation'])
        expect([...described].filter((table) => table === undefined || !/^[a-z]+(_[a-z]+)*$/.test(table))).toEqual([])
        expect((await columnsOf(storage)).filter(({ type }) => !['text', 'integer', 'bigint'].includes(type))).toEqual([])
      })
    })
    // References and indexes stand in the migrations only, so the comparison leaves them out.
    await withDatabase(async (location) => {
      await migrate(location, migrations.map(withoutReferencesAndIndexes))
      const source = location.kind === 'sqlite' ? await openDataSource(location.file, entities, false, silentLogger(() => undefined)) : await openPostgresDataSource(location, entities)
      try {
        const { upQueries } = await source.driver.createSchemaBuilder().log()
        expect(upQueries.map(({ query }) => query)).toEqual([])
      } finally {
        await source.destroy()
      }
    })
  })

  async function withDatabase(work: (location: DatabaseLocation) => Promise<void>): Promise<void> {
    const { location, remove } = await newLocation(kind)
    try {
      await work(location)
    } finally {
      await remove()
    }
  }

  async function withStorage<T>(location: DatabaseLocation, work: (storage: Storage) => Promise<T>): Promise<T> {
    const storage = await openStorage(location, [])
    try {
      return await work(storage)
    } finally {
      await storage.close()
    }
  }

  const schemaOf = (location: DatabaseLocation): Promise<string[]> => withStorage(location, describeSchema)

  /** Statements from the first of the first migration to the last COMMIT. */
  async function countStatements(location: DatabaseLocation): Promise<number> {
    let statements = 0
    const [First, ...others] = migrations as readonly MigrationClass[]
    if (!First) throw new Error('there is no migration')
    await migrate(location, [watched(First, (sql) => { statements++; return sql }), ...others])
    return statements
  }
})

/** The same migration, whose statements (and those that end its transaction) pass through `change`; undefined leaves one out. */
function watched(Migration: MigrationClass, change: (sql: string) => string | undefined): MigrationClass {
  return class extends Migration {
    override async up(runner: QueryRunner): Promise<void> {
      const query = runner.query.bind(runner) as (sql: string, ...rest: unknown[]) => Promise<unknown>
      runner.query = (async (sql: string, ...rest: unknown[]) => {
        const changed = change(sql)
        return changed === undefined ? undefined : query(changed, ...rest)
      }) as QueryRunner['query']
      await super.up(runner)
    }
  }
}

function withoutReferencesAndIndexes(Migration: MigrationClass): MigrationClass {
  return watched(Migration, (sql) => (/^(?:CREATE (?:UNIQUE )?|DROP )INDEX/.test(sql) ? undefined : sql.replaceAll(/ REFERENCES \w+ \(\w+\)( ON DELETE [A-Z ]+)?/g, '')))
}

/** Ends when a process that was migrating all of them has killed itself, each before its statement. */
async function killWhileMigrating(interruptions: readonly Interruption[]): Promise<void> {
  const running = spawn(process.execPath, [child, JSON.stringify(interruptions)], { env: { ...process.env, NODE_COMPILE_CACHE: compileCache }, stdio: ['ignore', 'ignore', 'pipe'] })
  let problems = ''
  running.stderr.on('data', (part: Buffer) => { problems += part.toString() })
  const [code, signal] = await once(running, 'close') as [number | null, string | null]
  if (signal !== 'SIGKILL') throw new Error(`the child ended with ${code}: ${problems}`)
}

/** One row in each table; every text is the same, so that every reference finds its row. */
async function fillTables(storage: Storage): Promise<void> {
  const columns = await columnsOf(storage)
  const waiting = new Set(await tablesOf(storage))
  for (let last = 0; waiting.size > 0 && waiting.size !== last;) {
    last = waiting.size
    for (const table of waiting) {
      const mine = columns.filter((column) => column.table === table)
      const values = mine.map(({ type }): SqlValue => (type === 'text' ? 'one' : 1))
      const filled = await storage.execute(`INSERT INTO ${table} (${mine.map(({ name }) => name).join(', ')}) VALUES (${values.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`, values).then(() => true, () => false)
      // What refers to a table that is still empty comes in the next round.
      if (filled) waiting.delete(table)
    }
  }
  expect([...waiting]).toEqual([])
}

async function rowCounts(storage: Storage): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const table of await tablesOf(storage)) counts[table] = (await storage.read.one<{ count: number }>(`SELECT count(*) AS count FROM ${table}`))?.count ?? -1
  return counts
}
