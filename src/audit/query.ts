import type { OrganizationId, PageTokens, SqlValue, Storage, UserId } from '../storage/index.ts'
import { searchKeyOf, type AuditEvent, type AuditOutcome } from './event.ts'
import { selectEvents, toEvent, type Row } from './row.ts'

export interface AuditFilter {
  readonly organizationId: OrganizationId
  readonly userId?: UserId | undefined
  /** What concerns this person: done by them, to them, or in their account. */
  readonly concerns?: string | undefined
  /** One action, or all of a noun with `user.*`. */
  readonly action?: string | undefined
  readonly outcome?: AuditOutcome | undefined
  /** From this time on; epoch milliseconds. */
  readonly from?: number | undefined
  /** Before this time. */
  readonly to?: number | undefined
  /** Found in the names of actor, target and application, in the IP address and the action. */
  readonly text?: string | undefined
  /** What a page calls the site of events without an application: its name and address. `text` finds them by that too. */
  readonly ownSite?: string | undefined
}

export interface AuditPage {
  readonly events: readonly AuditEvent[]
  /** For `before`; null on the last page. */
  readonly next: string | null
}

/** Newest first, by keyset: a page costs the same wherever it is, and new events do not shift it. */
export async function listEvents(storage: Storage, tokens: PageTokens, query: AuditFilter & { before?: string | undefined; limit: number }): Promise<AuditPage> {
  const scope = `audit ${query.organizationId}`
  const position = query.before === undefined ? undefined : tokens.read(query.before, scope)
  const rows = await page(storage, query, position, query.limit + 1)
  const last = rows.length > query.limit ? rows[query.limit - 1] : undefined
  return {
    events: rows.slice(0, query.limit).map(toEvent),
    next: last ? tokens.write({ at: last.occurred_at, id: last.id }, scope) : null,
  }
}

/** Everything that matches, newest first, a page at a time, for exports. */
export async function* streamEvents(storage: Storage, filter: AuditFilter, pageSize = 500): AsyncGenerator<AuditEvent> {
  let position: { at: number; id: string } | undefined
  for (;;) {
    const rows = await page(storage, filter, position, pageSize)
    for (const row of rows) yield toEvent(row)
    const last = rows.at(-1)
    if (!last || rows.length < pageSize) return
    position = { at: last.occurred_at, id: last.id }
  }
}

function page(storage: Storage, filter: AuditFilter, position: { at: number; id: string } | undefined, limit: number): Promise<Row[]> {
  const conditions: string[] = []
  const values: SqlValue[] = []
  const where = (condition: string, ...given: SqlValue[]): void => { conditions.push(condition); values.push(...given) }
  where('organization_id = ?', filter.organizationId)
  if (filter.userId !== undefined) where('user_id = ?', filter.userId)
  if (filter.concerns !== undefined) where('(user_id = ? OR actor_id = ? OR target_id = ?)', filter.concerns, filter.concerns, filter.concerns)
  if (filter.action?.endsWith('.*')) where(`action LIKE ? ESCAPE '!'`, `${likeText(filter.action.slice(0, -1))}%`)
  else if (filter.action !== undefined) where('action = ?', filter.action)
  if (filter.outcome !== undefined) where('outcome = ?', filter.outcome)
  if (filter.from !== undefined) where('occurred_at >= ?', filter.from)
  if (filter.to !== undefined) where('occurred_at < ?', filter.to)
  const words = searchKeyOf([filter.text?.slice(0, 200) ?? '']).replaceAll('\0', '').split(/\s+/).filter((word) => word !== '')
  const ownSite = searchKeyOf([filter.ownSite ?? ''])
  for (const word of words.slice(0, 10)) {
    const anywhere = `%${likeText(word)}%`
    if (filter.ownSite === undefined) where(`search_key LIKE ? ESCAPE '!'`, anywhere)
    else where(`(search_key LIKE ? ESCAPE '!' OR lower(application_id) LIKE ? ESCAPE '!'${ownSite.includes(word) ? ' OR application_id IS NULL' : ''})`, anywhere, anywhere)
  }
  if (position) where('(occurred_at < ? OR (occurred_at = ? AND id < ?))', position.at, position.at, position.id)
  return storage.read.all<Row>(`${selectEvents} WHERE ${conditions.join(' AND ')} ORDER BY occurred_at DESC, id DESC LIMIT ?`, [...values, limit])
}

function likeText(text: string): string {
  return text.replaceAll(/[!%_]/g, '!$&')
}
