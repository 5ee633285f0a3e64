import { AsyncLocalStorage } from 'node:async_hooks'

/** Lets callers in; whoever is inside may not enter again. */
export interface Door {
  enter<T>(work: () => Promise<T>): Promise<T>
}

/**
 * The door to PostgreSQL's transactions: any number at once, none inside another. A second transaction would see nothing of
 * the first, commit even when that one is rolled back, and wait for ever once every connection holds a caller who wants two.
 */
export function createDoor(): Door {
  const { refuseInside, inside } = createNesting()
  return {
    async enter(work) {
      refuseInside()
      return inside(work)
    },
  }
}

/** The line in front of SQLite's one writer: one at a time, in the order they came. */
export function createQueue(): Door {
  const { refuseInside, inside } = createNesting()
  let last: Promise<unknown> = Promise.resolve()

  return {
    async enter(work) {
      refuseInside()
      const turn = last.then(() => inside(work))
      last = turn.catch(() => undefined)
      return turn
    },
  }
}

/** Knows by the chain of calls who is inside; what a transaction started and did not wait for is outside once it has ended. */
function createNesting() {
  const visits = new AsyncLocalStorage<{ over: boolean }>()
  return {
    refuseInside(): void {
      if (visits.getStore()?.over === false) throw new Error('storage.write was called inside a transaction; use the transaction that is open')
    },
    inside<T>(work: () => Promise<T>): Promise<T> {
      const visit = { over: false }
      return visits.run(visit, work).finally(() => { visit.over = true })
    },
  }
}
