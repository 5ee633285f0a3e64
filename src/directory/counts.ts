import type { Clock } from '../storage/index.ts'

/** Up to here everything is counted at each look. */
export const countedAnew = 1_000
const keptMilliseconds = 60_000
const mostKept = 10_000

export type Counts = ReturnType<typeof createCounts>

/**
 * Large numbers for people to look at: counted at most once a minute, so that no page reads fifty thousand rows to show one
 * figure. What this process changes itself it forgets at once; nothing is ever decided by them.
 */
export function createCounts(clock: Clock) {
  const kept = new Map<string, { readonly value: unknown; readonly until: number }>()
  return {
    async of<T>(name: string, isLarge: (value: T) => boolean, count: () => Promise<T>): Promise<T> {
      const known = kept.get(name)
      if (known && known.until > clock.now()) return known.value as T
      const value = await count()
      if (kept.size >= mostKept) kept.clear()
      if (isLarge(value)) kept.set(name, { value, until: clock.now() + keptMilliseconds })
      else kept.delete(name)
      return value
    },
    forget(name: string): void {
      kept.delete(name)
    },
  }
}
