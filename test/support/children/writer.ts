import { writeSync } from 'node:fs'
import { openStorage } from '../../../src/storage/index.ts'

/**
 * Writes without end into the SQLite file and prints each id once its transaction is committed, until it is killed. What
 * the parent has read from the pipe is the ledger: no buffer of this process lies between.
 *
 *   node writer.ts <file> <prefix>
 */
const [, , file = '', prefix = ''] = process.argv
const storage = await openStorage({ kind: 'sqlite', file }, [])
acknowledge('ready\n')
for (let number = 0; ; number += 8) {
  await Promise.all(Array.from({ length: 8 }, async (_value, index) => {
    const id = `${prefix}-${number + index}`
    if (index % 2 === 0) {
      await storage.execute('INSERT INTO scratch (id, amount, note) VALUES (?, 1, ?)', [id, 'single'])
    } else {
      await storage.write(async (tx) => {
        for (const part of [1, 2, 3]) await tx.run('INSERT INTO scratch (id, amount, note) VALUES (?, ?, ?)', [part === 1 ? id : `${id}.${part}`, part, 'x'.repeat(2_000)])
        await tx.run(`UPDATE scratch SET amount = amount + 3 WHERE id = 'total'`)
      })
    }
    acknowledge(`${id}\n`)
  }))
}

/** A busy parent may leave the pipe full for a moment; a line this short is written whole or not at all. */
function acknowledge(line: string): void {
  for (;;) {
    try {
      writeSync(1, line)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}
