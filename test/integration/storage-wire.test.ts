import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { Unavailable } from '../../src/errors.ts'
import { migrate, openStorage, type Storage } from '../../src/storage/index.ts'
import { createTestDatabase, postgresMissing } from '../support/postgres.ts'
import { createScratchTable, scratchRows } from '../support/scratch.ts'
import { aWireTo, type Wire } from '../support/wire.ts'

describe.runIf(postgresMissing() === undefined)('PostgreSQL behind a network that fails', () => {
  let wire: Wire
  let storage: Storage
  let drop: () => Promise<void>

  beforeEach(async () => {
    const database = await createTestDatabase()
    drop = () => database.drop()
    await migrate({ kind: 'postgres', url: database.url, poolSize: 2 }, migrations)
    const url = new URL(database.url)
    wire = await aWireTo(url.hostname, Number(url.port))
    url.port = String(wire.port)
    storage = await openStorage({ kind: 'postgres', url: url.href, poolSize: 2 }, [])
    await createScratchTable(storage)
  })
  afterEach(async () => {
    await wire.mend()
    await storage.close()
    await wire.cut()
    await drop()
  })

  it.each(['cut', 'hold'] as const)('R-06 gives up on every statement within seconds, and uses none of the old connections again (%s)', async (how) => {
    let held = (): void => undefined
    const inside = new Promise<void>((done) => { held = done })
    const { promise: goOn, resolve: release } = Promise.withResolvers<void>()
    const open = storage.write(async (tx) => {
      await tx.run(`INSERT INTO scratch (id, amount) VALUES ('open', 1)`)
      held()
      await goOn
      await tx.run(`INSERT INTO scratch (id, amount) VALUES ('open too', 1)`)
    }).catch((error: unknown) => error)
    await inside
    if (how === 'cut') await wire.cut()
    else wire.hold()
    release()

    const started = performance.now()
    const work = [
      open, storage.read.one('SELECT 1 AS one'), storage.execute(`INSERT INTO scratch (id, amount) VALUES ('single', 1)`), storage.write((tx) => tx.run(`INSERT INTO scratch (id, amount) VALUES ('another', 1)`)),
      storage.databaseTime(),
    ]
    for (const result of await Promise.all(work.map((one) => one.catch((error: unknown) => error)))) expect(result).toBeInstanceOf(Unavailable)
    // One wait for a connection, one for an answer.
    expect(performance.now() - started).toBeLessThan(11_000)

    await wire.mend()
    const healed = performance.now()
    await Promise.all(['a', 'b', 'c', 'd'].map((id) => storage.write((tx) => tx.run('INSERT INTO scratch (id, amount) VALUES (?, 1)', [id]))))
    expect(performance.now() - healed).toBeLessThan(5_000)
    expect(await scratchRows(storage)).toEqual(['a:1', 'b:1', 'c:1', 'd:1'])
  })
})
