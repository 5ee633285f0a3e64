import type { OrganizationId, SqlValue } from '../../storage/index.ts'
import { resolvePath, type AttributePath, type ResourceKind } from './attributes.ts'
import { invalidValue, ScimError } from './errors.ts'
import { foldCase, listAt, matches } from './evaluate.ts'
import { parseFilter, type Filter } from './filter.ts'
import { nameKeyOf, type Store, type Stored } from './store.ts'
import type { Complex } from './values.ts'

export interface ListQuery { readonly filter: Filter | undefined; readonly sortBy: AttributePath | undefined; readonly descending: boolean; readonly startIndex: number; readonly count: number }

export const mostResults = 200
const usualResults = 100
/** A filter that no index narrows looks at this many resources at most. */
const mostScanned = 250_000

/**
 * The question of a list, from an address or a search (RFC 7644 §3.4.2, §3.4.3).
 * @throws ScimError `invalidFilter`, `invalidPath`, `invalidValue`
 */
export function readListQuery(kind: ResourceKind, query: Readonly<Record<string, unknown>>): ListQuery {
  const { filter, sortBy, sortOrder } = query
  if (filter !== undefined && typeof filter !== 'string') throw new ScimError(400, 'filter must be a text.', 'invalidFilter')
  const sorted = typeof sortBy === 'string' && sortBy !== '' ? resolvePath(kind, sortBy) : undefined
  if (sortBy !== undefined && sortBy !== '' && !sorted) throw new ScimError(400, `There is no attribute ${JSON.stringify(sortBy)} to sort by.`, 'invalidPath')
  if (sortOrder !== undefined && !/^(ascending|descending)$/i.test(String(sortOrder))) throw invalidValue('sortOrder must be ascending or descending.')
  return {
    filter: filter === undefined || filter.trim() === '' ? undefined : parseFilter(kind, filter), sortBy: sorted, descending: String(sortOrder).toLowerCase() === 'descending',
    startIndex: Math.max(1, readInteger(query, 'startIndex', 1)), count: Math.min(mostResults, Math.max(0, readInteger(query, 'count', usualResults))),
  }
}

function readInteger(query: Readonly<Record<string, unknown>>, name: string, usual: number): number {
  const value = query[name]
  if (value === undefined || value === '') return usual
  if (!/^-?\d{1,9}$/.test(String(value))) throw invalidValue(`${name} must be a whole number.`)
  return Number(value)
}

/**
 * One page with the number of all. What an index can answer is asked of it; the rest of a filter is judged here, resource by
 * resource, so that both databases and PATCH agree on what it means.
 * @param complete the resources with what the filter or order needs besides what is kept
 */
export async function listPage(store: Store, kind: ResourceKind, organizationId: OrganizationId, query: ListQuery, complete: (page: readonly Stored[], filter: Filter | undefined) => Promise<readonly Complex[]>): Promise<{ total: number; page: Stored[] }> {
  const { filter, sortBy, descending, startIndex, count } = query
  const order = indexedOrder(kind, sortBy)
  if (!filter && order) {
    const [total, page] = await Promise.all([store.count(kind.kind, organizationId), count === 0 ? [] : store.page(kind.kind, organizationId, order, descending && sortBy !== undefined, startIndex - 1, count)])
    return { total, page }
  }

  const found: { readonly id: string; readonly key: string | undefined }[] = []
  let looked = 0
  for await (const batch of candidates()) {
    if ((looked += batch.length) > mostScanned) throw new ScimError(400, 'Too many resources would have to be looked at; filter by userName, externalId, id or an address.', 'tooMany')
    const resources = await complete(batch, filter)
    batch.forEach(({ id }, index) => {
      const resource = resources[index]
      if (resource && (!filter || matches(filter, resource))) found.push({ id, key: sortBy && sortKey(sortBy, resource) })
    })
  }
  // What has no value comes last, or first when descending (RFC 7644 §3.4.2.3).
  if (sortBy) found.sort((a, b) => (descending ? -1 : 1) * (a.key === b.key ? 0 : a.key === undefined ? 1 : b.key === undefined ? -1 : a.key < b.key ? -1 : 1))
  const ids = found.slice(startIndex - 1, startIndex - 1 + count).map(({ id }) => id)
  return { total: found.length, page: await store.byIds(kind.kind, organizationId, ids) }

  async function *candidates(): AsyncGenerator<readonly Stored[]> {
    const narrowed = filter && narrow(kind, organizationId, filter)
    const few = narrowed && (await store.few(kind.kind, organizationId, narrowed))
    if (few) yield few
    else yield* store.scan(kind.kind, organizationId)
  }
}

