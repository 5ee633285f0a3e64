import { beforeEach } from 'vitest'

/** Skips the tests around it, printing what this machine has not got; runs them when nothing is missing. */
export function skipWithout(missing: string | undefined): void {
  beforeEach((test) => { if (missing !== undefined) test.skip(missing) })
}
