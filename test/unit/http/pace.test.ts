import { expect, it } from 'vitest'
import { TooManyRequests } from '../../../src/errors.ts'
import { createPace } from '../../../src/http/index.ts'

it('SEC-55 lets a network begin so much within the window and no more, and others go on', () => {
  let now = 0
  const pace = createPace({ attempts: 3, windowSeconds: 10, now: () => now })
  for (let time = 0; time < 3; time++) pace.admit('a')
  expect(() => { pace.admit('a') }).toThrow(TooManyRequests)
  pace.admit('b')
  now = 9_999
  expect(() => { pace.admit('a') }).toThrow(expect.objectContaining({ retryAfterSeconds: 1 }) as Error)
  now = 10_000
  pace.admit('a')
})

it('remembers a bounded number of networks', () => {
  const pace = createPace({ attempts: 1, windowSeconds: 10, now: () => 0 })
  for (let network = 0; network < 25_000; network++) pace.admit(String(network))
  // The oldest was forgotten; the newest is not.
  pace.admit('0')
  expect(() => { pace.admit('24999') }).toThrow(TooManyRequests)
})
