import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { migrations } from '../../../migrations/index.ts'
import { AppError } from '../../../src/errors.ts'
import { migrate, openStorage } from '../../../src/storage/index.ts'
import { createScratchTable } from '../scratch.ts'

/**
 * Fills the disk under an open SQLite database, looks what still works, makes room again, and prints what it saw.
 *
 *   node disk-full.ts <folder> disk|pages      "pages" stands in with SQLite's own limit where no small disk can be mounted
 */
export interface DiskFullReport {
  /** Status of each refused write; 0 for an error that is no AppError. */
  readonly refusals: readonly number[]
  readonly readsWhileFull: number
  readonly millisecondsUntilWritten: number
  readonly integrity: string
  readonly missing: readonly string[]
  readonly unexpected: readonly string[]
}

const [, , folder = '', limit] = process.argv
const ballast = join(folder, 'ballast')
const location = { kind: 'sqlite', file: join(folder, 'doorward.sqlite') } as const
await migrate(location, migrations)
const storage = await openStorage(location, [])
await createScratchTable(storage)

const acknowledged: string[] = []
let next = 0
const note = 'x'.repeat(20_000)
const attempt = async (): Promise<number | undefined> => {
  const id = `w${next++}`
  try {
    if (next % 2 === 0) await storage.execute('INSERT INTO scratch (id, amount, note) VALUES (?, 1, ?)', [id, note])
    else await storage.write((tx) => tx.run('INSERT INTO scratch (id, amount, note) VALUES (?, 1, ?)', [id, note]))
    acknowledged.push(id)
    return undefined
  } catch (error) {
    return error instanceof AppError ? error.status : 0
  }
}
const count = async (): Promise<number> => (await storage.read.one<{ count: number }>('SELECT count(*) AS count FROM scratch'))?.count ?? -1

for (let round = 0; round < 10; round++) await attempt()
await fill()
const refusals: number[] = []
let readsWhileFull = 0
for (let round = 0; refusals.length < 20 && round < 2_000; round++) {
  const status = await attempt()
  if (status === undefined) continue
  refusals.push(status)
  if ((await count()) === acknowledged.length) readsWhileFull++
}

await makeRoom()
const freed = performance.now()
while ((await attempt()) !== undefined && performance.now() - freed < 10_000) await new Promise((resolve) => setTimeout(resolve, 50))
const millisecondsUntilWritten = performance.now() - freed
await storage.close()

const reopened = await openStorage(location, [])
const integrity = (await reopened.read.all<{ integrity_check: string }>('PRAGMA integrity_check')).map((row) => row.integrity_check).join()
const kept = new Set((await reopened.read.all<{ id: string }>('SELECT id FROM scratch')).map(({ id }) => id))
await reopened.close()
process.stdout.write(JSON.stringify({
  refusals, readsWhileFull, millisecondsUntilWritten, integrity, missing: acknowledged.filter((id) => !kept.has(id)), unexpected: [...kept].filter((id) => !acknowledged.includes(id)),
} satisfies DiskFullReport))

async function fill(): Promise<void> {
  if (limit === 'pages') {
    await storage.execute('PRAGMA max_page_count = 1')
    return
  }
  const handle = openSync(ballast, 'w')
  for (const size of [65_536, 4_096, 1]) {
    try {
      for (;;) writeSync(handle, Buffer.alloc(size, 120))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
  closeSync(handle)
}

async function makeRoom(): Promise<void> {
  if (limit === 'pages') await storage.execute('PRAGMA max_page_count = 1000000')
  else rmSync(ballast)
}
