import type { Clock, Sql, Storage } from '../storage/index.ts'

/** Another node runs the task now: what this one has in hand must not be written any more. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/** The right to run a task, until it expires or another node takes it over. */
export interface Lease {
  readonly name: string
  /** Grows with each taker; the fence between an old holder and a new one. */
  readonly epoch: number
  /**
   * To be called inside a write transaction, first. The row stays locked until the commit, so nobody can take over between
   * this look and the end of the transaction.
   * @throws LeaseLost when another node has taken over.
   */
  stillHeld(tx: Sql): Promise<void>
}

export interface LeaseState {
  readonly name: string
  /** 0 when nobody runs the task. */
  readonly expiresAt: number
  readonly lastRunAt: number | null
  readonly lastError: string | null
}

/** Half of the 15 seconds within which another node must take over. */
export const leaseMilliseconds = 8_000
export const renewMilliseconds = 2_500

export type LeaseStore = ReturnType<typeof createLeaseStore>

export function createLeaseStore({ storage, clock, holder }: { storage: Storage; clock: Clock; holder: string }) {
  const mine = 'name = ? AND holder = ? AND epoch = ?'

  return {
    async states(): Promise<Map<string, LeaseState>> {
      const rows = await storage.read.all<{ name: string; expires_at: number; last_run_at: number | null; last_error: string | null }>(
        'SELECT name, expires_at, last_run_at, last_error FROM leases')
      return new Map(rows.map((row) => [row.name, { name: row.name, expiresAt: row.expires_at, lastRunAt: row.last_run_at, lastError: row.last_error }]))
    },

    /**
     * One statement decides between all nodes. Besides being free, the task must still be due: another node may have run it
     * since this one looked.
     */
    async take(name: string, dueBefore: number): Promise<Lease | undefined> {
      const now = clock.now()
      const [row] = await storage.execute<{ epoch: number }>(
        `INSERT INTO leases (name, holder, epoch, expires_at) VALUES (?, ?, 1, ?)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, epoch = leases.epoch + 1, expires_at = excluded.expires_at
         WHERE leases.expires_at <= ? AND (leases.expires_at > 0 OR leases.last_run_at IS NULL OR leases.last_run_at <= ?)
         RETURNING epoch`,
        [name, holder, now + leaseMilliseconds, now, dueBefore])
      if (!row) return undefined
      const { epoch } = row
      return {
        name, epoch,
        async stillHeld(tx) {
          // A write of nothing: it waits for a taker who is faster, and makes a later one wait.
          if ((await tx.run(`UPDATE leases SET epoch = epoch WHERE ${mine}`, [name, holder, epoch])) !== 1) {
            throw new LeaseLost(`another node has taken over the task ${name}`)
          }
        },
      }
    },

    /**
     * A renewal may be under way while the task ends, on another connection: it must not revive a lease that was given back.
     * @returns false when the lease is lost or given back.
     */
    async renew({ name, epoch }: Lease): Promise<boolean> {
      const rows = await storage.execute(`UPDATE leases SET expires_at = ? WHERE ${mine} AND expires_at > 0 RETURNING name`, [clock.now() + leaseMilliseconds, name, holder, epoch])
      return rows.length === 1
    },

    async release({ name, epoch }: Lease, startedAt: number, error: string | null): Promise<void> {
      await storage.execute(`UPDATE leases SET expires_at = 0, last_run_at = ?, last_error = ? WHERE ${mine}`, [startedAt, error, name, holder, epoch])
    },

    /** Gives the lease back as if it had never been taken; the task is still due for whoever looks next. */
    async giveUp({ name, epoch }: Lease): Promise<void> {
      await storage.execute(`UPDATE leases SET expires_at = 0 WHERE ${mine}`, [name, holder, epoch])
    },
  }
}
