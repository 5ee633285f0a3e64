import type { UserRole, UserStatus } from '../user.ts'
import type { ConflictCode, Difference, LeavingBecause } from './directory.ts'
import type { DisabledBecause, PersonProfile, SourcePerson } from './source.ts'

/** An entry as the directory has it now, and what became of it here before. */
export interface Standing {
  /** In the directory, and among the chosen ones. */
  readonly here: boolean
  /** When its account was suspended because it had gone; null otherwise. */
  readonly leftAt: number | null
  /** Why this directory suspended the account; null when it did not, whoever else did: that one's word stays. */
  readonly suspendedBecause: string | null
}

export interface Account {
  readonly status: UserStatus
  readonly role: UserRole
  readonly managedHere: boolean
  readonly email: string
  readonly givenName: string
  readonly familyName: string
  readonly phone: string | null
  readonly locale: string | null
  readonly profile: PersonProfile
  readonly dn: string
}

export interface Question {
  readonly standing: Standing
  /** null when there was nothing usable in the entry. */
  readonly person: SourcePerson | null
  /** Why the directory does not let them in; told of broken entries too. */
  readonly disabledBecause: DisabledBecause | null
  /** What the entry itself lacks. */
  readonly problem: ConflictCode | null
  /** The account of this entry, or the one that an administrator has given to it. */
  readonly account: Account | null
  /** Somebody who has the entry's address, if it is not the account itself. */
  readonly claim: ConflictCode | null
  readonly isLastOwner: boolean
  readonly keepDays: number
  readonly now: number
}

export type Verdict =
  | { readonly act: 'nothing' }
  | { readonly act: 'create' }
  | { readonly act: 'adopt' | 'update' | 'move' | 'resume'; readonly differences: readonly Difference[] }
  | { readonly act: 'suspend'; readonly because: LeavingBecause; readonly differences: readonly Difference[] }
  | { readonly act: 'delete' }
  | { readonly act: 'conflict'; readonly code: ConflictCode }

const day = 86_400_000

/** What becomes of one person. Pure: the whole of the rules stands here, and in the table of its test. */
export function judge(question: Question): Verdict {
  const { standing, person, account } = question
  if (!account || account.status === 'deleted') return judgeNewcomer(question)
  if (!standing.here) return judgeLeaver(question, account)
  const differences = person ? differencesOf(account, person) : []
  // Names and places may change while the address waits for somebody else to give it up.
  const usable = question.claim === null ? differences : differences.filter(({ field }) => field !== 'email')
  if (question.disabledBecause !== null) {
    if (account.status === 'suspended' && standing.suspendedBecause === question.disabledBecause && standing.leftAt === null) return changed('update', usable, question.claim)
    if (question.isLastOwner) return { act: 'conflict', code: 'last_owner' }
    // An administrator's own word stays; it is not made the directory's.
    if (account.status === 'suspended' && standing.suspendedBecause === null && standing.leftAt === null) return changed('update', usable, question.claim)
    return { act: 'suspend', because: question.disabledBecause, differences: usable }
  }
  // A broken entry locks nobody out, and lets nobody in again.
  if (!person) return { act: 'conflict', code: question.problem ?? 'no_email' }
  if (!account.managedHere) return question.claim === null ? { act: 'adopt', differences } : { act: 'conflict', code: question.claim }
  if (standing.suspendedBecause !== null) return { act: 'resume', differences: usable }
  return changed('update', usable, question.claim)
}

function judgeNewcomer({ standing, person, problem, claim, disabledBecause }: Question): Verdict {
  if (!standing.here) return { act: 'nothing' }
  if (problem !== null || !person) return { act: 'conflict', code: problem ?? 'no_email' }
  // Who is not let in there needs no account here.
  if (disabledBecause !== null) return { act: 'nothing' }
  return claim === null ? { act: 'create' } : { act: 'conflict', code: claim }
}

function judgeLeaver({ standing, isLastOwner, keepDays, now }: Question, account: Account): Verdict {
  if (isLastOwner) return { act: 'conflict', code: 'last_owner' }
  if (standing.leftAt === null) return { act: 'suspend', because: 'left', differences: [] }
  // Somebody whom an administrator has let in again since is suspended again.
  if (account.status !== 'suspended') return { act: 'suspend', because: 'left', differences: [] }
  return now - standing.leftAt >= keepDays * day ? { act: 'delete' } : { act: 'nothing' }
}

function changed(act: 'update', differences: readonly Difference[], claim: ConflictCode | null): Verdict {
  if (differences.length === 0) return claim === null ? { act: 'nothing' } : { act: 'conflict', code: claim }
  return { act: differences.every(({ field }) => field === 'place') ? 'move' : act, differences }
}

/** What would be different. A phone number or language that the directory does not know stays as it is. */
export function differencesOf(account: Account, person: SourcePerson): Difference[] {
  const differences: Difference[] = []
  const compare = (field: string, before: string | null | undefined, after: string | null | undefined): void => {
    if ((before ?? '') !== (after ?? '')) differences.push({ field, before: (before ?? '').slice(0, longest), after: (after ?? '').slice(0, longest) })
  }
  compare('email', account.email, person.email)
  compare('givenName', account.givenName, person.givenName)
  compare('familyName', account.familyName, person.familyName)
  if (person.phone !== null) compare('phone', account.phone, person.phone)
  if (account.locale === null) compare('locale', null, person.locale)
  for (const field of profileFields) compare(field, told(account.profile[field]), told(person.profile[field]))
  compare('place', account.dn, person.dn)
  return differences
}

const longest = 300
/** The picture has a column of its own; its fingerprint stands for it. */
const profileFields = ['displayName', 'otherEmails', 'phones', 'title', 'department', 'company', 'employeeNumber', 'office', 'managerDn', 'units', 'photo'] as const

function told(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  return JSON.stringify(value)
}
