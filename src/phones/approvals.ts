import { equalInConstantTime } from '../equal.ts'
import { newId, type Clock, type OrganizationId, type Sealer, type SignInId, type Sql, type Storage, type Transaction, type UserId } from '../storage/index.ts'
import { digitsOf, drawNumbers } from './phone.ts'

export type ApprovalState = 'open' | 'approved' | 'denied' | 'reported' | 'replaced' | 'over'
/** Whether the phone must show that it is near, and once it has, by what: a scanned code or the same network. */
export type Nearness = 'not_asked' | 'needed' | 'scanned' | 'network'

/** One sign-in that a phone is asked about. */
export interface Approval {
  readonly id: string
  readonly organizationId: OrganizationId | null
  readonly userId: UserId | null
  readonly signInId: SignInId
  readonly kind: 'request' | 'code'
  /** What the computer's page shows, and among what the person chooses. */
  readonly number: number
  readonly choices: readonly number[]
  readonly application: string | null
  readonly browser: string
  readonly ip: string
  readonly nonce: string
  readonly nearness: Nearness
  readonly state: ApprovalState
  readonly tries: number
  readonly phoneId: string | null
  readonly createdAt: number
  readonly expiresAt: number
}

interface Row {
  id: string; organization_id: OrganizationId | null; user_id: UserId | null; sign_in_id: SignInId; kind: Approval['kind']; number: number; choices: string; application: string | null; browser: string; ip: string
  nonce: string; nearness: Nearness; state: ApprovalState; tries: number; phone_id: string | null; created_at: number; expires_at: number
}

export interface NewApproval {
  /** Null for a code that nobody has scanned yet, and for somebody who is not known here: the page looks the same. */
  readonly user: { readonly id: UserId; readonly organizationId: OrganizationId } | null
  readonly signInId: SignInId
  readonly kind: Approval['kind']
  readonly application: string | null
  readonly browser: string
  readonly ip: string
  readonly nearness: 'not_asked' | 'needed'
}

/** From the question to the answer (SEC-42), and from the answer to the browser that waits for it. */
export const approvalLifetimeSeconds = 120
const consumeSeconds = 60
export const mostTries = 3
/** A code on a page is a new one every few seconds, so that a photograph of it is soon worth nothing (S90). */
const slotMilliseconds = 5_000
/** Reading, focusing and sending take a moment. */
const slotsBack = 3
const columns = 'id, organization_id, user_id, sign_in_id, kind, number, choices, application, browser, ip, nonce, nearness, state, tries, phone_id, created_at, expires_at'
const live = `state = 'open' AND expires_at > ?`

export type Approvals = ReturnType<typeof createApprovals>

