import { createLocate } from '../../../src/http/outbound/index.ts'
import { createLdapSource, type LdapDirectory, type LdapNeeds } from '../../../src/directory/sync/ldap/index.ts'
import { directoryDefaults, parseDirectorySettings, type DirectoryKind, type DirectorySettings, type SourceBatch, type SourceEnd, type SourceGroup, type SourcePerson, type SourceProblem } from '../../../src/directory/sync/index.ts'
import type { Samba } from './samba.ts'
import type { Slapd } from './slapd.ts'

/** What a test installation lets the reader do: speak with this machine. */
export function ldapNeeds(more: Partial<LdapNeeds> = {}): LdapNeeds & { clock: { now(): number } } {
  return { locate: createLocate({ allow: ['127.0.0.0/8', '::1'] }), authorities: [], clock: { now: () => Date.now() }, ...more }
}

/** Settings with the defaults of a kind; what is given replaces whole parts. */
export function settingsOf(kind: DirectoryKind, more: Readonly<Record<string, unknown>>): DirectorySettings {
  return parseDirectorySettings({ ...directoryDefaults[kind], ...more })
}

export function ofSlapd(slapd: Slapd, more: Readonly<Record<string, unknown>> = {}): LdapDirectory {
  const settings = settingsOf('openldap', { servers: [{ url: slapd.ldapsUrl }], ca: slapd.ca, bind: { name: slapd.reader.dn }, base: slapd.base, groups: { mode: 'all' }, ...more })
  return { kind: 'openldap', settings, secret: slapd.reader.password }
}

export interface ReadResult {
  readonly people: readonly SourcePerson[]
  readonly problems: readonly SourceProblem[]
  readonly groups: readonly SourceGroup[]
  readonly gone: readonly string[]
  readonly present: readonly string[]
  readonly batches: number
  readonly end: SourceEnd
}

/** A whole read, gathered. */
export async function readAll(directory: LdapDirectory, cursor: string | null = null, needs = ldapNeeds(), onBatch: (batch: SourceBatch, number: number) => void | Promise<void> = () => undefined): Promise<ReadResult> {
  const [people, problems, groups, gone, present]: [SourcePerson[], SourceProblem[], SourceGroup[], string[], string[]] = [[], [], [], [], []]
  const reading = createLdapSource(needs, directory).read({ cursor, signal: new AbortController().signal })
  let batches = 0
  for (;;) {
    const next = await reading.next()
    if (next.done === true) return { people, problems, groups, gone, present, batches, end: next.value }
    await onBatch(next.value, batches++)
    for (const person of next.value.people) if (person.kind === 'person') people.push(person); else problems.push(person)
    groups.push(...next.value.groups)
    gone.push(...next.value.gone)
    present.push(...next.value.present ?? [])
  }
}

export function ofSamba(samba: Samba, more: Readonly<Record<string, unknown>> = {}): LdapDirectory {
  const settings = settingsOf('active-directory', { servers: [{ url: samba.ldapsUrl }], ca: samba.ca, bind: { name: samba.reader.name }, base: samba.base, groups: { mode: 'all' }, ...more })
  return { kind: 'active-directory', settings, secret: samba.reader.password }
}
