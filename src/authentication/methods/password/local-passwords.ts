import type { PasswordKeeper } from '../../../directory/index.ts'
import type { Clock, OrganizationId, Sql, Storage, Transaction, UserId } from '../../../storage/index.ts'
import type { Hashing } from './hashing.ts'
import { readPassword } from './password.ts'

/** Wrong tries in a row, over all hours, after which a password is no use to anyone until it is set anew (SEC-55). */
const mostFailures = 100

export interface LocalPassword { readonly changedAt: number; readonly blocked: boolean }

export interface LocalPasswords extends PasswordKeeper {
  /** The work of judging, with nothing to judge: for strangers, and for people whose password is not asked for (SEC-54). */
  pretend(password: string): Promise<void>
  /** Takes its time, so it is done before the transaction that sets it. */
  hash(password: string): Promise<string>
  set(tx: Transaction, user: { id: UserId; organizationId: OrganizationId }, hash: string): Promise<void>
  find(userId: UserId, sql?: Sql): Promise<LocalPassword | undefined>
  remove(tx: Sql, userId: UserId): Promise<boolean>
  /** Whether a password of this person, wherever it is kept, has already enrolled their first key. */
  isSpent(userId: UserId, sql?: Sql): Promise<boolean>
  spend(tx: Transaction, user: { id: UserId; organizationId: OrganizationId }): Promise<void>
}

export function createLocalPasswords(needs: { storage: Storage; clock: Clock; hashing: Hashing }): LocalPasswords {
  const { storage, clock, hashing } = needs
  const pretend = async (password: string): Promise<void> => { await hashing.hash(readPassword(password) ?? 'nothing') }

  return {
    pretend,
    hash: (password) => hashing.hash(password.normalize('NFKC')),

    async verify({ id: userId }, typed) {
      const row = await storage.read.one<{ hash: string; failures: number }>('SELECT hash, failures FROM local_passwords WHERE user_id = ?', [userId])
      if (!row) return 'none'
      const password = readPassword(typed)
      if (password === undefined || row.failures >= mostFailures) {
        await pretend(typed)
        return 'wrong'
      }
      if (!(await hashing.verify(row.hash, password))) {
        await storage.execute('UPDATE local_passwords SET failures = failures + 1 WHERE user_id = ? AND hash = ? RETURNING user_id', [userId, row.hash])
        return 'wrong'
      }
      const outdated = hashing.isOutdated(row.hash)
      if (outdated || row.failures > 0) {
        // Only while it is still that password: one that is being changed at this moment must not come back.
        await storage.execute('UPDATE local_passwords SET failures = 0, hash = ? WHERE user_id = ? AND hash = ? RETURNING user_id', [outdated ? await hashing.hash(password) : row.hash, userId, row.hash])
      }
      return 'right'
    },

    async set(tx, user, hash) {
      const now = clock.now()
      await tx.run(
        `INSERT INTO local_passwords (user_id, organization_id, hash, failures, created_at, changed_at) VALUES (?, ?, ?, 0, ?, ?)
         ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, failures = 0, changed_at = excluded.changed_at`, [user.id, user.organizationId, hash, now, now])
    },

    async find(userId, sql = storage.read) {
      const row = await sql.one<{ changed_at: number; failures: number }>('SELECT changed_at, failures FROM local_passwords WHERE user_id = ?', [userId])
      return row && { changedAt: row.changed_at, blocked: row.failures >= mostFailures }
    },

    async remove(tx, userId) {
      return (await tx.run('DELETE FROM local_passwords WHERE user_id = ?', [userId])) === 1
    },

    async isSpent(userId, sql = storage.read) {
      return (await sql.one('SELECT user_id FROM spent_passwords WHERE user_id = ?', [userId])) !== undefined
    },

    async spend(tx, user) {
      await tx.run('INSERT INTO spent_passwords (user_id, organization_id, spent_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', [user.id, user.organizationId, clock.now()])
    },
  }
}
