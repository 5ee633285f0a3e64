import { TooManyRequests } from '../../errors.ts'
import type { Clock, Sql, Storage } from '../../storage/index.ts'

/** At most `attempts` in `windowSeconds`, counted for each subject (an address, an account, a number) on its own. */
export interface Limit {
  readonly name: string
  readonly attempts: number
  readonly windowSeconds: number
}

export interface Throttle {
  /**
   * Counts an attempt before anything secret is looked at, in one statement in the shared store, so that parallel tries on
   * several nodes are all counted (SEC-55).
   * @param tx counts in the transaction of what is limited: where that does not happen, it is not counted.
   * @returns seconds to wait when over the limit, 0 otherwise.
   */
  count(limit: Limit, subject: string, tx?: Sql): Promise<number>
  /** Counts several limits in one statement, each as `count` would; the longest wait of those that are over. Always name them in the same order. */
  countAll(limits: readonly (readonly [limit: Limit, subject: string])[]): Promise<number>
  /** Like `count`, but refuses with 429. */
  admit(limit: Limit, subject: string): Promise<void>
  /** Takes back the one attempt that was right. Those that were wrong stay counted: they may be someone else's (SEC-56). */
  refund(tx: Sql, limit: Limit, subject: string): Promise<void>
}

interface Count { name: string; attempts: number; resets_at: number }

export function createThrottle(needs: { storage: Storage; clock: Clock; hash: (text: string) => string; onLimit?: (limit: Limit, subject: string) => void }): Throttle {
  const { storage, clock } = needs
  const nameOf = (limit: Limit, subject: string): string => `${limit.name}:${needs.hash(subject)}`
  const countAll = async (limits: readonly (readonly [Limit, string])[], tx?: Sql): Promise<number> => {
    const now = clock.now()
    const execute = tx ? tx.all<Count> : storage.execute<Count>
    const rows = await execute(
      `INSERT INTO attempt_limits (name, attempts, resets_at) VALUES ${limits.map(() => '(?, 1, ?)').join(', ')}
       ON CONFLICT (name) DO UPDATE SET
         attempts = CASE WHEN attempt_limits.resets_at <= ? THEN 1 ELSE attempt_limits.attempts + 1 END,
         resets_at = CASE WHEN attempt_limits.resets_at <= ? THEN excluded.resets_at ELSE attempt_limits.resets_at END
       RETURNING name, attempts, resets_at`,
      [...limits.flatMap(([limit, subject]) => [nameOf(limit, subject), now + limit.windowSeconds * 1_000]), now, now],
    )
    const waits = limits.map(([limit, subject]) => {
      const row = rows.find(({ name }) => name === nameOf(limit, subject))
      if (!row || row.attempts <= limit.attempts) return 0
      if (row.attempts === limit.attempts + 1) needs.onLimit?.(limit, subject)
      return Math.max(1, Math.ceil((row.resets_at - now) / 1_000))
    })
    return Math.max(0, ...waits)
  }
  const count = (limit: Limit, subject: string, tx?: Sql): Promise<number> => countAll([[limit, subject]], tx)
  return {
    count,
    countAll: (limits) => countAll(limits),
    async admit(limit, subject) {
      const seconds = await count(limit, subject)
      if (seconds > 0) throw new TooManyRequests(seconds)
    },
    async refund(tx, limit, subject) {
      await tx.run('UPDATE attempt_limits SET attempts = attempts - 1 WHERE name = ? AND attempts > 0', [nameOf(limit, subject)])
    },
  }
}

/** IPv4 addresses count alone, IPv6 by their /64: one household owns all of that. */
export function networkOf(ip: string): string {
  if (!ip.includes(':')) return ip
  const [head = '', tail = ''] = ip.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === '' ? [] : tail.split(':')
  const full = [...front, ...Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0'), ...back]
  return `${full.slice(0, 4).join(':')}::/64`
}
