import type { ManagedDomain } from './domain.ts'

/**
 * A job's work on the domains of every organization. What a host says that one of them has named must not keep the others from
 * their turn; the faults are thrown together at the end, for the job's log.
 */
export async function eachDomain(domains: readonly ManagedDomain[], signal: AbortSignal | undefined, work: (domain: ManagedDomain) => Promise<void>): Promise<void> {
  const faults: unknown[] = []
  for (const domain of domains) {
    if (signal?.aborted) break
    await work(domain).catch((error: unknown) => { faults.push(error) })
  }
  if (faults.length > 0) throw new AggregateError(faults, `${faults.length} federated domains could not be looked after`)
}
