import { bigint, defineTable, integer, key, optional, text } from '../../../storage/index.ts'

export interface AccessPassRow {
  id: string; organizationId: string; userId: string; codeHash: string; once: number; createdBy: string; createdAt: number; expiresAt: number; usedAt: number | null; revokedAt: number | null
}
export const AccessPassTable = defineTable<AccessPassRow>('access_passes', {
  id: key, organizationId: text, userId: text, codeHash: text, once: integer, createdBy: text, createdAt: bigint, expiresAt: bigint, usedAt: optional(bigint), revokedAt: optional(bigint),
})
