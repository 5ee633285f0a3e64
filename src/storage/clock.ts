import type { Storage } from './storage.ts'

/** The time in epoch milliseconds; an argument everywhere, so that tests set it. */
export interface Clock {
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

/**
 * A clock that follows the database, so that several nodes judge every expiry alike.
 *
 * It runs on the process's monotonic time and takes the database's as its zero, so a leap of the node's own clock changes
 * nothing. `calibrate` is called at start and then by a job; an answer that took long is ignored in favour of a quick one.
 */
export class DatabaseClock implements Clock {
  readonly #storage: Pick<Storage, 'databaseTime'>
  #offset: number
  /** Milliseconds that this node's own clock differs from the database's; an operator should hear of more than 5,000. */
  skewMilliseconds = 0

  constructor(storage: Pick<Storage, 'databaseTime'>) {
    this.#storage = storage
    this.#offset = Date.now() - performance.now()
  }

  now(): number {
    return Math.round(performance.now() + this.#offset)
  }

  async calibrate(): Promise<void> {
    const before = performance.now()
    const databaseTime = await this.#storage.databaseTime()
    const after = performance.now()
    if (after - before > 1_000) return
    this.#offset = databaseTime - (before + after) / 2
    this.skewMilliseconds = Math.round(Date.now() - this.now())
  }
}
