import { expect, it } from 'vitest'
import { TooManyRequests } from '../../../../src/errors.ts'
import { createTurns } from '../../../../src/protocols/xml/index.ts'

it('SEC-29 lets one network have so many documents under way, the rest of it stand in line, and others theirs', async () => {
  const inTurn = createTurns(2, 2)
  const { promise, resolve } = Promise.withResolvers<void>()
  const began: number[] = []
  const document = (number: number) => inTurn('a', () => { began.push(number); return promise })
  const waiting = [document(1), document(2), document(3), document(4)]
  await expect(document(5)).rejects.toBeInstanceOf(TooManyRequests)
  await inTurn('b', () => Promise.resolve())
  expect(began).toEqual([1, 2])
  resolve()
  await Promise.all(waiting)
  expect(began).toEqual([1, 2, 3, 4])
  await expect(inTurn('a', () => Promise.reject(new Error('theirs')))).rejects.toThrow('theirs')
  await Promise.all([inTurn('a', () => Promise.resolve()), inTurn('a', () => Promise.resolve()), inTurn('a', () => Promise.resolve())])
})

it('SEC-29 serves an office behind one address: a hundred at once, none turned away', async () => {
  const inTurn = createTurns()
  let most = 0
  let now = 0
  await Promise.all(Array.from({ length: 100 }, () => inTurn('office', async () => {
    most = Math.max(most, ++now)
    await new Promise((resolve) => { setImmediate(resolve) })
    now--
  })))
  expect(most).toBe(8)
})
