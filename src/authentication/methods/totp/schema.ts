import { bigint, defineTable, integer, key, optional, text } from '../../../storage/index.ts'

export interface TotpAuthenticatorRow {
  id: string; organizationId: string; userId: string; name: string; sealedSeed: string; lastStep: number; failures: number; createdAt: number
  confirmedAt: number | null; lastUsedAt: number | null
}
export const TotpAuthenticatorTable = defineTable<TotpAuthenticatorRow>('totp_authenticators', {
  id: key, organizationId: text, userId: text, name: text, sealedSeed: text, lastStep: bigint, failures: integer, createdAt: bigint,
  confirmedAt: optional(bigint), lastUsedAt: optional(bigint),
})
