import { optionPaths, type Sources } from './load.ts'
import type { Config } from './schema.ts'

export interface Setting {
  readonly path: string
  /** As it may be shown: secrets that somebody set are hidden. */
  readonly value: string
  readonly source: string
}

/** Every setting as the operator may see it, in the order of the manual. */
export function describeSettings(config: Config, sources: Sources): Setting[] {
  return optionPaths().map(({ path, option }) => {
    const source = sources.get(path) ?? 'default'
    const value = valueAt(config, path)
    // What comes from the manual is no secret, whatever the option may hold otherwise.
    return { path, value: option.secret && source !== 'default' && !isEmpty(value) ? '(set, not shown)' : show(value), source }
  })
}

function valueAt(config: Config, path: string): unknown {
  return path.split('.').reduce<unknown>((section, name) => (section as Record<string, unknown>)[name], config)
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}

function show(value: unknown): string {
  if (isEmpty(value)) return '(none)'
  return Array.isArray(value) ? value.join(', ') : String(value)
}
