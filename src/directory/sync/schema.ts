import { bigint, defineTable, integer, key, optional, text } from '../../storage/index.ts'

export interface DirectoryRow {
  id: string; organizationId: string; name: string; nameKey: string; kind: string; enabled: number; settings: string; bindSecret: string | null; cursor: string | null; cursorAt: number | null
  replan: number; rescope: number; requested: string | null; requestedBy: string | null; approvedRunId: string | null; runAt: number | null; successAt: number | null; fullAt: number | null; error: string | null
  removal: string | null; createdAt: number; updatedAt: number
}
export const DirectoryTable = defineTable<DirectoryRow>('directories', {
  id: key, organizationId: text, name: text, nameKey: text, kind: text, enabled: integer, settings: text, bindSecret: optional(text), cursor: optional(text), cursorAt: optional(bigint),
  replan: integer, rescope: integer, requested: optional(text), requestedBy: optional(text), approvedRunId: optional(text), runAt: optional(bigint), successAt: optional(bigint), fullAt: optional(bigint), error: optional(text),
  removal: optional(text), createdAt: bigint, updatedAt: bigint,
})

export interface DirectoryEntryRow {
  directoryId: string; anchor: string; kind: string; dn: string; dnKey: string; emailKey: string | null; hash: string; content: string; photo: string | null; state: string; goneAt: number | null
  pending: number; wanted: number; appliedHash: string | null; userId: string | null; groupId: string | null; suspendedBecause: string | null; leftAt: number | null; conflict: string | null
  adopts: string | null; invitedAt: number | null
}
export const DirectoryEntryTable = defineTable<DirectoryEntryRow>('directory_entries', {
  directoryId: key, anchor: key, kind: text, dn: text, dnKey: text, emailKey: optional(text), hash: text, content: text, photo: optional(text), state: text, goneAt: optional(bigint),
  pending: integer, wanted: integer, appliedHash: optional(text), userId: optional(text), groupId: optional(text), suspendedBecause: optional(text), leftAt: optional(bigint), conflict: optional(text),
  adopts: optional(text), invitedAt: optional(bigint),
})

export interface DirectoryMembershipRow { directoryId: string; groupAnchor: string; memberKey: string; memberAnchor: string | null }
export const DirectoryMembershipTable = defineTable<DirectoryMembershipRow>('directory_memberships', { directoryId: key, groupAnchor: key, memberKey: key, memberAnchor: optional(text) })

export interface DirectoryNestingRow { directoryId: string; groupAnchor: string; innerAnchor: string }
export const DirectoryNestingTable = defineTable<DirectoryNestingRow>('directory_nesting', { directoryId: key, groupAnchor: key, innerAnchor: key })

export interface DirectoryStagedRow {
  runId: string; anchor: string; kind: string; dn: string | null; dnKey: string | null; emailKey: string | null; hash: string | null; content: string | null; photo: string | null; movedFrom: string | null
}
export const DirectoryStagedTable = defineTable<DirectoryStagedRow>('directory_staged', {
  runId: key, anchor: key, kind: text, dn: optional(text), dnKey: optional(text), emailKey: optional(text), hash: optional(text), content: optional(text), photo: optional(text), movedFrom: optional(text),
})

export interface DirectoryStagedMemberRow { runId: string; groupAnchor: string; memberKey: string; change: string }
export const DirectoryStagedMemberTable = defineTable<DirectoryStagedMemberRow>('directory_staged_members', { runId: key, groupAnchor: key, memberKey: key, change: text })

export interface DirectoryRunRow {
  id: string; directoryId: string; organizationId: string; mode: string; preview: number; startedBy: string; state: string; startedAt: number; readAt: number | null; plannedAt: number | null
  finishedAt: number | null; readPeople: number; readGroups: number; planned: number; applied: number; counts: string; reasons: string; error: string | null
}
export const DirectoryRunTable = defineTable<DirectoryRunRow>('directory_runs', {
  id: key, directoryId: text, organizationId: text, mode: text, preview: integer, startedBy: text, state: text, startedAt: bigint, readAt: optional(bigint), plannedAt: optional(bigint),
  finishedAt: optional(bigint), readPeople: integer, readGroups: integer, planned: integer, applied: integer, counts: text, reasons: text, error: optional(text),
})

export interface DirectoryPlanItemRow {
  runId: string; seq: number; kind: string; anchor: string; userId: string | null; groupId: string | null; name: string; dn: string; details: string; state: string
}
export const DirectoryPlanItemTable = defineTable<DirectoryPlanItemRow>('directory_plan_items', {
  runId: key, seq: { type: 'integer', primary: true }, kind: text, anchor: text, userId: optional(text), groupId: optional(text), name: text, dn: text, details: text, state: text,
})

export interface DirectoryPlanMemberRow { runId: string; groupAnchor: string; anchor: string; change: string }
export const DirectoryPlanMemberTable = defineTable<DirectoryPlanMemberRow>('directory_plan_members', { runId: key, groupAnchor: key, anchor: key, change: text })

export interface UserProfileRow { userId: string; organizationId: string; profile: string; photo: string | null; updatedAt: number }
export const UserProfileTable = defineTable<UserProfileRow>('user_profiles', { userId: key, organizationId: text, profile: text, photo: optional(text), updatedAt: bigint })
