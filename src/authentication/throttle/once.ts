import type { Clock, Sql, Storage } from '../../storage/index.ts'

/**
 * Lets a name through exactly once until it expires: an insert that conflicts is a replay. Never find-then-save, never a
 * count of an upsert's rows; both race (SEC-06).
 */
export function createOnce(needs: { storage: Storage; clock: Clock }): Once {
  return async (name, lifetimeSeconds, sql) => {
    const statement = 'INSERT INTO replays (name, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING name'
    const values = [name, needs.clock.now() + lifetimeSeconds * 1_000]
    return (await (sql ? sql.all(statement, values) : needs.storage.execute(statement, values))).length === 1
  }
}

/** @param sql a transaction that it counts in: rolled back, the name is free again */
export type Once = (name: string, lifetimeSeconds: number, sql?: Sql) => Promise<boolean>
