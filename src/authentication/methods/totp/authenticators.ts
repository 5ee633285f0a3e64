import { Conflict } from '../../../errors.ts'
import { newId, type Clock, type CredentialId, type OrganizationId, type Sealer, type Sql, type Storage, type Transaction, type UserId } from '../../../storage/index.ts'
import type { Proof } from '../../proof.ts'
import { matchingStep, newSeed, totpProof } from './totp.ts'

export const maxAuthenticators = 5
/** Wrong codes in a row, over all hours: at three codes out of a million a try, a guesser's whole chance stays under 1 in 10,000 (SEC-55). */
const mostFailures = 30
/** How long the page that shows a seed may stand. */
export const setUpMinutes = 15

export interface AuthenticatorView {
  readonly id: CredentialId
  readonly name: string
  readonly createdAt: number
  readonly lastUsedAt: number | null
  readonly blocked: boolean
}

interface Row { id: CredentialId; name: string; sealed_seed: string; last_step: number; failures: number; created_at: number; confirmed_at: number | null; last_used_at: number | null }
interface Owner { readonly id: UserId; readonly organizationId: OrganizationId }

export type Authenticators = ReturnType<typeof createAuthenticators>

/** @param needs.readCode what six digits look like, however they were typed */
export function createAuthenticators(needs: { storage: Storage; sealer: Sealer; clock: Clock; readCode: (typed: string) => string | undefined }) {
  const { storage, sealer, clock } = needs
  const columns = 'id, name, sealed_seed, last_step, failures, created_at, confirmed_at, last_used_at'
  const placeOf = (id: string) => ({ table: 'totp_authenticators', column: 'sealed_seed', row: id })
  const rows = (sql: Sql, userId: UserId): Promise<Row[]> => sql.all<Row>(`SELECT ${columns} FROM totp_authenticators WHERE user_id = ? AND confirmed_at IS NOT NULL ORDER BY created_at, id`, [userId])
  const pending = async (user: Owner, id: string): Promise<Row | undefined> => storage.read.one<Row>(
    `SELECT ${columns} FROM totp_authenticators WHERE id = ? AND user_id = ? AND organization_id = ? AND confirmed_at IS NULL AND created_at > ?`, [id, user.id, user.organizationId, clock.now() - setUpMinutes * 60_000])

  return {
    async list(sql: Sql, userId: UserId): Promise<AuthenticatorView[]> {
      return (await rows(sql, userId)).map(toView)
    },

    /** A seed that counts for nothing until a code shows that the app has it. @throws Conflict `too_many_authenticators` */
    async begin(tx: Transaction, user: Owner): Promise<CredentialId> {
      await tx.run('DELETE FROM totp_authenticators WHERE user_id = ? AND confirmed_at IS NULL', [user.id])
      if ((await rows(tx, user.id)).length >= maxAuthenticators) throw new Conflict('too_many_authenticators')
      const id = newId<CredentialId>()
      await tx.run(`INSERT INTO totp_authenticators (id, organization_id, user_id, name, sealed_seed, last_step, failures, created_at) VALUES (?, ?, ?, '', ?, 0, 0, ?)`,
        [id, user.organizationId, user.id, sealer.seal(newSeed(), placeOf(id)), clock.now()])
      return id
    },

    /** The seed of an app that is being set up; of one that is set up nobody sees it again. */
    async seed(user: Owner, id: string): Promise<string | undefined> {
      const row = await pending(user, id)
      return row && sealer.open(row.sealed_seed, placeOf(row.id))
    },

    /** Whether this code comes from the app that is being set up. @returns the step to confirm with */
    async check(user: Owner, id: string, typed: string): Promise<number | undefined> {
      const seed = await this.seed(user, id)
      const code = needs.readCode(typed)
      return seed === undefined || code === undefined ? undefined : matchingStep(seed, code, clock.now())
    },

    /** @returns false when it was confirmed, or taken away, meanwhile */
    async confirm(tx: Transaction, user: Owner, id: string, name: string, step: number): Promise<boolean> {
      const now = clock.now()
      return (await tx.run('UPDATE totp_authenticators SET confirmed_at = ?, last_used_at = ?, last_step = ?, name = ? WHERE id = ? AND user_id = ? AND organization_id = ? AND confirmed_at IS NULL',
        [now, now, step, name, id, user.id, user.organizationId])) === 1
    },

    /**
     * Judges a code and, when it fits, uses its step up in one statement: of two answers with the same code, on whatever node,
     * one is refused, and so is every older code (SEC-57).
     */
    async verify(userId: UserId, typed: string): Promise<Proof | 'wrong' | 'replayed'> {
      const now = clock.now()
      const code = needs.readCode(typed)
      const mine = (await rows(storage.read, userId)).filter(({ failures }) => failures < mostFailures)
      const found = code === undefined ? [] : mine.flatMap((row) => {
        const step = matchingStep(sealer.open(row.sealed_seed, placeOf(row.id)), code, now)
        return step === undefined ? [] : [{ row, step }]
      })
      for (const { row, step } of found) {
        const used = await storage.execute<{ id: string }>('UPDATE totp_authenticators SET last_step = ?, last_used_at = ?, failures = 0 WHERE id = ? AND last_step < ? RETURNING id', [step, now, row.id, step])
        if (used.length === 1) return totpProof(row.id, now)
      }
      if (found.length > 0) return 'replayed'
      await storage.execute('UPDATE totp_authenticators SET failures = failures + 1 WHERE user_id = ? AND confirmed_at IS NOT NULL RETURNING id', [userId])
      return 'wrong'
    },

    /** The work of judging, with nothing to judge (SEC-54). */
    pretend(typed: string): void {
      matchingStep(decoySeed, needs.readCode(typed) ?? '', clock.now())
    },

    async remove(tx: Sql, user: Owner, id: string): Promise<boolean> {
      return (await tx.run('DELETE FROM totp_authenticators WHERE id = ? AND user_id = ? AND organization_id = ?', [id, user.id, user.organizationId])) === 1
    },

    async removeAll(tx: Sql, userId: UserId): Promise<void> {
      await tx.run('DELETE FROM totp_authenticators WHERE user_id = ?', [userId])
    },
  }
}

const decoySeed = newSeed()

function toView(row: Row): AuthenticatorView {
  return { id: row.id, name: row.name, createdAt: row.confirmed_at ?? row.created_at, lastUsedAt: row.last_used_at, blocked: row.failures >= mostFailures }
}