function indexedOrder(kind: ResourceKind, sortBy: AttributePath | undefined): 'created' | 'name' | 'id' | undefined {
  if (!sortBy) return 'created'
  if (sortBy.extension !== undefined) return undefined
  const name = sortBy.attribute.name
  if (name === 'id') return 'id'
  if (name === (kind.kind === 'user' ? 'userName' : 'displayName')) return 'name'
  return name === 'meta' && sortBy.sub?.name === 'created' ? 'created' : undefined
}

/** A list sorts by its primary value, or else by its first. */
function sortKey(path: AttributePath, resource: Complex): string | undefined {
  const items = [resource[path.attribute.name] ?? []].flat() as readonly Complex[]
  const preferred = path.attribute.multiValued ? items.find((item) => item['primary'] === true) : undefined
  const [first] = listAt(path, preferred ? { ...resource, [path.attribute.name]: [preferred] } : resource)
  return first === undefined ? undefined : path.attribute.caseExact ? String(first) : foldCase(String(first))
}

/** SQL that names, by one index, all that can answer; what it names is judged by the whole filter. */
function narrow(kind: ResourceKind, organizationId: OrganizationId, filter: Filter): { sql: string; values: SqlValue[] } | undefined {
  const own = { user: 'userName', group: 'displayName' }[kind.kind]
  const equals = new Map(conjuncts(filter).map(equalTo).filter((term) => term !== undefined))
  const resources = `SELECT s.id FROM scim_resources s WHERE s.organization_id = ? AND s.kind = '${kind.kind}' AND s.state = 'live' AND`
  const memberships = `FROM group_members m JOIN scim_resources s ON s.organization_id = m.organization_id AND s.kind = '${kind.kind}' AND s.state = 'live' AND`
  const ways: readonly (readonly [name: string, sql: string, key: (value: string) => string])[] = [
    ['id', `${resources} s.id = ?`, (value) => value], [own, `${resources} s.name_key = ?`, (value) => nameKeyOf(kind.kind, value)], ['externalId', `${resources} s.external_id = ?`, (value) => value],
    ['emails', 'SELECT e.resource_id AS id FROM scim_emails e WHERE e.organization_id = ? AND e.email_key = ?', foldCase],
    ['members', `SELECT m.group_id AS id ${memberships} s.id = m.group_id WHERE m.organization_id = ? AND m.user_id = ?`, (value) => value],
    ['groups', `SELECT m.user_id AS id ${memberships} s.id = m.user_id WHERE m.organization_id = ? AND m.group_id = ?`, (value) => value],
  ]
  for (const [name, sql, key] of ways) {
    const value = equals.get(name)
    if (value !== undefined) return { sql, values: [organizationId, key(value)] }
  }
  return undefined
}

/** `name eq "text"`, also of the value of a complex attribute, and inside the brackets of a value path. */
function equalTo(term: Filter): readonly [name: string, value: string] | undefined {
  if (term.kind === 'some') {
    const value = conjuncts(term.where).map(equalTo).find((inner) => inner?.[0] === 'value')?.[1]
    return value === undefined ? undefined : [term.path.attribute.name, value]
  }
  if (term.kind !== 'compare' || term.operator !== 'eq' || typeof term.value !== 'string' || term.path.extension !== undefined) return undefined
  return term.path.sub === undefined || term.path.sub.name === 'value' ? [term.path.attribute.name, term.value] : undefined
}

function conjuncts(filter: Filter): readonly Filter[] {
  return filter.kind === 'and' ? filter.terms.flatMap(conjuncts) : [filter]
}
