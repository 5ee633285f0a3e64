import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import { TooManyRequests } from '../../../errors.ts'

/** OWASP's and ASVS's set for Argon2id (SEC-53): 19 MiB, two passes, one lane. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 }
const current = '$argon2id$v=19$m=19456,t=2,p=1$'

export interface Hashing {
  hash(password: string): Promise<string>
  verify(hashed: string, password: string): Promise<boolean>
  /** Made with other parameters than today's. */
  isOutdated(hashed: string): boolean
}

/**
 * Argon2id beside the main loop, a few at a time: the rest of the processor, and of the threads that files and names need,
 * stays free for everybody else (P-17). What cannot be done soon is refused instead of piling up.
 */
export function createHashing({ atOnce = Math.max(1, Math.min(3, availableParallelism() - 1)), maxWaiting = 200 }: { atOnce?: number; maxWaiting?: number } = {}): Hashing {
  let running = 0
  const waiting: (() => void)[] = []

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= atOnce) {
      if (waiting.length >= maxWaiting) throw new TooManyRequests(5)
      // Whoever finishes hands the turn over, so `running` does not change between two of them.
      await new Promise<void>((resolve) => { waiting.push(resolve) })
    } else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }

  return {
    hash: (password) => inTurn(() => hash(password, parameters)),
    verify: (hashed, password) => inTurn(() => verify(hashed, password)),
    isOutdated: (hashed) => !hashed.startsWith(current),
  }
}
