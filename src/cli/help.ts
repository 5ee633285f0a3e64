import type { Command, OptionText } from './command.ts'
import { commands } from './commands.ts'
import { inColumns, program, type Terminal } from './terminal.ts'

/** What `doorward microsoft365 --help` prints: the commands whose names begin with that word. Empty where none does. */
export function listOfGroup(word: string, terminal: Pick<Terminal, 'environment'>): string {
  const group = commands.filter(({ name }) => name.startsWith(`${word} `))
  if (group.length === 0) return ''
  return [...inColumns(group.map(({ name, summary }) => [`  ${name}`, summary])), '', `${program(terminal)} ${word} <command> --help   tells more about one of them`].join('\n')
}

/** What `doorward` and `doorward --help` print. */
export function listOfCommands(terminal: Pick<Terminal, 'environment'>): string {
  return [
    `${program(terminal)} <command>`, '',
    'What the operator does at the machine that Doorward runs on. It reads the same configuration as the server and works',
    'while the server runs. Results go to standard output, explanations to standard error.', '',
    ...inColumns(commands.map(({ name, summary }) => [`  ${name}`, summary])), '',
    `${program(terminal)} <command> --help   tells more about one of them`,
  ].join('\n')
}

/** Purpose, arguments, examples and exit codes of one command. */
export function helpOf(command: Command, terminal: Pick<Terminal, 'environment'>): string {
  const call = program(terminal)
  const options: readonly (readonly [string, OptionText])[] = Object.entries(command.options)
  const usage = [call, command.name, ...command.arguments.map(({ name }) => `<${name}>`), ...(options.length > 0 ? ['[options]'] : [])].join(' ')
  return [
    usage, '', ...command.purpose, '',
    ...inColumns([
      ...command.arguments.map(({ name, text }) => [`  <${name}>`, text]),
      ...options.map(([name, { value, text }]) => [`  --${name}${value === undefined ? '' : ` <${value}>`}`, text]),
      ['  --help', 'shows this'],
    ]), '',
    command.examples.length === 1 ? 'Example' : 'Examples', ...command.examples.map((example) => `  ${call} ${example}`), '',
    'Exit codes',
    ...inColumns([['  0', command.exits[0]], ['  1', command.exits[1]], ['  2', 'the command line is wrong; nothing was done']]),
  ].join('\n')
}
