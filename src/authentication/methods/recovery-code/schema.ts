import { bigint, defineTable, key, optional, text } from '../../../storage/index.ts'

export interface RecoveryCodeRow {
  id: string
  organizationId: string
  userId: string
  codeHash: string
  createdAt: number
  usedAt: number | null
}

export const RecoveryCodeTable = defineTable<RecoveryCodeRow>('recovery_codes', {
  id: key, organizationId: text, userId: text, codeHash: text, createdAt: bigint, usedAt: optional(bigint),
})
