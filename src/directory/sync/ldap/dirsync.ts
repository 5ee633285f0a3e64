import { AndFilter, EqualityFilter, OrFilter } from 'ldapts'
import { CursorRefused, type SourceBatch } from '../source.ts'
import { enter, readerOf, take, takeInteger } from './ber.ts'
import { valueOf, type Entry } from './entry.ts'
import { expiredBetween, readGroups, readPeople, readsGroups, type Narrow, type Reading } from './reading.ts'
import { parseFilter, search, type Gap } from './search.ts'
import { Trouble } from './trouble.ts'
import { refuseMovedUnits } from './units.ts'
import { anchorOf, anchorValue } from './values.ts'
import { readable, ValueControl, type Result } from './wire.ts'

/**
 * Active Directory's own way of telling changes (MS-ADTS 3.1.1.3.4.1.3), for accounts with the right "Replicating Directory
 * Changes". Its cookie holds for every domain controller of the domain, and it names deleted objects to those who may not
 * see them otherwise. Only which objects changed is taken from it; what they are now is read as always.
 */
const dirSync = '1.2.840.113556.1.4.841'
const perQuestion = 200
/** More changes than this are read quicker with everything. */
const mostChanges = 20_000
const mostRounds = 10_000

export interface Changed {
  readonly cookie: string
  /** The anchors of everything that changed, whatever it is. */
  readonly anchors: ReadonlySet<string>
}

/** What changed since a cookie; without one nothing, only the cookie of now. Undefined where the account has not the right, or the cookie is worth nothing. */
export async function readDirSync({ wire, root }: Reading, since: string | undefined): Promise<Changed | undefined> {
  if (root.domain === undefined || !root.controls.has(dirSync)) return undefined
  const anchors = new Set<string>()
  // Every attribute counts, also those that only a filter looks at; nothing is called a unit and a person at once.
  const question = { base: root.domain, scope: 'sub', filter: parseFilter(since === undefined ? '(&(objectClass=organizationalUnit)(objectClass=person))' : '(objectClass=*)'), attributes: since === undefined ? ['objectGUID'] : [] } as const
  let cookie: Buffer = Buffer.from(since ?? '', 'base64')
  for (let round = 0; round < mostRounds; round++) {
    const control = new ValueControl(dirSync, (writer) => {
      writer.writeInt(0)
      writer.writeInt(1_000_000)
      writer.writeBuffer(cookie, 0x04)
    }, true)
    let end: Result
    try {
      const pages = search(wire, { ...question, controls: [control] })
      let next = await pages.next()
      for (; next.done !== true; next = await pages.next()) for (const entry of next.value.entries) note(entry, anchors)
      end = next.value.result
    } catch (error) {
      if (error instanceof Trouble && ['access', 'control', 'unwilling', 'other'].includes(error.code)) return undefined
      throw error
    }
    const value = end.controls.get(dirSync)
    if (value === undefined) return undefined
    const answer = readable(wire, () => readAnswer(value))
    cookie = answer.cookie
    if (anchors.size > mostChanges) throw new CursorRefused('more has changed than is worth telling')
    if (!answer.more) return { cookie: cookie.toString('base64'), anchors }
  }
  throw new Trouble('garbled', { host: wire.host, detail: 'DirSync without an end' })
}

function note(entry: Entry, anchors: Set<string>): void {
  const anchor = anchorOf('objectGUID', valueOf(entry, 'objectGUID'))
  if (anchor !== undefined) anchors.add(anchor)
}

function readAnswer(value: Buffer): { readonly more: boolean; readonly cookie: Buffer } {
  const sequence = enter(readerOf(value), 0x30)
  const more = takeInteger(sequence) !== 0
  takeInteger(sequence)
  return { more, cookie: Buffer.from(take(sequence, 0x04)) }
}

/** What the changed objects are now; who of them is neither a person nor a group of ours any more has left. */
export async function* readChangedObjects(reading: Reading, changed: Changed, from: number, until: number): AsyncGenerator<SourceBatch, Gap | undefined> {
  const left = new Set(changed.anchors)
  const stays = (anchor: string): void => { left.delete(anchor) }
  let gap: Gap | undefined
  const anchors = [...changed.anchors]
  for (let at = 0; at < anchors.length; at += perQuestion) {
    const some = new OrFilter({ filters: anchors.slice(at, at + perQuestion).map((anchor) => new EqualityFilter({ attribute: 'objectGUID', value: anchorValue('objectGUID', anchor) })) })
    const narrow: Narrow = (filter) => new AndFilter({ filters: [some, filter] })
    await refuseMovedUnits(reading, narrow, from)
    const people = yield* readPeople(reading, narrow, { onAnchor: stays })
    const groups = readsGroups(reading) ? yield* readGroups(reading, narrow, { onAnchor: stays }) : { gap: undefined }
    gap ??= people.gap ?? groups.gap
  }
  const expired = yield* readPeople(reading, expiredBetween(from, until), { onAnchor: stays })
  gap ??= expired.gap
  const gone = gap === undefined ? [...left] : []
  for (let at = 0; at < gone.length; at += 1_000) yield { people: [], groups: [], gone: gone.slice(at, at + 1_000) }
  return gap
}
