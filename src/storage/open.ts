import type { EntitySchema } from 'typeorm'
import type { DatabaseLocation } from './migrate.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'
import type { Storage } from './storage.ts'

/** Opens a database whose schema is up to date; run `migrate` first. */
export function openStorage(location: DatabaseLocation, entities: readonly EntitySchema[]): Promise<Storage> {
  return location.kind === 'sqlite' ? openSqlite(location.file, entities) : openPostgres(location, entities)
}
