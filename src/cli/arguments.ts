import { parseArgs } from 'node:util'
import { suggest } from '../config/index.ts'
import { UsageError, type Command, type Given } from './command.ts'

export interface ReadArguments { readonly given: Given; readonly help: boolean }

/** @throws UsageError that says what is not understood, with a suggestion where one is near. */
export function readArguments(command: Command, args: readonly string[]): ReadArguments {
  const options = { ...Object.fromEntries(Object.entries(command.options).map(([name, { type }]) => [name, { type }])), help: { type: 'boolean', short: 'h' } } as const
  // Not strict: the parser's own complaints name neither the command nor what was meant.
  const { tokens, positionals } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true })
  const values = new Map<string, string | true>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const known = Object.hasOwn(options, token.name) ? options[token.name as 'help'] : undefined
    if (!known) throw new UsageError(unknown(`${command.name} has no option ${token.rawName}`, token.rawName, Object.keys(options).map((name) => `--${name}`)))
    const wantsValue = (known.type as 'string' | 'boolean') === 'string'
    if (wantsValue && (token.value === undefined || token.value === '')) throw new UsageError(`--${token.name} needs a value: --${token.name} <${command.options[token.name]?.value ?? 'value'}>.`)
    if (!wantsValue && token.value !== undefined) throw new UsageError(`--${token.name} takes no value.`)
    if (values.has(token.name)) throw new UsageError(`--${token.name} is given twice.`)
    values.set(token.name, token.value ?? true)
  }
  const help = values.has('help')
  if (!help) checkCount(command, positionals)
  return {
    help,
    given: {
      arguments: positionals,
      text(option) {
        const value = values.get(option)
        return value === true ? undefined : value
      },
      flag: (option) => values.has(option),
    },
  }
}

/** `--role` and the like: one of a few words. @throws UsageError */
export function oneOf<T extends string>(given: Given, option: string, allowed: readonly T[]): T | undefined {
  const value = given.text(option)
  if (value === undefined) return undefined
  const found = allowed.find((one) => one === value)
  if (found === undefined) throw new UsageError(`--${option} must be one of ${allowed.join(', ')}, but is ${value}.`)
  return found
}

/** `<what>. Did you mean …?` */
export function unknown(what: string, name: string, known: readonly string[]): string {
  const meant = suggest(name, known)
  return meant === undefined ? `${what}.` : `${what}. Did you mean ${meant}?`
}

function checkCount(command: Command, positionals: readonly string[]): void {
  const missing = command.arguments[positionals.length]
  if (missing) throw new UsageError(`${command.name} needs <${missing.name}>: ${missing.text}.`)
  const extra = positionals[command.arguments.length]
  if (extra !== undefined) throw new UsageError(`${command.name} does not know what to do with ${extra}.`)
}
