import type { Logger } from 'typeorm'

const control = /^(BEGIN|START TRANSACTION|SET TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b/i

/** TypeORM says nothing by itself (its texts would carry parameters into the log); queries are only counted, without what opens and ends transactions. */
export function silentLogger(onQuery: () => void): Logger {
  return {
    logQuery(query) { if (!control.test(query)) onQuery() },
    logQueryError() {},
    logQuerySlow() {},
    logSchemaBuild() {},
    logMigration() {},
    log() {},
  }
}
