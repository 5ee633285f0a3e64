import { newId, newSecret, sha256, type Clock, type OrganizationId, type Sql, type Storage, type Transaction, type UserId } from '../../storage/index.ts'

/** What the set-up page collects before the key completes it. */
export interface SetupDraft {
  readonly organizationId: OrganizationId
  readonly userId: UserId
  readonly organization: string
  readonly givenName: string
  readonly familyName: string
  readonly email: string
}

export const setupLinkMinutes = 30

export type SetupLinks = ReturnType<typeof createSetupLinks>

/**
 * The one door into an empty installation: a link with 256 random bits, printed to the operator's console, thirty minutes,
 * once (SEC-70). When anybody owns an organization here, there is no such door.
 */
export function createSetupLinks(needs: { storage: Storage; clock: Clock; publicUrl: string }) {
  const { storage, clock } = needs
  const read = async (sql: Sql, name: string): Promise<string | undefined> => (await sql.one<{ value: string }>('SELECT value FROM installation WHERE name = ?', [name]))?.value
  const put = (sql: Sql, name: string, value: string): Promise<number> => sql.run(
    'INSERT INTO installation (name, value, updated_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at',
    [name, value, clock.now()])

  async function isOpen(sql: Sql = storage.read): Promise<boolean> {
    return (await read(sql, 'setup_completed')) === undefined && (await sql.one(`SELECT id FROM users WHERE role = 'owner' AND status <> 'deleted'`)) === undefined
  }

  return {
    isOpen,

    /** A fresh link; an earlier one stops working. undefined when the installation is set up. */
    async create(): Promise<string | undefined> {
      const token = newSecret()
      const made = await storage.write(async (tx) => {
        if (!(await isOpen(tx))) return false
        await put(tx, 'setup_token', JSON.stringify({ hash: sha256(token), expiresAt: clock.now() + setupLinkMinutes * 60_000 }))
        await put(tx, 'setup_draft', JSON.stringify({ organizationId: newId(), userId: newId() }))
        return true
      })
      return made ? `${needs.publicUrl}/setup/${token}` : undefined
    },

    async admits(token: string, sql: Sql = storage.read): Promise<boolean> {
      const stored = await read(sql, 'setup_token')
      if (stored === undefined || !(await isOpen(sql))) return false
      const { hash, expiresAt } = JSON.parse(stored) as { hash: string; expiresAt: number }
      return hash === sha256(token) && expiresAt > clock.now()
    },

    /** undefined when someone has completed the set-up since the link was looked at. */
    async draft(sql: Sql = storage.read): Promise<(Partial<SetupDraft> & Pick<SetupDraft, 'organizationId' | 'userId'>) | undefined> {
      const stored = await read(sql, 'setup_draft')
      return stored === undefined ? undefined : JSON.parse(stored) as SetupDraft
    },

    async saveDraft(tx: Transaction, draft: SetupDraft): Promise<void> {
      await put(tx, 'setup_draft', JSON.stringify(draft))
    },

    /** Closes the door; of two at the same time one gets false. */
    async complete(tx: Transaction): Promise<boolean> {
      const rows = await tx.all(`INSERT INTO installation (name, value, updated_at) VALUES ('setup_completed', 'yes', ?) ON CONFLICT DO NOTHING RETURNING name`, [clock.now()])
      await tx.run(`DELETE FROM installation WHERE name IN ('setup_token', 'setup_draft')`)
      return rows.length === 1
    },
  }
}
