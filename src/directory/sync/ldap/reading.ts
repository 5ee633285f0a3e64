import { AndFilter, GreaterThanEqualsFilter, LessThanEqualsFilter, NotFilter, OrFilter, EqualityFilter, type Control, type Filter } from 'ldapts'
import type { DirectoryKind, DirectorySettings } from '../settings.ts'
import type { SourceBatch, SourceGroup, SourcePerson, SourceProblem } from '../source.ts'
import { textsOf, type Entry } from './entry.ts'
import { groupAnchor, groupAttributes, mapGroup, mapPerson, membersOf, personAnchor, personAttributes, type MapRules } from './map.ts'
import type { Root } from './root.ts'
import { parseFilter, readOne, searchAll, type Gap, type Page, type Search } from './search.ts'
import { toWindowsTime } from './values.ts'
import { ValueControl, type Wire } from './wire.ts'

/** One read of one directory over one connection. */
export interface Reading {
  readonly wire: Wire
  readonly root: Root
  readonly kind: DirectoryKind
  readonly settings: DirectorySettings
  readonly rules: MapRules
}

const perBatch = 1_000
/** Photos and members of a batch together, so that large ones make small batches. */
const perBatchBytes = 4 * 1024 * 1024
const domainScope = '1.2.840.113556.1.4.1339'
const nothing = { people: [], groups: [], gone: [] } as const

/** Narrows what is read; without it, everything is. */
export type Narrow = (filter: Filter) => Filter

export interface ReadOptions {
  readonly onAnchor?: (anchor: string) => void
  /** How the question is put, where that is not page by page. */
  readonly ask?: typeof searchAll
}

export async function* readPeople(reading: Reading, narrow: Narrow, { onAnchor, ask = searchAll }: ReadOptions = {}): AsyncGenerator<SourceBatch, { readonly gap: Gap | undefined; readonly count: number }> {
  const pages = ask(reading.wire, { ...questionOf(reading, 'people', narrow), attributes: personAttributes(reading) })
  let people: (SourcePerson | SourceProblem)[] = []
  let bytes = 0
  let count = 0
  let next = await pages.next()
  for (; next.done !== true; next = await pages.next()) {
    for (const entry of next.value.entries) {
      const person = mapPerson(entry, reading.rules)
      people.push(person)
      count++
      onAnchor?.(person.anchor)
      bytes += person.kind === 'person' ? person.profile.photo?.length ?? 0 : 0
      if (people.length === perBatch || bytes > perBatchBytes) {
        yield { ...nothing, people }
        people = []
        bytes = 0
      }
    }
    yield* mentioned(next.value)
  }
  if (people.length > 0) yield { ...nothing, people }
  return { gap: next.value, count }
}

function* mentioned({ present = [] }: Page): Generator<SourceBatch> {
  for (let at = 0; at < present.length; at += perBatch) yield { ...nothing, present: present.slice(at, at + perBatch) }
}

/** Groups with all their direct members, also where a server hands out only so many at a time. */
export async function* readGroups(reading: Reading, narrow: Narrow, { onAnchor, ask = searchAll }: ReadOptions = {}): AsyncGenerator<SourceBatch, { readonly gap: Gap | undefined }> {
  const pages = ask(reading.wire, { ...questionOf(reading, 'groups', narrow), attributes: groupAttributes(reading) }, 200)
  let groups: SourceGroup[] = []
  let ranged: Entry[] = []
  let bytes = 0
  const add = (entry: Entry, members: readonly string[]): void => {
    const group = mapGroup(entry, reading.rules, members)
    if (!group) return
    groups.push(group)
    onAnchor?.(group.anchor)
    bytes += members.reduce((sum, dn) => sum + dn.length, 200)
  }
  const flush = function* (): Generator<SourceBatch> {
    if (groups.length > 0) yield { ...nothing, groups }
    groups = []
    bytes = 0
  }
  let next = await pages.next()
  for (; next.done !== true; next = await pages.next()) {
    for (const entry of next.value.entries) {
      if (rangeOf(entry) === undefined) add(entry, membersOf(entry, reading.kind))
      else ranged.push(entry)
      if (groups.length === perBatch || bytes > perBatchBytes) yield* flush()
    }
    yield* mentioned(next.value)
    if (!next.value.free) continue
    for (const entry of ranged) {
      const members = await readRanges(reading, entry)
      if (members) add(entry, members)
      if (bytes > perBatchBytes) yield* flush()
    }
    ranged = []
  }
  yield* flush()
  return { gap: next.value }
}

