import type { QueryRunner } from 'typeorm'
import { translateFault } from './faults.ts'
import type { Turn } from './queue.ts'

/** What the driver can do that TypeORM does not pass on. */
export interface Connection {
  prepare(sql: string): { run(): unknown }
  readonly inTransaction: boolean
}

/**
 * Serves a group of the line with one commit. Each of them is kept whole or not at all, and nobody hears of success before
 * the commit is on the disk: what is shared is the wait for it, which is most of the cost of a small write.
 */
export function createGroupCommit(runner: QueryRunner, connection: Connection, onCommit: () => void): (group: readonly Turn[]) => Promise<void> {
  const [mark, unmark, goBack] = ['SAVEPOINT turn', 'RELEASE turn', 'ROLLBACK TO turn'].map((sql) => connection.prepare(sql))

  async function marked(turn: Turn): Promise<unknown> {
    mark?.run()
    try {
      const result = await turn.run()
      unmark?.run()
      return result
    } catch (error) {
      // A full disk may have taken everything back by itself, the mark included.
      if (connection.inTransaction) {
        goBack?.run()
        unmark?.run()
      }
      throw error
    }
  }

  async function alone(turn: Turn): Promise<void> {
    const result = await turn.run()
    onCommit()
    turn.resolve(result)
  }

  async function together(group: readonly Turn[]): Promise<void> {
    const done: [Turn, unknown][] = []
    await runner.startTransaction()
    for (const turn of group) {
      try {
        done.push([turn, await (group.length > 1 && turn.kind === 'transaction' ? marked(turn) : turn.run())])
      } catch (error) {
        turn.reject(translateFault(error))
        if (!connection.inTransaction) throw error
      }
    }
    if (done.length === 0) return abandon(runner)
    await runner.commitTransaction()
    onCommit()
    for (const [turn, result] of done) turn.resolve(result)
  }

  return async (group) => {
    const [first] = group
    try {
      await (first && group.length === 1 && first.kind === 'statement' ? alone(first) : together(group))
    } catch (error) {
      await abandon(runner)
      // Whoever has an answer already keeps it.
      for (const turn of group) turn.reject(translateFault(error))
    }
  }
}

async function abandon(runner: QueryRunner): Promise<void> {
  if (!runner.isTransactionActive) return
  try {
    await runner.rollbackTransaction()
  } catch {
    // A full disk may have rolled back already ("no transaction is active"); the runner's own books must agree with that.
    Object.assign(runner, { isTransactionActive: false, transactionDepth: 0 })
  }
}
