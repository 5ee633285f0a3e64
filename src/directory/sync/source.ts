/**
 * What any source of people says, page by page. A source never writes and never decides; it reads, maps and reports what it
 * could not read. Anchors are what an entry keeps through every rename and move; names are only shown.
 */
export interface DirectorySource {
  /**
   * Reads everything, or with a cursor what changed since it. Ends early, with a throw, when the connection breaks: nothing
   * that came before may then count as the whole.
   *
   * @throws CursorRefused when the source cannot go on from this cursor; the caller reads everything instead.
   */
  read(order: ReadOrder): AsyncGenerator<SourceBatch, SourceEnd>
}

export interface ReadOrder {
  /** The end of the last complete read; null reads everything. */
  readonly cursor: string | null
  readonly signal: AbortSignal
}

/** One page; at most a thousand entries, so that memory does not grow with the directory. */
export interface SourceBatch {
  readonly people: readonly (SourcePerson | SourceProblem)[]
  readonly groups: readonly SourceGroup[]
  /** Anchors that the source itself calls deleted, people's and groups' alike. */
  readonly gone: readonly string[]
  /** In a changes-only read without tombstones: a page of all anchors that exist; what is missing in all pages is gone. */
  readonly present?: readonly string[]
}

export interface SourceEnd {
  /** False where the source itself says that it left something out (a size limit, a referral): nobody counts as gone then. */
  readonly complete: boolean
  readonly incompleteBecause?: string
  /** From where the next read may go on; null when it must read everything again. */
  readonly cursor: string | null
  /** Whether this was a read of everything, so that what was not named is gone. */
  readonly everything: boolean
  /** Whether `present` pages named every anchor that exists. */
  readonly presentComplete: boolean
}

export type DisabledBecause = 'disabled' | 'expired' | 'locked' | 'password_expired'

/** A person as mapped. Texts are trimmed and in NFC; nothing here has been checked against other people yet. */
export interface SourcePerson {
  readonly kind: 'person'
  readonly anchor: string
  readonly dn: string
  readonly email: string
  readonly givenName: string
  readonly familyName: string
  readonly phone: string | null
  readonly locale: string | null
  /** Why the directory does not let this person in; null when it does. */
  readonly disabledBecause: DisabledBecause | null
  /** What Microsoft 365 knows the person by; null where the directory has no such thing. */
  readonly upn: string | null
  /** Base64 of the binary anchor, as Entra Connect writes it. */
  readonly immutableId: string | null
  readonly profile: PersonProfile
}

/** What is only shown and told to applications; no rule looks at it. */
export interface PersonProfile {
  readonly displayName?: string
  readonly otherEmails?: readonly string[]
  readonly phones?: readonly { readonly kind: 'work' | 'mobile' | 'home' | 'other'; readonly number: string }[]
  readonly title?: string
  readonly department?: string
  readonly company?: string
  readonly employeeNumber?: string
  readonly office?: string
  /** The manager's place in the directory, folded as `dnKey` does; resolved to a person when it is shown. */
  readonly managerDn?: string
  /** The units above the person, outermost first. */
  readonly units?: readonly string[]
  /** JPEG or PNG in base64, at most 100 kB before encoding. */
  readonly photo?: string
}

/** An entry that is a person but cannot become one of ours; named in the plan with the fix, and never in the others' way. */
export interface SourceProblem {
  readonly kind: 'problem'
  readonly anchor: string
  readonly dn: string
  readonly problem: 'no_anchor' | 'no_email' | 'bad_email' | 'bad_name' | 'too_large'
  /** The attribute and value that it is about, shortened. */
  readonly detail: string
  /** Why the directory does not let this person in: who is known here by this anchor is locked out all the same. */
  readonly disabledBecause?: DisabledBecause | null
}

export interface SourceGroup {
  readonly anchor: string
  readonly dn: string
  readonly name: string
  readonly description: string
  /** DNs of all direct members, people and groups; null when only the group itself was read and its members stay as they were. */
  readonly members: readonly string[] | null
  /** Only where the source tells changes: DNs that came and went since the cursor. */
  readonly memberChanges?: { readonly added: readonly string[]; readonly removed: readonly string[] }
}

/** The source answers, but not from there: another server took over, a cookie is too old. */
export class CursorRefused extends Error {
  override readonly name = 'CursorRefused'
}

/** The source cannot be asked now; the message says what to do. Nothing may be concluded from it. */
export class SourceUnavailable extends Error {
  override readonly name = 'SourceUnavailable'
}

const unusual = /[^ -~]|\\|[,=+] | [,=+]|^ | $/

/**
 * One spelling for a distinguished name, for comparing only (RFC 4518 in the small): lower case, NFC, no blanks around
 * separators. What is written and shown stays as the directory says it.
 */
export function dnKey(dn: string): string {
  // Nearly all names, and a group may have a hundred thousand of them.
  if (!unusual.test(dn)) return dn.toLowerCase()
  return dn.normalize('NFC').toLocaleLowerCase('en').replaceAll(/\s*([,=+])\s*/g, '$1').replaceAll(/\\([0-9a-f]{2})/g, (_, hex: string) => `\\${hex}`).trim()
}
