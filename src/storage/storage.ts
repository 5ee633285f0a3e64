import type { EntitySchema, ObjectLiteral, Repository } from 'typeorm'
import type { Sql, SqlValue, StorageStatistics } from './sql.ts'

/** One transaction. Everything in it is committed together or not at all. */
export interface Transaction extends Sql {
  repository<E extends ObjectLiteral>(table: EntitySchema<E>): Repository<E>
}

/**
 * The only door to the database.
 *
 * Reads see committed data. Writes go through `write`, one transaction at a time on SQLite and pooled on PostgreSQL, where
 * a serialization failure or deadlock runs the function again: so it must have no effect outside the database.
 */
export interface Storage {
  readonly kind: 'sqlite' | 'postgres'
  readonly read: Transaction
  /**
   * Runs `work` in one transaction.
   * @throws Unavailable when the disk is full or the database cannot be reached; nothing was written then.
   */
  write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
  /** One writing statement that commits by itself; the short way for hot paths. Returns the rows of `RETURNING`. */
  execute<T>(sql: string, parameters?: readonly SqlValue[]): Promise<T[]>
  readonly statistics: StorageStatistics
  /** The database's own clock in epoch milliseconds. */
  databaseTime(): Promise<number>
  close(): Promise<void>
}
