import { TooManyRequests } from '../../errors.ts'

/**
 * Lets one network have only so many documents under way at a time. Judging the worst of them takes the one thread some 60 ms;
 * whoever sends many of those then waits for their own and not everybody else.
 */
export function createTurns(most = 8): <T>(network: string, work: () => Promise<T>) => Promise<T> {
  const underWay = new Map<string, number>()
  return async (network, work) => {
    const others = underWay.get(network) ?? 0
    if (others >= most) throw new TooManyRequests(1)
    underWay.set(network, others + 1)
    try {
      return await work()
    } finally {
      const left = (underWay.get(network) ?? 1) - 1
      if (left === 0) underWay.delete(network)
      else underWay.set(network, left)
    }
  }
}
