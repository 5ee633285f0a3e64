import { placeholders, type GroupId, type OrganizationId, type SqlValue, type Storage } from '../storage/index.ts'
import { foldText, type UserRole, type UserStatus } from './user.ts'

export interface PeopleQuestion {
  readonly organizationId: OrganizationId
  /** Every word must occur in names or address. */
  readonly text?: string
  readonly status?: UserStatus | readonly UserStatus[]
  readonly role?: UserRole
  readonly groupId?: GroupId
  readonly withoutKey?: boolean
  /** Nobody whose phone works as a key. */
  readonly withoutPhone?: boolean
}

/** Where the page before ended. */
export interface PeoplePosition { readonly id: string }

/** Below this many it is cheaper to fetch all that match and sort them; above, to walk along the order until a page is full. */
const few = 1_000
const mostTrigrams = 12

export type PeopleQuery = ReturnType<typeof createPeopleQuery>

/**
 * Asks for a page of people in the way that reads the fewest rows. One order, by search key and id, has an index with all that
 * filters; a search or a group that fits only a few goes the other way round. Which it is, a count that stops at a thousand tells.
 */
export function createPeopleQuery(storage: Storage) {
  let trigrams: Promise<boolean> | undefined
  // An operator may add the extension later; the next start finds it.
  const hasTrigrams = (): Promise<boolean> => (trigrams ??= storage.kind === 'sqlite' ? Promise.resolve(true)
    : storage.read.one(`SELECT 1 AS one FROM pg_indexes WHERE indexname = 'users_search_trigrams'`).then((row) => row !== undefined))

  async function isFew(from: string, values: readonly SqlValue[]): Promise<boolean> {
    const row = await storage.read.one<{ rows: number }>(`SELECT count(*) AS rows FROM (SELECT 1 FROM ${from} LIMIT ${few}) AS found`, values)
    return (row?.rows ?? 0) < few
  }

  /** Which table to begin at, what ties it to users, and what is left to ask of each row. */
  async function begin(question: PeopleQuestion, words: readonly string[]): Promise<{ from: string; on: string; values: SqlValue[]; answered: 'text' | 'group' | null }> {
    const long = words.filter((word) => [...word].length >= 3)
    if (long.length > 0 && await hasTrigrams()) {
      if (storage.kind === 'sqlite') {
        const match = trigramsOf(long)
        if (await isFew('users_search WHERE users_search MATCH ?', [match])) {
          return { from: 'users_search f CROSS JOIN users_search_rows s CROSS JOIN users u', on: 'f.users_search MATCH ? AND s.number = f.rowid AND u.id = s.user_id', values: [match], answered: null }
        }
      } else {
        const like = long.map(anywhere)
        const condition = like.map(() => `search_key LIKE ? ESCAPE '\\'`).join(' AND ')
        if (await isFew(`users WHERE ${condition}`, like)) {
          return { from: `(SELECT id AS found_id FROM users WHERE ${condition} OFFSET 0) AS f CROSS JOIN users u`, on: 'u.id = f.found_id', values: like, answered: 'text' }
        }
      }
    }
    const { groupId, organizationId } = question
    if (groupId !== undefined && await isFew('group_members WHERE group_id = ?', [groupId])) {
      return { from: 'group_members m CROSS JOIN users u', on: 'm.group_id = ? AND m.organization_id = ? AND u.id = m.user_id', values: [groupId, organizationId], answered: 'group' }
    }
    return { from: 'users u', on: '1 = 1', values: [], answered: null }
  }

  return {
    /** @returns at most `limit` rows behind the position. */
    async page<Row>(columns: string, question: PeopleQuestion, after: PeoplePosition | undefined, limit: number): Promise<Row[]> {
      const words = foldText(question.text ?? '').replaceAll('\0', '').split(' ').filter((part) => part !== '').slice(0, 6)
      const { from, on, values, answered } = await begin(question, words)
      const parts = [on, 'u.organization_id = ?']
      values.push(question.organizationId)
      const add = (part: string, ...more: SqlValue[]): void => {
        parts.push(part)
        values.push(...more)
      }
      const statuses = [question.status ?? []].flat()
      if (statuses.length > 0) add(`u.status IN (${placeholders(statuses.length)})`, ...statuses)
      else add(`u.status <> 'deleted'`)
      if (question.role) add('u.role = ?', question.role)
      if (question.groupId && answered !== 'group') add('EXISTS (SELECT 1 FROM group_members g WHERE g.group_id = ? AND g.user_id = u.id AND g.organization_id = ?)', question.groupId, question.organizationId)
      if (question.withoutKey) add('NOT EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id AND p.suspended_at IS NULL)')
      if (question.withoutPhone) add('NOT EXISTS (SELECT 1 FROM phones h WHERE h.user_id = u.id AND h.suspended_at IS NULL)')
      // On the way along the order PostgreSQL must not turn to the other index, which would fetch everything that fits.
      if (answered !== 'text') for (const word of words) add(`u.search_key || '' LIKE ? ESCAPE '\\'`, anywhere(word))
      // Names and addresses stay out of the token, which stands in an address (SEC-88).
      if (after) add('(u.search_key, u.id) > (SELECT a.search_key, a.id FROM users a WHERE a.id = ? AND a.organization_id = ?)', after.id, question.organizationId)
      return storage.read.all<Row>(`${columns} FROM ${from} WHERE ${parts.join(' AND ')} ORDER BY u.search_key, u.id LIMIT ?`, [...values, limit])
    },
  }
}

function anywhere(word: string): string {
  return `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`
}

/** All three-letter parts of the words, which must all occur; that they stand in a row, the pattern beside it says. */
function trigramsOf(words: readonly string[]): string {
  const parts = words.flatMap((word) => {
    const letters = [...word]
    return letters.slice(2).map((_letter, index) => letters.slice(index, index + 3).join(''))
  })
  return [...new Set(parts)].slice(0, mostTrigrams).map((part) => `"${part.replaceAll('"', '""')}"`).join(' AND ')
}
