import { createHash } from 'node:crypto'
import { FilterParser, SearchRequest, type Control, type Filter } from 'ldapts'
import { enter, readerOf, take, takeInteger } from './ber.ts'
import { readEntry, type Entry } from './entry.ts'
import { shorten, Trouble, troubleOf } from './trouble.ts'
import { kinds, readable, readResult, ValueControl, type Answer, type Result, type Wire } from './wire.ts'

export interface Search {
  readonly base: string
  readonly scope: 'base' | 'one' | 'sub'
  readonly filter: Filter
  /** Only what is asked for is sent. */
  readonly attributes: readonly string[]
  /** At most so many; more is then no error. 0 is all. */
  readonly limit?: number
  readonly controls?: readonly Control[]
  /** Hears every answer before it is read; what it takes is not read as an entry. */
  readonly listen?: (answer: Answer) => 'taken' | undefined
}

export interface Page {
  readonly entries: readonly Entry[]
  /** Anchors of which only that they are there was said. */
  readonly present?: readonly string[]
  /** Whether the server has said the last of this page, so that the wire is free for another question. */
  readonly free: boolean
}

/** Why not everything came: a limit of the server, a part that lives elsewhere, pages that go in a circle. */
export type Gap = 'size' | 'time' | 'limit' | 'referral' | 'circle'

const pagedResults = '1.2.840.113556.1.4.319'
const noDereference = 'never'
const limits: Readonly<Record<number, Gap>> = { 3: 'time', 4: 'size', 11: 'limit' }

/** @throws Trouble, naming the fault, for a filter that cannot be read (RFC 4515). */
export function parseFilter(text: string): Filter {
  try {
    return FilterParser.parseString(text.trim())
  } catch (error) {
    throw new Trouble('filter', { filter: shorten(text), detail: shorten((error as Error).message) }, error)
  }
}

/** One question without pages. Referrals are told by the server and followed by nobody (SEC-62). */
export async function* search(wire: Wire, question: Search): AsyncGenerator<Page, { readonly gap: Gap | undefined; readonly result: Result }> {
  let result: Result | undefined
  let gap: Gap | undefined
  const request = (messageId: number): SearchRequest => new SearchRequest({
    messageId, baseDN: question.base, scope: question.scope, filter: question.filter, attributes: [...question.attributes], derefAliases: noDereference,
    sizeLimit: question.limit ?? 0, timeLimit: 0, controls: [...(question.controls ?? [])],
  })
  let kept: readonly Entry[] | undefined
  for await (const answers of wire.ask(request)) {
    const entries: Entry[] = []
    for (const answer of answers) {
      if (question.listen?.(answer) === 'taken') continue
      const { kind, content, controls } = answer
      if (kind === kinds.entry) entries.push(readable(wire, () => readEntry(content)))
      else if (kind === kinds.reference) gap = 'referral'
      else if (kind === kinds.done) result = readable(wire, () => readResult(content, controls))
      else if (kind !== kinds.intermediate) throw new Trouble('garbled', { host: wire.host, detail: `an answer of kind ${kind}` })
    }
    if (result === undefined) yield { entries, free: false }
    else kept = entries
  }
  if (result === undefined) throw new Trouble('garbled', { host: wire.host, detail: 'an answer without an end' })
  const ended: Gap | undefined = limits[result.status]
  if (result.status !== 0 && ended === undefined) throw troubleOf(result.status, result.message, { host: wire.host, base: question.base })
  yield { entries: kept ?? [], free: true }
  return { gap: ended !== undefined && !(ended === 'size' && question.limit !== undefined) ? ended : gap, result }
}

/**
 * Everything, page by page. An empty page may come with a cookie and then more pages (Active Directory does that); a page
 * that came before, or cookies without end, is a fault and leaves a gap.
 */
export async function* searchAll(wire: Wire, question: Search, pageSize = 1_000): AsyncGenerator<Page, Gap | undefined> {
  let cookie: Buffer = Buffer.alloc(0)
  let gap: Gap | undefined
  const seen = new Set<string>()
  for (let empty = 0; empty < 1_000;) {
    const control = new ValueControl(pagedResults, (writer) => {
      writer.writeInt(pageSize)
      writer.writeBuffer(cookie, 0x04)
    }, true)
    const pages = search(wire, { ...question, controls: [...(question.controls ?? []), control] })
    const fingerprint = createHash('sha256')
    let count = 0
    let next = await pages.next()
    for (; next.done !== true; next = await pages.next()) {
      for (const { dn } of next.value.entries) fingerprint.update(dn).update('\n')
      count += next.value.entries.length
      yield next.value
    }
    gap ??= next.value.gap
    empty = count === 0 ? empty + 1 : 0
    const page = fingerprint.digest('base64')
    if (count > 0 && seen.has(page)) return 'circle'
    seen.add(page)
    const { result } = next.value
    cookie = readable(wire, () => cookieOf(result))
    if (cookie.length === 0 || (next.value.gap !== undefined && next.value.gap !== 'referral')) return gap
  }
  return 'circle'
}

function cookieOf({ controls }: Result): Buffer {
  const value = controls.get(pagedResults)
  if (value === undefined || value.length === 0) return Buffer.alloc(0)
  const sequence = enter(readerOf(value), 0x30)
  takeInteger(sequence)
  return Buffer.from(take(sequence, 0x04))
}

/** All at once, for what is known to be little. */
export async function searchFew(wire: Wire, question: Search): Promise<readonly Entry[]> {
  const found: Entry[] = []
  for await (const { entries } of search(wire, question)) found.push(...entries)
  return found
}

/** The one entry of this name; undefined where there is none or it may not be seen. */
export async function readOne(wire: Wire, dn: string, attributes: readonly string[], filter = '(objectClass=*)'): Promise<Entry | undefined> {
  try {
    return (await searchFew(wire, { base: dn, scope: 'base', filter: parseFilter(filter), attributes }))[0]
  } catch (error) {
    if (error instanceof Trouble && error.code === 'base') return undefined
    throw error
  }
}
