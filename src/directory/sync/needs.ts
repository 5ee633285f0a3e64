import type { AuditActor, AuditEntry } from '../../audit/index.ts'
import type { Log } from '../../log.ts'
import type { Lease, RunResult } from '../../jobs/index.ts'
import type { Clock, OrganizationId, Sealer, Sql, Storage, Transaction, UserId } from '../../storage/index.ts'
import type { ConflictCode, Directory } from './directory.ts'
import type { Runs } from './runs.ts'
import type { DirectorySource } from './source.ts'
import type { DirectoryStore } from './store.ts'

/** A person's names at Microsoft 365, as the directory has them. */
export interface MicrosoftIdentity { readonly userId: UserId; readonly upn: string; readonly immutableId: string | null }

export interface EndedAccess {
  /** How many sessions of each ended. */
  readonly sessions: ReadonlyMap<string, number>
  /** Tells applications; after the commit. */
  readonly announce: () => Promise<void>
}

/** What engine and pages need of other rooms, higher ones by callback. */
export interface EngineNeeds {
  readonly storage: Storage
  readonly clock: Clock
  readonly sealer: Sealer
  readonly log: Log
  readonly store: DirectoryStore
  readonly runs: Runs
  /** The reader for a kind of directory. */
  readonly openSource: (directory: Directory, secret: string | null) => DirectorySource
  /** Runs work under a lease of that name, on one node at a time; `busy` when another holds it. */
  readonly hold: (name: string, work: (signal: AbortSignal, lease: Lease) => Promise<void>) => Promise<RunResult>
  readonly record: (tx: Sql, entries: readonly AuditEntry[]) => Promise<void>

  /** Ends everything that these people hold open, in the transaction: sessions, tokens, applications' own sessions. */
  readonly endAccess: (tx: Transaction, users: readonly UserId[]) => Promise<EndedAccess>
  /** The account is gone with all that proves it. @returns what is to be told after the commit */
  readonly removePerson: (tx: Transaction, organizationId: OrganizationId, userId: UserId) => Promise<() => Promise<void>>
  /** What somebody is named in directly and nobody else might look after, by name. */
  readonly belongings: (sql: Sql, organizationId: OrganizationId, users: readonly string[]) => Promise<ReadonlyMap<string, { readonly groups: readonly string[]; readonly applications: readonly string[] }>>

  /** Which identities could not be given to these people, without giving them. */
  readonly identityConflicts: (sql: Sql, organizationId: OrganizationId, people: readonly { readonly key: string; readonly userId: string | null; readonly upn: string; readonly immutableId: string | null }[]) => Promise<ReadonlyMap<string, ConflictCode>>
  /** Gives what can be given; an ImmutableID that is there is never changed. */
  readonly giveIdentity: (tx: Transaction, organizationId: OrganizationId, identity: MicrosoftIdentity, actor: AuditActor) => Promise<ConflictCode | null>
  /** After the commit, for people who were locked out: their sessions at Microsoft too. @returns those whose sessions could be ended */
  readonly revokeMicrosoft: (organizationId: OrganizationId, users: readonly UserId[], signal: AbortSignal) => Promise<readonly UserId[]>

  /** The mail with a one-time link. */
  readonly invite: (tx: Transaction, organizationId: OrganizationId, userId: UserId) => Promise<void>
  readonly alert: {
    readonly raise: (tx: Transaction, organizationId: OrganizationId, alert: { readonly kind: string; readonly subject: string; readonly details: Readonly<Record<string, string | number>> }) => Promise<unknown>
    readonly resolve: (tx: Transaction, organizationId: OrganizationId, kind: string, subject: string) => Promise<unknown>
  }
}

/** One run, from the moment it holds the lease. */
export interface Running {
  readonly directory: Directory
  readonly runId: string
  readonly lease: Lease
  readonly signal: AbortSignal
}
