import { flushCompileCache } from 'node:module'
import type { QueryRunner } from 'typeorm'
import { migrations } from '../../../migrations/index.ts'
import { migrate, type DatabaseLocation, type MigrationClass } from '../../../src/storage/index.ts'

/**
 * Migrates several databases, each up to right before the given statement, counted from the first of the first migration (those
 * around a migration count too: BEGIN, the row that says it ran, COMMIT), and kills itself once all stand there or are done.
 *
 *   node interrupted-migration.ts <[{ location, boundary }, …] as JSON>
 */
export interface Interruption { readonly location: DatabaseLocation; readonly boundary: number }

const interruptions = JSON.parse(process.argv[2] ?? '[]') as Interruption[]
await Promise.all(interruptions.map(({ location, boundary }) => new Promise<void>((standing, fail) => {
  migrate(location, interrupted(boundary, standing)).then(() => { standing() }, fail)
})))
// Parsed code is otherwise kept when a process ends by itself only.
flushCompileCache()
process.kill(process.pid, 'SIGKILL')

function interrupted(boundary: number, onReached: () => void): MigrationClass[] {
  const [First, ...others]: readonly MigrationClass[] = migrations
  if (!First) throw new Error('there is no migration')
  return [class extends First {
    override async up(runner: QueryRunner): Promise<void> {
      const query = runner.query.bind(runner) as (...parameters: unknown[]) => Promise<unknown>
      let statements = 0
      runner.query = ((...parameters: unknown[]) => {
        if (++statements !== boundary) return query(...parameters)
        onReached()
        return new Promise(() => undefined)
      }) as QueryRunner['query']
      await super.up(runner)
    }
  }, ...others]
}
