import { placeholders, type Clock, type OrganizationId, type Sql, type Storage, type Transaction, type UserId } from '../storage/index.ts'
import { domainOf, rootsAbove } from './domain.ts'
import { speaksFor, mintImmutableId, readImmutableId, readUpn, type Identity, type IdentitySource } from './identity.ts'

export interface StoredIdentity extends Identity { readonly userId: UserId; readonly source: IdentitySource; readonly updatedAt: number }

/** A person of the organization with what Entra knows them by, if anything. */
export interface PersonIdentity { readonly userId: UserId; readonly name: string; readonly email: string; readonly status: string; readonly identity: StoredIdentity | null }

export type SetOutcome =
  | { readonly outcome: 'saved'; readonly identity: Identity; readonly before: Identity | null }
  | { readonly outcome: 'unchanged'; readonly identity: Identity }
  | { readonly outcome: 'bad_upn' } | { readonly outcome: 'bad_immutable_id' } | { readonly outcome: 'no_person' }
  | { readonly outcome: 'upn_taken' } | { readonly outcome: 'immutable_id_taken' }
  /** There is another ImmutableID already, and nobody said that it shall change. */
  | { readonly outcome: 'would_change'; readonly before: Identity }

export type IdentityConflict = 'bad_upn' | 'bad_immutable_id' | 'would_change' | 'upn_taken' | 'immutable_id_taken'

export type AssertedIdentity =
  | { readonly outcome: 'known'; readonly identity: Identity }
  | { readonly outcome: 'none' } | { readonly outcome: 'other_domain' }

interface Row { user_id: UserId; upn: string; immutable_id: string; source: IdentitySource; updated_at: number }

export type Identities = ReturnType<typeof createIdentities>

