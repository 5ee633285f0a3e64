import { OperatorError } from '../errors.ts'
import type { Command } from './command.ts'
import { withInstallation } from './installation.ts'
import { program } from './terminal.ts'

export const setupLink: Command = {
  name: 'setup-link',
  purpose: [
    'Prints the one-time link that sets an empty installation up: it leads to a page that asks for the organization and its',
    'first administrator, and registers that person\'s security key. Starting Doorward prints such a link as well; a new one',
    'makes the one before useless. As soon as somebody owns an organization here, there are no such links any more.',
  ],
  arguments: [],
  options: {},
  examples: ['setup-link'],
  exits: { 0: 'the link was printed', 1: 'there is none: the installation is set up, or the database is not ready' },

  run: (_given, terminal) => withInstallation(terminal, async ({ setupLinks }) => {
    const link = await setupLinks.create()
    if (link === undefined) {
      const call = program(terminal)
      throw new OperatorError(`This installation is set up already. To let somebody in: ${call} invite <email>\nIf an owner has lost every way in: ${call} recover <email>`)
    }
    terminal.out(link)
    terminal.say('Open it in a browser while Doorward runs. It works once, for 30 minutes; links made before do not work any more.')
    return 0
  }),
}
