import { attribute, prefixes, type XmlElement } from '../../xml/index.ts'
import { nothing, type MetadataAnswer } from './problems.ts'

/** One entity, with the earliest end of validity of itself and of what it stands in (SAML Metadata §2.3.1), in epoch milliseconds. */
export interface Entity { readonly element: XmlElement; readonly entityId: string; readonly validUntil: number | null }

export const is = (element: XmlElement, namespace: string, name: string): boolean => element.namespace === namespace && element.name === name
export const childrenIn = (element: XmlElement, namespace: string, name: string): readonly XmlElement[] => element.children.filter((one) => is(one, namespace, name))
/** The text of the first such child, whatever follows it: what is shown to an administrator before it is stored. */
export const firstText = (element: XmlElement, namespace: string, name: string): string => childrenIn(element, namespace, name)[0]?.text.trim() ?? ''

/**
 * The entity that is meant: the one with this id, or the only one that plays the part.
 * A federation's whole metadata names hundreds; which of them is meant, only the administrator knows.
 */
export function findEntity(root: XmlElement, wanted: string | undefined, now: number, playsPart: (element: XmlElement) => boolean, missing: 'no_service_provider' | 'no_application'): MetadataAnswer<Entity> {
  if (!is(root, prefixes.md, 'EntityDescriptor') && !is(root, prefixes.md, 'EntitiesDescriptor')) return nothing('not_metadata', root.name)
  const all = entitiesOf(root, null)
  const matching = wanted === undefined ? all.filter(({ element }) => playsPart(element)) : all.filter(({ entityId }) => entityId === wanted)
  const [entity, second] = matching
  if (!entity) return wanted === undefined ? nothing(missing, all[0]?.entityId) : nothing('other_entity', all.slice(0, 3).map(({ entityId }) => entityId).join(' '))
  if (second) return nothing('many_entities', matching.slice(0, 5).map(({ entityId }) => entityId).join(' '))
  if (!playsPart(entity.element)) return nothing(missing, entity.entityId)
  // An entity ID is a URI of at most 1,024 characters (SAML Core §8.3.6); it is compared character by character.
  if (!/^[\u0021-\u007e]{1,1024}$/.test(entity.entityId)) return nothing('entity_id', entity.entityId)
  if (entity.validUntil !== null && entity.validUntil <= now) return nothing('expired', new Date(entity.validUntil).toISOString())
  return { found: entity, problems: [] }
}

function entitiesOf(element: XmlElement, inherited: number | null): Entity[] {
  const validUntil = earliest(inherited, timeOf(attribute(element, 'validUntil')))
  if (is(element, prefixes.md, 'EntityDescriptor')) return [{ element, entityId: attribute(element, 'entityID') ?? '', validUntil }]
  return is(element, prefixes.md, 'EntitiesDescriptor') ? element.children.flatMap((one) => entitiesOf(one, validUntil)) : []
}

const earliest = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.min(a, b))

/** SAML's times are in UTC and end in Z (SAML Core §1.3.3). One that cannot be read has passed. */
function timeOf(text: string | undefined): number | null {
  if (text === undefined) return null
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/.test(text) ? Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`) : Number.NaN
  return Number.isNaN(time) ? 0 : time
}
