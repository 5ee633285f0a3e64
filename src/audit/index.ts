/**
 * The record of what happened: who did what, to whom, from where, with which outcome. Append-only.
 *
 *   event.ts     an event, as rooms report it and as it is kept; details.ts keeps secrets and bulk out
 *   chain.ts     a job links each organization's events by hash; the head is a keyed checkpoint that fixes the count
 *   verify.ts    finds what was changed, moved, removed or written anew since (SEC-78)
 *   query.ts     pages and exports; csv.ts writes them for spreadsheets
 *
 * Each new checkpoint is also a line in the log: kept on another host, it is the anchor that a database rolled back to
 * an older state cannot fit.
 */
export { createAudit, type Audit } from './audit.ts'
export { csvLine, toCsv, toJsonLines } from './csv.ts'
export type { ActorKind, AuditActor, AuditEntry, AuditEvent, AuditOutcome } from './event.ts'
export type { Head } from './link.ts'
export type { AuditFilter, AuditPage } from './query.ts'
export { AuditEventTable, AuditHeadTable, type AuditEventRow, type AuditHeadRow } from './schema.ts'
export type { AuditChain, AuditProblem, AuditVerification, ProblemKind } from './verify.ts'