export function createIdentities(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  const select = `SELECT i.user_id, i.upn, i.immutable_id, i.source, i.updated_at FROM entra_identities i JOIN users u ON u.id = i.user_id AND u.organization_id = i.organization_id AND u.status <> 'deleted'`
  const toIdentity = (row: Row): StoredIdentity => ({ userId: row.user_id, upn: row.upn, immutableId: row.immutable_id, source: row.source, updatedAt: row.updated_at })
  const one = async (where: string, values: string[], sql: Sql): Promise<StoredIdentity | undefined> => {
    const row = await sql.one<Row>(`${select} WHERE ${where}`, values)
    return row && toIdentity(row)
  }
  /** The organizations in whose domains this name lies. One that is only prepared counts for its own organization alone: nobody has shown yet that it is theirs. */
  const ownersOf = async (sql: Sql, organizationId: OrganizationId, upn: string): Promise<readonly { readonly id: OrganizationId; readonly enabled: boolean }[]> => {
    const roots = rootsAbove(domainOf(upn))
    const rows = await sql.all<{ organization_id: OrganizationId; enabled: number }>(`SELECT organization_id, enabled FROM entra_domains WHERE domain IN (${placeholders(roots.length)})`, roots)
    return rows.map(({ organization_id: id, enabled }) => ({ id, enabled: enabled === 1 })).filter(({ id, enabled }) => enabled || id === organizationId)
  }
  const of = (userId: UserId, sql: Sql = storage.read) => one('i.user_id = ?', [userId], sql)

  return {
    /** Nothing for people who were deleted. */
    of,

    findByUpn: (organizationId: OrganizationId, upn: string, sql: Sql = storage.read) => one('i.organization_id = ? AND i.upn_key = ?', [organizationId, readUpn(upn)?.key ?? ''], sql),

    /**
     * What may be said about a person in an assertion of this domain (SEC-31): only somebody of its organization, and only
     * with a UPN that no other root of that organization claims. Another organization cannot shut people out by claiming a subdomain.
     */
    async forAssertion(domain: { readonly domain: string; readonly organizationId: OrganizationId }, userId: UserId): Promise<AssertedIdentity> {
      const identity = await one('i.user_id = ? AND i.organization_id = ?', [userId, domain.organizationId], storage.read)
      if (!identity) return { outcome: 'none' }
      const roots = (await storage.read.all<{ domain: string }>('SELECT domain FROM entra_domains WHERE organization_id = ? AND domain LIKE ?', [domain.organizationId, `%.${domain.domain}`])).map((row) => row.domain)
      return speaksFor(domain.domain, identity.upn, roots) ? { outcome: 'known', identity: { upn: identity.upn, immutableId: identity.immutableId } } : { outcome: 'other_domain' }
    },

    /**
     * Gives a person an identity. Mints the ImmutableID where none is given and none is there.
     * @param order.change says in so many words that an ImmutableID that is there already shall be another one
     */
    async set(tx: Transaction, organizationId: OrganizationId, userId: UserId, order: { upn: string; immutableId?: string; source: IdentitySource; change?: true }): Promise<SetOutcome> {
      const upn = readUpn(order.upn)
      if (!upn) return { outcome: 'bad_upn' }
      const given = order.immutableId === undefined ? undefined : readImmutableId(order.immutableId)
      if (order.immutableId !== undefined && given === undefined) return { outcome: 'bad_immutable_id' }
      if (!(await tx.one(`SELECT id FROM users WHERE id = ? AND organization_id = ? AND status <> 'deleted'`, [userId, organizationId]))) return { outcome: 'no_person' }
      const before = await of(userId, tx)
      const old = before === undefined ? null : { upn: before.upn, immutableId: before.immutableId }
      if (old && given !== undefined && given !== old.immutableId && !order.change) return { outcome: 'would_change', before: old }
      const identity = { upn: upn.upn, immutableId: given ?? old?.immutableId ?? mintImmutableId() }
      if (old && old.upn === identity.upn && old.immutableId === identity.immutableId) return { outcome: 'unchanged', identity }
      // Names in a domain that signs in another organization are that one's to give, or it could be kept from giving them.
      const owners = await ownersOf(tx, organizationId, upn.upn)
      const [isOwn, isSignedInHere] = [owners.some(({ id }) => id === organizationId), owners.some(({ id, enabled }) => enabled && id === organizationId)]
      if (owners.length > 0 && !isOwn) return { outcome: 'upn_taken' }
      // Who took one before the domain signed in has nothing to do with it: no assertion could carry it.
      if (isSignedInHere) await tx.run(`UPDATE entra_identities SET upn_key = NULL WHERE upn_key = ? AND organization_id NOT IN (${placeholders(owners.length)})`, [upn.key, ...owners.map(({ id }) => id)])
      // A UPN is free again when its person is gone; an ImmutableID never is.
      await tx.run(`UPDATE entra_identities SET upn_key = NULL WHERE upn_key = ? AND user_id <> ? AND user_id IN (SELECT id FROM users WHERE status = 'deleted')`, [upn.key, userId])
      const other = await tx.one<{ user_id: string }>('SELECT user_id FROM entra_identities WHERE upn_key = ? AND user_id <> ?', [upn.key, userId])
      if (other) return { outcome: 'upn_taken' }
      if (await tx.one('SELECT user_id FROM entra_identities WHERE organization_id = ? AND immutable_id = ? AND user_id <> ?', [organizationId, identity.immutableId, userId])) return { outcome: 'immutable_id_taken' }
      const now = clock.now()
      await tx.run(
        `INSERT INTO entra_identities (user_id, organization_id, upn, upn_key, immutable_id, source, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (user_id) DO UPDATE SET upn = excluded.upn, upn_key = excluded.upn_key, immutable_id = excluded.immutable_id, source = excluded.source, updated_at = excluded.updated_at`,
        [userId, organizationId, identity.upn, upn.key, identity.immutableId, order.source, now, now])
      return { outcome: 'saved', identity, before: old }
    },

    /** Which of these could not be given, without giving any: for a plan that is shown before. @returns by the asker's own key */
    async conflicts(sql: Sql, organizationId: OrganizationId, people: readonly { readonly key: string; readonly userId: string | null; readonly upn: string; readonly immutableId: string | null }[]): Promise<Map<string, IdentityConflict>> {
      const found = new Map<string, IdentityConflict>()
      const keys = [...new Set(people.flatMap(({ upn }) => readUpn(upn)?.key ?? []))]
      const ids = [...new Set(people.flatMap(({ immutableId }) => immutableId ?? []))]
      const users = people.flatMap(({ userId }) => userId ?? [])
      const all = async (column: string, values: readonly string[]): Promise<readonly (Row & { upn_key: string | null; organization_id: string; status: string })[]> => (values.length === 0 ? []
        : sql.all(`SELECT i.user_id, i.upn, i.upn_key, i.immutable_id, i.organization_id, u.status FROM entra_identities i LEFT JOIN users u ON u.id = i.user_id WHERE i.${column} IN (${placeholders(values.length)})`, values))
      const byUpn = new Map((await all('upn_key', keys)).map((row) => [row.upn_key, row]))
      const byId = new Map((await all('immutable_id', ids)).filter((row) => row.organization_id === organizationId).map((row) => [row.immutable_id, row]))
      const own = new Map((await all('user_id', users)).map((row) => [row.user_id as string, row]))
      for (const { key, userId, upn, immutableId } of people) {
        const read = readUpn(upn)
        const holder = read && byUpn.get(read.key)
        const taker = immutableId === null ? undefined : byId.get(immutableId)
        const before = userId === null ? undefined : own.get(userId)
        if (!read) found.set(key, 'bad_upn')
        else if (immutableId !== null && readImmutableId(immutableId) === undefined) found.set(key, 'bad_immutable_id')
        else if (before && immutableId !== null && before.immutable_id !== immutableId) found.set(key, 'would_change')
        else if (holder && holder.user_id !== userId && holder.status !== 'deleted') found.set(key, 'upn_taken')
        else if (taker && taker.user_id !== userId) found.set(key, 'immutable_id_taken')
      }
      return found
    },

    /** People by name, each with what Entra knows them by. @param after the last person of the page before */
    async people(organizationId: OrganizationId, page: { text?: string; without?: boolean; after?: string; limit: number }): Promise<PersonIdentity[]> {
      const parts = [`u.organization_id = ? AND u.status <> 'deleted'`]
      const values: (string | number)[] = [organizationId]
      if (page.without) parts.push('i.user_id IS NULL')
      if (page.text) {
        parts.push(`(u.search_key LIKE ? ESCAPE '\\' OR i.upn_key LIKE ? ESCAPE '\\')`)
        const pattern = `%${page.text.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`
        values.push(pattern, pattern)
      }
      if (page.after !== undefined) {
        parts.push('(u.search_key, u.id) > (SELECT a.search_key, a.id FROM users a WHERE a.id = ? AND a.organization_id = ?)')
        values.push(page.after, organizationId)
      }
      const rows = await storage.read.all<{ id: UserId; given_name: string; family_name: string; email: string; status: string } & { [K in keyof Row]: Row[K] | null }>(
        `SELECT u.id, u.given_name, u.family_name, u.email, u.status, i.user_id, i.upn, i.immutable_id, i.source, i.updated_at FROM users u LEFT JOIN entra_identities i ON i.user_id = u.id
         WHERE ${parts.join(' AND ')} ORDER BY u.search_key, u.id LIMIT ?`, [...values, page.limit])
      return rows.map((row) => ({
        userId: row.id, name: `${row.given_name} ${row.family_name}`.trim() || row.email, email: row.email, status: row.status, identity: row.user_id === null ? null : toIdentity(row as Row),
      }))
    },

    /** Everybody who has one, for comparing with Entra. */
    async all(organizationId: OrganizationId): Promise<(StoredIdentity & { readonly email: string })[]> {
      const rows = await storage.read.all<Row & { email: string }>(select.replace('i.updated_at FROM', 'i.updated_at, u.email FROM') + ' WHERE i.organization_id = ? ORDER BY i.upn_key', [organizationId])
      return rows.map((row) => ({ ...toIdentity(row), email: row.email }))
    },
  }
}
