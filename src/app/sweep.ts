import type { Clock, Storage } from '../storage/index.ts'

/** Tables whose rows are worth nothing after a time, with their key; every one has an index on the time. */
const expiring: readonly (readonly [table: string, column: string, key: string, grace?: number])[] = [
  ['attempt_limits', 'resets_at', 'name'], ['replays', 'expires_at', 'name'], ['challenges', 'expires_at', 'id'], ['one_time_codes', 'expires_at', 'id'], ['sign_ins', 'expires_at', 'id'],
  ['sign_ups', 'expires_at', 'id'], ['sessions', 'expires_at', 'id'], ['oidc_payloads', 'expires_at', 'kind, id'],
  ['federation_requests', 'expires_at', 'id'], ['federation_participants', 'expires_at', 'session_id, application_id'], ['sign_outs', 'expires_at', 'id'],
  ['entra_operations', 'expires_at', 'id'], ['access_passes', 'expires_at', 'id'], ['phone_activations', 'expires_at', 'id'], ['phone_approvals', 'expires_at', 'id'],
  // Nobody asks for one that is too old, and what two people say to each other is not kept longer than it has to be.
  ['pairing_frames', 'expires_at', 'computer_id, connection, sender, sequence', 0], ['paired_computers', 'expires_at', 'id'],
]
/** So few that nobody waits behind it on SQLite, and that no statement comes near its time limit. */
const batch = 500
const graceMilliseconds = 3_600_000

/** Removes what has expired; most of it an hour later, so that a clock a little off never meets a missing row where an expired one is meant. */
export async function sweepExpired(needs: { storage: Storage; clock: Clock }, signal?: AbortSignal): Promise<number> {
  let removed = 0
  for (const [table, column, key, grace = graceMilliseconds] of expiring) {
    const statement = `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${column} < ? ORDER BY ${column} LIMIT ${batch}) RETURNING 1 AS one`
    const before = needs.clock.now() - grace
    for (let gone = batch; gone === batch && !signal?.aborted;) {
      gone = (await needs.storage.execute(statement, [before])).length
      removed += gone
    }
  }
  return removed
}
