import { mkdirSync } from 'node:fs'
import { migrations } from '../../migrations/index.ts'
import { databaseLocation, projectFolder } from '../app/index.ts'
import { loadConfig } from '../config/index.ts'
import { migrate } from '../storage/index.ts'
import type { Command } from './command.ts'
import { program } from './terminal.ts'

export const migrateDatabase: Command = {
  name: 'migrate',
  purpose: [
    'Brings the database up to date and prints the name of each migration that ran. Starting Doorward does the same; this',
    'command is for installations whose server account may not change tables, and for doing it ahead of time. Interrupted, it',
    'continues where it was; several at once wait for the first.',
  ],
  arguments: [],
  options: {},
  examples: ['migrate'],
  exits: { 0: 'the database is up to date', 1: 'it is not; the message says why' },

  async run(_given, terminal) {
    const config = loadConfig(terminal.environment, projectFolder)
    if (config.database.url === null) mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
    const ran = await migrate(databaseLocation(config), migrations)
    for (const name of ran) terminal.out(name)
    terminal.say(ran.length === 0 ? 'Nothing to do: the database is up to date.' : `The database is up to date. Next: start Doorward, or ${program(terminal)} setup-link.`)
    return 0
  },
}
