import type { Clock, Storage } from '../../storage/index.ts'

/**
 * Lets a name through exactly once until it expires: an insert that conflicts is a replay. Never find-then-save, never a
 * count of an upsert's rows; both race (SEC-06).
 */
export function createOnce(needs: { storage: Storage; clock: Clock }): (name: string, lifetimeSeconds: number) => Promise<boolean> {
  return async (name, lifetimeSeconds) => {
    const rows = await needs.storage.execute<{ name: string }>(
      'INSERT INTO replays (name, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING name',
      [name, needs.clock.now() + lifetimeSeconds * 1_000],
    )
    return rows.length === 1
  }
}
