import { bigint, defineTable, integer, key, optional, text } from '../../storage/index.ts'

export interface ExternalMfaConnectionRow {
  id: string; organizationId: string; name: string; cloud: string; loginOrigin: string | null; tenantId: string; appId: string; clientId: string
  enabled: number; linksAtSignIn: number; maxAgeSeconds: number; createdAt: number; updatedAt: number
}
export const ExternalMfaConnectionTable = defineTable<ExternalMfaConnectionRow>('external_mfa_connections', {
  id: key, organizationId: text, name: text, cloud: text, loginOrigin: optional(text), tenantId: text, appId: text, clientId: text,
  enabled: integer, linksAtSignIn: integer, maxAgeSeconds: integer, createdAt: bigint, updatedAt: bigint,
})

export interface ExternalMfaLinkRow { connectionId: string; tenantId: string; objectId: string; userId: string; name: string; createdAt: number; lastUsedAt: number | null }
export const ExternalMfaLinkTable = defineTable<ExternalMfaLinkRow>('external_mfa_links', {
  connectionId: key, tenantId: key, objectId: key, userId: text, name: text, createdAt: bigint, lastUsedAt: optional(bigint),
})
