import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { OperatorError } from '../errors.ts'
import { isOption, type Option, type Shape } from './option.ts'
import { schema, type Config } from './schema.ts'
import { suggest } from './suggest.ts'

export interface Problem {
  readonly option: string
  readonly text: string
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads by tests and tools only, never options. */
const otherVariables = /^DOORWARD_(CONFIG|TEST_.*)$/

/** Where each option's value came from: 'default', 'file', or the name of the environment variable. */
export type Sources = ReadonlyMap<string, string>

export interface LoadedConfig {
  readonly config: Config
  readonly sources: Sources
  /** The configuration file that was read, as the operator calls it; undefined when there is none. */
  readonly file: string | undefined
}

/** The settings of this process; see `loadSettings`. */
export function loadConfig(environment: Environment, folder: string): Config {
  return loadSettings(environment, folder).config
}

/**
 * Defaults, then `config/doorward.yaml` (or DOORWARD_CONFIG), then the environment. Relative paths start at `folder`, wherever
 * the process was started: a command must never open another database than the server.
 * @throws OperatorError that lists all problems at once, unknown names with a suggestion.
 */
export function loadSettings(environment: Environment, folder: string): LoadedConfig {
  const named = environment['DOORWARD_CONFIG']
  const name = named ?? 'config/doorward.yaml'
  const path = resolve(folder, name)
  const file = existsSync(path) ? name : undefined
  if (file === undefined && named !== undefined) throw new OperatorError(`The configuration file ${name} (DOORWARD_CONFIG) does not exist.`)

  const { config, problems, sources } = readConfig(file === undefined ? '' : readText(path), environment)
  if (problems.length > 0) throw new OperatorError(describeProblems(placesOf(problems, file), problems))
  // Somebody who only chose another port for trying out means that port in the links too.
  const publicUrl = sources.get('publicUrl') === 'default' && config.http.port !== 0 ? `http://localhost:${config.http.port}` : config.publicUrl
  const absolute = (text: string | null): string | null => (text === null ? null : resolve(folder, text))
  return {
    config: deepFreeze({
      ...config, publicUrl, dataDir: resolve(folder, config.dataDir), secretKeyFile: absolute(config.secretKeyFile), outbound: { ...config.outbound, caFile: absolute(config.outbound.caFile) },
    }),
    sources, file,
  }
}

/** The pure part: text and environment in, settings and problems out. */
export function readConfig(yaml: string, environment: Environment): { config: Config; problems: Problem[]; sources: Sources } {
  const problems: Problem[] = []
  const document = parseDocument(yaml)
  for (const error of document.errors) problems.push({ option: `line ${error.linePos?.[0]?.line ?? '?'}`, text: error.message.split('\n')[0] ?? '' })
  const given: unknown = problems.length > 0 ? {} : document.toJS() ?? {}
  const reading: Reading = { environment, variables: new Set(), sources: new Map(), problems }
  const config = read(schema, given, '', reading)
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('DOORWARD_') || otherVariables.test(name) || reading.variables.has(name)) continue
    problems.push({ option: name, text: unknownText(name, [...reading.variables]) })
  }
  return { config: deepFreeze(config) as Config, problems, sources: reading.sources }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new OperatorError(`The configuration file ${path} cannot be read: ${(error as Error).message}`)
  }
}

function placesOf(problems: readonly Problem[], file: string | undefined): string {
  const inEnvironment = problems.filter(({ option }) => option.startsWith('DOORWARD_')).length
  if (file === undefined || inEnvironment === problems.length) return 'The environment has'
  return inEnvironment === 0 ? `${file} has` : `${file} and the environment have`
}

/** Authelia's grammar: the option, what must hold, what it is. */
export function describeProblems(subject: string, problems: readonly Problem[]): string {
  const width = Math.max(...problems.map(({ option }) => option.length))
  const lines = problems.map(({ option, text }) => `  ${option.padEnd(width)}   ${text}`)
  return [`${subject} ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`, ...lines].join('\n')
}

/** Every option's path in the order of the schema. */
export function optionPaths(shape: Shape = schema, prefix = ''): { path: string; option: Option<unknown> }[] {
  return Object.entries(shape).flatMap(([name, entry]) =>
    isOption(entry) ? [{ path: prefix + name, option: entry }] : optionPaths(entry, `${prefix}${name}.`))
}

/** `http.trustedProxies` is DOORWARD_HTTP_TRUSTED_PROXIES. */
export function environmentName(path: string): string {
  return `DOORWARD_${path.replaceAll(/[A-Z]/g, '_$&').replaceAll('.', '_').toUpperCase()}`
}

interface Reading {
  readonly environment: Environment
  /** Every variable that would have been looked at. */
  readonly variables: Set<string>
  readonly sources: Map<string, string>
  readonly problems: Problem[]
}

function read(shape: Shape, given: unknown, prefix: string, reading: Reading): Record<string, unknown> {
  const { problems } = reading
  const section = given === null || given === undefined ? {} : given
  if (typeof section !== 'object' || Array.isArray(section)) {
    problems.push({ option: prefix.slice(0, -1) || 'the file', text: 'must be a section with options below it' })
    return read(shape, {}, prefix, { ...reading, problems: [] })
  }
  const known = [...Object.keys(shape).map((name) => prefix + name), ...optionPaths().map(({ path }) => path)]
  for (const name of Object.keys(section)) {
    if (!Object.hasOwn(shape, name)) problems.push({ option: prefix + name, text: unknownText(prefix + name, known) })
  }
  const values: Record<string, unknown> = {}
  for (const [name, entry] of Object.entries(shape)) {
    const inFile = (section as Record<string, unknown>)[name]
    values[name] = isOption(entry) ? readOption(entry, prefix + name, inFile, reading) : read(entry, inFile, `${prefix}${name}.`, reading)
  }
  return values
}

function readOption(option: Option<unknown>, path: string, inFile: unknown, { environment, variables, sources, problems }: Reading): unknown {
  const variable = environmentName(path)
  const fileVariable = `${variable}_FILE`
  variables.add(variable)
  if (option.secret) variables.add(fileVariable)
  let given = inFile
  let source = inFile === undefined ? 'default' : 'file'
  if (environment[variable] !== undefined) [given, source] = [environment[variable], variable]
  const secretFile = option.secret ? environment[fileVariable] : undefined
  if (secretFile !== undefined) {
    if (source === variable) problems.push({ option: fileVariable, text: `must not be set together with ${variable}; keep one of them` })
    source = fileVariable
    try {
      given = readFileSync(secretFile, 'utf8').trim()
    } catch (error) {
      problems.push({ option: source, text: `cannot be read: ${(error as Error).message}` })
      return option.default
    }
  }
  sources.set(path, source)
  if (given === undefined) return option.default
  const result = option.read(given)
  if ('value' in result) return result.value
  problems.push({ option: source === 'file' ? path : source, text: result.problem })
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
