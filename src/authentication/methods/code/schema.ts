import { bigint, defineTable, integer, key, optional, text } from '../../../storage/index.ts'

export interface OneTimeCodeRow {
  id: string
  organizationId: string | null
  userId: string | null
  purpose: string
  channel: string
  destination: string
  binding: string
  codeHash: string
  triesLeft: number
  createdAt: number
  expiresAt: number
  consumedAt: number | null
}

export const OneTimeCodeTable = defineTable<OneTimeCodeRow>('one_time_codes', {
  id: key, organizationId: optional(text), userId: optional(text), purpose: text, channel: text, destination: text, binding: text,
  codeHash: text, triesLeft: integer, createdAt: bigint, expiresAt: bigint, consumedAt: optional(bigint),
})
