import type { AuditActor } from '../../audit/index.ts'
import type { OrganizationId } from '../../storage/index.ts'
import type { DirectoryKind, DirectorySettings } from './settings.ts'

/** `changes`: what changed since the last reading · `full`: everything · `preview`: everything, and nothing is applied. */
export type RunOrder = 'changes' | 'full' | 'preview'

/** What happens to the people of a directory that is taken away: they stay and are edited here from now on, or nobody of them gets in any more. */
export type Removal = 'keep' | 'suspend'

export interface Directory {
  readonly id: string
  readonly organizationId: OrganizationId
  readonly name: string
  readonly kind: DirectoryKind
  /** Runs by itself and applies what it reads. One that is switched off only previews. */
  readonly enabled: boolean
  readonly settings: DirectorySettings
  /** Whether a password, or the key of a certificate, is kept for signing in there. It is never shown. */
  readonly hasSecret: boolean
  /** From when on changes can be asked for; null when the next run reads everything. */
  readonly cursorAt: number | null
  /** Asked for and not begun yet. */
  readonly requested: RunOrder | null
  readonly approvedRunId: string | null
  readonly runAt: number | null
  readonly successAt: number | null
  readonly fullAt: number | null
  /** Why the last run could not read; null when it could. */
  readonly error: RunError | null
  /** On its way out: the job is taking it away. */
  readonly removal: Removal | null
  readonly createdAt: number
  readonly updatedAt: number
}

export interface NewDirectory {
  readonly name: string
  readonly kind: DirectoryKind
  readonly enabled: boolean
  readonly settings: DirectorySettings
  readonly secret: string | null
}

/** What is left out stays as it is. */
export interface DirectoryChanges {
  readonly name?: string
  readonly enabled?: boolean
  readonly settings?: DirectorySettings
  /** null takes it away. */
  readonly secret?: string | null
}

/**
 * reading, planning, applying: on its way · waiting: an administrator must say yes or no · previewed: looked, by order · done · failed: it
 * could not read, nothing was changed · discarded: an administrator said no · superseded: a newer plan stands in its place.
 */
export type RunState = 'reading' | 'planning' | 'applying' | 'waiting' | 'previewed' | 'done' | 'failed' | 'discarded' | 'superseded'

/** Why a plan waits. vanish: too many people would be locked out · incomplete: the directory left something out · shrink: it said far less than before. */
export type GuardReason = 'vanish' | 'incomplete' | 'shrink'

export const planKinds = ['create', 'adopt', 'update', 'move', 'resume', 'suspend', 'delete', 'group_create', 'group_update', 'group_remove', 'members', 'conflict'] as const
export type PlanKind = (typeof planKinds)[number]

/** Why a run failed. `code` of an LDAP reader has texts `ldap.trouble.<code>` and `ldap.fix.<code>`, made with the parameters; null is a fault of ours, or `interrupted`. */
export interface RunError { readonly code: string | null; readonly parameters: Readonly<Record<string, string>>; readonly message: string }

/** A row of the run history, and the progress of a run that is on its way. */
export interface DirectoryRun {
  readonly id: string
  readonly directoryId: string
  readonly organizationId: OrganizationId
  readonly mode: 'changes' | 'full'
  readonly preview: boolean
  readonly startedBy: AuditActor
  readonly state: RunState
  readonly startedAt: number
  readonly readAt: number | null
  readonly plannedAt: number | null
  readonly finishedAt: number | null
  readonly readPeople: number
  readonly readGroups: number
  /** Items of the plan without conflicts, and how many of them are done. */
  readonly planned: number
  readonly applied: number
  /** How many items of each kind the plan has. */
  readonly counts: Readonly<Partial<Record<PlanKind, number>>>
  readonly reasons: readonly { readonly reason: GuardReason; readonly detail: string }[]
  readonly error: RunError | null
  /** Of reading while it reads, of all of it afterwards. */
  readonly peoplePerSecond: number
}

/** A field of a person or group, as it is and as it would be. `place` is where the entry stands in the directory. */
export interface Difference { readonly field: string; readonly before: string; readonly after: string }

/**
 * Why an entry does not become what it says; each has a text with the fix, `directory.conflict.<code>`.
 * same_email, same_name: another entry of this directory has it · exists_here: somebody who was added by hand · kept_account: the account of
 * somebody who has left (SEC-65) · managed_elsewhere: another directory's · other_organization: taken outside of this organization.
 */
export type ConflictCode =
  | 'no_anchor' | 'no_email' | 'bad_email' | 'bad_name' | 'too_large'
  | 'same_email' | 'exists_here' | 'kept_account' | 'managed_elsewhere' | 'other_organization' | 'last_owner'
  | 'group_exists_here' | 'group_managed_elsewhere' | 'same_name'
  | 'upn_taken' | 'immutable_id_taken' | 'would_change' | 'bad_upn' | 'bad_immutable_id'

export interface ItemDetails {
  readonly email?: string
  readonly differences?: readonly Difference[]
  /** For `suspend`. left: not in the directory any more, or not among the chosen ones. */
  readonly because?: LeavingBecause
  /** What a leaver had here, so that somebody else can take it on: names of groups and applications. */
  readonly owned?: { readonly groups: readonly string[]; readonly applications: readonly string[]; readonly role: string }
  readonly code?: ConflictCode
  readonly detail?: string
  /** For `exists_here` and `kept_account`: whose account could be taken on. */
  readonly adoptable?: boolean
  /** For `members`. */
  readonly added?: number
  readonly removed?: number
}

export type LeavingBecause = 'left' | 'disabled' | 'expired' | 'locked' | 'password_expired'

export interface PlanItem {
  readonly seq: number
  readonly kind: PlanKind
  readonly anchor: string
  readonly userId: string | null
  readonly groupId: string | null
  /** A person's name or address, or the group's name. */
  readonly name: string
  readonly dn: string
  readonly details: ItemDetails
  /** skipped: what it was about changed meanwhile, or it stands in somebody's way; the next run looks again. */
  readonly state: 'planned' | 'applied' | 'skipped'
}

/** What is in a directory now, for its page. */
export interface DirectoryOverview { readonly people: number; readonly groups: number; readonly suspended: number; readonly conflicts: number }
