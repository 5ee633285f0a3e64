import { newId, sha256, type Clock, type Sql, type Storage } from '../../storage/index.ts'

export type SignUpKind = 'personal' | 'work'

/** A form on its way to becoming an account: nobody has one before the address is proven (S45). */
export interface SignUp {
  readonly id: string
  readonly kind: SignUpKind
  readonly email: string
  readonly givenName: string
  readonly familyName: string
  readonly organizationName: string
  readonly codeId: string
  readonly resendAt: number
  readonly codeExpiresAt: number
  readonly verified: boolean
}

interface Row {
  id: string; kind: SignUpKind; email: string; given_name: string; family_name: string; organization_name: string; code_id: string
  resend_at: number; code_expires_at: number; verified_at: number | null
}

const lifetimeMilliseconds = 3_600_000

export type SignUpStore = ReturnType<typeof createSignUpStore>

export function createSignUpStore(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  return {
    newId: () => newId(),

    async create(tx: Sql, signUp: Omit<SignUp, 'verified'>, browser: string): Promise<void> {
      const now = clock.now()
      await tx.run(
        `INSERT INTO sign_ups (id, browser, kind, email, given_name, family_name, organization_name, code_id, resend_at, code_expires_at, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [signUp.id, sha256(browser), signUp.kind, signUp.email, signUp.givenName, signUp.familyName, signUp.organizationName, signUp.codeId, signUp.resendAt, signUp.codeExpiresAt, now, now + lifetimeMilliseconds])
    },

    /** Only in the browser that filled in the form. */
    async find(id: string, browser: string, sql: Sql = storage.read): Promise<SignUp | undefined> {
      if (browser === '') return undefined
      const row = await sql.one<Row>('SELECT * FROM sign_ups WHERE id = ? AND browser = ? AND expires_at > ? AND completed_at IS NULL', [id, sha256(browser), clock.now()])
      return row && {
        id: row.id, kind: row.kind, email: row.email, givenName: row.given_name, familyName: row.family_name, organizationName: row.organization_name,
        codeId: row.code_id, resendAt: row.resend_at, codeExpiresAt: row.code_expires_at, verified: row.verified_at !== null,
      }
    },

    async renewCode(tx: Sql, id: string, code: { id: string; resendAt: number; expiresAt: number }): Promise<void> {
      await tx.run('UPDATE sign_ups SET code_id = ?, resend_at = ?, code_expires_at = ? WHERE id = ?', [code.id, code.resendAt, code.expiresAt, id])
    },

    async markVerified(id: string): Promise<void> {
      await storage.execute('UPDATE sign_ups SET verified_at = ? WHERE id = ?', [clock.now(), id])
    },

    /** Of two at the same time one gets false. */
    async complete(tx: Sql, id: string): Promise<boolean> {
      return (await tx.all('UPDATE sign_ups SET completed_at = ? WHERE id = ? AND verified_at IS NOT NULL AND completed_at IS NULL RETURNING id', [clock.now(), id])).length === 1
    },
  }
}
