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

export interface MicrosoftKeyRow {
  id: string; organizationId: string; userId: string; domainId: string; upn: string; phoneId: string | null; phoneName: string | null; state: string; reason: string | null
  createdBy: string | null; createdByName: string; createdAt: number; expiresAt: number; decidedAt: number | null; methodId: string | null; credentialId: string | null; aaguid: string | null; displayName: string | null
  attempts: number; retryAt: number | null; challengeHash: string | null; challengeHost: string | null; challengeExpiresAt: number | null; removalAskedAt: number | null
}
export const MicrosoftKeyTable = defineTable<MicrosoftKeyRow>('microsoft_keys', {
  id: key, organizationId: text, userId: text, domainId: text, upn: text, phoneId: optional(text), phoneName: optional(text), state: text, reason: optional(text),
  createdBy: optional(text), createdByName: text, createdAt: bigint, expiresAt: bigint, decidedAt: optional(bigint), methodId: optional(text), credentialId: optional(text), aaguid: optional(text), displayName: optional(text),
  attempts: integer, retryAt: optional(bigint), challengeHash: optional(text), challengeHost: optional(text), challengeExpiresAt: optional(bigint), removalAskedAt: optional(bigint),
})

export interface MicrosoftKeySettingsRow { organizationId: string; consentVersion: number | null; consentedBy: string | null; consentedByName: string | null; consentedAt: number | null; onActivation: number; changedAt: number }
export const MicrosoftKeySettingsTable = defineTable<MicrosoftKeySettingsRow>('microsoft_key_settings', {
  organizationId: key, consentVersion: optional(integer), consentedBy: optional(text), consentedByName: optional(text), consentedAt: optional(bigint), onActivation: integer, changedAt: bigint,
})
