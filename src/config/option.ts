/** One setting: its default, how to read it from text (environment) or from YAML, and what must hold. */
export interface Option<T> {
  readonly kind: 'option'
  readonly default: T
  /** True where the value must not be printed; such options can also be read from a file named by `<ENV>_FILE`. */
  readonly secret: boolean
  /** @returns the value, or a sentence that completes "<option> …": what must hold and what was found. */
  readonly read: (given: unknown) => { readonly value: T } | { readonly problem: string }
}

export type Shape = { readonly [name: string]: Option<unknown> | Shape }

/** The typed settings that a shape describes. */
export type Settings<S> = { readonly [K in keyof S]: S[K] extends Option<infer T> ? T : Settings<S[K]> }

interface Common<T> { readonly default: T; readonly secret?: boolean }

function option<T>(common: Common<T>, read: Option<T>['read']): Option<T> {
  return { kind: 'option', secret: false, ...common, read }
}

export function isOption(entry: Option<unknown> | Shape): entry is Option<unknown> {
  return (entry as Option<unknown>).kind === 'option' && typeof (entry as Option<unknown>).read === 'function'
}

export function integer(common: Common<number> & { min: number; max: number }): Option<number> {
  const rule = `must be a whole number between ${common.min} and ${common.max}`
  return option(common, (given) => {
    const value = typeof given === 'string' && /^-?\d+$/.test(given) ? Number(given) : given
    return Number.isInteger(value) && (value as number) >= common.min && (value as number) <= common.max
      ? { value: value as number } : { problem: `${rule}, but is ${show(given)}` }
  })
}

export function flag(common: Common<boolean>): Option<boolean> {
  return option(common, (given) => {
    if (given === true || given === 'true') return { value: true }
    if (given === false || given === 'false') return { value: false }
    return { problem: `must be true or false, but is ${show(given)}` }
  })
}

export function choice<T extends string>(common: Common<T> & { of: readonly T[] }): Option<T> {
  return option(common, (given) => common.of.includes(given as T)
    ? { value: given as T } : { problem: `must be one of ${common.of.join(', ')}, but is ${show(given)}` })
}

/** Text that may be absent (null in YAML, empty in the environment). */
export function text(common: Common<string | null> & { rule?: (value: string) => string | undefined }): Option<string | null> {
  return option(common, (given) => {
    if (given === null || given === '') return { value: null }
    const found = common.secret ? 'something else' : show(given)
    if (typeof given !== 'string') return { problem: `must be text, but is ${found}` }
    const problem = common.rule?.(given)
    return problem === undefined ? { value: given } : { problem: `${problem}, but is ${found}` }
  })
}

/** Text that must be there. */
export function requiredText(common: Common<string> & { rule?: (value: string) => string | undefined }): Option<string> {
  const optional = text(common as Common<string | null> & { rule?: (value: string) => string | undefined })
  return option(common, (given) => {
    const result = optional.read(given)
    if ('problem' in result) return result
    return result.value === null ? { problem: 'must not be empty' } : { value: result.value }
  })
}

/** A list in YAML; separated by commas in the environment. */
export function list(common: Common<readonly string[]> & { rule?: (value: string) => string | undefined }): Option<readonly string[]> {
  return option(common, (given) => {
    const items = typeof given === 'string' ? given.split(',').map((item) => item.trim()).filter((item) => item !== '') : given
    if (!Array.isArray(items) || items.some((item) => typeof item !== 'string')) {
      return { problem: `must be a list of texts, but is ${show(given)}` }
    }
    for (const item of items as string[]) {
      const problem = common.rule?.(item)
      if (problem !== undefined) return { problem: `${problem}, but contains ${show(item)}` }
    }
    return { value: items as string[] }
  })
}

/** Names with text values, such as HTTP headers; JSON in the environment. */
export function record(common: Common<Readonly<Record<string, string>>>): Option<Readonly<Record<string, string>>> {
  return option(common, (given) => {
    let value = given
    if (typeof given === 'string') {
      try { value = JSON.parse(given) } catch { return { problem: 'must be a JSON object of texts' } }
    }
    if (value === null || typeof value !== 'object' || Array.isArray(value) || Object.values(value).some((item) => typeof item !== 'string')) {
      return { problem: 'must be names with text values' }
    }
    return { value: { ...(value as Record<string, string>) } }
  })
}

function show(given: unknown): string {
  return typeof given === 'string' ? `"${given}"` : JSON.stringify(given) ?? String(given)
}
