import type { Clock } from '../../storage/index.ts'

const most = 3
const windowMilliseconds = 600_000

export type Calls = ReturnType<typeof createCalls>

/**
 * How often a computer may wake its phone without a word of it, so that nobody calls it night and day (SEC-43). The question itself waits all the
 * same, for whoever opens the app. Each node counts for itself.
 */
export function createCalls({ clock }: { readonly clock: Clock }) {
  // Oldest first, since the end of a window never moves.
  const made = new Map<string, { readonly count: number; readonly until: number }>()

  return {
    may(computer: string): boolean {
      const now = clock.now()
      for (const [id, { until }] of made) {
        if (until > now) break
        made.delete(id)
      }
      const { count, until } = made.get(computer) ?? { count: 0, until: now + windowMilliseconds }
      if (count < most) made.set(computer, { count: count + 1, until })
      return count < most
    },
    /** The phone has said something to this computer. */
    answered(computer: string): void { made.delete(computer) },
  }
}
