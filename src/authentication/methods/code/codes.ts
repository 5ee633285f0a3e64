import { equalInConstantTime } from '../../../equal.ts'
import { newId, newSecret, type Clock, type OrganizationId, type Sealer, type Storage, type Transaction, type UserId } from '../../../storage/index.ts'
import { codeLifetimeSeconds, newCode, readCode, resendSeconds, type AcceptedCode, type Channel, type CodeCheck, type CodePurpose, type IssuedCode } from './code.ts'

export interface CodeOrder {
  readonly purpose: CodePurpose
  /** The sign-in, session or form that the code belongs to; it fits nowhere else. */
  readonly binding: string
  readonly userId: UserId | null
  readonly organizationId: OrganizationId | null
  readonly channel: Channel
  readonly destination: string
  /** Puts the message into the outbox. Absent for a decoy: its page waits for a code that was never made, so nothing typed there fits. */
  readonly deliver: ((code: string, expiresAt: number) => Promise<void>) | null
}

export interface Codes {
  /** In the caller's transaction, which also remembers where the code belongs: a message without its page never leaves. */
  issue(tx: Transaction, order: CodeOrder): Promise<IssuedCode>
  /**
   * Judges a typed code. The try is taken off in the same statement that finds the code, before anything is compared, and
   * the right code is consumed once: of two parallel answers one is refused (SEC-56).
   */
  check(answer: { id: string; purpose: CodePurpose; binding: string; typed: string }): Promise<CodeCheck>
  /** What the page of a code that is still to be typed shows. */
  pending(id: string, purpose: CodePurpose, binding: string): Promise<{ readonly destination: string; readonly expiresAt: number } | undefined>
}

interface Row { code_hash: string; tries_left: number; user_id: UserId | null; organization_id: OrganizationId | null; channel: Channel; destination: string }

export function createCodes(needs: { storage: Storage; sealer: Sealer; clock: Clock; triesPerCode: number }): Codes {
  const { storage, sealer, clock } = needs
  const hashOf = (id: string, code: string): string => sealer.keyedHash('one-time code', `${id} ${code}`)

  return {
    async issue(tx, order) {
      const id = newId()
      const code = newCode()
      const now = clock.now()
      const expiresAt = now + codeLifetimeSeconds * 1_000
      // The newest code is the only one: what went out before must not work beside it.
      await tx.run('UPDATE one_time_codes SET consumed_at = ? WHERE binding = ? AND purpose = ? AND consumed_at IS NULL', [now, order.binding, order.purpose])
      await tx.run(
        `INSERT INTO one_time_codes (id, organization_id, user_id, purpose, channel, destination, binding, code_hash, tries_left, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [id, order.organizationId, order.userId, order.purpose, order.channel, order.destination, order.binding, hashOf(id, order.deliver ? code : newSecret()), needs.triesPerCode, now, expiresAt],
      )
      await order.deliver?.(code, expiresAt)
      return { id, expiresAt, resendAt: now + resendSeconds * 1_000 }
    },

    async check({ id, purpose, binding, typed }) {
      const now = clock.now()
      const [row] = await storage.execute<Row>(
        `UPDATE one_time_codes SET tries_left = tries_left - 1
         WHERE id = ? AND purpose = ? AND binding = ? AND consumed_at IS NULL AND expires_at > ? AND tries_left > 0
         RETURNING code_hash, tries_left, user_id, organization_id, channel, destination`,
        [id, purpose, binding, now],
      )
      if (!row) return { outcome: 'rejected', reason: 'expired' }
      const code = readCode(typed)
      const fits = equalInConstantTime(hashOf(id, code ?? ''), row.code_hash)
      if (!fits) return row.tries_left > 0 ? { outcome: 'rejected', reason: 'wrong', triesLeft: row.tries_left } : { outcome: 'rejected', reason: 'locked' }
      const consumed = await storage.execute<{ id: string }>('UPDATE one_time_codes SET consumed_at = ? WHERE id = ? AND consumed_at IS NULL RETURNING id', [now, id])
      if (consumed.length === 0) return { outcome: 'rejected', reason: 'expired' }
      return { outcome: 'verified', code: toAccepted(row) }
    },

    async pending(id, purpose, binding) {
      const row = await storage.read.one<{ destination: string; expires_at: number }>('SELECT destination, expires_at FROM one_time_codes WHERE id = ? AND purpose = ? AND binding = ?', [id, purpose, binding])
      return row && { destination: row.destination, expiresAt: row.expires_at }
    },
  }
}

function toAccepted(row: Row): AcceptedCode {
  return { userId: row.user_id, organizationId: row.organization_id, channel: row.channel, destination: row.destination }
}
