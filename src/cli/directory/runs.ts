import type { DirectoryRun } from '../../directory/sync/index.ts'
import type { Command } from '../command.ts'
import { organizationOption } from '../installation.ts'
import { inColumns, moment, printable } from '../terminal.ts'
import { directoryArgument, findDirectory, withDirectories } from './session.ts'

export const runs: Command = {
  name: 'directory runs',
  purpose: ['Lists the newest runs of a directory: how each ended, how long it took, and what it did.'],
  arguments: [directoryArgument],
  options: { organization: organizationOption, json: { type: 'boolean', text: 'an array of objects with everything that is kept of each' } },
  examples: ['directory runs Headquarters'],
  exits: { 0: 'they were listed', 1: 'there is no such directory' },

  run: (given, terminal) => withDirectories(given, terminal, async (work) => {
    const directory = await findDirectory(work, given, terminal)
    const found = await work.directories.runs(work.organization.id, directory.id, { limit: 50 })
    if (given.flag('json')) terminal.out(JSON.stringify(found, null, 2))
    else for (const line of inColumns(found.map(describe))) terminal.out(printable(line))
    return 0
  }),
}

function describe(run: DirectoryRun): string[] {
  const seconds = run.finishedAt === null ? '' : `${((run.finishedAt - run.startedAt) / 1_000).toFixed(1)} s`
  return [moment(run.startedAt), run.mode, run.state, seconds, `${run.readPeople} read`, countsOf(run) || run.error?.message || 'nothing to do']
}

/** `create 3, suspend 1` */
export function countsOf({ counts }: Pick<DirectoryRun, 'counts'>): string {
  return Object.entries(counts).map(([kind, count]) => `${kind.replace('_', ' ')} ${count}`).join(', ')
}
