import { describe, expect, it } from 'vitest'
import { Conflict, Unavailable } from '../../../src/errors.ts'
import { isRetryable, isUniqueViolation, translateFault } from '../../../src/storage/faults.ts'

const fault = (code: string, message = 'boom'): Error => Object.assign(new Error(message), { code })
/** As TypeORM hands it on. */
const wrapped = (code: string): Error => Object.assign(new Error('QueryFailedError'), { driverError: fault(code) })

describe('faults of the database', () => {
  it.each([
    'SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_FSYNC', 'SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_CANTOPEN', 'SQLITE_READONLY', 'SQLITE_READONLY_DBMOVED',
    '08000', '08003', '08006', '57P01', '57P02', '57P03', '53100', '53200', '53300', '58030', '25006', '57014', '55P03', '25P03', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ENOSPC',
  ])('R-06 R-08 R-11 calls %s "not now", with the cause for the log', (code) => {
    for (const error of [fault(code), wrapped(code)]) {
      const translated = translateFault(error)
      expect(translated).toBeInstanceOf(Unavailable)
      expect(translated).toMatchObject({ status: 503, code: 'unavailable', retryAfterSeconds: 5, cause: error })
      expect((translated as Error).message).toContain(code)
    }
  })

  it.each(['Connection terminated unexpectedly', 'Connection terminated due to connection timeout', 'timeout exceeded when trying to connect', 'Query read timeout'])('R-06 knows "%s", which has no code', (message) => {
    expect(translateFault(new Error(message))).toMatchObject({ status: 503, message: `the database is not available: ${message}` })
  })

  it.each(['23505', '23503', '42601', '22P02', 'SQLITE_ERROR', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CORRUPT', 'SQLITE_FULLER', 'ENOENT', ''])('leaves %j alone: repeating would not help', (code) => {
    const error = fault(code)
    expect(translateFault(error)).toBe(error)
  })

  it.each([new Conflict('changed'), new TypeError('a bug'), undefined, null, 'text', 42])('leaves %s alone', (error) => {
    expect(translateFault(error)).toBe(error)
    expect(isRetryable(error)).toBe(false)
    expect(isUniqueViolation(error)).toBe(false)
  })

  it('runs again what lost against another transaction, and nothing else', () => {
    for (const code of ['40001', '40P01']) {
      expect(isRetryable(fault(code))).toBe(true)
      expect(isRetryable(wrapped(code))).toBe(true)
      const error = fault(code)
      expect(translateFault(error)).toBe(error)
    }
    for (const code of ['40002', '23505', 'SQLITE_BUSY']) expect(isRetryable(fault(code))).toBe(false)
  })

  it('knows a broken unique rule on both databases', () => {
    for (const code of ['23505', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY']) expect(isUniqueViolation(wrapped(code))).toBe(true)
    for (const code of ['23503', 'SQLITE_CONSTRAINT_FOREIGNKEY', 'SQLITE_CONSTRAINT_NOTNULL']) expect(isUniqueViolation(fault(code))).toBe(false)
  })
})
