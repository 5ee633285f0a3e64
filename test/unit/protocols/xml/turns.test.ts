import { expect, it } from 'vitest'
import { TooManyRequests } from '../../../../src/errors.ts'
import { createTurns } from '../../../../src/protocols/xml/index.ts'

it('SEC-29 lets one network have so many documents under way, and others theirs', async () => {
  const inTurn = createTurns(2)
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = [inTurn('a', () => promise), inTurn('a', () => promise)]
  await expect(inTurn('a', () => Promise.resolve())).rejects.toBeInstanceOf(TooManyRequests)
  await inTurn('b', () => Promise.resolve())
  resolve()
  await Promise.all(first)
  await inTurn('a', () => Promise.resolve())
  await expect(inTurn('a', () => Promise.reject(new Error('theirs')))).rejects.toThrow('theirs')
  await Promise.all([inTurn('a', () => Promise.resolve()), inTurn('a', () => Promise.resolve())])
})
