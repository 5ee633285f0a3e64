import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { OperatorError } from '../errors.ts'
import { isOption, type Option, type Shape } from './option.ts'
import { environmentNames, schema, type Config } from './schema.ts'
import { suggest } from './suggest.ts'

export interface Problem {
  readonly option: string
  readonly text: string
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads by tests and tools only, never options. */
const otherVariables = /^DOORWARD_(CONFIG|TEST_.*)$/

/**
 * The settings of this process: defaults, then `config/doorward.yaml` (or DOORWARD_CONFIG), then the environment.
 * @throws OperatorError that lists all problems at once, unknown names with a suggestion.
 */
export function loadConfig(environment: Environment, folder: string): Config {
  const named = environment['DOORWARD_CONFIG']
  const file = named === undefined ? 'config/doorward.yaml' : named
  const path = resolve(folder, file)
  let content = ''
  if (existsSync(path)) content = readFileSync(path, 'utf8')
  else if (named !== undefined) throw new OperatorError(`The configuration file ${file} (DOORWARD_CONFIG) does not exist.`)

  const { config, problems } = readConfig(content, environment)
  if (problems.length > 0) throw new OperatorError(describeProblems(content === '' ? 'The environment' : file, problems))
  return config
}

/** The pure part: text and environment in, settings and problems out. */
export function readConfig(yaml: string, environment: Environment): { config: Config; problems: Problem[] } {
  const problems: Problem[] = []
  const document = parseDocument(yaml)
  for (const error of document.errors) problems.push({ option: `line ${error.linePos?.[0]?.line ?? '?'}`, text: error.message.split('\n')[0] ?? '' })
  const given: unknown = problems.length > 0 ? {} : document.toJS() ?? {}
  const variables = new Map<string, string>()
  const config = read(schema, given, '', environment, variables, problems)
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('DOORWARD_') || otherVariables.test(name) || variables.has(name)) continue
    problems.push({ option: name, text: unknownText(name, [...variables.keys()]) })
  }
  return { config: deepFreeze(config) as Config, problems }
}

/** Authelia's grammar: the option, what must hold, what it is. */
export function describeProblems(source: string, problems: readonly Problem[]): string {
  const width = Math.max(...problems.map(({ option }) => option.length))
  const lines = problems.map(({ option, text }) => `  ${option.padEnd(width)}   ${text}`)
  return [`${source} has ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`, ...lines].join('\n')
}

/** Every option's path in the order of the schema. */
export function optionPaths(shape: Shape = schema, prefix = ''): { path: string; option: Option<unknown> }[] {
  return Object.entries(shape).flatMap(([name, entry]) =>
    isOption(entry) ? [{ path: prefix + name, option: entry }] : optionPaths(entry, `${prefix}${name}.`))
}

/** `http.trustedProxies` is DOORWARD_HTTP_TRUSTED_PROXIES. */
export function environmentName(path: string): string {
  return environmentNames[path] ?? `DOORWARD_${path.replaceAll(/[A-Z]/g, '_$&').replaceAll('.', '_').toUpperCase()}`
}

function read(
  shape: Shape, given: unknown, prefix: string, environment: Environment, variables: Map<string, string>, problems: Problem[],
): Record<string, unknown> {
  const section = given === null || given === undefined ? {} : given
  if (typeof section !== 'object' || Array.isArray(section)) {
    problems.push({ option: prefix.slice(0, -1) || 'the file', text: 'must be a section with options below it' })
    return read(shape, {}, prefix, environment, variables, [])
  }
  for (const name of Object.keys(section)) {
    if (!Object.hasOwn(shape, name)) {
      problems.push({ option: prefix + name, text: unknownText(prefix + name, optionPaths().map(({ path }) => path)) })
    }
  }
  const values: Record<string, unknown> = {}
  for (const [name, entry] of Object.entries(shape)) {
    const inFile = (section as Record<string, unknown>)[name]
    values[name] = isOption(entry)
      ? readOption(entry, prefix + name, inFile, environment, variables, problems)
      : read(entry, inFile, `${prefix}${name}.`, environment, variables, problems)
  }
  return values
}

function readOption(
  option: Option<unknown>, path: string, inFile: unknown, environment: Environment, variables: Map<string, string>, problems: Problem[],
): unknown {
  const variable = environmentName(path)
  variables.set(variable, path)
  if (option.secret) variables.set(`${variable}_FILE`, path)
  let given = inFile
  let source = path
  if (environment[variable] !== undefined) [given, source] = [environment[variable], variable]
  const secretFile = option.secret ? environment[`${variable}_FILE`] : undefined
  if (secretFile !== undefined) {
    source = `${variable}_FILE`
    try {
      given = readFileSync(secretFile, 'utf8').trim()
    } catch (error) {
      problems.push({ option: source, text: `cannot be read: ${(error as Error).message}` })
      return option.default
    }
  }
  if (given === undefined) return option.default
  const result = option.read(given)
  if ('value' in result) return result.value
  problems.push({ option: source, text: result.problem })
  return option.default
}

function unknownText(name: string, known: readonly string[]): string {
  const meant = suggest(name, known)
  return meant === undefined ? 'is not an option' : `is not an option; did you mean ${meant}?`
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object') {
    for (const inner of Object.values(value)) deepFreeze(inner)
    Object.freeze(value)
  }
  return value
}
