import { createHash } from 'node:crypto'
import pg from 'pg'
import { DataSource, type EntitySchema } from 'typeorm'
import { Unavailable } from '../errors.ts'
import { isRetryable, translateFault } from './faults.ts'
import { createDoor } from './queue.ts'
import { withNumberedParameters, type Sql, type SqlValue, type StorageStatistics } from './sql.ts'
import type { Storage, Transaction } from './storage.ts'
import { silentLogger } from './typeorm-logger.ts'

type Queryable = Pick<pg.Pool | pg.PoolClient, 'query'>

// bigint arrives as text by default; our bigints are epoch milliseconds and counters, all far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

/** No request waits longer for one statement. The server gives up first, unless the network between does not answer. */
const statementMilliseconds = 4_500
const queryMilliseconds = 5_000

/** Ten people who change one row at once all succeed within this many rounds; beyond it the request gets a 503. */
const attempts = 20

export interface PostgresOptions {
  readonly url: string
  readonly poolSize: number
}

/** PostgreSQL: a pool shared by all nodes' requests; transactions are run again after a serialization failure or deadlock. */
export async function openPostgres(options: PostgresOptions, entities: readonly EntitySchema[]): Promise<Storage> {
  const statistics: StorageStatistics = { statements: 0, commits: 0 }
  const source = await openPostgresDataSource(options, entities, { onQuery: () => { statistics.statements++ }, queryMilliseconds })
  const pool = (source.driver as unknown as { master: pg.Pool }).master
  // A connection that breaks while idle is replaced by the pool; without a listener the event would end the process.
  pool.on('error', () => undefined)
  const readSql = pooledSql(pool, statistics)
  const door = createDoor()

  return {
    kind: 'postgres',
    statistics,
    read: { ...readSql, repository: (table) => source.getRepository(table) },
    write: (work) => door.enter(() => retried(() => inTransaction(source, statistics, work))),
    // One statement can meet a deadlock too: it locks its rows in the order in which it finds them.
    execute: <T>(sql: string, parameters?: readonly SqlValue[]) => door.enter(() => retried(async () => {
      const rows = await readSql.all<T>(sql, parameters)
      statistics.commits++
      return rows
    })),
    async databaseTime() {
      const row = await readSql.one<{ now: number }>('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now')
      return row?.now ?? Date.now()
    },
    close: () => source.destroy(),
  }
}

async function inTransaction<T>(source: DataSource, statistics: StorageStatistics, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const runner = source.createQueryRunner()
  let client: pg.PoolClient | undefined
  try {
    client = (await runner.connect()) as pg.PoolClient
    // SERIALIZABLE: read-then-write rules ("not the last key", "not the last owner") hold here as they do behind SQLite's queue.
    await runner.startTransaction('SERIALIZABLE')
    const result = await work({ ...pooledSql(client, statistics), repository: (table) => runner.manager.getRepository(table) })
    await runner.commitTransaction()
    statistics.commits++
    return result
  } catch (error) {
    // A connection that does not answer would not answer ROLLBACK either, nor the next transaction: it is given up.
    if (translateFault(error) instanceof Unavailable) void (client as pg.Client | undefined)?.end().catch(() => undefined)
    else if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined)
    throw error
  } finally {
    await runner.release().catch(() => undefined)
  }
}

/** Runs the work again while the database says that it lost against another transaction. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!isRetryable(error)) throw translateFault(error)
      if (attempt === attempts) throw new Unavailable('unavailable', { message: 'too many transactions in conflict', cause: error })
    }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * attempt))
  }
}

/** The data source alone; migrations use it before the rest of the storage exists. */
export async function openPostgresDataSource(
  options: PostgresOptions, entities: readonly EntitySchema[], { onQuery = () => undefined, queryMilliseconds = 0 }: { onQuery?: () => void; queryMilliseconds?: number } = {},
): Promise<DataSource> {
  const source = new DataSource({
    type: 'postgres',
    url: options.url,
    entities: [...entities],
    logger: silentLogger(onQuery),
    poolSize: options.poolSize,
    connectTimeoutMS: 5_000,
    extra: {
      statement_timeout: statementMilliseconds,
      query_timeout: queryMilliseconds,
      idle_in_transaction_session_timeout: 10_000,
      lock_timeout: 4_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      application_name: 'doorward',
    },
  })
  try {
    return await source.initialize()
  } catch (error) {
    throw translateFault(error)
  }
}

function pooledSql(connection: Queryable, statistics: StorageStatistics): Sql {
  const query = async (sql: string, parameters: readonly SqlValue[]): Promise<pg.QueryResult> => {
    statistics.statements++
    try {
      return await connection.query({ name: statementName(sql), text: withNumberedParameters(sql), values: [...parameters] })
    } catch (error) {
      throw translateFault(error)
    }
  }
  return {
    all: async <T>(sql: string, parameters: readonly SqlValue[] = []) => (await query(sql, parameters)).rows as T[],
    one: async <T>(sql: string, parameters: readonly SqlValue[] = []) => (await query(sql, parameters)).rows[0] as T | undefined,
    run: async (sql, parameters = []) => (await query(sql, parameters)).rowCount ?? 0,
  }
}

const names = new Map<string, string>()

/** A name makes the server keep the plan; the same text has the same name on every connection. */
function statementName(sql: string): string {
  let name = names.get(sql)
  if (name === undefined) {
    name = createHash('sha256').update(sql).digest('base64url').slice(0, 32)
    names.set(sql, name)
  }
  return name
}