/** Requests to phones. Every step is one conditional statement: the second of two at the same time finds nothing to change. */
export function createApprovals(needs: { storage: Storage; sealer: Sealer; clock: Clock }) {
  const { storage, sealer, clock } = needs
  const manualOf = (id: string): string => digitsOf(sealer.keyedHash('phone manual code', id), 8)
  const manualHash = (code: string): string => sealer.keyedHash('phone manual', code)
  const scanHash = (id: string, slot: number): string => sealer.keyedHash('phone scan', `${id}.${slot}`).slice(0, 22)

  /** One question for a person at a time, and the newest is it (SEC-42). */
  async function replaceOthers(tx: Sql, userId: UserId, id: string): Promise<void> {
    const now = clock.now()
    await tx.run(`UPDATE phone_approvals SET state = 'replaced', decided_at = ?, changed_at = ? WHERE user_id = ? AND id <> ? AND state = 'open'`, [now, now, userId, id])
  }

  return {
    async create(tx: Transaction, order: NewApproval): Promise<Approval> {
      const id = newId()
      const now = clock.now()
      const { number, choices } = drawNumbers()
      if (order.user) await replaceOthers(tx, order.user.id, id)
      await tx.run(
        `INSERT INTO phone_approvals (id, organization_id, user_id, sign_in_id, kind, number, choices, application, browser, ip, nonce, manual_hash, nearness, state, tries, created_at, expires_at, changed_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', 0, ?, ?, ?)`,
        [id, order.user?.organizationId ?? null, order.user?.id ?? null, order.signInId, order.kind, number, choices.join(' '), order.application, order.browser, order.ip, newId(), manualHash(manualOf(id)), order.nearness,
          now, now + approvalLifetimeSeconds * 1_000, now])
      const created = await this.find(id, tx)
      if (!created) throw new Error('a request that was just written is not there')
      return created
    },

    async find(id: string, sql: Sql = storage.read): Promise<Approval | undefined> {
      const row = await sql.one<Row>(`SELECT ${columns} FROM phone_approvals WHERE id = ?`, [id])
      return row && toApproval(row)
    },

    /** What this person is asked now, newest first. */
    async openFor(userId: UserId): Promise<Approval[]> {
      return (await storage.read.all<Row>(`SELECT ${columns} FROM phone_approvals WHERE user_id = ? AND ${live} ORDER BY created_at DESC`, [userId, clock.now()])).map(toApproval)
    },

    /** What the code on the page says at this moment. */
    scanSecret(id: string): string {
      const slot = Math.floor(clock.now() / slotMilliseconds)
      return `${id}.${slot}.${scanHash(id, slot)}`
    },

    /** Eight digits for whoever cannot scan; told to nobody, they are worth as much as the code. */
    manualCode: manualOf,

    async byManualCode(code: string): Promise<string | undefined> {
      return (await storage.read.one<{ id: string }>(`SELECT id FROM phone_approvals WHERE manual_hash = ? AND ${live}`, [manualHash(code), clock.now()]))?.id
    },

    /** The request that a scanned code belongs to; undefined for one that is forged or too old. */
    readScan(secret: string): string | undefined {
      const [id = '', slotText = '', hash = ''] = secret.slice(0, 200).split('.')
      const slot = Number(slotText)
      const now = Math.floor(clock.now() / slotMilliseconds)
      if (!Number.isInteger(slot) || slot > now + 1 || slot < now - slotsBack) return undefined
      return equalInConstantTime(hash, scanHash(id, slot)) ? id : undefined
    },

    /** The first phone that scans a code has it. */
    async claim(tx: Transaction, id: string, user: { readonly id: UserId; readonly organizationId: OrganizationId }, how: 'scanned' | 'network'): Promise<boolean> {
      const now = clock.now()
      const claimed = await tx.all(`UPDATE phone_approvals SET user_id = ?, organization_id = ?, nearness = ?, changed_at = ? WHERE id = ? AND kind = 'code' AND user_id IS NULL AND ${live} RETURNING id`,
        [user.id, user.organizationId, how, now, id, now])
      if (claimed.length === 0) return false
      await replaceOthers(tx, user.id, id)
      return true
    },

    async proveNear(sql: Sql, id: string, userId: UserId, how: 'scanned' | 'network'): Promise<boolean> {
      const now = clock.now()
      return (await sql.run(`UPDATE phone_approvals SET nearness = ?, changed_at = ? WHERE id = ? AND user_id = ? AND nearness IN ('needed', 'not_asked') AND ${live}`, [how, now, id, userId, now])) === 1
    },

    /** A wrong number is a try; after the last one the request is over (SEC-41). @returns how many are left, undefined when it is over already */
    async countWrongNumber(sql: Sql, id: string, userId: UserId): Promise<number | undefined> {
      const now = clock.now()
      const [row] = await sql.all<{ tries: number }>(
        `UPDATE phone_approvals SET tries = tries + 1, changed_at = ?, state = CASE WHEN tries + 1 >= ${mostTries} THEN 'over' ELSE state END, decided_at = CASE WHEN tries + 1 >= ${mostTries} THEN ? ELSE decided_at END
         WHERE id = ? AND user_id = ? AND ${live} RETURNING tries`, [now, now, id, userId, now])
      return row && Math.max(0, mostTries - row.tries)
    },

    /** @returns false for a request that is over */
    async decide(sql: Sql, id: string, userId: UserId, phoneId: string, state: 'approved' | 'denied' | 'reported'): Promise<boolean> {
      const now = clock.now()
      const near = state === 'approved' ? `AND nearness <> 'needed'` : ''
      return (await sql.run(`UPDATE phone_approvals SET state = ?, phone_id = ?, decided_at = ?, changed_at = ? WHERE id = ? AND user_id = ? AND ${live} ${near}`, [state, phoneId, now, now, id, userId, now])) === 1
    },

    /** Once, by the sign-in that asked, and only while the phone that said yes is still this person's (SEC-42, SEC-50). */
    async consume(tx: Sql, id: string, signInId: SignInId): Promise<boolean> {
      const now = clock.now()
      return (await tx.run(
        `UPDATE phone_approvals SET consumed_at = ?, changed_at = ? WHERE id = ? AND sign_in_id = ? AND state = 'approved' AND consumed_at IS NULL AND decided_at > ?
         AND EXISTS (SELECT 1 FROM phones p WHERE p.id = phone_approvals.phone_id AND p.user_id = phone_approvals.user_id AND p.suspended_at IS NULL)`,
        [now, now, id, signInId, now - consumeSeconds * 1_000])) === 1
    },

    /** After "not me" nothing is asked until the pause ends or is lifted (SEC-43). */
    async pause(tx: Sql, user: { readonly id: UserId; readonly organizationId: OrganizationId }, hours: number): Promise<void> {
      const now = clock.now()
      await tx.run('INSERT INTO phone_pauses (user_id, organization_id, reported_at, until) VALUES (?, ?, ?, ?) ON CONFLICT (user_id) DO UPDATE SET reported_at = excluded.reported_at, until = excluded.until',
        [user.id, user.organizationId, now, now + hours * 3_600_000])
      await tx.run(`UPDATE phone_approvals SET state = 'over', decided_at = ?, changed_at = ? WHERE user_id = ? AND state = 'open'`, [now, now, user.id])
    },

    async pausedUntil(userId: UserId): Promise<number | null> {
      return (await storage.read.one<{ until: number }>('SELECT until FROM phone_pauses WHERE user_id = ? AND until > ?', [userId, clock.now()]))?.until ?? null
    },

    async resume(tx: Sql, userId: UserId): Promise<boolean> {
      return (await tx.run('DELETE FROM phone_pauses WHERE user_id = ?', [userId])) === 1
    },
  }
}

function toApproval(row: Row): Approval {
  return {
    id: row.id, organizationId: row.organization_id, userId: row.user_id, signInId: row.sign_in_id, kind: row.kind, number: row.number, choices: row.choices.split(' ').map(Number), application: row.application,
    browser: row.browser, ip: row.ip, nonce: row.nonce, nearness: row.nearness, state: row.state, tries: row.tries, phoneId: row.phone_id, createdAt: row.created_at, expiresAt: row.expires_at,
  }
}
