import type { Directory } from '../../directory/sync/index.ts'
import type { Command } from '../command.ts'
import { organizationOption } from '../installation.ts'
import { counted, inColumns, moment, printable } from '../terminal.ts'
import { withDirectories } from './session.ts'

export const list: Command = {
  name: 'directory list',
  purpose: ['Lists the directories of an organization: how many people and groups came from each, what stands in the way of entries, and when', 'something came through last.'],
  arguments: [],
  options: { organization: organizationOption },
  examples: ['directory list'],
  exits: { 0: 'they were listed; perhaps there are none', 1: 'at least one could not be read when it was read last' },

  run: (given, terminal) => withDirectories(given, terminal, async ({ directories, organization }) => {
    const all = await directories.list(organization.id)
    const rows = await Promise.all(all.map(async (directory) => {
      const { people, groups, conflicts } = await directories.overview(organization.id, directory.id)
      return [directory.name, directory.kind, counted(people, 'person', 'people'), counted(groups, 'group', 'groups'), counted(conflicts, 'conflict', 'conflicts'), stateOf(directory)]
    }))
    for (const line of inColumns(rows)) terminal.out(printable(line))
    if (all.length === 0) terminal.say(`${organization.name} has no directory yet. Add one under Administration → Directories.`)
    return all.some(({ error }) => error !== null) ? 1 : 0
  }),
}

function stateOf({ enabled, removal, error, successAt }: Directory): string {
  if (removal !== null) return 'is being taken away'
  if (error !== null) return `FAILED: ${error.message}`
  return `${enabled ? '' : 'switched off, '}${successAt === null ? 'never synchronised' : `last ${moment(successAt)}`}`
}
