import type { Logger } from 'typeorm'

/** TypeORM says nothing by itself (its texts would carry parameters into the log); each query is only counted. */
export function silentLogger(onQuery: () => void): Logger {
  return {
    logQuery: onQuery,
    logQueryError() {},
    logQuerySlow() {},
    logSchemaBuild() {},
    logMigration() {},
    log() {},
  }
}
