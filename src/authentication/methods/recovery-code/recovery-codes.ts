import { newId, type Clock, type OrganizationId, type Sealer, type Sql, type Storage, type Transaction, type UserId } from '../../../storage/index.ts'
import type { Proof } from '../../proof.ts'
import { formatWrittenCode, newWrittenCode, readWrittenCode } from '../../written-code.ts'

export const recoveryCodeCount = 10

export interface RecoveryCodes {
  /** Ten fresh codes; the old ones stop working. They are shown once and kept only as keyed hashes. */
  replace(tx: Transaction, user: { id: UserId; organizationId: OrganizationId }): Promise<string[]>
  left(userId: UserId, sql?: Sql): Promise<number>
  /** What an unused code proves. It stays good until `use`, so that nothing is lost when no session opens. */
  find(userId: UserId, typed: string): Promise<Proof | undefined>
  /** Uses up the code of a proof; false when it was used meanwhile, so of parallel uses one holds. */
  use(tx: Transaction, userId: UserId, proof: Proof): Promise<boolean>
  removeAll(tx: Sql, userId: UserId): Promise<void>
}

export function createRecoveryCodes(needs: { storage: Storage; sealer: Sealer; clock: Clock }): RecoveryCodes {
  const { storage, sealer, clock } = needs
  const hashOf = (userId: UserId, code: string): string => sealer.keyedHash('recovery code', `${userId} ${code}`)

  return {
    async replace(tx, user) {
      await tx.run('DELETE FROM recovery_codes WHERE user_id = ?', [user.id])
      const codes = Array.from({ length: recoveryCodeCount }, newWrittenCode)
      for (const code of codes) {
        await tx.run('INSERT INTO recovery_codes (id, organization_id, user_id, code_hash, created_at) VALUES (?, ?, ?, ?, ?)',
          [newId(), user.organizationId, user.id, hashOf(user.id, code), clock.now()])
      }
      return codes.map(formatWrittenCode)
    },

    async left(userId, sql = storage.read) {
      const row = await sql.one<{ left: number }>('SELECT count(*) AS "left" FROM recovery_codes WHERE user_id = ? AND used_at IS NULL', [userId])
      return row?.left ?? 0
    },

    async find(userId, typed) {
      const code = readWrittenCode(typed)
      if (code === undefined) return undefined
      const row = await storage.read.one<{ id: string }>('SELECT id FROM recovery_codes WHERE user_id = ? AND code_hash = ? AND used_at IS NULL', [userId, hashOf(userId, code)])
      return row && { method: 'recovery-code', at: clock.now(), credentialId: row.id, factors: ['possession'], amr: ['otp'], phishingResistant: false, deviceBound: false }
    },

    async use(tx, userId, proof) {
      const used = await tx.all<{ id: string }>('UPDATE recovery_codes SET used_at = ? WHERE id = ? AND user_id = ? AND used_at IS NULL RETURNING id', [proof.at, proof.credentialId, userId])
      return used.length === 1
    },

    async removeAll(tx, userId) {
      await tx.run('DELETE FROM recovery_codes WHERE user_id = ?', [userId])
    },
  }
}
