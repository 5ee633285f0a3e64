import { bigint, defineTable, integer, key, optional, text } from '../../storage/index.ts'

export interface ScimTokenRow {
  id: string; organizationId: string; name: string; scope: string; tokenHash: string; hint: string; createdBy: string | null
  createdAt: number; expiresAt: number; lastUsedAt: number | null; revokedAt: number | null
}
export const ScimTokenTable = defineTable<ScimTokenRow>('scim_tokens', {
  id: key, organizationId: text, name: text, scope: text, tokenHash: text, hint: text, createdBy: optional(text),
  createdAt: bigint, expiresAt: bigint, lastUsedAt: optional(bigint), revokedAt: optional(bigint),
})

export interface ScimSettingsRow { organizationId: string; takeOver: number; keepDays: number; updatedAt: number }
export const ScimSettingsTable = defineTable<ScimSettingsRow>('scim_settings', { organizationId: key, takeOver: integer, keepDays: integer, updatedAt: bigint })

export interface ScimResourceRow {
  id: string; organizationId: string; kind: string; state: string; externalId: string | null; name: string; nameKey: string; version: number; attributes: string
  suspendedAt: number | null; createdAt: number; updatedAt: number; goneAt: number | null
}
export const ScimResourceTable = defineTable<ScimResourceRow>('scim_resources', {
  id: key, organizationId: text, kind: text, state: text, externalId: optional(text), name: text, nameKey: text, version: integer, attributes: text,
  suspendedAt: optional(bigint), createdAt: bigint, updatedAt: bigint, goneAt: optional(bigint),
})

export interface ScimEmailRow { resourceId: string; organizationId: string; emailKey: string }
export const ScimEmailTable = defineTable<ScimEmailRow>('scim_emails', { resourceId: key, organizationId: text, emailKey: key })
