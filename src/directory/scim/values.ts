import { attributesOf, named, type Attribute, type ResourceKind } from './attributes.ts'
import { invalidSyntax, invalidValue } from './errors.ts'

export type Value = string | boolean | Complex | readonly Value[]
export interface Complex { readonly [name: string]: Value }

const longestText = 1_000
const mostValues = 50

/**
 * A resource as it came, with the schemas' own spelling of names. What the schemas do not know, and what only we write, is
 * left out (RFC 7643 §2.2); what has the wrong type is refused.
 * @throws ScimError `invalidSyntax`, `invalidValue`
 */
export function readResource(kind: ResourceKind, body: unknown): Complex {
  if (!isObject(body)) throw invalidSyntax('The body must be a JSON object.')
  const { schemas } = body
  if (schemas !== undefined && !(Array.isArray(schemas) && schemas.some((one) => typeof one === 'string' && one.toLowerCase() === kind.schema.id.toLowerCase()))) {
    throw invalidSyntax(`schemas must name ${kind.schema.id}.`)
  }
  const resource = readAttributes(attributesOf(kind), body, '')
  const extensions = kind.extensions.flatMap(({ id, attributes }) => {
    const given = Object.entries(body).find(([name]) => name.toLowerCase() === id.toLowerCase())?.[1]
    if (given === undefined || given === null) return []
    if (!isObject(given)) throw invalidValue(`${id} must be an object.`)
    const part = readAttributes(attributes, given, `${id}:`)
    return Object.keys(part).length > 0 ? [[id, part] as const] : []
  })
  return { ...resource, ...Object.fromEntries(extensions) }
}

function readAttributes(attributes: readonly Attribute[], body: Readonly<Record<string, unknown>>, prefix: string): Complex {
  return Object.fromEntries(Object.entries(body).flatMap(([name, given]) => {
    const attribute = named(attributes, name)
    if (!attribute || attribute.mutability === 'readOnly') return []
    const value = readValue(attribute, given, prefix + attribute.name)
    return value === undefined ? [] : [[attribute.name, value] as const]
  }))
}

/**
 * One attribute's value. Null, an empty text and an empty list mean that there is none (RFC 7643 §2.5).
 * @throws ScimError `invalidValue`
 */
export function readValue(attribute: Attribute, given: unknown, where: string): Value | undefined {
  if (!attribute.multiValued) {
    // Entra sends the one manager as a list of one.
    return readOne(attribute, Array.isArray(given) && given.length <= 1 ? given[0] : given, where)
  }
  const list = Array.isArray(given) ? given : [given]
  if (list.length > mostValues) throw invalidValue(`${where} has more than ${mostValues} values.`)
  const values = list.flatMap((item) => readOne(attribute, item, where) ?? [])
  if (values.filter((value) => isObject(value) && value['primary'] === true).length > 1) throw invalidValue(`${where} has more than one primary value.`)
  return values.length === 0 ? undefined : values
}

function readOne(attribute: Attribute, given: unknown, where: string): Value | undefined {
  if (given === null || given === undefined || given === '') return undefined
  if (attribute.type === 'complex') return readComplex(attribute, given, where)
  if (attribute.type === 'boolean') {
    // Entra writes "True" and "False".
    if (typeof given === 'boolean') return given
    if (typeof given === 'string' && /^(true|false)$/i.test(given)) return given.toLowerCase() === 'true'
    throw invalidValue(`${where} must be true or false.`)
  }
  if (typeof given !== 'string' && typeof given !== 'number') throw invalidValue(`${where} must be a text.`)
  const text = String(given).normalize('NFC').toWellFormed().trim()
  if (text.length > longestText) throw invalidValue(`${where} is longer than ${longestText} characters.`)
  // Postal addresses have lines.
  if (/\p{Cc}/u.test(attribute.name === 'formatted' || attribute.name === 'streetAddress' ? text.replaceAll(/[\r\n]/g, '') : text)) throw invalidValue(`${where} holds a control character.`)
  return text === '' ? undefined : text
}

function readComplex(attribute: Attribute, given: unknown, where: string): Complex | undefined {
  // Entra sends a manager's id, and some send a mail address, in place of the object around it.
  const whole = typeof given === 'string' && named(attribute.subAttributes, 'value') ? { value: given } : given
  if (!isObject(whole)) throw invalidValue(`${where} must be an object.`)
  const value = readAttributes(attribute.subAttributes ?? [], whole, `${where}.`)
  return Object.keys(value).length === 0 ? undefined : value
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The part of a resource that belongs to an extension, or the resource itself. */
export function partOf(resource: Complex, extension: string | undefined): Complex | undefined {
  if (extension === undefined) return resource
  const part = resource[extension]
  return typeof part === 'object' && !Array.isArray(part) ? (part as Complex) : undefined
}
