import { bigint, defineTable, integer, key, optional, text } from '../storage/index.ts'

export interface OrganizationRow {
  id: string; kind: string; name: string; slug: string; hue: number | null; logo: string | null; logoType: string | null
  defaultLocale: string | null; plan: string; settings: string; createdAt: number; updatedAt: number
}
export const OrganizationTable = defineTable<OrganizationRow>('organizations', {
  id: key, kind: text, name: text, slug: text, hue: optional(integer), logo: optional(text), logoType: optional(text),
  defaultLocale: optional(text), plan: text, settings: text, createdAt: bigint, updatedAt: bigint,
})

export interface UserRow {
  id: string; organizationId: string; status: string; role: string; email: string; emailKey: string | null; emailVerifiedAt: number | null
  givenName: string; familyName: string; searchKey: string; phone: string | null; phoneVerifiedAt: number | null
  locale: string | null; timeZone: string | null; managedBy: string | null; recoveryCodesSeenAt: number | null; lastSignInAt: number | null
  createdAt: number; updatedAt: number; suspendedAt: number | null; deletedAt: number | null
}
export const UserTable = defineTable<UserRow>('users', {
  id: key, organizationId: text, status: text, role: text, email: text, emailKey: optional(text), emailVerifiedAt: optional(bigint),
  givenName: text, familyName: text, searchKey: text, phone: optional(text), phoneVerifiedAt: optional(bigint),
  locale: optional(text), timeZone: optional(text), managedBy: optional(text), recoveryCodesSeenAt: optional(bigint), lastSignInAt: optional(bigint),
  createdAt: bigint, updatedAt: bigint, suspendedAt: optional(bigint), deletedAt: optional(bigint),
})

export interface GroupRow {
  id: string; organizationId: string; name: string; nameKey: string; description: string; managedBy: string | null; createdAt: number; updatedAt: number
}
export const GroupTable = defineTable<GroupRow>('groups', {
  id: key, organizationId: text, name: text, nameKey: text, description: text, managedBy: optional(text), createdAt: bigint, updatedAt: bigint,
})

export interface GroupMemberRow { groupId: string; userId: string; organizationId: string; addedAt: number }
export const GroupMemberTable = defineTable<GroupMemberRow>('group_members', { groupId: key, userId: key, organizationId: text, addedAt: bigint })

export interface GroupMethodRow { groupId: string; method: string; organizationId: string }
export const GroupMethodTable = defineTable<GroupMethodRow>('group_methods', { groupId: key, method: key, organizationId: text })

export interface InvitationRow {
  id: string; organizationId: string; userId: string; tokenHash: string; purpose: string; note: string; createdBy: string | null
  createdAt: number; expiresAt: number; openedAt: number | null; acceptedAt: number | null; cancelledAt: number | null
}
export const InvitationTable = defineTable<InvitationRow>('invitations', {
  id: key, organizationId: text, userId: text, tokenHash: text, purpose: text, note: text, createdBy: optional(text),
  createdAt: bigint, expiresAt: bigint, openedAt: optional(bigint), acceptedAt: optional(bigint), cancelledAt: optional(bigint),
})

export interface OrganizationTextRow { organizationId: string; name: string; content: string; changedAt: number }
export const OrganizationTextTable = defineTable<OrganizationTextRow>('organization_texts', { organizationId: key, name: key, content: text, changedAt: bigint })
