import { hash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { Lease } from '../../jobs/index.ts'
import { normaliseEmail } from '../../messaging/index.ts'
import type { SqlValue, Storage } from '../../storage/index.ts'
import { byList, insertRows } from './rows.ts'
import { dnKey, type DirectorySource, type SourceBatch, type SourceEnd, type SourceGroup, type SourcePerson, type SourceProblem } from './source.ts'

export interface Reading {
  readonly directoryId: string
  readonly runId: string
  readonly lease: Lease
  readonly signal: AbortSignal
  /** Called after every page with what was read so far. */
  readonly onPage: (people: number, groups: number) => Promise<void>
}

export interface Staged { readonly people: number; readonly groups: number; /** Entries and memberships that are not as they were. */ readonly changed: number; readonly end: SourceEnd }

interface Known { anchor: string; kind: string; hash: string; dn_key: string; state: string }
interface KnownEntry { readonly hash: string; readonly dnKey: string; readonly present: boolean }

const columns = ['run_id', 'anchor', 'kind', 'dn', 'dn_key', 'email_key', 'hash', 'content', 'photo', 'moved_from']
const brief = columns.slice(0, 3)
const rowsAtOnce = 500
// A page may come twice, and an entry may move from one page to another while it is read (R-13): the later word counts.
const newer = `ON CONFLICT (run_id, anchor) DO UPDATE SET ${columns.slice(2).map((name) => `${name} = excluded.${name}`).join(', ')}`
const newerBrief = 'ON CONFLICT (run_id, anchor) DO UPDATE SET kind = excluded.kind, moved_from = NULL'

/**
 * Takes in one reading page by page. What is as it was costs a comparison and a narrow row that says "seen"; memory does not grow with the
 * directory. Nothing of it counts before the source has ended (R-13).
 */
export async function stage(storage: Storage, source: DirectorySource, cursor: string | null, reading: Reading): Promise<Staged> {
  let [people, groups, changed] = [0, 0, 0]
  const pages = source.read({ cursor, signal: reading.signal })
  try {
    for (;;) {
      const next = await pages.next()
      if (next.done === true) return { people, groups, changed, end: next.value }
      reading.signal.throwIfAborted()
      const { rows, seen, mentions, members } = await compare(storage, reading, next.value)
      await write(storage, reading, 'directory_staged', columns, rows, newer)
      await write(storage, reading, 'directory_staged', brief, seen, newerBrief)
      // That an entry is there says nothing against what an earlier page said of it.
      await write(storage, reading, 'directory_staged', brief, mentions, 'ON CONFLICT (run_id, anchor) DO NOTHING')
      await write(storage, reading, 'directory_staged_members', ['run_id', 'group_anchor', 'member_key', 'change'], distinct(members), 'ON CONFLICT (run_id, group_anchor, member_key) DO UPDATE SET change = excluded.change')
      people += next.value.people.length
      groups += next.value.groups.length
      changed += members.length + rows.length + seen.filter(([, , kind]) => kind === 'gone').length
      await reading.onPage(people, groups)
      await turn()
    }
  } finally {
    // Whatever ended it, the connection behind the source is let go.
    await pages.return({ complete: false, cursor: null, everything: false, presentComplete: false }).catch(() => undefined)
  }
}

async function compare(storage: Storage, { directoryId, runId }: Reading, batch: SourceBatch): Promise<Record<'rows' | 'seen' | 'mentions' | 'members', SqlValue[][]>> {
  // By anchor, because one statement may not write the same row twice (PostgreSQL); the last word of a page counts.
  const rows = new Map<string, SqlValue[]>()
  const members: SqlValue[][] = []
  const seen = (anchor: string): void => { rows.set(anchor, [runId, anchor, 'same']) }
  const known = await findKnown(storage, directoryId, [...batch.people.map(anchorOf), ...batch.groups.map(({ anchor }) => anchor), ...batch.gone])
  for (const person of batch.people) {
    const anchor = anchorOf(person)
    const before = known.get(anchor)
    const entry = person.kind === 'person' ? contentOf(person) : { content: JSON.stringify(person), emailKey: null, photo: null }
    const fingerprint = hash('sha256', entry.content, 'base64url')
    if (before?.present && before.hash === fingerprint) seen(anchor)
    else {
      const key = dnKey(person.dn)
      rows.set(anchor, [runId, anchor, person.kind, person.dn, key, entry.emailKey, fingerprint, entry.content, entry.photo, before && before.dnKey !== key ? before.dnKey : null])
    }
  }
  for (const group of batch.groups) {
    const before = known.get(group.anchor)
    const { fingerprint, changes } = await compareGroup(storage, directoryId, group, before)
    for (const [key, change] of changes) members.push([runId, group.anchor, key, change])
    if (before?.present && before.hash === fingerprint && changes.size === 0) seen(group.anchor)
    else {
      const key = dnKey(group.dn)
      rows.set(group.anchor, [runId, group.anchor, 'group', group.dn, key, null, fingerprint, JSON.stringify({ name: group.name, description: group.description }), null, before && before.dnKey !== key ? before.dnKey : null])
    }
  }
  // A server names everything that is gone, printers and people of other filters too.
  for (const anchor of batch.gone) if (known.get(anchor)?.present === true) rows.set(anchor, [runId, anchor, 'gone'])
  const mentions = [...new Set(batch.present)].filter((anchor) => !rows.has(anchor)).map((anchor) => [runId, anchor, 'same'])
  const { full = [], seen: short = [] } = Object.groupBy(rows.values(), (row) => (row.length === columns.length ? 'full' : 'seen'))
  return { rows: full, seen: short, mentions, members }
}

/** The picture is kept apart, with its fingerprint in its place. */
function contentOf(person: SourcePerson): { content: string; emailKey: string | null; photo: string | null } {
  const { photo, ...profile } = person.profile
  const content = photo === undefined ? person : { ...person, profile: { ...profile, photo: hash('sha256', photo, 'base64url') } }
  return { content: JSON.stringify(content), emailKey: normaliseEmail(person.email)?.key ?? null, photo: photo ?? null }
}

/**
 * The fingerprint has two halves, the group's own and its members'. A source that names only changes leaves the second one open: the next
 * reading of everything compares member by member.
 */
async function compareGroup(storage: Storage, directoryId: string, group: SourceGroup, before: KnownEntry | undefined): Promise<{ fingerprint: string; changes: ReadonlyMap<string, 'add' | 'remove'> }> {
  const own = hash('sha256', JSON.stringify([group.dn, group.name, group.description]), 'base64url')
  const [, membersBefore = ''] = before?.hash.split('.') ?? []
  const changes = new Map<string, 'add' | 'remove'>()
  if (group.memberChanges) {
    for (const dn of group.memberChanges.removed) changes.set(dnKey(dn), 'remove')
    for (const dn of group.memberChanges.added) changes.set(dnKey(dn), 'add')
    if (group.members === null) return { fingerprint: `${own}.${changes.size === 0 ? membersBefore : ''}`, changes }
  }
  if (group.members === null) return { fingerprint: `${own}.${membersBefore}`, changes }
  const members = hash('sha256', group.members.toSorted().join('\n'), 'base64url')
  if (before?.present && membersBefore === members) return { fingerprint: `${own}.${members}`, changes }
  const old = new Set((await storage.read.all<{ member_key: string }>('SELECT member_key FROM directory_memberships WHERE directory_id = ? AND group_anchor = ?', [directoryId, group.anchor])).map(({ member_key: key }) => key))
  let count = 0
  for (const dn of group.members) {
    const key = dnKey(dn)
    if (!old.delete(key)) changes.set(key, 'add')
    if (++count % 10_000 === 0) await turn()
  }
  for (const key of old) changes.set(key, 'remove')
  return { fingerprint: `${own}.${members}`, changes }
}

/** Entries without an anchor are known by their place, so that they can be named in the plan. */
function anchorOf(person: SourcePerson | SourceProblem): string {
  return person.anchor === '' ? `dn:${dnKey(person.dn)}` : person.anchor
}

async function findKnown(storage: Storage, directoryId: string, anchors: readonly string[]): Promise<Map<string, KnownEntry>> {
  const rows = await byList<Known>(storage.read, (list) => `SELECT anchor, kind, hash, dn_key, state FROM directory_entries WHERE directory_id = ? AND anchor IN (${list})`, [directoryId], anchors)
  return new Map(rows.map((row) => [row.anchor, { hash: row.hash, dnKey: row.dn_key, present: row.state === 'present' }]))
}

async function write(storage: Storage, { lease }: Reading, table: string, names: readonly string[], rows: readonly SqlValue[][], conflict: string): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    const part = rows.slice(start, start + rowsAtOnce)
    await storage.write(async (tx) => {
      await lease.stillHeld(tx)
      await insertRows(tx, table, names, part, conflict)
    })
  }
}

/** The last word of a page on a member of a group. */
function distinct(members: readonly SqlValue[][]): SqlValue[][] {
  return [...new Map(members.map((row) => [row.slice(0, 3).join('\n'), row])).values()]
}
