import { resolvePath, type AttributePath, type ResourceKind } from './attributes.ts'
import { invalidValue, ScimError } from './errors.ts'
import type { Stored } from './store.ts'
import { partOf, type Complex, type Value } from './values.ts'

/** Which attributes an answer has (RFC 7644 §3.9): only some, or all but some. */
export interface Projection { readonly only: readonly AttributePath[] | undefined; readonly without: readonly AttributePath[] }

/** Weak, since two answers of one version may differ in which attributes they have (RFC 7644 §3.14). */
export function etagOf(stored: Stored): string {
  return `W/"${stored.version}.${stored.touchedAt.toString(36)}"`
}

/** @throws ScimError 412 where the resource is not what the caller has seen */
export function requireMatch(ifMatch: string | undefined, stored: Stored): void {
  if (ifMatch !== undefined && !matchesTag(ifMatch, stored)) throw new ScimError(412, 'The resource was changed meanwhile; read it again.')
}

export function matchesTag(header: string, stored: Stored): boolean {
  const bare = (tag: string): string => tag.trim().replace(/^W\//, '')
  return header.trim() === '*' || header.split(',').some((tag) => bare(tag) === bare(etagOf(stored)))
}

/** The resource as SCIM shows it, of which `parts` are the attributes that are kept or known elsewhere. */
export function represent(kind: ResourceKind, stored: Stored, parts: Complex, publicUrl: string): Complex {
  const extensions = kind.extensions.filter(({ id }) => parts[id] !== undefined).map(({ id }) => id)
  return {
    schemas: [kind.schema.id, ...extensions], id: stored.id, ...(stored.externalId === null ? {} : { externalId: stored.externalId }), ...parts,
    meta: {
      resourceType: kind.name, created: new Date(stored.createdAt).toISOString(), lastModified: new Date(stored.updatedAt).toISOString(), location: locationOf(kind, stored.id, publicUrl), version: etagOf(stored),
    },
  }
}

export function locationOf(kind: ResourceKind, id: string, publicUrl: string): string {
  return `${publicUrl}/scim/v2${kind.endpoint}/${id}`
}

/**
 * Reads `attributes` and `excludedAttributes`, as texts from an address or lists from a search. Unknown names ask for nothing.
 * @throws ScimError `invalidValue` for both at once, which RFC 7644 §3.4.2.5 does not have
 */
export function readProjection(kind: ResourceKind, query: Readonly<Record<string, unknown>>): Projection {
  const read = (name: string): { given: boolean; paths: AttributePath[] } => {
    const value = query[name]
    const names = (Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : []).filter((one): one is string => typeof one === 'string' && one.trim() !== '').slice(0, 200)
    const paths = names.flatMap((one) => extensionPaths(kind, one.trim()) ?? resolvePath(kind, one.trim()) ?? [])
    return { given: names.length > 0, paths }
  }
  const [only, without] = [read('attributes'), read('excludedAttributes')]
  if (only.given && without.given) throw invalidValue('Ask either with attributes or with excludedAttributes.')
  return { only: only.given ? only.paths : undefined, without: without.paths.filter(({ attribute }) => attribute.returned !== 'always') }
}

/** Whether the answer shows this attribute of the resource's own schema, so that it has to be read at all. */
export function shows({ only, without }: Projection, name: string): boolean {
  const isMeant = ({ extension, attribute }: AttributePath): boolean => extension === undefined && attribute.name === name
  return only ? only.some(isMeant) : !without.some((path) => isMeant(path) && path.sub === undefined)
}

export function project(resource: Complex, { only, without }: Projection): Complex {
  if (only) {
    const kept = only.reduce<Complex>((kept, path) => withPart(kept, resource, path), {})
    return { schemas: resource['schemas'] ?? [], id: resource['id'] ?? '', ...kept }
  }
  return without.reduce<Complex>((rest, path) => withoutPart(rest, path), resource)
}

/** All of an extension, named by its URN alone. */
function extensionPaths(kind: ResourceKind, name: string): AttributePath[] | undefined {
  const extension = kind.extensions.find(({ id }) => id.toLowerCase() === name.toLowerCase())
  return extension?.attributes.map((attribute) => ({ extension: extension.id, attribute, sub: undefined }))
}

function withPart(kept: Complex, resource: Complex, { extension, attribute, sub }: AttributePath): Complex {
  const value = partOf(resource, extension)?.[attribute.name]
  const chosen = value === undefined || !sub ? value : onlySub(value, sub.name)
  if (chosen === undefined) return kept
  if (extension !== undefined) return { ...kept, [extension]: withPart(partOf(kept, extension) ?? {}, partOf(resource, extension) ?? {}, { extension: undefined, attribute, sub }) }
  const before = kept[attribute.name]
  return { ...kept, [attribute.name]: sub && before !== undefined ? joined(before, chosen) : chosen }
}

function onlySub(value: Value, name: string): Value | undefined {
  const pick = (item: Value): Complex => { const part = (item as Complex)[name]; return part === undefined ? {} : { [name]: part } }
  return Array.isArray(value) ? value.map(pick) : pick(value)
}

/** Two parts of one attribute were asked for by two names. */
function joined(before: Value, more: Value): Value {
  if (Array.isArray(before) && Array.isArray(more)) return before.map((item, index) => ({ ...(item as Complex), ...(more[index] as Complex | undefined) }))
  return { ...(before as Complex), ...(more as Complex) }
}

function withoutPart(resource: Complex, { extension, attribute, sub }: AttributePath): Complex {
  const part = partOf(resource, extension)
  const value = part?.[attribute.name]
  if (!part || value === undefined) return resource
  if (extension !== undefined) return { ...resource, [extension]: withoutPart(part, { extension: undefined, attribute, sub }) }
  const { [attribute.name]: _gone, ...rest } = resource
  if (!sub) return rest
  const drop = (item: Value): Complex => { const { [sub.name]: _dropped, ...kept } = item as Complex; return kept }
  return { ...rest, [attribute.name]: Array.isArray(value) ? value.map(drop) : drop(value) }
}
