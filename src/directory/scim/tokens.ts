import { equalInConstantTime } from '../../equal.ts'
import { newId, newSecret, sha256, type Clock, type OrganizationId, type Sql, type Storage, type Transaction } from '../../storage/index.ts'

export type ScimScope = 'read' | 'write'

export interface ScimToken {
  readonly id: string
  readonly organizationId: OrganizationId
  readonly name: string
  readonly scope: ScimScope
  /** The last characters, by which people tell two tokens apart. */
  readonly hint: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly lastUsedAt: number | null
}

export interface ScimSettings {
  /** Whether somebody who is here already, has proved the same address and is nobody special becomes SCIM's (SEC-65). */
  readonly takeOver: boolean
  /** How long somebody whom SCIM deleted stays suspended before the account is deleted, in days. */
  readonly keepDays: number
}

/** So that a token can be replaced while the old one still works, and two directories can have their own. */
export const mostTokens = 10
export const longestTokenDays = 730
const usedEveryMilliseconds = 60_000
// So that whoever finds one in a file knows, by eye or by scanner, what it is.
const prefix = 'doorward_scim_'

interface Row { id: string; organization_id: OrganizationId; name: string; scope: ScimScope; token_hash: string; hint: string; created_at: number; expires_at: number; last_used_at: number | null }

const select = 'SELECT id, organization_id, name, scope, token_hash, hint, created_at, expires_at, last_used_at FROM scim_tokens'

export type ScimTokens = ReturnType<typeof createTokens>

/** Tokens are 256 random bits and kept as a hash; the organization comes from the token alone (SEC-73). */
export function createTokens(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  return {
    /** Who calls; undefined for a token that is unknown, expired or revoked. Notes the use once a minute. */
    async verify(token: string): Promise<ScimToken | undefined> {
      if (!token.startsWith(prefix) || token.length > 200) return undefined
      const hash = sha256(token)
      const now = clock.now()
      const row = await storage.read.one<Row>(`${select} WHERE token_hash = ? AND revoked_at IS NULL AND expires_at > ?`, [hash, now])
      if (!row || !equalInConstantTime(row.token_hash, hash)) return undefined
      if ((row.last_used_at ?? 0) < now - usedEveryMilliseconds) await storage.execute('UPDATE scim_tokens SET last_used_at = ? WHERE id = ?', [now, row.id])
      return toToken(row)
    },

    /** Those that were not revoked, the newest first; expired ones stay to be seen. */
    async list(organizationId: OrganizationId, sql: Sql = storage.read): Promise<ScimToken[]> {
      return (await sql.all<Row>(`${select} WHERE organization_id = ? AND revoked_at IS NULL ORDER BY created_at DESC, id LIMIT 100`, [organizationId])).map(toToken)
    },

    /** @returns the token, which nobody can read a second time; undefined when there are as many as there may be */
    async create(tx: Transaction, organizationId: OrganizationId, order: { name: string; scope: ScimScope; days: number; createdBy: string }): Promise<{ readonly id: string; readonly token: string } | undefined> {
      const now = clock.now()
      const live = await tx.one<{ tokens: number }>('SELECT count(*) AS tokens FROM scim_tokens WHERE organization_id = ? AND revoked_at IS NULL AND expires_at > ?', [organizationId, now])
      if ((live?.tokens ?? 0) >= mostTokens) return undefined
      const token = prefix + newSecret()
      const id = newId()
      const days = Math.min(Math.max(1, order.days), longestTokenDays)
      await tx.run('INSERT INTO scim_tokens (id, organization_id, name, scope, token_hash, hint, created_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        [id, organizationId, order.name, order.scope, sha256(token), token.slice(-4), order.createdBy, now, now + days * 86_400_000])
      return { id, token }
    },

    async revoke(tx: Transaction, organizationId: OrganizationId, id: string): Promise<boolean> {
      return (await tx.run('UPDATE scim_tokens SET revoked_at = ? WHERE organization_id = ? AND id = ? AND revoked_at IS NULL', [clock.now(), organizationId, id])) === 1
    },

    async settings(organizationId: OrganizationId, sql: Sql = storage.read): Promise<ScimSettings> {
      const row = await sql.one<{ take_over: number; keep_days: number }>('SELECT take_over, keep_days FROM scim_settings WHERE organization_id = ?', [organizationId])
      return { takeOver: row?.take_over === 1, keepDays: row?.keep_days ?? 30 }
    },

    async saveSettings(tx: Transaction, organizationId: OrganizationId, { takeOver, keepDays }: ScimSettings): Promise<void> {
      await tx.run(
        `INSERT INTO scim_settings (organization_id, take_over, keep_days, updated_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (organization_id) DO UPDATE SET take_over = excluded.take_over, keep_days = excluded.keep_days, updated_at = excluded.updated_at`,
        [organizationId, takeOver ? 1 : 0, keepDays, clock.now()])
    },
  }
}

function toToken(row: Row): ScimToken {
  return {
    id: row.id, organizationId: row.organization_id, name: row.name, scope: row.scope, hint: row.hint, createdAt: row.created_at, expiresAt: row.expires_at, lastUsedAt: row.last_used_at,
  }
}
