import { exportGroups, exportPeople as streamPeople } from '../../directory/csv/index.ts'
import { oneOf } from '../arguments.ts'
import { UsageError, type Command } from '../command.ts'
import { chooseOrganization, operator, organizationOption, withInstallation } from '../installation.ts'

const formats = ['csv', 'json'] as const

export const exportPeople: Command = {
  name: 'directory export',
  purpose: ['Writes all people or all groups of an organization to standard output, wherever they come from: as CSV for spreadsheets, or as JSON.', 'It is read and written bit by bit, however many there are, and stands in the audit log.'],
  arguments: [{ name: 'what', text: 'users or groups' }],
  options: { format: { type: 'string', value: 'format', text: `${formats.join(' or ')}; csv, unless given` }, organization: organizationOption },
  examples: ['directory export users > people.csv', 'directory export groups --format json'],
  exits: { 0: 'all of it was written', 1: 'it was not' },

  run: (given, terminal) => withInstallation(terminal, async (foundation) => {
    const [what] = given.arguments
    if (what !== 'users' && what !== 'groups') throw new UsageError(`What is exported is users or groups, but not ${what ?? ''}.`)
    const format = oneOf(given, 'format', formats) ?? 'csv'
    const organization = await chooseOrganization(foundation, given.text('organization'), terminal)
    await foundation.storage.write((tx) => foundation.audit.record(tx, { organizationId: organization.id, action: what === 'users' ? 'user.exported' : 'group.exported', outcome: 'success', actor: operator(terminal), details: { format } }))
    const content = what === 'users' ? streamPeople(foundation, organization.id, format, {}) : exportGroups(foundation, organization.id, format, '')
    // Lines end inside of what is written; a terminal adds one of its own.
    let rest = ''
    for await (const part of content) {
      const lines = (rest + part).split(/\r?\n/)
      rest = lines.pop() ?? ''
      if (lines.length > 0) terminal.out(lines.join('\n'))
    }
    if (rest !== '') terminal.out(rest)
    return 0
  }),
}
