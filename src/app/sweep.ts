import type { Clock, Storage } from '../storage/index.ts'

/** Tables whose rows are worth nothing after a time; every one has an index on it. */
const expiring: readonly (readonly [table: string, column: string])[] = [
  ['attempt_limits', 'resets_at'], ['replays', 'expires_at'], ['challenges', 'expires_at'], ['one_time_codes', 'expires_at'], ['sign_ins', 'expires_at'],
  ['sign_ups', 'expires_at'], ['sessions', 'expires_at'], ['oidc_payloads', 'expires_at'],
]
const graceMilliseconds = 3_600_000

/** Removes what has expired; an hour later, so that a clock a little off never meets a missing row where an expired one is meant. */
export async function sweepExpired(needs: { storage: Storage; clock: Clock }): Promise<number> {
  const before = needs.clock.now() - graceMilliseconds
  let removed = 0
  for (const [table, column] of expiring) {
    removed += await needs.storage.write((tx) => tx.run(`DELETE FROM ${table} WHERE ${column} < ?`, [before]))
  }
  return removed
}
