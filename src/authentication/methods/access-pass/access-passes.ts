import { newId, type Clock, type CredentialId, type OrganizationId, type Sealer, type Sql, type Storage, type Transaction, type UserId } from '../../../storage/index.ts'
import type { Proof } from '../../proof.ts'
import { formatWrittenCode, newWrittenCode, readWrittenCode } from '../../written-code.ts'

/** For how long a pass may be good, in minutes. */
export const passMinutes = [10, 30, 60, 240, 480] as const

export interface AccessPassView {
  readonly id: string
  readonly once: boolean
  readonly createdBy: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly usedAt: number | null
}

interface Row { id: CredentialId; once: number; created_by: string; created_at: number; expires_at: number; used_at: number | null }
interface Owner { readonly id: UserId; readonly organizationId: OrganizationId }

export type AccessPasses = ReturnType<typeof createAccessPasses>

const live = 'revoked_at IS NULL AND expires_at > ? AND (once = 0 OR used_at IS NULL)'

export function createAccessPasses(needs: { storage: Storage; sealer: Sealer; clock: Clock }) {
  const { storage, sealer, clock } = needs
  const hashOf = (userId: UserId, code: string): string => sealer.keyedHash('access pass', `${userId} ${code}`)

  return {
    /** A fresh pass; the one before stops working. It is shown once and kept only as a keyed hash. */
    async issue(tx: Transaction, user: Owner, order: { once: boolean; minutes: number; createdBy: string }): Promise<{ code: string; expiresAt: number }> {
      await this.revoke(tx, user)
      const code = newWrittenCode()
      const now = clock.now()
      const expiresAt = now + order.minutes * 60_000
      await tx.run('INSERT INTO access_passes (id, organization_id, user_id, code_hash, once, created_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        [newId(), user.organizationId, user.id, hashOf(user.id, code), order.once ? 1 : 0, order.createdBy, now, expiresAt])
      return { code: formatWrittenCode(code), expiresAt }
    },

    /** The pass that would let this person in now. */
    async current(user: Owner, sql: Sql = storage.read): Promise<AccessPassView | undefined> {
      const row = await sql.one<Row>(`SELECT id, once, created_by, created_at, expires_at, used_at FROM access_passes WHERE user_id = ? AND organization_id = ? AND ${live} ORDER BY created_at DESC`, [user.id, user.organizationId, clock.now()])
      return row && { id: row.id, once: row.once === 1, createdBy: row.created_by, createdAt: row.created_at, expiresAt: row.expires_at, usedAt: row.used_at }
    },

    /** What a pass proves. It stays good until `use`, so that nothing is lost when no session opens. */
    async find(userId: UserId, typed: string): Promise<Proof | undefined> {
      const code = readWrittenCode(typed)
      if (code === undefined) return undefined
      const row = await storage.read.one<Row>(`SELECT id FROM access_passes WHERE user_id = ? AND code_hash = ? AND ${live}`, [userId, hashOf(userId, code), clock.now()])
      return row && { method: 'access-pass', at: clock.now(), credentialId: row.id, factors: ['possession'], amr: ['otp'], phishingResistant: false, deviceBound: false, onlyFor: 'first_key' }
    },

    /** Notes the use; false when a pass for one use was used, or any was taken back, meanwhile. */
    async use(tx: Transaction, userId: UserId, proof: Proof): Promise<boolean> {
      return (await tx.run(`UPDATE access_passes SET used_at = ? WHERE id = ? AND user_id = ? AND ${live}`, [proof.at, proof.credentialId, userId, proof.at])) === 1
    },

    /** @returns whether there was one to take back */
    async revoke(tx: Sql, user: Owner): Promise<boolean> {
      const now = clock.now()
      return (await tx.run(`UPDATE access_passes SET revoked_at = ? WHERE user_id = ? AND organization_id = ? AND ${live}`, [now, user.id, user.organizationId, now])) > 0
    },

    async removeAll(tx: Sql, userId: UserId): Promise<void> {
      await tx.run('DELETE FROM access_passes WHERE user_id = ?', [userId])
    },
  }
}
