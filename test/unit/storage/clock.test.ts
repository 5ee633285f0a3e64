import { describe, expect, it, vi } from 'vitest'
import { DatabaseClock, systemClock } from '../../../src/storage/index.ts'

/** This node's two clocks, set by hand. */
function aNode(): { leap(milliseconds: number): void; pass(milliseconds: number): void } {
  let [wall, monotonic] = [1_764_000_000_000, 5_000]
  vi.spyOn(Date, 'now').mockImplementation(() => wall)
  vi.spyOn(performance, 'now').mockImplementation(() => monotonic)
  return {
    leap(milliseconds) { wall += milliseconds },
    pass(milliseconds) { wall += milliseconds; monotonic += milliseconds },
  }
}

describe('the clock', () => {
  it('R-09 does not leap with the clock of its node', () => {
    const node = aNode()
    const clock = new DatabaseClock({ databaseTime: () => Promise.resolve(0) })
    for (const leap of [300_000, -300_000, 3_600_000, -7_200_000]) {
      const before = clock.now()
      node.leap(leap)
      expect(clock.now()).toBe(before)
      node.pass(1_500)
      expect(clock.now()).toBe(before + 1_500)
    }
  })

  it('R-09 judges by the database, and tells how far its node is off', async () => {
    const node = aNode()
    const clock = new DatabaseClock({ databaseTime: () => Promise.resolve(1_764_000_009_000) })
    await clock.calibrate()
    expect(clock.now()).toBe(1_764_000_009_000)
    expect(clock.skewMilliseconds).toBe(-9_000)
    node.pass(250)
    expect(clock.now()).toBe(1_764_000_009_250)
  })

  it('takes the middle of a question for the time of its answer', async () => {
    const node = aNode()
    const clock = new DatabaseClock({ databaseTime: () => { node.pass(400); return Promise.resolve(2_000_000) } })
    await clock.calibrate()
    expect(clock.now()).toBe(2_000_200)
  })

  it('does not believe an answer that took more than a second', async () => {
    const node = aNode()
    const clock = new DatabaseClock({ databaseTime: () => { node.pass(1_001); return Promise.resolve(2_000_000) } })
    const before = clock.now()
    await clock.calibrate()
    expect(clock.now()).toBe(before + 1_001)
    expect(clock.skewMilliseconds).toBe(0)
  })

  it('keeps its time when the database is away', async () => {
    aNode()
    const clock = new DatabaseClock({ databaseTime: () => Promise.reject(new Error('away')) })
    const before = clock.now()
    await expect(clock.calibrate()).rejects.toThrow('away')
    expect(clock.now()).toBe(before)
  })

  it('gives whole milliseconds', () => {
    vi.spyOn(performance, 'now').mockReturnValue(12.345)
    expect(Number.isInteger(new DatabaseClock({ databaseTime: () => Promise.resolve(0) }).now())).toBe(true)
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000)
  })
})
