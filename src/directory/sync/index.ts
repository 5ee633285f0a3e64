/**
 * Keeps people and groups as a directory says they are: read → take in → plan → apply.
 *
 *   source.ts                what any source says, page by page
 *   settings.ts, directory.ts   how an administrator describes a directory; runs, plans and conflicts as they are told
 *   directories.ts           all that pages and commands do here
 *   engine.ts, run.ts        one run under a lease; due.ts says when
 *   stage.ts, merge.ts       a reading, first beside and then instead of what was known
 *   nesting.ts, scope.ts     which groups become ours, what is inside them, who belongs to the chosen people
 *   judge.ts, guard.ts       the rules, pure: what becomes of one person; what is not applied without an administrator (SEC-65)
 *   plan*.ts, claims.ts      the rules on everybody who changed; apply*.ts does it, 250 people at a time
 *   inviting.ts, removal.ts  first links by rule; taking a directory away
 *   profiles.ts, conflicts.ts, store.ts, runs.ts   what is kept
 *
 * What we know of a directory (entries) and what has become of it here (users, groups) are two things, and a plan is the difference. An entry is
 * known by its anchor alone: a new one never gets an old one's account (SEC-65), unless an administrator says so.
 * Who may sign in is decided elsewhere; this room only says who exists. Pages → panels/admin, commands → cli.
 */
export { createDirectories, type Directories } from './directories.ts'
export type { EntryConflict } from './conflicts.ts'
export {
  planKinds, type ConflictCode, type Difference, type Directory, type DirectoryChanges, type DirectoryOverview, type DirectoryRun, type GuardReason, type ItemDetails, type LeavingBecause, type NewDirectory, type PlanItem,
  type PlanKind, type Removal, type RunError, type RunOrder, type RunState,
} from './directory.ts'
export type { EndedAccess, EngineNeeds, MicrosoftIdentity } from './needs.ts'
export type { SyncOptions } from './engine.ts'
export type { Profiles, StoredProfile } from './profiles.ts'
export { directoryDefaults, directoryKinds, directorySettings, mappedFields, parseDirectorySettings, type DirectoryKind, type DirectorySettings, type MappedField, type Mapping } from './settings.ts'
export {
  CursorRefused, dnKey, SourceUnavailable, type DirectorySource, type DisabledBecause, type PersonProfile, type ReadOrder, type SourceBatch, type SourceEnd, type SourceGroup, type SourcePerson, type SourceProblem,
} from './source.ts'
export {
  DirectoryEntryTable, DirectoryMembershipTable, DirectoryNestingTable, DirectoryPlanItemTable, DirectoryPlanMemberTable, DirectoryRunTable, DirectoryStagedMemberTable, DirectoryStagedTable, DirectoryTable, UserProfileTable,
} from './schema.ts'
