import { bigint, defineTable, key, optional, text } from '../storage/index.ts'

export interface LeaseRow {
  name: string
  holder: string
  epoch: number
  expiresAt: number
  lastRunAt: number | null
  lastError: string | null
}

export const LeaseTable = defineTable<LeaseRow>('leases', {
  name: key, holder: text, epoch: bigint, expiresAt: bigint, lastRunAt: optional(bigint), lastError: optional(text),
})
