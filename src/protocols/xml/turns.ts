import { TooManyRequests } from '../../errors.ts'

/**
 * Lets one network have only so many documents under way at a time; the others of that network stand in line. Judging the worst
 * of them takes the one thread some 60 ms: whoever sends many of those waits for their own, and everybody else does not. An office
 * behind one address that signs in at nine is served all the same.
 */
export function createTurns(most = 8, longestLine = 100): <T>(network: string, work: () => Promise<T>) => Promise<T> {
  const networks = new Map<string, { underWay: number; readonly line: (() => void)[] }>()
  return async (network, work) => {
    const own = networks.get(network) ?? { underWay: 0, line: [] }
    networks.set(network, own)
    if (own.line.length >= longestLine) throw new TooManyRequests(1)
    // Whoever leaves hands the turn over, so it is never counted down and up again.
    if (own.underWay >= most) await new Promise<void>((resolve) => { own.line.push(resolve) })
    else own.underWay++
    try {
      return await work()
    } finally {
      const next = own.line.shift()
      if (next) next()
      else if (--own.underWay === 0) networks.delete(network)
    }
  }
}
