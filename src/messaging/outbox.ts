import { createPageTokens, newId, placeholders, type Clock, type OrganizationId, type Sealer, type Sql, type SqlValue, type Storage } from '../storage/index.ts'
import { normaliseEmail, normalisePhone } from './address.ts'
import { backoffMilliseconds, type Channel, type ClaimedMessage, type MailContent, type MessageEntry, type MessageOrder, type MessageState, type SmsContent } from './message.ts'
import { columns, placeOf, toEntry, type Row } from './row.ts'

export interface OutboxPage {
  readonly messages: readonly MessageEntry[]
  /** For `before`; null on the last page. */
  readonly next: string | null
}

export interface Outbox {
  /**
   * Puts a message in, inside the transaction of what it tells about. The content is sealed, the recipient is not.
   * @returns its id, or undefined where the idempotency key has been used.
   */
  enqueue(tx: Sql, order: MessageOrder): Promise<string | undefined>
  /** Takes messages that are due, urgent and old ones first. Each goes to one worker only, on however many nodes. */
  claim(limit: number, channels?: readonly Channel[]): Promise<ClaimedMessage[]>
  /** Sent. The content is wiped, as it is whenever a message ends. A claim that ran out and went to another worker changes nothing, here and below. */
  finish(message: ClaimedMessage): Promise<void>
  /** Tries again later, unless that is after its end. */
  retry(message: ClaimedMessage, error: string): Promise<void>
  fail(message: ClaimedMessage, error: string): Promise<void>
  list(query: { organizationId?: OrganizationId; state?: MessageState; limit: number; before?: string }): Promise<OutboxPage>
  /** Opens the content, which is null once the message was sent, failed or expired. */
  read(id: string, organizationId?: OrganizationId): Promise<(MessageEntry & { readonly content: MailContent | SmsContent | null }) | undefined>
  /** How many are on their way. */
  waiting(): Promise<number>
  /** Ends what has expired and removes what ended more than `keepDays` ago. @returns the number of rows removed. */
  purge(keepDays?: number): Promise<number>
}

/** Longer than the longest delivery attempt, so that a claim runs out only when its worker is gone. */
const claimMilliseconds = 60_000

