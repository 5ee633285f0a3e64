import { createDirectoryLooks } from '../../app/index.ts'
import { stepText } from '../../directory/sync/ldap/index.ts'
import type { Command } from '../command.ts'
import { organizationOption } from '../installation.ts'
import { inColumns, printable, program } from '../terminal.ts'
import { directoryArgument, findDirectory, withDirectories } from './session.ts'

export const check: Command = {
  name: 'directory check',
  purpose: ['Tries each step of a connection to a directory, from its name to five people as they would arrive, and says what is wrong and what to', 'do about it. Takes nothing from the directory and changes nothing here.'],
  arguments: [directoryArgument],
  options: { organization: organizationOption },
  examples: ['directory check Headquarters'],
  exits: { 0: 'every step works', 1: 'one does not: the last line says which, and what to do' },

  run: (given, terminal) => withDirectories(given, terminal, async (work) => {
    const { kind, settings, id, name } = await findDirectory(work, given, terminal)
    const { views } = work.foundation
    const report = await createDirectoryLooks(work.foundation)({ kind, settings, secret: await work.directories.secret(id) ?? '' }).check()
    const marks = new Map([[true, 'ok'], [false, 'FAILED'], [null, 'note']])
    for (const line of inColumns(report.lines.map(({ step, ok, detail }) => [marks.get(ok) ?? '', views.text('en', stepText(step)), views.text('en', detail.key, detail.parameters)]))) terminal.out(printable(line))
    for (const one of report.sample) terminal.out(printable(one.kind === 'person' ? `  ${one.email}   ${one.givenName} ${one.familyName}   ${one.dn}` : `  cannot be taken over: ${one.detail}   ${one.dn}`))
    for (const { fix } of report.lines) if (fix) terminal.say(printable(views.text('en', fix.key, fix.parameters)))
    if (report.ok) terminal.say(`Everything works. To see what a run would do: ${program(terminal)} directory sync ${name} --dry-run`)
    return report.ok ? 0 : 1
  }),
}
