import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, expect, it } from 'vitest'
import { Unavailable } from '../../src/errors.ts'
import { bigint, DatabaseClock, defineTable, integer, isUniqueViolation, key, openStorage, optional, placeholders, text, type Transaction } from '../../src/storage/index.ts'
import { createScratchTable, scratchRows } from '../support/scratch.ts'
import { onEachDatabase } from '../support/storage.ts'

interface ScratchRow { id: string; amount: number; note: string | null }
const ScratchTable = defineTable<ScratchRow>('scratch', { id: key, amount: integer, note: optional(text) })
interface LeaseRow { name: string; holder: string; epoch: number; expiresAt: number; lastRunAt: number | null; lastError: string | null }
const LeaseTable = defineTable<LeaseRow>('leases', { name: key, holder: text, epoch: bigint, expiresAt: bigint, lastRunAt: optional(bigint), lastError: optional(text) })

onEachDatabase('storage', (current, kind) => {
  const storage = () => current().storage
  const insert = (tx: Transaction, id: string, amount = 1) => tx.run('INSERT INTO scratch (id, amount) VALUES (?, ?)', [id, amount])
  const rows = () => scratchRows(storage())
  const add = (id: string, amount = 1) => storage().write((tx) => insert(tx, id, amount))

  beforeEach(() => createScratchTable(storage()))

  it('answers all rows, the first row, and how many changed', async () => {
    await add('ada', 3)
    await add('grace', 4)
    expect(await storage().read.all('SELECT id, amount FROM scratch ORDER BY id')).toEqual([{ id: 'ada', amount: 3 }, { id: 'grace', amount: 4 }])
    expect(await storage().read.one('SELECT amount FROM scratch WHERE id = ?', ['grace'])).toEqual({ amount: 4 })
    expect(await storage().read.one('SELECT amount FROM scratch WHERE id = ?', ['nobody'])).toBeUndefined()
    expect(await storage().write((tx) => tx.run('UPDATE scratch SET amount = amount + 1 WHERE amount > ?', [3]))).toBe(1)
    expect(await storage().write((tx) => tx.run('UPDATE scratch SET amount = 0 RETURNING id'))).toBe(2)
    expect(await storage().write((tx) => tx.run('DELETE FROM scratch WHERE id = ?', ['nobody']))).toBe(0)
    expect(await storage().read.all(`SELECT id FROM scratch WHERE id IN (${placeholders(2)})`, ['ada', 'nobody'])).toEqual([{ id: 'ada' }])
  })

  it('keeps text, null and whole numbers up to 2^53 as they are', async () => {
    const texts = ['', 'Zoë 🗝', "'; DROP TABLE scratch; --", '\n\t\\', '?', '$1', '\u202Eabc', '0', 'null']
    for (const [index, note] of texts.entries()) {
      await storage().execute('INSERT INTO scratch (id, amount, note) VALUES (?, ?, ?)', [`${index}`, index, note])
      expect(await storage().read.one('SELECT note, amount FROM scratch WHERE id = ?', [`${index}`])).toEqual({ note, amount: index })
    }
    for (const at of [0, -1, 1_764_000_000_000, Number.MAX_SAFE_INTEGER]) {
      await storage().execute('DELETE FROM leases')
      await storage().execute(`INSERT INTO leases (name, holder, epoch, expires_at) VALUES ('a', '', ?, ?)`, [at, at])
      expect(await storage().read.one('SELECT epoch, expires_at, last_error FROM leases')).toEqual({ epoch: at, expires_at: at, last_error: null })
    }
  })

  it('answers what `execute` returned, and its rows are committed', async () => {
    expect(await storage().execute(`INSERT INTO scratch (id, amount) VALUES ('ada', 5) RETURNING id, amount`)).toEqual([{ id: 'ada', amount: 5 }])
    expect(await storage().execute(`UPDATE scratch SET amount = 6 WHERE id = 'nobody' RETURNING id`)).toEqual([])
    expect(await storage().execute(`UPDATE scratch SET amount = 6`)).toEqual([])
    expect(await rows()).toEqual(['ada:6'])
  })

  it('hands out the result of a transaction and commits all of it', async () => {
    const result = await storage().write(async (tx) => {
      await insert(tx, 'ada')
      await insert(tx, 'grace')
      return (await tx.all('SELECT id FROM scratch')).length
    })
    expect(result).toBe(2)
    expect(await rows()).toEqual(['ada:1', 'grace:1'])
  })

  it('keeps nothing of a transaction that throws, and throws the very same error', async () => {
    const reason = new TypeError('changed my mind')
    await expect(storage().write(async (tx) => {
      await insert(tx, 'ada')
      await tx.repository(ScratchTable).insert({ id: 'grace', amount: 2, note: null })
      throw reason
    })).rejects.toBe(reason)
    expect(await rows()).toEqual([])
    await add('later')
    expect(await rows()).toEqual(['later:1'])
  })

  it('keeps nothing of a transaction whose last statement the database refuses', async () => {
    await add('ada')
    const error = await storage().write(async (tx) => {
      await insert(tx, 'grace')
      await insert(tx, 'ada')
    }).catch((thrown: unknown) => thrown)
    expect(isUniqueViolation(error)).toBe(true)
    expect(isUniqueViolation(await storage().execute(`INSERT INTO scratch (id, amount) VALUES ('ada', 1)`).catch((thrown: unknown) => thrown))).toBe(true)
    expect(isUniqueViolation(await storage().execute(`INSERT INTO scratch (id) VALUES ('eve')`).catch((thrown: unknown) => thrown))).toBe(false)
    expect(await rows()).toEqual(['ada:1'])
  })

  it('rejects a false statement instead of throwing while it is called', async () => {
    for (const attempt of [() => storage().read.all('SELEC'), () => storage().execute('SELEC'), () => storage().write((tx) => tx.run('SELEC')), () => storage().read.one('SELECT x FROM nowhere')]) {
      const promise = attempt()
      await expect(promise).rejects.toThrow(/SELEC|nowhere/)
    }
  })

  it('R-01 reads only what is committed while a transaction is open', async () => {
    await add('ada')
    const { promise: release, resolve: open } = Promise.withResolvers<void>()
    const { promise: written, resolve: tell } = Promise.withResolvers<void>()
    const writing = storage().write(async (tx) => {
      await insert(tx, 'grace')
      await tx.run('UPDATE scratch SET amount = 9')
      tell()
      await release
      return tx.all('SELECT id FROM scratch')
    })
    await written
    expect(await rows()).toEqual(['ada:1'])
    expect(await storage().read.repository(ScratchTable).find()).toEqual([{ id: 'ada', amount: 1, note: null }])
    open()
    expect(await writing).toHaveLength(2)
    expect(await rows()).toEqual(['ada:9', 'grace:9'])
  })

  it('R-01 does not lose what one request saves while the transaction of another fails', async () => {
    const { promise: release, resolve: open } = Promise.withResolvers<void>()
    const failing = storage().write(async (tx) => {
      await insert(tx, 'lost')
      await release
      throw new Error('no')
    })
    const saved = [add('ada'), storage().execute(`INSERT INTO scratch (id, amount) VALUES ('grace', 2)`)]
    await sleep(20)
    open()
    await expect(failing).rejects.toThrow('no')
    await Promise.all(saved)
    expect(await rows()).toEqual(['ada:1', 'grace:2'])
  })

  it.each(['write', 'execute'] as const)('refuses %s inside a transaction, and goes on afterwards', async (way) => {
    const again = () => (way === 'write' ? add('inner') : storage().execute(`INSERT INTO scratch (id, amount) VALUES ('inner', 1)`))
    await expect(storage().write(async (tx) => {
      await insert(tx, 'outer')
      await again()
    })).rejects.toThrow('storage.write was called inside a transaction')
    expect(await rows()).toEqual([])
    await again()
    expect(await rows()).toEqual(['inner:1'])
  })

  it('lets in what a transaction started and did not wait for, once it is over', async () => {
    const { promise: late, resolve } = Promise.withResolvers<unknown>()
    await storage().write(async (tx) => {
      await insert(tx, 'outer')
      setTimeout(() => { resolve(add('late')) }, 50)
    })
    await late
    expect(await rows()).toEqual(['late:1', 'outer:1'])
  })

  it('describes rows by the names that the code uses', async () => {
    const row: LeaseRow = { name: 'clean', holder: 'node-1', epoch: 1_764_000_000_000, expiresAt: 2, lastRunAt: null, lastError: null }
    await storage().write(async (tx) => {
      await tx.run('DELETE FROM leases')
      await tx.repository(LeaseTable).insert(row)
      await tx.repository(LeaseTable).update({ name: 'clean' }, { expiresAt: 1_764_000_000_001 })
    })
    expect(await storage().read.repository(LeaseTable).find()).toEqual([{ ...row, expiresAt: 1_764_000_000_001 }])
    expect(await storage().read.one('SELECT expires_at FROM leases')).toEqual({ expires_at: 1_764_000_000_001 })
  })

  it('counts statements and commits', async () => {
    const { statistics } = storage()
    const before = { ...statistics }
    await add('ada')
    await storage().execute('UPDATE scratch SET amount = 2')
    await storage().read.one('SELECT id FROM scratch')
    await storage().write((tx) => insert(tx, 'ada')).catch(() => undefined)
    expect(statistics.commits - before.commits).toBe(2)
    expect(statistics.statements - before.statements).toBeGreaterThanOrEqual(4)
  })

  // Each transaction reads what the others write: only one order of them all can be true.
  it('R-01 counts right when forty requests change one row at once', async () => {
    await add('counter', 0)
    await Promise.all(Array.from({ length: 40 }, () => storage().write(async (tx) => {
      const row = await tx.one<{ amount: number }>(`SELECT amount FROM scratch WHERE id = 'counter'`)
      await sleep(1)
      await tx.run(`UPDATE scratch SET amount = ? WHERE id = 'counter'`, [(row?.amount ?? 0) + 1])
    })))
    expect(await rows()).toEqual(['counter:40'])
  })

  it('R-01 keeps a rule over several rows ("not the last one") when two requests break it together', async () => {
    for (let round = 0; round < 10; round++) {
      await storage().execute('DELETE FROM scratch')
      await Promise.all([add('ada'), add('grace')])
      const removeUnlessLast = (id: string) => storage().write(async (tx) => {
        const left = await tx.one<{ count: number }>('SELECT count(*) AS count FROM scratch')
        await sleep(2)
        return (left?.count ?? 0) > 1 ? tx.run('DELETE FROM scratch WHERE id = ?', [id]) : 0
      })
      const removed = await Promise.all([removeUnlessLast('ada'), removeUnlessLast('grace')])
      expect(removed.toSorted()).toEqual([0, 1])
      expect(await rows()).toHaveLength(1)
    }
  })

  it('R-01 runs single statements again that met in a deadlock', async () => {
    // The statement finds b first and waits for a; the transaction holds a and comes for b. The one that has waited longer loses.
    await add('b', 0)
    await add('a', 0)
    const { promise: locked, resolve } = Promise.withResolvers<void>()
    const transaction = storage().write(async (tx) => {
      await tx.run(`UPDATE scratch SET amount = amount + 1 WHERE id = 'a'`)
      resolve()
      await sleep(200)
      await tx.run(`UPDATE scratch SET amount = amount + 1 WHERE id = 'b'`)
    })
    await locked
    await Promise.all([transaction, storage().execute('UPDATE scratch SET amount = amount + 10')])
    expect(await rows()).toEqual(['a:11', 'b:11'])
  })

  it('R-01 loses none of 200 mixed operations at once, of which every tenth is rolled back', async () => {
    for (let round = 0; round < 20; round++) {
      await storage().execute('DELETE FROM scratch')
      await add('total', 0)
      const failures: unknown[] = []
      const acknowledged: string[] = []
      await Promise.all(Array.from({ length: 200 }, async (_value, index) => {
        const id = `r${String(index).padStart(3, '0')}`
        try {
          if (index % 10 === 3) {
            await storage().write(async (tx) => {
              await insert(tx, id)
              await tx.run(`UPDATE scratch SET amount = amount + 1000000 WHERE id = 'total'`)
              throw new Error('rolled back')
            })
          } else if (index % 10 === 7) {
            await storage().read.all('SELECT id FROM scratch')
          } else if (index % 3 === 0) {
            await storage().execute('INSERT INTO scratch (id, amount) VALUES (?, 1)', [id])
            acknowledged.push(`${id}:1`)
          } else {
            await storage().write(async (tx) => {
              await insert(tx, id, 2)
              if (index % 4 === 0) await sleep(0)
              await tx.run(`UPDATE scratch SET amount = amount + 1 WHERE id = 'total'`)
            })
            acknowledged.push(`${id}:2`)
          }
        } catch (error) {
          failures.push(error)
        }
      }))
      expect(failures.map((error) => (error as Error).message)).toEqual(Array.from({ length: 20 }, () => 'rolled back'))
      const total = acknowledged.filter((row) => row.endsWith(':2')).length
      expect(await rows()).toEqual([...acknowledged, `total:${total}`].sort())
    }
  }, 120_000)

  it('R-09 follows the database, whatever the clock of this node does', async (test) => {
    const clock = new DatabaseClock(storage())
    await clock.calibrate()
    const real = Date.now
    test.onTestFinished(() => { Date.now = real })
    for (const leap of [3_600_000, -3_600_000, 300_000, -86_400_000]) {
      const before = clock.now()
      Date.now = () => real() + leap
      expect(clock.now() - before).toBeGreaterThanOrEqual(0)
      expect(clock.now() - before).toBeLessThan(1_000)
      if (kind === 'postgres') {
        await clock.calibrate()
        expect(Math.abs(clock.now() - real())).toBeLessThan(1_000)
        expect(Math.abs(clock.skewMilliseconds - leap)).toBeLessThan(1_000)
      }
      Date.now = real
    }
  })

  it('answers nothing more once it is closed', async () => {
    const other = await openStorage(current().location, [])
    await other.close()
    await expect(other.read.one('SELECT 1 AS one')).rejects.toThrow()
    await expect(other.write((tx) => insert(tx, 'ada'))).rejects.toThrow()
    expect(await rows()).toEqual([])
  })

  if (kind === 'postgres') it('R-07 answers 503 to a transaction whose connection is cut, keeps nothing of it, and goes on', async () => {
    const cut = storage().write(async (tx) => {
      await insert(tx, 'cut')
      await storage().read.all('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()')
      await insert(tx, 'after the cut')
    })
    await expect(cut).rejects.toThrow(Unavailable)
    await add('ada')
    expect(await rows()).toEqual(['ada:1'])
  })

  if (kind === 'postgres') it('R-07 says at once that a server is away', async () => {
    await expect(openStorage({ kind: 'postgres', url: 'postgres://doorward@127.0.0.1:1/none', poolSize: 2 }, [])).rejects.toThrow(Unavailable)
  })
}, [ScratchTable, LeaseTable])
