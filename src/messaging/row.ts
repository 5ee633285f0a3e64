import type { OrganizationId, Place } from '../storage/index.ts'
import type { Channel, MessageEntry, MessageState } from './message.ts'

export interface Row {
  id: string
  organization_id: OrganizationId | null
  channel: Channel
  recipient: string
  template: string
  sealed_content: string
  priority: number
  state: MessageState
  attempts: number
  created_at: number
  next_attempt_at: number
  expires_at: number
  finished_at: number | null
  last_error: string | null
}

export const columns =
  'id, organization_id, channel, recipient, template, sealed_content, priority, state, attempts, created_at, next_attempt_at, expires_at, finished_at, last_error'

export const placeOf = (id: string): Place => ({ table: 'outbox_messages', column: 'sealed_content', row: id })

/** What has run out counts as expired from that moment, also before the next purge writes it down. */
export function toEntry(row: Row, now: number): MessageEntry {
  return {
    id: row.id, organizationId: row.organization_id, channel: row.channel, recipient: row.recipient, template: row.template,
    priority: row.priority === 0 ? 'urgent' : 'normal', state: row.state === 'waiting' && row.expires_at <= now ? 'expired' : row.state,
    attempts: row.attempts, createdAt: row.created_at, nextAttemptAt: row.next_attempt_at, expiresAt: row.expires_at,
    finishedAt: row.finished_at, lastError: row.last_error,
  }
}
