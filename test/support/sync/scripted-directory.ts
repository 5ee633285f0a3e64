import { CursorRefused, SourceUnavailable, type DirectorySource, type ReadOrder, type SourceBatch, type SourceEnd, type SourceGroup, type SourcePerson, type SourceProblem } from '../../../src/directory/sync/index.ts'

type Entry = SourcePerson | SourceProblem

/** A directory in memory that says what a test wants it to say, whole or what changed, and fails where a test wants it to. */
export class ScriptedDirectory {
  readonly people = new Map<string, Entry>()
  readonly groups = new Map<string, SourceGroup>()
  readonly reads: { readonly cursor: string | null }[] = []
  pageSize = 3
  /** The connection breaks after so many pages of the next reading. */
  breaksAfter: number | undefined
  /** Every page comes twice. */
  repeats = false
  incompleteBecause: string | undefined
  refusesCursors = false
  /** Tells who exists instead of who is gone, as OpenLDAP without tombstones. */
  tellsPresent = false
  onPage: (page: number) => void | Promise<void> = () => undefined
  readonly #changed = new Map<string, number>()
  readonly #gone = new Map<string, number>()
  #version = 1

  person(name: string, changes: Partial<SourcePerson> = {}): SourcePerson {
    const [given = '', family = ''] = name.split(' ')
    const person: SourcePerson = {
      kind: 'person', anchor: `anchor-${given.toLowerCase()}`, dn: `uid=${given.toLowerCase()},ou=people,dc=example`, email: `${given.toLowerCase()}@corp.example`, givenName: given, familyName: family, phone: null, locale: null,
      disabledBecause: null, upn: null, immutableId: null, profile: {}, ...changes,
    }
    this.set(person)
    return person
  }

  set(entry: Entry): void {
    this.people.set(entry.anchor, entry)
    this.#touch(entry.anchor)
  }

  change(anchor: string, changes: Partial<SourcePerson>): void {
    const before = this.people.get(anchor)
    if (before?.kind !== 'person') throw new Error(`there is no ${anchor}`)
    this.set({ ...before, ...changes })
  }

  group(name: string, members: readonly string[], changes: Partial<SourceGroup> = {}): SourceGroup {
    const group: SourceGroup = { anchor: `group-${name.toLowerCase()}`, dn: `cn=${name},ou=groups,dc=example`, name, description: '', members, ...changes }
    this.groups.set(group.anchor, group)
    this.#touch(group.anchor)
    return group
  }

  remove(anchor: string): void {
    this.people.delete(anchor)
    this.groups.delete(anchor)
    this.#changed.delete(anchor)
    this.#gone.set(anchor, ++this.#version)
  }

  #touch(anchor: string): void {
    this.#gone.delete(anchor)
    this.#changed.set(anchor, ++this.#version)
  }

  source(): DirectorySource {
    return { read: (order) => this.#read(order) }
  }

  async *#read({ cursor, signal }: ReadOrder): AsyncGenerator<SourceBatch, SourceEnd> {
    this.reads.push({ cursor })
    if (cursor !== null && this.refusesCursors) throw new CursorRefused('another server took over')
    const since = cursor === null ? 0 : Number(cursor)
    const end = String(this.#version)
    const isNew = (anchor: string): boolean => (this.#changed.get(anchor) ?? 0) > since
    const people = [...this.people.values()].filter(({ anchor }) => isNew(anchor))
    const groups = [...this.groups.values()].filter(({ anchor }) => isNew(anchor))
    const gone = cursor === null || this.tellsPresent ? [] : [...this.#gone].filter(([, version]) => version > since).map(([anchor]) => anchor)
    let page = 0
    const pages: SourceBatch[] = []
    for (let start = 0; start < people.length; start += this.pageSize) pages.push({ people: people.slice(start, start + this.pageSize), groups: [], gone: [] })
    for (let start = 0; start < groups.length; start += this.pageSize) pages.push({ people: [], groups: groups.slice(start, start + this.pageSize), gone: [] })
    if (gone.length > 0) pages.push({ people: [], groups: [], gone })
    if (cursor !== null && this.tellsPresent) pages.push({ people: [], groups: [], gone: [], present: [...this.people.keys(), ...this.groups.keys()] })
    for (const batch of pages) {
      signal.throwIfAborted()
      await this.onPage(++page)
      if (this.breaksAfter !== undefined && page > this.breaksAfter) {
        this.breaksAfter = undefined
        throw new SourceUnavailable('the connection was cut')
      }
      yield batch
      if (this.repeats) yield batch
    }
    const complete = this.incompleteBecause === undefined
    return { complete, ...(this.incompleteBecause === undefined ? {} : { incompleteBecause: this.incompleteBecause }), cursor: complete ? end : null, everything: cursor === null, presentComplete: cursor !== null && this.tellsPresent }
  }
}
