import { TooManyRequests } from '../errors.ts'

/** How many different networks are remembered; beyond that the oldest is forgotten. */
const mostNetworks = 20_000

export interface Pace {
  /** @throws TooManyRequests when this network has begun too much lately */
  admit(network: string): void
}

/**
 * Counts in the memory of this node how much one network begins: not to protect a secret, but so that nobody fills the
 * database with sign-ins that are never finished. What is begun lives half an hour, so this bounds the rows that there can be.
 */
export function createPace(needs: { attempts: number; windowSeconds: number; now: () => number }): Pace {
  const counts = new Map<string, { attempts: number; resetsAt: number }>()
  return {
    admit(network) {
      const now = needs.now()
      let count = counts.get(network)
      if (!count || count.resetsAt <= now) {
        counts.delete(network)
        counts.set(network, (count = { attempts: 0, resetsAt: now + needs.windowSeconds * 1_000 }))
        if (counts.size > mostNetworks) for (const oldest of counts.keys()) { counts.delete(oldest); break }
      }
      count.attempts++
      if (count.attempts > needs.attempts) throw new TooManyRequests(Math.max(1, Math.ceil((count.resetsAt - now) / 1_000)))
    },
  }
}
