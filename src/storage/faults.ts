import { Unavailable } from '../errors.ts'

// SQLSTATE classes of PostgreSQL that mean "not now": connection lost, shutting down, too many clients, disk full, read-only
// standby, and the time limits of statements, locks and idle transactions.
const awayStates = /^(08|57P0[1-3]|53|58030|25006|57014|55P03|25P03)/
const awayMessages = ['Connection terminated', 'timeout exceeded when trying to connect', 'Query read timeout']
const awayCodes = new Set([
  'SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_BUSY', 'SQLITE_CANTOPEN', 'SQLITE_READONLY',
  'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ENOSPC',
])

function codeOf(error: unknown): string {
  const fault = error as { code?: unknown; driverError?: { code?: unknown } } | null
  const code = fault?.driverError?.code ?? fault?.code
  return typeof code === 'string' ? code : ''
}

/** True for PostgreSQL's serialization failure and deadlock: the same work may succeed when run again. */
export function isRetryable(error: unknown): boolean {
  return ['40001', '40P01'].includes(codeOf(error))
}

/** True where a unique rule of the schema refused the row. */
export function isUniqueViolation(error: unknown): boolean {
  const code = codeOf(error)
  return code === '23505' || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY'
}

/**
 * Names a database fault for the people who meet it: `Unavailable` (503) when the database is away or its disk is full,
 * anything else unchanged. Such requests changed nothing and may be repeated.
 */
export function translateFault(error: unknown): unknown {
  if (isRetryable(error)) return error
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : ''
  const away =
    awayStates.test(code) || awayCodes.has(code) || [...awayCodes].some((known) => code.startsWith(`${known}_`)) ||
    awayMessages.some((known) => message.includes(known))
  return away ? new Unavailable('unavailable', { message: `the database is not available: ${code || message}`, cause: error }) : error
}
