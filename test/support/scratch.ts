import type { Storage } from '../../src/storage/index.ts'

/** A table for tests of the storage itself; no foreign rows get in its way. */
export async function createScratchTable(storage: Storage): Promise<void> {
  await storage.execute('DROP TABLE IF EXISTS scratch')
  await storage.execute('CREATE TABLE scratch (id text NOT NULL PRIMARY KEY, amount integer NOT NULL, note text)')
}

/** All rows by id, as `id:amount`. */
export async function scratchRows(storage: Storage): Promise<string[]> {
  const rows = await storage.read.all<{ id: string; amount: number }>('SELECT id, amount FROM scratch ORDER BY id')
  return rows.map(({ id, amount }) => `${id}:${amount}`)
}
