import { bigint, defineTable, integer, key, text } from '../../../storage/index.ts'

export interface LocalPasswordRow { userId: string; organizationId: string; hash: string; failures: number; createdAt: number; changedAt: number }
export const LocalPasswordTable = defineTable<LocalPasswordRow>('local_passwords', {
  userId: key, organizationId: text, hash: text, failures: integer, createdAt: bigint, changedAt: bigint,
})

export interface SpentPasswordRow { userId: string; organizationId: string; spentAt: number }
export const SpentPasswordTable = defineTable<SpentPasswordRow>('spent_passwords', { userId: key, organizationId: text, spentAt: bigint })
