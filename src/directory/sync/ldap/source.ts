import type { Clock } from '../../../storage/index.ts'
import type { DirectoryKind, DirectorySettings } from '../settings.ts'
import type { DirectorySource, ReadOrder, SourceBatch, SourceEnd } from '../source.ts'
import { readChanges, startOfChanges } from './changes.ts'
import { connect, type LdapNeeds } from './connect.ts'
import { hashSettings, readCursor, writeCursor, type Cursor } from './cursor.ts'
import { readDomainChanges, startOfDomainChanges } from './domain-changes.ts'
import { readGroups, readPeople, readsGroups, type Reading } from './reading.ts'
import { readRoot } from './root.ts'
import type { Gap } from './search.ts'

export interface LdapDirectory {
  readonly kind: DirectoryKind
  readonly settings: DirectorySettings
  /** The bind password, or the key of the certificate in PEM. */
  readonly secret: string
}

/** What is missing of an incomplete read, as `incompleteBecause` has it. */
export type LdapGap = Gap | 'nobody'

/** The key of the text that says it to people, with what to do. */
export function gapText(gap: LdapGap): string {
  return `ldap.gap.${gap}`
}

/** A directory as a source of people: everything, or what changed since a cursor. */
export function createLdapSource(needs: LdapNeeds & { readonly clock: Clock }, directory: LdapDirectory): DirectorySource {
  const { kind, settings } = directory
  const hash = hashSettings(kind, settings)
  return {
    async *read({ cursor: text, signal }: ReadOrder): AsyncGenerator<SourceBatch, SourceEnd> {
      const cursor = text === null ? undefined : readCursor(text, hash)
      const wire = await connect(needs, directory, signal)
      try {
        const now = needs.clock.now()
        const reading: Reading = { wire, root: await readRoot(wire), kind, settings, rules: { kind, settings, now } }
        const { gap, next, ...end } = cursor === undefined ? yield* readEverything(reading) : yield* readSince(reading, cursor)
        // A part that lives elsewhere stays there; for every other gap the same has to be read again.
        const mayGoOn = (gap === undefined || gap === 'referral') && next !== undefined && !dependsOnOthers(settings)
        return { ...end, complete: gap === undefined, ...(gap === undefined ? {} : { incompleteBecause: gap }), cursor: mayGoOn ? writeCursor(next, hash) : null }
      } finally {
        wire.close()
      }
    },
  }
}

type End = Pick<SourceEnd, 'everything' | 'presentComplete'> & { readonly gap: LdapGap | undefined; readonly next: Cursor | undefined }

async function* readEverything(reading: Reading): AsyncGenerator<SourceBatch, End> {
  const { kind, rules: { now } } = reading
  const next = kind === 'active-directory' ? await startOfDomainChanges(reading, now) : await startOfChanges(reading, now)
  const people = yield* readPeople(reading, (filter) => filter)
  const groups = readsGroups(reading) ? yield* readGroups(reading, (filter) => filter) : { gap: undefined }
  // Finding nobody proves nothing: a filter, a right or a server may be wrong.
  const gap = people.gap ?? groups.gap ?? (people.count === 0 ? 'nobody' : undefined)
  return { everything: true, presentComplete: false, gap, next }
}

async function* readSince(reading: Reading, cursor: Cursor): AsyncGenerator<SourceBatch, End> {
  const { kind, rules: { now } } = reading
  if (kind === 'active-directory') return { ...(yield* readDomainChanges(reading, cursor, now)), everything: false }
  const next = await startOfChanges(reading, now)
  return { ...(yield* readChanges(reading, cursor, next)), everything: false, next }
}

/** Whether who is found depends on other entries, such as groups: then an entry changes sides without being changed itself. */
function dependsOnOthers({ userFilter, groupFilter }: DirectorySettings): boolean {
  return /member|nsrole/i.test(`${userFilter} ${groupFilter}`)
}
