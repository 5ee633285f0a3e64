/**
 * The clock of the house: runs a task every so often, on one node at a time.
 *
 *   lease.ts   a row per task: holder, epoch, end. Whoever comes late meets the epoch as a fence
 *   jobs.ts    looks every second, takes what is due, renews while it runs, writes down how it went
 *
 * A node that dies loses its lease after eight seconds, and another one takes over. Tasks must be safe to repeat; one that
 * writes in steps calls `lease.stillHeld(tx)` in each. What the tasks are → app.ts.
 */
export { createJobs, type Jobs, type RunResult, type Task } from './jobs.ts'
export { LeaseLost, type Lease, type LeaseState } from './lease.ts'
export { LeaseTable, type LeaseRow } from './schema.ts'
