import { bigint, defineTable, integer, key, optional, text } from '../storage/index.ts'

export interface EntraDomainRow {
  id: string; organizationId: string; applicationId: string; pathKey: string; domain: string; protocol: string; enabled: number; settings: string; rollover: string
  createdAt: number; updatedAt: number
}
export const EntraDomainTable = defineTable<EntraDomainRow>('entra_domains', {
  id: key, organizationId: text, applicationId: text, pathKey: text, domain: text, protocol: text, enabled: integer, settings: text, rollover: text, createdAt: bigint, updatedAt: bigint,
})

export interface EntraIdentityRow {
  userId: string; organizationId: string; upn: string; upnKey: string | null; immutableId: string; source: string; createdAt: number; updatedAt: number
}
export const EntraIdentityTable = defineTable<EntraIdentityRow>('entra_identities', {
  userId: key, organizationId: text, upn: text, upnKey: optional(text), immutableId: text, source: text, createdAt: bigint, updatedAt: bigint,
})

export interface EntraBackupRow { id: string; organizationId: string; domainId: string; content: string; createdAt: number; restoredAt: number | null }
export const EntraBackupTable = defineTable<EntraBackupRow>('entra_backups', {
  id: key, organizationId: text, domainId: text, content: text, createdAt: bigint, restoredAt: optional(bigint),
})

export interface EntraOperationRow { id: string; organizationId: string; userId: string; domainId: string; sealed: string; createdAt: number; expiresAt: number }
export const EntraOperationTable = defineTable<EntraOperationRow>('entra_operations', {
  id: key, organizationId: text, userId: text, domainId: text, sealed: text, createdAt: bigint, expiresAt: bigint,
})

export interface EntraGuideRow { organizationId: string; requirement: string; texts: string; updatedAt: number }
export const EntraGuideTable = defineTable<EntraGuideRow>('entra_guides', { organizationId: key, requirement: text, texts: text, updatedAt: bigint })

export interface EntraSetUpRow { userId: string; organizationId: string; doneBy: string; doneAt: number }
export const EntraSetUpTable = defineTable<EntraSetUpRow>('entra_set_ups', { userId: key, organizationId: text, doneBy: text, doneAt: bigint })

export interface AlertRow { id: string; organizationId: string; kind: string; subject: string; details: string; raisedAt: number; resolvedAt: number | null }
export const AlertTable = defineTable<AlertRow>('alerts', {
  id: key, organizationId: text, kind: text, subject: text, details: text, raisedAt: bigint, resolvedAt: optional(bigint),
})
