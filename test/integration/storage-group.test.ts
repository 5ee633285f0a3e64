import { AsyncLocalStorage } from 'node:async_hooks'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Unavailable } from '../../src/errors.ts'
import { migrations } from '../../migrations/index.ts'
import { migrate, openStorage, type Storage } from '../../src/storage/index.ts'
import { createScratchTable } from '../support/scratch.ts'
import { newLocation } from '../support/storage.ts'

let storage: Storage
let remove: () => Promise<void> | void

beforeEach(async () => {
  const made = await newLocation('sqlite')
  remove = made.remove
  await migrate(made.location, migrations)
  storage = await openStorage(made.location, [])
  await createScratchTable(storage)
})

afterEach(async () => {
  await storage.close()
  await remove()
})

const insert = (id: string, note = '') => storage.execute('INSERT INTO scratch (id, amount, note) VALUES (?, 1, ?)', [id, note])
const insertTwo = (id: string, note = '') => storage.write(async (tx) => {
  for (const part of ['a', 'b']) await tx.run('INSERT INTO scratch (id, amount, note) VALUES (?, 1, ?)', [`${id}${part}`, note])
})
const ids = async (): Promise<string[]> => (await storage.read.all<{ id: string }>('SELECT id FROM scratch ORDER BY id')).map(({ id }) => id)

it('R-01 writes that come together share one commit, and each is there when it is answered', async () => {
  const { commits } = storage.statistics
  const seen: string[][] = []
  await Promise.all(Array.from({ length: 10 }, async (_, number) => {
    await (number % 2 === 0 ? insert(`s${number}`) : insertTwo(`t${number}`))
    seen.push(await ids())
  }))
  expect(storage.statistics.commits - commits).toBe(1)
  expect(seen.every((rows) => rows.length === 15)).toBe(true)
})

it('R-01 takes back alone who fails among others', async () => {
  await insert('taken')
  const results = await Promise.allSettled([
    insert('one'), insert('taken'), insertTwo('two'),
    storage.write(async (tx) => {
      await tx.run(`INSERT INTO scratch (id, amount) VALUES ('half', 1)`)
      throw new Error('changed my mind')
    }),
    storage.write(async (tx) => {
      await tx.run(`INSERT INTO scratch (id, amount) VALUES ('unsaid', 1)`)
      await tx.run(`INSERT INTO scratch (id, amount) VALUES ('taken', 1)`)
    }),
    insert('three'),
  ])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'rejected', 'fulfilled'])
  expect(results[3]).toMatchObject({ reason: { message: 'changed my mind' } })
  expect(await ids()).toEqual(['one', 'taken', 'three', 'twoa', 'twob'])
})

it('R-01 commits nothing when everyone of a group fails', async () => {
  const { commits } = storage.statistics
  const refuse = () => storage.write(async (tx) => {
    await tx.run(`INSERT INTO scratch (id, amount) VALUES ('gone', 1)`)
    throw new Error('no')
  })
  expect((await Promise.allSettled([refuse(), refuse()])).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(storage.statistics.commits).toBe(commits)
  expect(await ids()).toEqual([])
})

it('R-08 keeps of a group on a full disk exactly what was answered', async () => {
  const [{ page_count: pages = 0 } = {}] = await storage.execute<{ page_count: number }>('PRAGMA page_count')
  await storage.execute(`PRAGMA max_page_count = ${pages + 8}`)
  const names = Array.from({ length: 30 }, (_, number) => `w${String(number).padStart(2, '0')}`)
  const results = await Promise.allSettled(names.map((name) => insertTwo(name, 'x'.repeat(3_000))))
  const failed = results.filter((result) => result.status === 'rejected')
  expect(failed.length).toBeGreaterThan(0)
  expect(failed.every(({ reason }) => reason instanceof Unavailable)).toBe(true)
  const answered = names.filter((_, number) => results[number]?.status === 'fulfilled')
  expect(await ids()).toEqual(answered.flatMap((name) => [`${name}a`, `${name}b`]))

  await storage.execute(`PRAGMA max_page_count = 1000000`)
  await Promise.all(['y', 'z'].map((name) => insertTwo(name, 'x'.repeat(3_000))))
  expect(await ids()).toEqual([...answered.flatMap((name) => [`${name}a`, `${name}b`]), 'ya', 'yb', 'za', 'zb'])
})

it('each of a group runs in the surroundings of its own caller', async () => {
  const request = new AsyncLocalStorage<string>()
  const names = ['ada', 'grace', 'hedy']
  expect(await Promise.all(names.map((name) => request.run(name, () => storage.write(() => Promise.resolve(request.getStore())))))).toEqual(names)
})

it.each([['statements', insert], ['transactions', insertTwo]] as const)('P-17 whoever writes %s in a loop lets everything else be heard in between', async (_kind, write) => {
  let heard = 0
  let over = false
  const listen = (): void => {
    heard++
    if (!over) setImmediate(listen)
  }
  setImmediate(listen)
  for (let number = 0; number < 50; number++) await write(`n${number}`)
  over = true
  expect(heard).toBeGreaterThanOrEqual(40)
})
