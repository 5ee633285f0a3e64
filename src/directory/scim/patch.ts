import { named, type Attribute, type ResourceKind } from './attributes.ts'
import { invalidSyntax, invalidValue, ScimError } from './errors.ts'
import { matches } from './evaluate.ts'
import { parsePath, type Filter, type PatchPath } from './filter.ts'
import { isObject, partOf, readValue, type Complex, type Value } from './values.ts'

export interface Operation { readonly op: 'add' | 'replace' | 'remove'; readonly path: PatchPath; readonly value: unknown }

const mostOperations = 1_000

/**
 * Reads the body of a PATCH (RFC 7644 §3.5.2) into operations that each have a path. An operation without one is taken apart
 * by the names in its value, which may be paths themselves as Entra sends them; unknown and read-only names are left out there.
 * @throws ScimError `invalidSyntax`, `invalidPath`, `noTarget`, `mutability`
 */
export function readOperations(kind: ResourceKind, body: unknown): Operation[] {
  const given = isObject(body) ? (Object.entries(body).find(([name]) => name.toLowerCase() === 'operations')?.[1]) : undefined
  if (!Array.isArray(given) || given.length === 0) throw invalidSyntax('Operations must be a list of at least one operation.')
  if (given.length > mostOperations) throw new ScimError(400, `There are more than ${mostOperations} operations.`, 'tooMany')
  return given.flatMap((one: unknown) => {
    if (!isObject(one)) throw invalidSyntax('Each operation must be an object.')
    const op = typeof one['op'] === 'string' ? one['op'].toLowerCase() : ''
    if (op !== 'add' && op !== 'replace' && op !== 'remove') throw invalidSyntax('op must be add, replace or remove.')
    const { path, value } = one
    if (typeof path === 'string' && path !== '') {
      const read = parsePath(kind, path)
      if ((read.sub ?? read.attribute).mutability === 'readOnly' || read.attribute.mutability === 'readOnly') throw new ScimError(400, `${path} cannot be changed by you.`, 'mutability')
      if (op !== 'remove' && value === undefined) throw invalidValue(`${op} of ${path} needs a value.`)
      return [{ op, path: read, value }]
    }
    if (path !== undefined && path !== null && path !== '') throw invalidSyntax('path must be a text.')
    if (op === 'remove') throw new ScimError(400, 'remove needs a path.', 'noTarget')
    if (!isObject(value)) throw invalidSyntax(`${op} without a path needs an object as its value.`)
    return pathsOf(kind, value).map(([read, inner]) => ({ op, path: read, value: inner }))
  })
}

function pathsOf(kind: ResourceKind, value: Readonly<Record<string, unknown>>): [PatchPath, unknown][] {
  return Object.entries(value).flatMap(([name, inner]): [PatchPath, unknown][] => {
    const schema = [kind.schema, ...kind.extensions].find(({ id }) => id.toLowerCase() === name.toLowerCase())
    if (schema) return isObject(inner) ? pathsOf(kind, Object.fromEntries(Object.entries(inner).map(([part, one]) => [`${schema.id}:${part}`, one]))) : []
    try {
      const path = parsePath(kind, name)
      return path.attribute.mutability === 'readOnly' ? [] : [[path, inner]]
    } catch (error) {
      if (error instanceof ScimError) return []
      throw error
    }
  })
}

/**
 * The resource after the operations, one after the other; if one fails, none happened.
 * @throws ScimError `noTarget`, `invalidValue`, `mutability`
 */
export function applyOperations(resource: Complex, operations: readonly Operation[]): Complex {
  return operations.reduce((before, operation) => {
    const { extension, attribute } = operation.path
    const part = partOf(before, extension) ?? {}
    const after = withValue(part, attribute.name, changed(part[attribute.name], operation))
    if (after[attribute.name] === undefined && attribute.required) throw new ScimError(400, `${attribute.name} cannot be removed.`, 'mutability')
    return extension === undefined ? after : withValue(before, extension, Object.keys(after).length === 0 ? undefined : after)
  }, resource)
}

