import { newId, sha256, type Clock, type OrganizationId, type Sealer, type Sql, type Storage, type Transaction, type UserId } from '../storage/index.ts'
import { digitsOf } from './phone.ts'

/** A link, code or picture that puts a key on a phone, once. */
export interface Activation {
  readonly id: string
  readonly organizationId: OrganizationId
  readonly userId: UserId
  /** It came by mail, so whoever uses it reads that address. */
  readonly byMail: boolean
  /** The phone that gives its place to the new one; null adds another. */
  readonly replaces: string | null
  readonly note: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly openedAt: number | null
  readonly state: 'waiting' | 'approved' | 'denied' | 'cancelled'
}

interface Row {
  id: string; organization_id: OrganizationId; user_id: UserId; by_mail: number; replaces: string | null; note: string; created_at: number; expires_at: number; opened_at: number | null; state: Activation['state']
}

interface Owner { readonly id: UserId; readonly organizationId: OrganizationId }

/** Shown on a page to somebody who is signed in: as long as a phone takes to be found (SEC-46). */
export const shownLifetimeSeconds = 120
/** Wrong codes for one activation; then only its link is left. */
const mostCodeFailures = 5
const columns = 'id, organization_id, user_id, by_mail, replaces, note, created_at, expires_at, opened_at, state'
const live = `state = 'waiting' AND expires_at > ?`

export type Activations = ReturnType<typeof createActivations>

/**
 * One-time activations (S50, S68). Token and code are derived from the id under a key of this installation: the page can show them again, and
 * a copy of the database does not hold them.
 */
export function createActivations(needs: { storage: Storage; sealer: Sealer; clock: Clock }) {
  const { storage, sealer, clock } = needs
  const tokenOf = (id: string): string => sealer.keyedHash('phone activation', id)
  const codeOf = (id: string): string => digitsOf(sealer.keyedHash('phone activation code', id), 6)
  const hashOf = (userId: string, code: string): string => sealer.keyedHash('phone code', `${userId} ${code}`)

  return {
    /** Whatever was sent or shown to this person before stops working. */
    async create(tx: Transaction, owner: Owner, order: { byMail: boolean; replaces: string | null; note: string; createdBy: UserId | null; lifetimeSeconds: number }): Promise<{ id: string; token: string; code: string; expiresAt: number }> {
      await this.cancel(tx, owner)
      const id = newId()
      const now = clock.now()
      const [token, code, expiresAt] = [tokenOf(id), codeOf(id), now + order.lifetimeSeconds * 1_000]
      await tx.run(
        `INSERT INTO phone_activations (id, organization_id, user_id, token_hash, code_hash, code_failures, by_mail, replaces, note, created_by, created_at, expires_at, state)
         VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, 'waiting')`,
        [id, owner.organizationId, owner.id, sha256(token), hashOf(owner.id, code), order.byMail ? 1 : 0, order.replaces, order.note, order.createdBy, now, expiresAt])
      return { id, token, code, expiresAt }
    },

    /** Looking does not use it up: scanners of mail look too (S68). */
    async find(token: string): Promise<Activation | undefined> {
      const row = await storage.read.one<Row>(`SELECT ${columns} FROM phone_activations WHERE token_hash = ? AND ${live}`, [sha256(token), clock.now()])
      return row && toActivation(row)
    },

    /** One that this person's own page shows, in whatever state it is. */
    async ofOwner(owner: Owner, id: string): Promise<(Activation & { token: string; code: string }) | undefined> {
      const row = await storage.read.one<Row>(`SELECT ${columns} FROM phone_activations WHERE organization_id = ? AND user_id = ? AND id = ?`, [owner.organizationId, owner.id, id])
      return row && { ...toActivation(row), token: tokenOf(row.id), code: codeOf(row.id) }
    },

    /** The one that still opens, if any. */
    async latest(owner: Owner, sql: Sql = storage.read): Promise<Activation | undefined> {
      const row = await sql.one<Row>(`SELECT ${columns} FROM phone_activations WHERE organization_id = ? AND user_id = ? AND ${live} ORDER BY created_at DESC LIMIT 1`, [owner.organizationId, owner.id, clock.now()])
      return row && toActivation(row)
    },

    /** The token behind a code; a wrong one counts against all that this person could mean. */
    async tokenByCode(userId: UserId, code: string): Promise<string | undefined> {
      const now = clock.now()
      const [row] = await storage.execute<{ id: string }>(`UPDATE phone_activations SET code_failures = 0 WHERE user_id = ? AND code_hash = ? AND code_failures < ${mostCodeFailures} AND ${live} RETURNING id`, [userId, hashOf(userId, code), now])
      if (row) return tokenOf(row.id)
      await storage.execute(`UPDATE phone_activations SET code_failures = code_failures + 1 WHERE user_id = ? AND ${live}`, [userId, now])
      return undefined
    },

    async markOpened(id: string): Promise<void> {
      await storage.execute('UPDATE phone_activations SET opened_at = ? WHERE id = ? AND opened_at IS NULL', [clock.now(), id])
    },

    /** Uses it up; of two phones at the same time one gets false. */
    async decide(tx: Sql, id: string, state: 'approved' | 'denied'): Promise<boolean> {
      const now = clock.now()
      return (await tx.all(`UPDATE phone_activations SET state = ?, decided_at = ? WHERE id = ? AND ${live} RETURNING id`, [state, now, id, now])).length === 1
    },

    async cancel(tx: Sql, owner: Owner): Promise<number> {
      return tx.run(`UPDATE phone_activations SET state = 'cancelled', decided_at = ? WHERE organization_id = ? AND user_id = ? AND state = 'waiting'`, [clock.now(), owner.organizationId, owner.id])
    },
  }
}

function toActivation(row: Row): Activation {
  return {
    id: row.id, organizationId: row.organization_id, userId: row.user_id, byMail: row.by_mail === 1, replaces: row.replaces, note: row.note, createdAt: row.created_at, expiresAt: row.expires_at, openedAt: row.opened_at, state: row.state,
  }
}