/** The anchors of everything that is there, and nothing else of it. */
export async function* readPresent(reading: Reading): AsyncGenerator<SourceBatch, { readonly gap: Gap | undefined; readonly count: number }> {
  let present: string[] = []
  let people = 0
  let gap: Gap | undefined
  for (const what of readsGroups(reading) ? ['people', 'groups'] as const : ['people'] as const) {
    const anchorOf = (entry: Entry): string | undefined => (what === 'people' ? personAnchor(entry, reading) : groupAnchor(entry, reading))
    const attributes = what === 'people' ? [reading.settings.anchor] : groupAttributes(reading).filter((name) => !['cn', 'description', 'member', 'uniqueMember'].includes(name))
    const pages = searchAll(reading.wire, { ...questionOf(reading, what), attributes })
    let next = await pages.next()
    for (; next.done !== true; next = await pages.next()) {
      for (const entry of next.value.entries) {
        const anchor = anchorOf(entry)
        if (what === 'people') people++
        if (anchor !== undefined) present.push(anchor)
        if (present.length === perBatch) {
          yield { ...nothing, present }
          present = []
        }
      }
    }
    gap ??= next.value
  }
  if (present.length > 0) yield { ...nothing, present }
  return { gap, count: people }
}

export function readsGroups({ settings }: Pick<Reading, 'settings'>): boolean {
  return settings.groups.mode !== 'none' || settings.groups.onlyMembers
}

export function questionOf(reading: Reading, what: 'people' | 'groups', narrow: Narrow = (filter) => filter): Omit<Search, 'attributes'> {
  const { settings } = reading
  const base = what === 'people' ? settings.base : settings.groupBase ?? settings.base
  return { base, scope: settings.scope, filter: narrow(parseFilter(what === 'people' ? settings.userFilter : settings.groupFilter)), controls: usualControls(reading.root) }
}

/** Keeps a domain controller from pointing at its other trees, which hold no people. */
export function usualControls(root: Root): readonly Control[] {
  return root.controls.has(domainScope) ? [new ValueControl(domainScope, undefined, false)] : []
}

/** Entries of which an attribute is beyond a value; those that are at it were read before. */
export function beyond(attribute: string, value: string): Narrow {
  return (filter) => new AndFilter({ filters: [filter, new GreaterThanEqualsFilter({ attribute, value }), new NotFilter({ filter: new EqualityFilter({ attribute, value }) })] })
}

export function atLeast(attribute: string, value: string): Narrow {
  return (filter) => new AndFilter({ filters: [filter, new GreaterThanEqualsFilter({ attribute, value })] })
}

export function either(first: Narrow, second: Narrow): Narrow {
  return (filter) => new OrFilter({ filters: [first(filter), second(filter)] })
}

/** Accounts whose last day came in between: they expire without being changed. */
export function expiredBetween(from: number, until: number): Narrow {
  return (filter) => new AndFilter({ filters: [
    filter, new GreaterThanEqualsFilter({ attribute: 'accountExpires', value: toWindowsTime(from) }), new LessThanEqualsFilter({ attribute: 'accountExpires', value: toWindowsTime(until) }),
  ] })
}

const range = /^member;range=(\d+)-(\d+|\*)$/

function rangeOf(entry: Entry): { readonly name: string; readonly last: string } | undefined {
  for (const name of entry.attributes.keys()) {
    const match = range.exec(name)
    if (match) return { name, last: match[2] ?? '*' }
  }
  return undefined
}

/** All members of a group that came with the first of them only (MS-ADTS 3.1.1.3.1.3.3); undefined when it is gone by now. */
async function readRanges({ wire }: Reading, first: Entry): Promise<readonly string[] | undefined> {
  const members: string[] = []
  const guid = first.attributes.get('objectguid')?.[0]?.toString('hex')
  let entry: Entry | undefined = first
  for (;;) {
    const part = rangeOf(entry)
    // The end of a range may turn out to be the end of all: then nothing more is sent.
    if (part === undefined) return members
    for (const dn of textsOf(entry, part.name)) members.push(dn)
    if (part.last === '*') return members
    const from: number = Number(part.last) + 1
    // By its number, so that a new name in the meantime loses nobody.
    entry = await readOne(wire, guid === undefined ? first.dn : `<GUID=${guid}>`, [`member;range=${from}-*`])
    if (entry === undefined) return undefined
    if (rangeOf(entry) !== undefined && rangeStart(entry) !== from) return undefined
  }
}

function rangeStart(entry: Entry): number {
  for (const name of entry.attributes.keys()) {
    const match = range.exec(name)
    if (match) return Number(match[1])
  }
  return -1
}
