import { describe, expect, it } from 'vitest'
import { backoffMilliseconds } from '../../../src/messaging/index.ts'

describe('when a message is tried again', () => {
  it.each([
    [1, 'normal', 5_000], [2, 'normal', 10_000], [3, 'normal', 20_000], [4, 'normal', 40_000], [8, 'normal', 640_000], [9, 'normal', 1_280_000],
    [10, 'normal', 1_800_000], [100, 'normal', 1_800_000], [10_000, 'normal', 1_800_000],
    [1, 'urgent', 5_000], [4, 'urgent', 40_000], [5, 'urgent', 60_000], [50, 'urgent', 60_000], [0, 'urgent', 5_000],
  ] as const)('R-12 after attempt %i (%s) within %i ms, and not before half of that', (attempts, priority, longest) => {
    expect(backoffMilliseconds(attempts, priority, () => 1)).toBe(longest)
    expect(backoffMilliseconds(attempts, priority, () => 0)).toBe(longest / 2)
  })

  it('R-12 spreads what failed together', () => {
    const delays = new Set(Array.from({ length: 50 }, () => backoffMilliseconds(6, 'normal')))
    expect(delays.size).toBeGreaterThan(40)
  })
})