function changed(before: Value | undefined, { op, path, value }: Operation): Value | undefined {
  if (path.attribute.multiValued) return changedList((before ?? []) as readonly Complex[], op, path, value)
  const { attribute, sub } = path
  if (attribute.type !== 'complex') return op === 'remove' ? undefined : readValue(attribute, value, attribute.name)
  if (path.where) throw new ScimError(400, `${attribute.name} has one value, so that [ has nothing to choose from.`, 'invalidPath')
  const whole = (before ?? {}) as Complex
  if (sub) return orNothing(withValue(whole, sub.name, op === 'remove' ? undefined : readValue(sub, value, `${attribute.name}.${sub.name}`)))
  const given = op === 'remove' ? undefined : readValue(attribute, value, attribute.name) as Complex | undefined
  // Another manager has another address too; of a name, what is not given stays.
  return given && ('value' in given ? given : { ...whole, ...given })
}

function changedList(before: readonly Complex[], op: Operation['op'], { attribute, where, sub }: PatchPath, value: unknown): Value | undefined {
  const isChosen = (item: Complex): boolean => where === undefined || matches(where, item)
  if (op === 'remove') {
    if (sub) return orNothing(present(before.map((item) => (isChosen(item) ? orNothing(withValue(item, sub.name, undefined)) : item))))
    // Entra names what goes in the value rather than in the path.
    const named = where === undefined && value !== undefined && value !== null ? listOf(attribute, value) : undefined
    return orNothing(before.filter((item) => (named ? !named.some((one) => isSame(one, item)) : !isChosen(item))))
  }
  if (!where && !sub) {
    const given = listOf(attribute, value)
    return orNothing(op === 'replace' ? given : withOnePrimary([...before.filter((item) => !given.some((one) => isSame(one, item))), ...given], given))
  }
  const part: Complex = sub ? oneOf(sub.name, readValue(sub, value, `${attribute.name}.${sub.name}`)) : (listOf(attribute, value)[0] ?? {})
  // A part set to nothing is a part removed.
  const change = (item: Complex): Complex => (sub && part[sub.name] === undefined ? withValue(item, sub.name, undefined) : { ...item, ...part })
  const after = before.map((item) => (isChosen(item) ? change(item) : item))
  const touched = after.filter((item, index) => item !== before[index])
  if (touched.length > 0) return orNothing(withOnePrimary(present(after.map(orNothing)), touched))
  // RFC 7644 §3.5.2.3 says noTarget; but Entra means "the work address is …", whether there was one or not.
  const seed = where ? seedOf(where) : {}
  if (seed === undefined) throw new ScimError(400, `No value of ${attribute.name} answers the filter.`, 'noTarget')
  if (Object.keys(part).length === 0) return orNothing(before)
  const fresh = { ...seed, ...part }
  return withOnePrimary([...before, fresh], [fresh])
}

/** What a value must be to answer the filter; nothing where more than one could. */
function seedOf(filter: Filter): Complex | undefined {
  if (filter.kind === 'and') {
    const parts = filter.terms.map(seedOf)
    return parts.includes(undefined) ? undefined : Object.assign({}, ...parts) as Complex
  }
  if (filter.kind !== 'compare' || filter.operator !== 'eq' || filter.value === null) return undefined
  const { attribute } = filter.path
  const value = readValue(attribute, filter.value, attribute.name)
  return value === undefined ? undefined : { [attribute.name]: value }
}

/** A new primary value takes that from the one before (RFC 7644 §3.5.2). */
function withOnePrimary(items: readonly Complex[], touched: readonly Complex[]): readonly Complex[] {
  const last = touched.findLast((item) => item['primary'] === true)
  return last === undefined ? items : items.map((item) => (item['primary'] === true && item !== last ? { ...item, primary: false } : item))
}

function listOf(attribute: Attribute, value: unknown): readonly Complex[] {
  return (readValue(attribute, value, attribute.name) ?? []) as readonly Complex[]
}

function oneOf(name: string, value: Value | undefined): Complex {
  return value === undefined ? {} : { [name]: value }
}

/** Same value and, where both name one, same type. */
function isSame(a: Complex, b: Complex): boolean {
  if (a['value'] === undefined) return JSON.stringify(a) === JSON.stringify(b)
  return a['value'] === b['value'] && (a['type'] === undefined || a['type'] === b['type'])
}

function withValue(whole: Complex, name: string, value: Value | undefined): Complex {
  const { [name]: _before, ...rest } = whole
  return value === undefined ? rest : { ...rest, [name]: value }
}

function present(items: readonly (Complex | undefined)[]): readonly Complex[] {
  return items.filter((item) => item !== undefined)
}

function orNothing<T extends Complex | readonly Complex[]>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value
}

/** Whether an operation concerns this attribute of the resource's own schema. */
export function concerns({ path }: Operation, name: string): boolean {
  return path.extension === undefined && named([path.attribute], name) !== undefined
}
