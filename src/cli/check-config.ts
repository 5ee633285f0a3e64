import { projectFolder } from '../app/index.ts'
import { describeSettings, loadSettings } from '../config/index.ts'
import type { Command } from './command.ts'
import { inColumns, printable, program } from './terminal.ts'

export const checkConfig: Command = {
  name: 'check-config',
  purpose: [
    'Reads the configuration and nothing else: the defaults, config/doorward.yaml (or the file that DOORWARD_CONFIG names),',
    'and the environment. Prints every setting, with secrets hidden, and where it comes from; or names all problems at once.',
    'What each option does: config/doorward.example.yaml.',
  ],
  arguments: [],
  options: {},
  examples: ['check-config'],
  exits: { 0: 'the configuration is fine', 1: 'it has problems; they are listed' },

  run(_given, terminal) {
    const { config, sources, file } = loadSettings(terminal.environment, projectFolder)
    const place = (source: string): string => (source === 'file' ? file ?? source : source)
    for (const line of inColumns(describeSettings(config, sources).map(({ path, value, source }) => [path, printable(value), place(source)]))) terminal.out(line)
    terminal.say(`The configuration is fine${file === undefined ? '; there is no configuration file, which is fine as well' : ''}. A running Doorward takes it up when it is restarted.`)
    if (config.smtp.url === null) terminal.say(`No mail server is set (smtp.url): mails wait in the outbox, to be read with ${program(terminal)} outbox.`)
    return Promise.resolve(0)
  },
}
