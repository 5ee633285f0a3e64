import { DataSource, type EntitySchema, type Logger, type QueryRunner } from 'typeorm'
import { translateFault } from './faults.ts'
import { createGroupCommit } from './group-commit.ts'
import { createLine } from './queue.ts'
import type { Sql, SqlValue, StorageStatistics } from './sql.ts'
import type { Storage, Transaction } from './storage.ts'
import { silentLogger } from './typeorm-logger.ts'

interface Statement {
  readonly reader: boolean
  all(...parameters: readonly SqlValue[]): unknown[]
  run(...parameters: readonly SqlValue[]): { changes: number }
}
interface Connection {
  prepare(sql: string): Statement
  pragma(text: string): unknown
  readonly inTransaction: boolean
}

/** How long a statement waits for another process (the command line tool) to finish its transaction. */
const busyTimeoutMilliseconds = 5_000

/**
 * SQLite: one writing connection behind a line and one read-only connection beside it.
 *
 * TypeORM hands the same connection to everyone, so a row that request A saves inside request B's transaction is lost when
 * B rolls back (typeorm#1884, fault R-01). The line lets one transaction in at a time; readers never see its rows early.
 */
export async function openSqlite(file: string, entities: readonly EntitySchema[]): Promise<Storage> {
  const statistics: StorageStatistics = { statements: 0, commits: 0 }
  const logger = silentLogger(() => { statistics.statements++ })
  const writer = await openDataSource(file, entities, false, logger)
  const reader = await openDataSource(file, entities, true, logger)
  const readSql = directSql(reader, statistics)
  const writeSql = directSql(writer, statistics)
  // The driver has exactly one query runner for the connection; every transaction of the queue uses it in turn.
  const runner = withImmediateTransactions(writer.createQueryRunner())
  const transaction: Transaction = { ...writeSql, repository: (table) => runner.manager.getRepository(table) }
  const line = createLine(createGroupCommit(runner, connectionOf(writer), () => { statistics.commits++ }))

  return {
    kind: 'sqlite',
    statistics,
    read: { ...readSql, repository: (table) => reader.getRepository(table) },
    write: (work) => line.enter('transaction', () => work(transaction)),
    execute: <T>(sql: string, parameters?: readonly SqlValue[]) => line.enter('statement', () => writeSql.all<T>(sql, parameters)),
    databaseTime: () => Promise.resolve(Date.now()),
    async close() {
      await line.enter('statement', () => Promise.resolve())
      await reader.destroy()
      await writer.destroy()
    },
  }
}

/** A data source on the file; the caller decides whether it may write. Also what migrations run on. */
export async function openDataSource(
  file: string, entities: readonly EntitySchema[], readonly: boolean, logger: Logger,
): Promise<DataSource> {
  const source = new DataSource({
    type: 'better-sqlite3',
    database: file,
    readonly,
    entities: [...entities],
    logger,
    timeout: busyTimeoutMilliseconds,
    statementCacheSize: 500,
    prepareDatabase(connection: Connection) {
      if (!readonly) {
        connection.pragma('journal_mode = WAL')
        // 16 MB of log before it is taken into the file, instead of 4: what many commits change is copied fewer times (8 % of an import).
        connection.pragma('wal_autocheckpoint = 4000')
      }
      // FULL: an acknowledged commit survives a power loss. The driver's own default was NORMAL, which may lose the last ones.
      connection.pragma('synchronous = FULL')
      connection.pragma('trusted_schema = OFF')
    },
  })
  return source.initialize()
}

function connectionOf(source: DataSource): Connection {
  return (source.driver as unknown as { databaseConnection: Connection }).databaseConnection
}

/** Prepared statements on the data source's own connection: half the processor time of the way through TypeORM's runner. */
function directSql(source: DataSource, statistics: StorageStatistics): Sql {
  const connection = connectionOf(source)
  const prepared = new Map<string, Statement>()
  const prepare = (sql: string): Statement => {
    let statement = prepared.get(sql)
    if (!statement) {
      statement = connection.prepare(withSteadyPlan(sql))
      prepared.set(sql, statement)
    }
    statistics.statements++
    return statement
  }
  const ask = <T>(sql: string, answer: (statement: Statement) => T): T => {
    try {
      return answer(prepare(sql))
    } catch (error) {
      throw translateFault(error)
    }
  }
  const query = (sql: string, parameters: readonly SqlValue[]): unknown[] => ask(sql, (statement) => {
    if (statement.reader) return statement.all(...parameters)
    statement.run(...parameters)
    return []
  })
  // Async although the driver is not: a thrown error must reach the caller as a rejection on both databases.
  return {
    async all<T>(sql: string, parameters: readonly SqlValue[] = []) { return query(sql, parameters) as T[] },
    async one<T>(sql: string, parameters: readonly SqlValue[] = []) { return query(sql, parameters)[0] as T | undefined },
    async run(sql: string, parameters: readonly SqlValue[] = []) {
      return ask(sql, (statement) => (statement.reader ? statement.all(...parameters).length : statement.run(...parameters).changes))
    },
  }
}

/**
 * The plus does nothing to the value, but hides it from the planner. A join whose parameter it can see is planned anew, and
 * its row reader compiled anew, at every execution (SQLITE_ENABLE_STAT4): two to four times the processor time of the answer.
 */
function withSteadyPlan(sql: string): string {
  return sql.replaceAll('?', '+?')
}

/**
 * `BEGIN IMMEDIATE` takes the write lock at once. A plain BEGIN takes it at the first write, too late to wait for another
 * process that has written in between: that fails with SQLITE_BUSY_SNAPSHOT whatever the timeout.
 */
export function withImmediateTransactions(runner: QueryRunner): QueryRunner {
  const query = runner.query.bind(runner) as (sql: string, ...rest: unknown[]) => Promise<unknown>
  const immediate = (sql: string, ...rest: unknown[]) => query(sql === 'BEGIN TRANSACTION' ? 'BEGIN IMMEDIATE' : sql, ...rest)
  runner.query = immediate as QueryRunner['query']
  return runner
}
