import { bigint, defineTable, key, optional, text } from '../../storage/index.ts'

export interface OidcPayloadRow {
  kind: string; id: string; payload: string; grantId: string | null; accountId: string | null; clientId: string | null; sessionId: string | null; expiresAt: number | null; consumedAt: number | null
}
export const OidcPayloadTable = defineTable<OidcPayloadRow>('oidc_payloads', {
  kind: key, id: key, payload: text, grantId: optional(text), accountId: optional(text), clientId: optional(text), sessionId: optional(text), expiresAt: optional(bigint), consumedAt: optional(bigint),
})
