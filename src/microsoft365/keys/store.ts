import { newId, placeholders, type Clock, type OrganizationId, type Sql, type Storage, type Transaction, type UserId } from '../../storage/index.ts'
import type { KeyOrder, KeyReason, KeyState, Orderer } from './order.ts'

/** An order that nobody answers ends after this. */
export const orderLifetimeMilliseconds = 14 * 86_400_000

type Row = { [K in keyof KeyOrder as K extends string ? Snake<K> : never]: KeyOrder[K] }
type Snake<T extends string> = T extends `${infer Head}${infer Tail}` ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${Snake<Tail>}` : T

const columns = `k.id, k.organization_id, k.user_id, k.domain_id, k.upn, k.phone_id, k.phone_name, k.state, k.reason, k.created_by, k.created_by_name, k.created_at, k.expires_at, k.decided_at, k.method_id, k.credential_id, k.aaguid,
  k.display_name, k.attempts, k.retry_at, k.challenge_hash, k.challenge_host, k.challenge_expires_at, k.removal_asked_at`
/** A phone that could answer now. */
export const somePhone = 'EXISTS (SELECT 1 FROM phones p WHERE p.user_id = microsoft_keys.user_id AND p.suspended_at IS NULL AND (microsoft_keys.phone_id IS NULL OR p.id = microsoft_keys.phone_id))'

export interface ListedOrder { readonly order: KeyOrder; readonly name: string; readonly email: string }
/** Somebody of whom a key could be ordered, with the newest order there is. */
export interface KeyCandidate { readonly userId: UserId; readonly name: string; readonly email: string; readonly upn: string; readonly phones: number }

export type KeyStore = ReturnType<typeof createKeyStore>

export function createKeyStore(needs: { readonly storage: Storage; readonly clock: Clock }) {
  const { storage, clock } = needs
  const open = `state IN ('waiting', 'asked')`

  return {
    async find(organizationId: OrganizationId, id: string, sql: Sql = storage.read): Promise<KeyOrder | undefined> {
      const row = await sql.one<Row>(`SELECT ${columns} FROM microsoft_keys k WHERE k.organization_id = ? AND k.id = ?`, [organizationId, id])
      return row && toOrder(row)
    },

    /** Newest first. */
    async ofPerson(organizationId: OrganizationId, userId: UserId, sql: Sql = storage.read): Promise<KeyOrder[]> {
      return (await sql.all<Row>(`SELECT ${columns} FROM microsoft_keys k WHERE k.organization_id = ? AND k.user_id = ? ORDER BY k.created_at DESC, k.id LIMIT 20`, [organizationId, userId])).map(toOrder)
    },

    /** What this phone may answer now. */
    async openFor(phone: { readonly organizationId: OrganizationId; readonly userId: UserId; readonly phoneId: string }): Promise<KeyOrder[]> {
      return (await storage.read.all<Row>(`SELECT ${columns} FROM microsoft_keys k WHERE k.organization_id = ? AND k.user_id = ? AND k.${open} AND k.expires_at > ? AND (k.phone_id IS NULL OR k.phone_id = ?) ORDER BY k.created_at DESC, k.id LIMIT 10`,
        [phone.organizationId, phone.userId, clock.now(), phone.phoneId])).map(toOrder)
    },

    /** Newest first. @param page.after the last order of the page before */
    async list(organizationId: OrganizationId, page: { readonly state?: KeyState; readonly text?: string; readonly after?: string; readonly limit: number }): Promise<ListedOrder[]> {
      const parts = ['k.organization_id = ?']
      const values: (string | number)[] = [organizationId]
      if (page.state) { parts.push('k.state = ?'); values.push(page.state) }
      if (page.text) { parts.push(`u.search_key LIKE ? ESCAPE '\\'`); values.push(`%${page.text.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`) }
      if (page.after) {
        parts.push('(k.created_at, k.id) < (SELECT a.created_at, a.id FROM microsoft_keys a WHERE a.id = ? AND a.organization_id = ?)')
        values.push(page.after, organizationId)
      }
      const rows = await storage.read.all<Row & { given_name: string; family_name: string; email: string }>(
        `SELECT ${columns}, u.given_name, u.family_name, u.email FROM microsoft_keys k JOIN users u ON u.id = k.user_id WHERE ${parts.join(' AND ')} ORDER BY k.created_at DESC, k.id DESC LIMIT ?`, [...values, page.limit])
      return rows.map((row) => ({ order: toOrder(row), name: `${row.given_name} ${row.family_name}`.trim() || row.email, email: row.email }))
    },

    /** Keys that are at Microsoft through a domain's registration; without it nobody here takes them off again. */
    async registeredThrough(organizationId: OrganizationId, domainId: string): Promise<number> {
      return (await storage.read.one<{ orders: number }>(`SELECT count(*) AS orders FROM microsoft_keys WHERE organization_id = ? AND domain_id = ? AND state = 'registered'`, [organizationId, domainId]))?.orders ?? 0
    },

    async counts(organizationId: OrganizationId): Promise<Readonly<Record<KeyState, number>>> {
      const rows = await storage.read.all<{ state: KeyState; orders: number }>('SELECT state, count(*) AS orders FROM microsoft_keys WHERE organization_id = ? GROUP BY state', [organizationId])
      return { waiting: 0, asked: 0, registered: 0, denied: 0, failed: 0, removed: 0, ...Object.fromEntries(rows.map(({ state, orders }) => [state, orders])) }
    },

    /** Active people whom Entra knows, without a key there and without an order. */
    async candidates(organizationId: OrganizationId, page: { readonly text?: string; readonly group?: string; readonly after?: string; readonly limit: number }): Promise<KeyCandidate[]> {
      const parts = [`u.organization_id = ? AND u.status = 'active'`, `NOT EXISTS (SELECT 1 FROM microsoft_keys k WHERE k.user_id = u.id AND k.state IN ('waiting', 'asked', 'registered'))`]
      const values: (string | number)[] = [organizationId]
      if (page.group) { parts.push('EXISTS (SELECT 1 FROM group_members m WHERE m.user_id = u.id AND m.group_id = ? AND m.organization_id = ?)'); values.push(page.group, organizationId) }
      if (page.text) { parts.push(`u.search_key LIKE ? ESCAPE '\\'`); values.push(`%${page.text.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`) }
      if (page.after) { parts.push('(u.search_key, u.id) > (SELECT a.search_key, a.id FROM users a WHERE a.id = ? AND a.organization_id = ?)'); values.push(page.after, organizationId) }
      const rows = await storage.read.all<{ id: UserId; given_name: string; family_name: string; email: string; upn: string; phones: number }>(
        `SELECT u.id, u.given_name, u.family_name, u.email, i.upn, (SELECT count(*) FROM phones p WHERE p.user_id = u.id AND p.suspended_at IS NULL) AS phones FROM users u JOIN entra_identities i ON i.user_id = u.id
         WHERE ${parts.join(' AND ')} ORDER BY u.search_key, u.id LIMIT ?`, [...values, page.limit])
      return rows.map((row) => ({ userId: row.id, name: `${row.given_name} ${row.family_name}`.trim() || row.email, email: row.email, upn: row.upn, phones: row.phones }))
    },

    async create(tx: Transaction, order: Pick<KeyOrder, 'organizationId' | 'userId' | 'domainId' | 'upn' | 'phoneId' | 'phoneName'> & { readonly by: Orderer | null; readonly state: 'waiting' | 'asked' }): Promise<string> {
      const [id, now] = [newId(), clock.now()]
      await tx.run(
        `INSERT INTO microsoft_keys (id, organization_id, user_id, domain_id, upn, phone_id, phone_name, state, created_by, created_by_name, created_at, expires_at, attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
        [id, order.organizationId, order.userId, order.domainId, order.upn, order.phoneId, order.phoneName, order.state, order.by?.id ?? null, order.by?.name ?? '', now, now + orderLifetimeMilliseconds])
      return id
    },

    /** Ends an order that is open. @returns false for one that was decided meanwhile */
    async end(tx: Sql, id: string, state: 'denied' | 'failed' | 'removed', reason: KeyReason | null): Promise<boolean> {
      return (await tx.run(`UPDATE microsoft_keys SET state = ?, reason = ?, decided_at = ?, challenge_hash = NULL WHERE id = ? AND ${open}`, [state, reason, clock.now(), id])) === 1
    },

    /** Open once more, for another fortnight. */
    async reopen(tx: Sql, id: string, place: Pick<KeyOrder, 'domainId' | 'upn'>): Promise<boolean> {
      return (await tx.run(
        `UPDATE microsoft_keys SET state = CASE WHEN ${somePhone} THEN 'asked' ELSE 'waiting' END, reason = NULL, decided_at = NULL, attempts = 0, retry_at = NULL, challenge_hash = NULL, domain_id = ?, upn = ?, expires_at = ? WHERE id = ? AND state IN ('denied', 'failed')`,
        [place.domainId, place.upn, clock.now() + orderLifetimeMilliseconds, id])) === 1
    },

    /** Stays open; the page says what happened last. */
    async note(id: string, reason: KeyReason, retryAt: number | null = null): Promise<void> {
      await storage.execute(`UPDATE microsoft_keys SET reason = ?, retry_at = ? WHERE id = ? AND ${open}`, [reason, retryAt, id])
    },

    /** Only the newest challenge counts, once, from the phone that asked for it. */
    async offer(id: string, challenge: { readonly hash: string; readonly host: string; readonly expiresAt: number }): Promise<boolean> {
      return (await storage.execute(`UPDATE microsoft_keys SET state = 'asked', reason = NULL, retry_at = NULL, attempts = attempts + 1, challenge_hash = ?, challenge_host = ?, challenge_expires_at = ? WHERE id = ? AND ${open} RETURNING id`,
        [challenge.hash, challenge.host, challenge.expiresAt, id])).length === 1
    },
    async take(id: string, hash: string): Promise<boolean> {
      return (await storage.execute(`UPDATE microsoft_keys SET challenge_hash = NULL WHERE id = ? AND challenge_hash = ? AND ${open} RETURNING id`, [id, hash])).length === 1
    },

    /** Microsoft has it, whatever became of the order meanwhile. */
    async registered(tx: Sql, id: string, key: { readonly methodId: string; readonly credentialId: string; readonly aaguid: string; readonly displayName: string; readonly phoneId: string; readonly phoneName: string; readonly unwanted: boolean }): Promise<void> {
      const now = clock.now()
      await tx.run(`UPDATE microsoft_keys SET state = 'registered', reason = NULL, retry_at = NULL, attempts = 0, decided_at = ?, method_id = ?, credential_id = ?, aaguid = ?, display_name = ?, phone_id = ?, phone_name = ?, challenge_hash = NULL, removal_asked_at = ? WHERE id = ?`,
        [now, key.methodId, key.credentialId, key.aaguid, key.displayName, key.phoneId, key.phoneName, key.unwanted ? now : null, id])
    },

    async askRemoval(tx: Sql, id: string): Promise<boolean> {
      return (await tx.run(`UPDATE microsoft_keys SET removal_asked_at = ?, attempts = 0, retry_at = NULL, reason = NULL WHERE id = ? AND state = 'registered'`, [clock.now(), id])) === 1
    },
    async removed(tx: Sql, id: string): Promise<boolean> {
      return (await tx.run(`UPDATE microsoft_keys SET state = 'removed', reason = NULL, retry_at = NULL, decided_at = ? WHERE id = ? AND state = 'registered'`, [clock.now(), id])) === 1
    },
    async removalFailed(id: string, reason: KeyReason, retryAt: number): Promise<void> {
      await storage.execute(`UPDATE microsoft_keys SET attempts = attempts + 1, reason = ?, retry_at = ? WHERE id = ? AND state = 'registered'`, [reason, retryAt, id])
    },

    /** For the job, whose work is that of every organization. */
    async due(where: string, values: readonly (string | number)[], limit: number): Promise<KeyOrder[]> {
      return (await storage.read.all<Row>(`SELECT ${columns} FROM microsoft_keys k WHERE ${where} ORDER BY k.created_at, k.id LIMIT ?`, [...values, limit])).map(toOrder)
    },

    async hasOther(sql: Sql, { userId, id }: Pick<KeyOrder, 'userId' | 'id'>, states: readonly KeyState[]): Promise<boolean> {
      return (await sql.one(`SELECT id FROM microsoft_keys WHERE user_id = ? AND id <> ? AND state IN (${placeholders(states.length)})`, [userId, id, ...states])) !== undefined
    },
  }
}

function toOrder(row: Row): KeyOrder {
  return {
    id: row.id, organizationId: row.organization_id, userId: row.user_id, domainId: row.domain_id, upn: row.upn, phoneId: row.phone_id, phoneName: row.phone_name, state: row.state, reason: row.reason,
    createdBy: row.created_by, createdByName: row.created_by_name, createdAt: row.created_at, expiresAt: row.expires_at, decidedAt: row.decided_at, methodId: row.method_id, credentialId: row.credential_id, aaguid: row.aaguid,
    displayName: row.display_name, attempts: row.attempts, retryAt: row.retry_at, challengeHash: row.challenge_hash, challengeHost: row.challenge_host, challengeExpiresAt: row.challenge_expires_at, removalAskedAt: row.removal_asked_at,
  }
}
