import { bigint, defineTable, integer, key, optional, text } from '../storage/index.ts'

export interface OutboxMessageRow {
  id: string
  organizationId: string | null
  channel: string
  recipient: string
  template: string
  sealedContent: string
  priority: number
  idempotencyKey: string | null
  state: string
  attempts: number
  createdAt: number
  nextAttemptAt: number
  expiresAt: number
  claimedUntil: number | null
  finishedAt: number | null
  lastError: string | null
}

export const OutboxMessageTable = defineTable<OutboxMessageRow>('outbox_messages', {
  id: key, organizationId: optional(text), channel: text, recipient: text, template: text, sealedContent: text, priority: integer,
  idempotencyKey: optional(text), state: text, attempts: integer, createdAt: bigint, nextAttemptAt: bigint, expiresAt: bigint,
  claimedUntil: optional(bigint), finishedAt: optional(bigint), lastError: optional(text),
})
