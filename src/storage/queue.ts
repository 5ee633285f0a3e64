import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers'
import { setImmediate as pause } from 'node:timers/promises'

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

/** Someone in the line. Both answers are given once, and only by who serves the line. */
export interface Turn {
  /** One statement is kept whole or not at all by the database itself; a transaction needs to be marked. */
  readonly kind: 'statement' | 'transaction'
  readonly run: () => Promise<unknown>
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

export interface Line {
  enter<T>(kind: Turn['kind'], work: () => Promise<T>): Promise<T>
}

const mostAtOnce = 64

/**
 * The line in front of SQLite's one writer: one at a time, in the order they came. Whoever came in the same turn of the event
 * loop is served as one group, so that they can share one wait for the disk.
 */
export function createLine(serve: (group: readonly Turn[]) => Promise<void>): Line {
  const { refuseInside, inside } = createNesting()
  const waiting: Turn[] = []
  let open = false

  const serveAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting.splice(0, mostAtOnce)
      await serve(group).catch((error: unknown) => { for (const turn of group) turn.reject(error) })
      // Whoever writes in a loop is back in the line before this one goes on: without a pause nothing else would be heard meanwhile.
      if (waiting.length > 0) await pause()
    }
    open = false
  }

  return {
    async enter<T>(kind: Turn['kind'], work: () => Promise<T>): Promise<T> {
      refuseInside()
      return new Promise<T>((resolve, reject) => {
        // Each runs in the surroundings of its own caller, whoever of the group was first.
        waiting.push({ kind, run: AsyncLocalStorage.bind(() => inside(work)), resolve: resolve as Turn['resolve'], reject })
        if (open) return
        open = true
        setImmediate(() => { void serveAll() })
      })
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
