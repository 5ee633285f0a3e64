import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { migrate, openStorage } from '../../src/storage/index.ts'
import { createScratchTable } from '../support/scratch.ts'
import { newLocation } from '../support/storage.ts'

const kills = Number(process.env['DOORWARD_TEST_KILLS'] ?? 20)

it(`R-02 keeps every acknowledged write through ${kills} kills at any moment, and opens again at once`, async () => {
  const { location, remove } = await newLocation('sqlite')
  if (location.kind !== 'sqlite') throw new Error('this test is about SQLite')
  await migrate(location, migrations)
  const first = await openStorage(location, [])
  await createScratchTable(first)
  await first.execute(`INSERT INTO scratch (id, amount) VALUES ('total', 0)`)
  await first.close()

  const ledger = new Set<string>()
  for (let kill = 0; kill < kills; kill++) {
    for (const id of await writeUntilKilled(location.file, `k${kill}`)) ledger.add(id)

    const started = performance.now()
    expect(await migrate(location, migrations)).toEqual([])
    const storage = await openStorage(location, [])
    await storage.execute('UPDATE scratch SET note = ? WHERE id = ?', [String(kill), 'total'])
    expect(performance.now() - started).toBeLessThan(2_000)

    expect(await storage.read.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
    const kept = new Set((await storage.read.all<{ id: string }>('SELECT id FROM scratch')).map(({ id }) => id))
    expect([...ledger].filter((id) => !kept.has(id))).toEqual([])
    // Whole transactions only: each has three rows and counted them.
    const parts = await storage.read.one<{ rows: number; transactions: number; total: number }>(`
      SELECT count(*) AS rows, sum(CASE WHEN amount = 1 THEN 1 ELSE 0 END) AS transactions, (SELECT amount FROM scratch WHERE id = 'total') AS total
      FROM scratch WHERE note LIKE 'x%'`)
    expect(parts?.rows).toBe((parts?.transactions ?? 0) * 3)
    expect(parts?.total).toBe(parts?.rows)
    await storage.close()
  }
  expect(ledger.size).toBeGreaterThan(kills * 2)
  await remove()
}, 60_000 + kills * 5_000)

/** Kills a writing process 5 to 300 ms after it began. @returns what it had acknowledged by then. */
async function writeUntilKilled(file: string, prefix: string): Promise<string[]> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../support/children/writer.ts', import.meta.url)), file, prefix], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let problems = ''
  child.stderr.on('data', (part: Buffer) => { problems += part.toString() })
  const { promise: ready, resolve } = Promise.withResolvers<void>()
  child.stdout.on('data', (part: Buffer) => {
    output += part.toString()
    if (output.startsWith('ready\n')) resolve()
  })
  const closed = once(child, 'close')
  await Promise.race([ready, closed])
  await sleep(5 + Math.random() * 295)
  child.kill('SIGKILL')
  const [code, signal] = await closed as [number | null, string | null]
  if (signal !== 'SIGKILL') throw new Error(`the writer ended by itself (${code}): ${problems}`)
  // The last line may be torn; only a whole one was acknowledged.
  return output.split('\n').slice(1, -1)
}
