import type { SourceBatch } from '../source.ts'
import { enter, more, peek, readerOf, take, takeInteger, takeText, type Reader } from './ber.ts'
import { readGroups, readPeople, readsGroups, type Reading, type ReadOptions } from './reading.ts'
import { search, type Gap, type Page, type Search } from './search.ts'
import { Trouble } from './trouble.ts'
import { anchorOf } from './values.ts'
import { kinds, readable, ValueControl, type Answer, type Wire } from './wire.ts'

/**
 * Content synchronisation (RFC 4533, refreshOnly): a server that keeps a log of its changes names what is gone, one that does not
 * names all that is unchanged in sixteen bytes each. Either is several times quicker than reading the numbers of all entries.
 */
const control = { request: '1.3.6.1.4.1.4203.1.9.1.1', state: '1.3.6.1.4.1.4203.1.9.1.2', done: '1.3.6.1.4.1.4203.1.9.1.3' } as const
const syncInfo = '1.3.6.1.4.1.4203.1.9.1.4'
const states = { present: 0, delete: 3 } as const
/** Where the content was reached by another way, or the log does not go back so far, the server may ask us to begin anew. */
const refusals = ['access', 'control', 'unwilling', 'other']
/** More than this is not a log of changes any more. */
const mostGone = 100_000

/** How one search told what is gone: by naming it, by naming what is there, or neither for certain. */
type Told = { readonly how: 'gone'; readonly gone: ReadonlySet<string> } | { readonly how: 'present' } | { readonly how: 'unclear' }

/** What changed since the change sequence numbers; undefined where the server does not tell it so, and nothing is to be concluded. */
export async function* readContentSync(reading: Reading, seen: Readonly<Record<string, string>>): AsyncGenerator<SourceBatch, { readonly gap: Gap | undefined; readonly presentComplete: boolean } | undefined> {
  // Anchors must be the numbers that the server itself counts by.
  if (!reading.root.controls.has(control.request) || reading.settings.anchor.toLowerCase() !== 'entryuuid') return undefined
  const cookie = `rid=000,csn=${Object.values(seen).sort().join(';')}`
  const named = new Set<string>()
  const told: Told[] = []
  const options: ReadOptions = {
    onAnchor: (anchor) => { named.add(anchor) },
    ask: async function* (wire, question) {
      told.push(yield* refresh(wire, question, cookie))
      return undefined
    },
  }
  try {
    yield* readPeople(reading, (filter) => filter, options)
    if (readsGroups(reading)) yield* readGroups(reading, (filter) => filter, options)
  } catch (error) {
    if (error instanceof Trouble && refusals.includes(error.code)) return undefined
    throw error
  }
  if (told.every(({ how }) => how === 'present')) return { gap: undefined, presentComplete: true }
  const lists = told.map((one) => (one.how === 'gone' ? one.gone : undefined))
  const [first] = lists
  if (first === undefined || lists.includes(undefined)) return undefined
  // What no search finds any more; an entry that changed between the two searches is in one list only, and comes next time.
  const gone = [...first].filter((anchor) => !named.has(anchor) && lists.every((list) => list?.has(anchor)))
  for (let at = 0; at < gone.length; at += 1_000) yield { people: [], groups: [], gone: gone.slice(at, at + 1_000) }
  return { gap: undefined, presentComplete: false }
}

async function* refresh(wire: Wire, question: Search, cookie: string): AsyncGenerator<Page, Told> {
  let present: string[] = []
  let anyPresent = false
  let found = 0
  const gone = new Set<string>()
  let tooMany = false
  const note = (uuid: Buffer, deleted: boolean): void => {
    const anchor = anchorOf('entryUUID', Buffer.from(uuidText(uuid)))
    if (anchor === undefined) throw new Trouble('garbled', { host: wire.host, detail: 'an entry without a number' })
    if (!deleted) present.push(anchor)
    else if (gone.size < mostGone) gone.add(anchor)
    else tooMany = true
    anyPresent ||= !deleted
  }
  const listen = (answer: Answer): 'taken' | undefined => readable(wire, () => {
    if (answer.kind === kinds.intermediate) {
      const { uuids, deleted } = readIdSet(answer.content)
      for (const uuid of uuids) note(uuid, deleted)
      return 'taken'
    }
    const value = answer.kind === kinds.entry ? answer.controls.get(control.state) : undefined
    if (value === undefined) return undefined
    const sequence = enter(readerOf(value), 0x30)
    const state = takeInteger(sequence, 0x0a)
    if (state !== states.present && state !== states.delete) return undefined
    note(take(sequence, 0x04), state === states.delete)
    return 'taken'
  })
  const sync = new ValueControl(control.request, (writer) => {
    writer.writeEnumeration(1)
    writer.writeBuffer(Buffer.from(cookie), 0x04)
  }, true)
  const pages = search(wire, { ...question, controls: [...(question.controls ?? []), sync], listen })
  let next = await pages.next()
  for (; next.done !== true; next = await pages.next()) {
    const mentioned = present
    present = []
    found += next.value.entries.length + mentioned.length
    yield { ...next.value, present: mentioned }
  }
  const { gap, result } = next.value
  const done = result.controls.get(control.done)
  const deletes = done !== undefined && readable(wire, () => readRefreshDeletes(done))
  if (done === undefined || gap !== undefined || tooMany || (deletes ? anyPresent : gone.size > 0)) return { how: 'unclear' }
  if (deletes) return { how: 'gone', gone }
  return found > 0 ? { how: 'present' } : { how: 'unclear' }
}

const nothing = { deleted: false, uuids: [] } as const

/** §2.5: of the four things that can be said, only a set of numbers matters to a refresh that ends. */
function readIdSet(content: Reader): { readonly deleted: boolean; readonly uuids: readonly Buffer[] } {
  if (peek(content) !== 0x80 || takeText(content, 0x80) !== syncInfo || peek(content) !== 0x81) return nothing
  const info = enter(content, 0x81)
  if (peek(info) !== 0xa3) return nothing
  const set = enter(info, 0xa3)
  if (peek(set) === 0x04) take(set)
  const deleted = takeFlag(set)
  const uuids = enter(set, 0x31)
  const taken: Buffer[] = []
  while (more(uuids)) taken.push(take(uuids, 0x04))
  return { deleted, uuids: taken }
}

/** §2.4: whether the server named what is gone, and not what is there. */
function readRefreshDeletes(value: Buffer): boolean {
  const sequence = enter(readerOf(value), 0x30)
  if (peek(sequence) === 0x04) take(sequence)
  return takeFlag(sequence)
}

/** A BOOLEAN that is false where it is left out. */
function takeFlag(reader: Reader): boolean {
  return peek(reader) === 0x01 && take(reader)[0] !== 0
}

function uuidText(bytes: Buffer): string {
  const hex = bytes.length === 16 ? bytes.toString('hex') : ''
  return hex && `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
