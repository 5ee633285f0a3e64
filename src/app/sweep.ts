import type { Clock, Storage } from '../storage/index.ts'

/** Tables whose rows are worth nothing after a time, each with its key; every one has an index on the time. */
const expiring: readonly (readonly [table: string, column: string, key: string])[] = [
  ['attempt_limits', 'resets_at', 'name'], ['replays', 'expires_at', 'name'], ['challenges', 'expires_at', 'id'], ['one_time_codes', 'expires_at', 'id'], ['sign_ins', 'expires_at', 'id'],
  ['sign_ups', 'expires_at', 'id'], ['sessions', 'expires_at', 'id'], ['oidc_payloads', 'expires_at', 'kind, id'],
]
const graceMilliseconds = 3_600_000
/** Small enough to end within the database's time limit, and for others to write in between. */
const batch = 2_000

/**
 * Removes what has expired; an hour later, so that a clock a little off never meets a missing row where an expired one is meant.
 * In batches: strangers can make millions of rows, and one statement over all of them would run out of time at every try.
 */
export async function sweepExpired(needs: { storage: Storage; clock: Clock }, signal?: AbortSignal): Promise<number> {
  const before = needs.clock.now() - graceMilliseconds
  let removed = 0
  for (const [table, column, key] of expiring) {
    let last = batch
    while (last === batch && !signal?.aborted) {
      last = await needs.storage.write((tx) => tx.run(`DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${column} < ? LIMIT ${batch})`, [before]))
      removed += last
    }
  }
  return removed
}
