import { newId, sha256, type Clock, type OrganizationId, type SignInId, type Sql, type Storage, type Transaction } from '../../storage/index.ts'
import type { SignIn, SignInState, StoredRequest } from './sign-in.ts'
import { signInLifetimeSeconds } from './sign-in.ts'

interface Row { id: SignInId; browser: string; organization_id: OrganizationId | null; request: string; state: string; outcome: SignIn['outcome']; created_at: number; expires_at: number }

export type SignInStore = ReturnType<typeof createSignInStore>

export function createSignInStore(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  return {
    async create(browser: string, request: StoredRequest): Promise<SignIn> {
      const id = newId<SignInId>()
      const now = clock.now()
      const organizationId = request.application?.organizationId ?? null
      const stored = { ...request, returnTo: request.returnTo.replaceAll('{id}', id) }
      const expiresAt = now + signInLifetimeSeconds * 1_000
      await storage.execute(
        `INSERT INTO sign_ins (id, organization_id, browser, request, state, created_at, expires_at) VALUES (?, ?, ?, ?, '{}', ?, ?)`,
        [id, organizationId, sha256(browser), JSON.stringify(stored), now, expiresAt],
      )
      return { id, browser, organizationId, request: stored, state: {}, outcome: null, createdAt: now, expiresAt }
    },

    /** Only in the browser that began it, and only while it lives; everyone else finds nothing (SEC-66). */
    async find(id: string, browser: string): Promise<SignIn | undefined> {
      if (browser === '') return undefined
      const row = await storage.read.one<Row>(
        'SELECT id, browser, organization_id, request, state, outcome, created_at, expires_at FROM sign_ins WHERE id = ? AND browser = ? AND expires_at > ?',
        [id, sha256(browser), clock.now()],
      )
      return row && {
        id: row.id, browser, organizationId: row.organization_id, request: JSON.parse(row.request) as StoredRequest,
        state: JSON.parse(row.state) as SignInState, outcome: row.outcome, createdAt: row.created_at, expiresAt: row.expires_at,
      }
    },

    /** Changes what the pages remember, from what stands there now: a button is pressed twice, a sign-in open in two tabs. */
    async remember(tx: Transaction, signIn: SignIn, change: (now: SignInState) => SignInState | Promise<SignInState>): Promise<void> {
      const row = await tx.one<{ state: string }>('SELECT state FROM sign_ins WHERE id = ? AND outcome IS NULL', [signIn.id])
      if (!row) return
      const before = JSON.parse(row.state) as SignInState
      const after = await change(before)
      if (after !== before) await tx.run('UPDATE sign_ins SET state = ? WHERE id = ? AND outcome IS NULL', [JSON.stringify(after), signIn.id])
    },

    async finish(sql: Sql, signIn: SignIn, outcome: NonNullable<SignIn['outcome']>, sessionId: string | null): Promise<void> {
      await sql.run('UPDATE sign_ins SET outcome = ?, state = ? WHERE id = ?', [outcome, JSON.stringify(sessionId === null ? {} : { sessionId }), signIn.id])
    },
  }
}
