import type { EntitySchema } from 'typeorm'
import type { DatabaseLocation } from './migrate.ts'
import { openSqlite } from './sqlite.ts'
import type { Storage } from './storage.ts'

/** Opens a database whose schema is up to date; run `migrate` first. */
export async function openStorage(location: DatabaseLocation, entities: readonly EntitySchema[]): Promise<Storage> {
  if (location.kind === 'sqlite') return openSqlite(location.file, entities)
  // The driver takes memory only where it is used.
  const { openPostgres } = await import('./postgres.ts')
  return openPostgres(location, entities)
}
