import { readArguments, unknown } from './arguments.ts'
import { UsageError } from './command.ts'
import { commands, type Entry } from './commands.ts'
import { helpOf, listOfCommands, listOfGroup } from './help.ts'
import { program, type Terminal } from './terminal.ts'

/** Picks the command and runs it. @returns the exit code: 0 done, 1 not done, 2 the command line is wrong. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  if (args.length === 0) {
    terminal.out(listOfCommands(terminal))
    return 2
  }
  if (args[0] === '--help' || args[0] === '-h') {
    terminal.out(listOfCommands(terminal))
    return 0
  }
  const group = args[1] === '--help' || args[1] === '-h' ? listOfGroup(args[0] ?? '', terminal) : ''
  if (group !== '') {
    terminal.out(group)
    return 0
  }
  let entry: Entry | undefined
  try {
    entry = findCommand(args)
    const command = await entry.load()
    const { given, help } = readArguments(command, args.slice(entry.name.split(' ').length))
    if (help) {
      terminal.out(helpOf(command, terminal))
      return 0
    }
    return await command.run(given, terminal)
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.say(`${error.message}\nSee: ${program(terminal)} ${entry === undefined ? '' : `${entry.name} `}--help`)
      return 2
    }
    // Loaded only now: the app's room brings every library along.
    const { explainFault } = await import('../app/index.ts')
    terminal.say(explainFault(error) ?? (error instanceof Error ? error.stack ?? error.message : String(error)))
    return 1
  }
}

function findCommand(args: readonly string[]): Entry {
  const found = commands.find(({ name }) => name.split(' ').every((word, index) => args[index] === word))
  if (found) return found
  const [first = ''] = args
  if (first.startsWith('-')) throw new UsageError(`${first} stands where the command belongs.`)
  const wider = commands.filter(({ name }) => name.startsWith(`${first} `))
  if (wider.length > 0 && (args[1] === undefined || args[1].startsWith('-'))) throw new UsageError(`${first} needs to know what: ${wider.map(({ name }) => name).join(', ')}.`)
  const typed = wider.length > 0 ? `${first} ${args[1] ?? ''}` : first
  throw new UsageError(unknown(`There is no command ${typed}`, typed, commands.map(({ name }) => name)))
}
