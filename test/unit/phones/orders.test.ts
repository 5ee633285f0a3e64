import { expect, it } from 'vitest'
import type { PhoneOrders } from '../../../src/phones/index.ts'
import { createOrders } from '../../../src/phones/orders.ts'
import type { StoredPhone } from '../../../src/phones/store.ts'

const phone = { id: 'p1', organizationId: 'o1', userId: 'u1' } as StoredPhone
const from = { ip: '127.0.0.1', userAgent: 'Pixel' }
const body = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const order = { id: 'a', site: 'Microsoft', account: 'ada@engines.example', by: 'Grace', createdAt: 1, expiresAt: 2 }

/** Orders of one phone, and what was asked of them. */
function build(orders?: Partial<PhoneOrders>) {
  const [calls, changed]: [unknown[][], string[]] = [[], []]
  const watch = { changed: (...subjects: string[]) => { changed.push(...subjects) }, wait: () => Promise.resolve(false), stop: () => undefined }
  const need: PhoneOrders = {
    list: (...args) => { calls.push(args); return Promise.resolve([order]) },
    options: (...args) => { calls.push(args); return Promise.resolve(args[1] === 'a' ? { origin: 'https://login.microsoft.com', options: { challenge: 'x' }, expiresAt: 3 } : undefined) },
    answer: (...args) => { calls.push(args); return Promise.resolve({ outcome: 'registered', reason: null }) },
    ...orders,
  }
  return { calls, changed, room: createOrders({ watch, ...(orders === undefined ? {} : { orders: need }) }) }
}

it('S108 asks for this very phone, and tells the person’s other phones', async () => {
  const { room, calls, changed } = build({})
  expect(await room.list(phone)).toEqual([order])
  expect(await room.options(phone, 'a', from)).toMatchObject({ origin: 'https://login.microsoft.com' })
  expect(await room.answer(phone, 'a', body({ response: { id: 'c' } }), from)).toEqual({ outcome: 'registered', reason: null })
  expect(await room.answer(phone, 'a', body({ response: null }), from)).toMatchObject({ outcome: 'registered' })
  expect(calls.map(([of]) => of)).toEqual(Array.from({ length: 4 }, () => ({ organizationId: 'o1', userId: 'u1', phoneId: 'p1' })))
  expect(calls.slice(2).map(([, , response]) => response)).toEqual([{ id: 'c' }, null])
  expect(changed).toEqual(['person u1', 'person u1'])
})

it('S108 an order that is over has no options, and what is no answer is refused before anybody hears of it', async () => {
  const { room, calls } = build({})
  await expect(room.options(phone, 'other', from)).rejects.toMatchObject({ status: 409, body: { error: 'over' } })
  calls.length = 0
  for (const wrong of [{}, { response: 'yes' }, { response: 7 }, []]) await expect(room.answer(phone, 'a', body(wrong), from), JSON.stringify(wrong)).rejects.toMatchObject({ status: 400, body: { error: 'invalid' } })
  await expect(room.answer(phone, 'a', Buffer.from('{'), from)).rejects.toMatchObject({ status: 400 })
  expect(calls).toEqual([])
})

it('where nothing can be ordered there is nothing to see and nothing to answer', async () => {
  const { room } = build()
  expect(await room.list(phone)).toEqual([])
  await expect(room.options(phone, 'a', from)).rejects.toMatchObject({ status: 409 })
  expect(await room.answer(phone, 'a', body({ response: null }), from)).toEqual({ outcome: 'over', reason: null })
})
