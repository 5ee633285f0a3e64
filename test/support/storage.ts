import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EntitySchema } from 'typeorm'
import { afterAll, beforeAll, describe } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { createSealer, migrate, openStorage, type Clock, type DatabaseLocation, type Sealer, type Storage } from '../../src/storage/index.ts'
import { createTestDatabase, migratedTemplate, postgresMissing } from './postgres.ts'
import { skipWithout } from './skip.ts'

export type DatabaseKind = 'sqlite' | 'postgres'

export interface TestStorage {
  readonly storage: Storage
  readonly location: DatabaseLocation
  readonly sealer: Sealer
  readonly clock: SettableClock
  close(): Promise<void>
}

/** A clock that stands still until a test moves it. */
export interface SettableClock extends Clock {
  set(time: number): void
  advance(milliseconds: number): void
}

export function settableClock(start = Date.UTC(2026, 10, 24, 9, 0, 0)): SettableClock {
  let time = start
  return {
    now: () => time,
    set(next) { time = next },
    advance(milliseconds) { time += milliseconds },
  }
}

/** An empty migrated database of its own, gone after `close`. */
export async function openTestStorage(kind: DatabaseKind, entities: readonly EntitySchema[] = []): Promise<TestStorage> {
  const place = await newLocation(kind, migratedTemplate)
  if (kind === 'sqlite') await migrate(place.location, migrations)
  const storage = await openStorage(place.location, entities)
  return {
    storage,
    location: place.location,
    sealer: createSealer(Buffer.alloc(32, 7)),
    clock: settableClock(),
    async close() {
      await storage.close()
      await place.remove()
    },
  }
}

/** Where an empty database may be made; nothing is migrated yet, unless a template on PostgreSQL says so. */
export async function newLocation(kind: DatabaseKind, template?: typeof migratedTemplate): Promise<{ location: DatabaseLocation; remove(): Promise<void> }> {
  if (kind === 'sqlite') {
    const folder = mkdtempSync(join(tmpdir(), 'doorward-'))
    return {
      location: { kind, file: join(folder, 'doorward.sqlite') },
      remove: async () => rmSync(folder, { recursive: true, force: true }),
    }
  }
  const database = await createTestDatabase(template)
  return { location: { kind, url: database.url, poolSize: 5 }, remove: () => database.drop() }
}

/** Runs the same tests on SQLite and on PostgreSQL; `current()` is the database of the running test. */
export function onEachDatabase(title: string, tests: (current: () => TestStorage, kind: DatabaseKind) => void, entities: readonly EntitySchema[] = []): void {
  describe.each(['sqlite', 'postgres'] as const)(`${title} (%s)`, (kind) => {
    let opened: TestStorage | undefined
    const missing = kind === 'postgres' ? postgresMissing() : undefined
    skipWithout(missing)
    beforeAll(async () => { if (missing === undefined) opened = await openTestStorage(kind, entities) })
    afterAll(async () => { await opened?.close() })
    tests(() => {
      if (!opened) throw new Error('the database of this test is not open')
      return opened
    }, kind)
  })
}
