import { existsSync } from 'node:fs'
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm'
import { MigrationExecutor } from 'typeorm'
import { translateFault } from './faults.ts'
import type { PostgresOptions } from './postgres.ts'
import { openDataSource, withImmediateTransactions } from './sqlite.ts'
import { silentLogger } from './typeorm-logger.ts'

export type MigrationClass = new () => MigrationInterface & { readonly name: string }
export type DatabaseLocation = { readonly kind: 'sqlite'; readonly file: string } | ({ readonly kind: 'postgres' } & PostgresOptions)

/**
 * Runs what has not run yet, each migration in a transaction of its own: interrupted at any statement, the old schema
 * serves on and the next start finishes. Several nodes may start at once; the others wait for the first.
 * @returns the names of the migrations that ran.
 */
export async function migrate(location: DatabaseLocation, migrations: readonly MigrationClass[]): Promise<string[]> {
  return withMigrations(location, migrations, async (executor) => (await executor.executePendingMigrations()).map(({ name }) => name))
}

/** The names of the migrations that this database has not had yet. Only looks: no lock, no table, no file is made. */
export async function pendingMigrations(location: DatabaseLocation, migrations: readonly MigrationClass[]): Promise<string[]> {
  const names = migrations.map((Migration) => new Migration().name)
  if (location.kind === 'sqlite' && !existsSync(location.file)) return names
  const source = await openToMigrate(location, true)
  try {
    const done = await source.query<{ name: string }[]>('SELECT name FROM migrations')
    return names.filter((name) => !done.some((row) => row.name === name))
  } catch (error) {
    if (isMissingTable(error)) return names
    throw translateFault(error)
  } finally {
    await source.destroy()
  }
}

/** Takes back the newest migration; for tests and for an operator who must return to the previous version. */
export async function revertNewest(location: DatabaseLocation, migrations: readonly MigrationClass[]): Promise<void> {
  await withMigrations(location, migrations, (executor) => executor.undoLastMigration())
}

async function withMigrations<T>(
  location: DatabaseLocation, migrations: readonly MigrationClass[], work: (executor: MigrationExecutor) => Promise<T>,
): Promise<T> {
  const source = await openToMigrate(location, false)
  try {
    source.setOptions({ migrations: [...migrations], migrationsTableName: 'migrations' })
    // setOptions is read when metadata is built, which `initialize` has done before the migrations were known.
    Object.assign(source, { migrations: migrations.map((Migration) => new Migration()) })
    return await withLock(source, async (runner) => {
      const executor = new MigrationExecutor(source, runner)
      executor.transaction = 'each'
      return work(executor)
    })
  } finally {
    await source.destroy()
  }
}

async function openToMigrate(location: DatabaseLocation, readonly: boolean): Promise<DataSource> {
  if (location.kind === 'sqlite') return openDataSource(location.file, [], readonly, silentLogger(() => undefined))
  const { openPostgresDataSource } = await import('./postgres.ts')
  return openPostgresDataSource(location, [])
}

function isMissingTable(error: unknown): boolean {
  return (error as { code?: unknown }).code === '42P01' || (error instanceof Error && error.message.includes('no such table'))
}

/**
 * SQLite waits at BEGIN IMMEDIATE by itself. On PostgreSQL the lock is a row held by a second connection: it ends with that
 * connection, needs no advisory locks, and works on the relatives that lack them.
 */
async function withLock<T>(source: DataSource, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const runner = source.createQueryRunner()
  if (source.options.type !== 'postgres') return work(withImmediateTransactions(runner))

  const guard = source.createQueryRunner()
  try {
    await guard.query('CREATE TABLE IF NOT EXISTS migration_lock (id integer PRIMARY KEY)').catch(() => undefined)
    await guard.query('INSERT INTO migration_lock (id) VALUES (1) ON CONFLICT DO NOTHING')
    await guard.query(`SET lock_timeout = '120s'`)
    await guard.query(`SET statement_timeout = '120s'`)
    await guard.query(`SET idle_in_transaction_session_timeout = 0`)
    await guard.startTransaction()
    await guard.query('SELECT id FROM migration_lock WHERE id = 1 FOR UPDATE')
    await runner.query(`SET statement_timeout = 0`)
    return await work(runner)
  } finally {
    if (guard.isTransactionActive) await guard.rollbackTransaction().catch(() => undefined)
    await runner.release()
    await guard.release()
  }
}
