/**
 * Attempt limits and things that may happen once.
 *
 * Counting comes before checking, in the shared store, on every path that judges a secret; subjects are stored as hashes.
 * A limit never locks a person's key: only the weaker ways (codes, recovery) slow down (SEC-55).
 */
export { createOnce, type Once } from './once.ts'
export { AttemptLimitTable, ReplayTable } from './schema.ts'
export { createThrottle, networkOf, type Limit, type Throttle } from './throttle.ts'
