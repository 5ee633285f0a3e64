import { AsyncLocalStorage } from 'node:async_hooks'

/** Lets callers in one at a time, in the order they came. */
export interface Queue {
  enter<T>(work: () => Promise<T>): Promise<T>
}

/**
 * The line in front of SQLite's one writer.
 * Entering again from inside would wait for itself for ever, so it throws instead.
 */
export function createQueue(): Queue {
  const inside = new AsyncLocalStorage<true>()
  let last: Promise<unknown> = Promise.resolve()

  return {
    enter(work) {
      if (inside.getStore()) {
        throw new Error('storage.write was called inside a transaction; use the transaction that is open')
      }
      const turn = last.then(() => inside.run(true, work))
      last = turn.catch(() => undefined)
      return turn
    },
  }
}