export function createOutbox(needs: { storage: Storage; sealer: Sealer; clock: Clock; random?: () => number }): Outbox {
  const { storage, sealer, clock } = needs
  const tokens = createPageTokens(sealer)
  const open = (row: Row): MailContent | SmsContent => JSON.parse(sealer.open(row.sealed_content, placeOf(row.id))) as MailContent | SmsContent
  // What ended needs its content no more, and the content may be a code or a link.
  const end = async (message: Pick<ClaimedMessage, 'id' | 'attempts'>, state: MessageState, error: string | null): Promise<void> => {
    await storage.execute(
      `UPDATE outbox_messages SET state = ?, finished_at = ?, last_error = ?, claimed_until = NULL, sealed_content = '' WHERE id = ? AND attempts = ? AND state = 'waiting'`,
      [state, clock.now(), error === null ? null : briefly(error), message.id, message.attempts],
    )
  }

  const claim: Outbox['claim'] = async (limit, channels = ['mail', 'sms']) => {
    if (channels.length === 0 || limit < 1) return []
    const now = clock.now()
    const due = `state = 'waiting' AND next_attempt_at <= ? AND (claimed_until IS NULL OR claimed_until <= ?) AND expires_at > ? AND channel IN (${placeholders(channels.length)})`
    const values: SqlValue[] = [now, now, now, ...channels]
    // Most of the time nothing is due, and looking costs no write lock.
    if (!(await storage.read.one(`SELECT id FROM outbox_messages WHERE ${due} LIMIT 1`, values))) return []
    // The outer conditions are judged again on the newest version of a row, so of two workers with the same list one gets it.
    const rows = await storage.execute<Row>(
      `UPDATE outbox_messages SET claimed_until = ?, attempts = attempts + 1
       WHERE id IN (SELECT id FROM outbox_messages WHERE ${due} ORDER BY priority, created_at, id LIMIT ?)
         AND state = 'waiting' AND (claimed_until IS NULL OR claimed_until <= ?) RETURNING ${columns}`,
      [now + claimMilliseconds, ...values, limit, now],
    )
    rows.sort((a, b) => a.priority - b.priority || a.created_at - b.created_at || (a.id < b.id ? -1 : 1))
    const claimed: ClaimedMessage[] = []
    for (const row of rows) {
      try {
        claimed.push({ ...toEntry(row, now), content: open(row), claimedUntil: now + claimMilliseconds })
      } catch (error) {
        // Moved from another row, or changed: it will never open, and must not hold up the others.
        await end(row, 'failed', (error as Error).message)
      }
    }
    return rows.length > 0 && claimed.length === 0 ? claim(limit, channels) : claimed
  }

  return {
    async enqueue(tx, order) {
      const recipient = order.channel === 'mail' ? normaliseEmail(order.recipient)?.email : normalisePhone(order.recipient)
      // Only addresses that were read and stored before arrive here; anything else is a fault of ours, not a person's.
      if (recipient === undefined || recipient !== order.recipient) throw new Error(`messaging: the recipient of a ${order.channel} is not a normalised address`)
      const id = newId()
      const now = clock.now()
      const [row] = await tx.all<{ id: string }>(
        `INSERT INTO outbox_messages (id, organization_id, channel, recipient, template, sealed_content, priority, idempotency_key, state, attempts, created_at, next_attempt_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', 0, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id`,
        [id, order.organizationId, order.channel, recipient, order.template, sealer.seal(JSON.stringify(order.content), placeOf(id)),
          order.priority === 'urgent' ? 0 : 1, order.idempotencyKey ?? null, now, now, order.expiresAt],
      )
      return row?.id
    },

    claim,
    finish: (message) => end(message, 'sent', null),
    fail: (message, error) => end(message, 'failed', error),

    async retry(message, error) {
      const next = clock.now() + backoffMilliseconds(message.attempts, message.priority, needs.random)
      if (next >= message.expiresAt) {
        await end(message, 'expired', error)
        return
      }
      await storage.execute(
        `UPDATE outbox_messages SET next_attempt_at = ?, last_error = ?, claimed_until = NULL WHERE id = ? AND attempts = ? AND state = 'waiting'`,
        [next, briefly(error), message.id, message.attempts],
      )
    },

    async list({ organizationId, state, limit, before }) {
      const scope = `outbox ${organizationId ?? ''}`
      const now = clock.now()
      const conditions = ['created_at >= 0']
      const values: SqlValue[] = []
      const where = (condition: string, ...given: SqlValue[]): void => { conditions.push(condition); values.push(...given) }
      if (organizationId !== undefined) where('organization_id = ?', organizationId)
      if (state === 'waiting') where(`state = 'waiting' AND expires_at > ?`, now)
      else if (state === 'expired') where(`(state = 'expired' OR (state = 'waiting' AND expires_at <= ?))`, now)
      else if (state !== undefined) where('state = ?', state)
      if (before !== undefined) {
        const { at, id } = tokens.read(before, scope)
        where('(created_at < ? OR (created_at = ? AND id < ?))', at, at, id)
      }
      const rows = await storage.read.all<Row>(
        `SELECT ${columns} FROM outbox_messages WHERE ${conditions.join(' AND ')} ORDER BY created_at DESC, id DESC LIMIT ?`, [...values, limit + 1])
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return {
        messages: rows.slice(0, limit).map((row) => toEntry(row, now)),
        next: last ? tokens.write({ at: last.created_at, id: last.id }, scope) : null,
      }
    },

    async read(id, organizationId) {
      const row = await storage.read.one<Row>(
        `SELECT ${columns} FROM outbox_messages WHERE id = ?${organizationId === undefined ? '' : ' AND organization_id = ?'}`,
        organizationId === undefined ? [id] : [id, organizationId])
      return row && { ...toEntry(row, clock.now()), content: row.sealed_content === '' ? null : open(row) }
    },

    async waiting() {
      const row = await storage.read.one<{ waiting: number }>(`SELECT count(*) AS waiting FROM outbox_messages WHERE state = 'waiting' AND expires_at > ?`, [clock.now()])
      return row?.waiting ?? 0
    },

    purge: (keepDays = 30) => storage.write(async (tx) => {
      const now = clock.now()
      await tx.run(
        `UPDATE outbox_messages SET state = 'expired', finished_at = ?, sealed_content = '' WHERE state = 'waiting' AND expires_at <= ? AND (claimed_until IS NULL OR claimed_until <= ?)`,
        [now, now, now])
      return tx.run(`DELETE FROM outbox_messages WHERE state <> 'waiting' AND finished_at <= ?`, [now - keepDays * 86_400_000])
    }),
  }
}

/** Errors of other hosts go into a list that people read: one short line. */
function briefly(error: string): string {
  return error.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim().slice(0, 300)
}
