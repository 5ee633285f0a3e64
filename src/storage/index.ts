/**
 * The database, and nothing but the database: one door for reading, one for writing.
 *
 *   storage.read          committed data
 *   storage.write(fn)     one transaction; one at a time on SQLite (those that come together share a commit), retried on PostgreSQL
 *   storage.execute(sql)  one writing statement on a hot path
 *
 * Here live also what rows are made of: ids, the clock that judges expiries, and the sealer for secrets at rest.
 * Only this room knows TypeORM's drivers. Which tables exist → migrations/; what they mean → each room's schema.ts.
 */
export { DatabaseClock, systemClock, type Clock } from './clock.ts'
export { isUniqueViolation } from './faults.ts'
export {
  newId, newSecret, sha256,
  type ApplicationId, type CredentialId, type GroupId, type InvitationId, type OrganizationId, type SessionId, type SignInId, type UserId,
} from './ids.ts'
export { jsonColumn } from './json-column.ts'
export { migrate, pendingMigrations, revertNewest, type DatabaseLocation, type MigrationClass } from './migrate.ts'
export { openStorage } from './open.ts'
export { createPageTokens, type PageTokens, type Position } from './page-token.ts'
export { createSealer, type Place, type Sealer } from './sealer.ts'
export { loadSecretKey } from './secret-key.ts'
export { placeholders, type Sql, type SqlValue, type StorageStatistics } from './sql.ts'
export type { Storage, Transaction } from './storage.ts'
export { bigint, columnName, defineTable, integer, key, optional, text } from './table.ts'
