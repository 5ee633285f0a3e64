import { Conflict } from '../errors.ts'
import { createPageTokens, newId, type Clock, type OrganizationId, type Sealer, type Sql, type SqlValue, type Storage, type Transaction, type UserId } from '../storage/index.ts'
import { countedAnew, createCounts } from './counts.ts'
import { createPeopleQuery, type PeopleQuestion } from './people-query.ts'
import { nameOf, searchKeyOf, type Person, type User, type UserRole, type UserStatus } from './user.ts'

export interface NewUser {
  readonly id?: UserId
  readonly organizationId: OrganizationId
  readonly email: { readonly email: string; readonly key: string }
  readonly givenName: string
  readonly familyName: string
  readonly role: UserRole
  readonly status: UserStatus
  readonly emailVerified: boolean
  readonly locale?: string | null
}

export interface UserChanges {
  readonly givenName?: string
  readonly familyName?: string
  readonly email?: { readonly email: string; readonly key: string }
  readonly phone?: string | null
  readonly role?: UserRole
  readonly status?: UserStatus
  readonly locale?: string | null
  readonly timeZone?: string | null
  readonly emailVerified?: true
  readonly phoneVerified?: true
  readonly recoveryCodesSeen?: true
}

export interface UserFilter extends PeopleQuestion {
  /** The cursor of the last row of the page before. */
  readonly after?: string
  readonly limit: number
}

interface Row {
  id: UserId; organization_id: OrganizationId; status: UserStatus; role: UserRole; email: string; email_verified_at: number | null
  given_name: string; family_name: string; search_key: string; phone: string | null; phone_verified_at: number | null; locale: string | null
  time_zone: string | null; managed_by: string | null; recovery_codes_seen_at: number | null; last_sign_in_at: number | null
  created_at: number; updated_at: number; passkeys: number; authenticators: number
}

const select = `SELECT u.id, u.organization_id, u.status, u.role, u.email, u.email_verified_at, u.given_name, u.family_name, u.search_key, u.phone,
  u.phone_verified_at, u.locale, u.time_zone, u.managed_by, u.recovery_codes_seen_at, u.last_sign_in_at, u.created_at, u.updated_at,
  (SELECT count(*) FROM passkeys p WHERE p.user_id = u.id AND p.suspended_at IS NULL) AS passkeys,
  (SELECT count(*) FROM totp_authenticators t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL) AS authenticators`

export type Users = ReturnType<typeof createUsers>

export function createUsers(needs: { storage: Storage; clock: Clock; sealer: Sealer }) {
  const { storage, clock } = needs
  const tokens = createPageTokens(needs.sealer)
  const people = createPeopleQuery(storage)
  const counts = createCounts(clock)
  const one = async (sql: Sql, where: string, values: SqlValue[]): Promise<User | undefined> => {
    const row = await sql.one<Row>(`${select} FROM users u WHERE ${where}`, values)
    return row && toUser(row)
  }

  return {
    /** Anyone of this organization, deleted people excepted; someone of another organization is not found (SEC-73). */
    find: (organizationId: OrganizationId, id: string, sql: Sql = storage.read) =>
      one(sql, `u.organization_id = ? AND u.id = ? AND u.status <> 'deleted'`, [organizationId, id]),

    /** Only for callers that hold an id from a proof or a token of ours, never from a request. */
    findById: (id: UserId, sql: Sql = storage.read) => one(sql, `u.id = ? AND u.status <> 'deleted'`, [id]),

    /** By the normalised address, which is unique in the whole installation. */
    findByEmailKey: (emailKey: string, sql: Sql = storage.read) => one(sql, 'u.email_key = ?', [emailKey]),

    /** One statement, groups included: what an application may be told. */
    async person(id: string): Promise<Person | undefined> {
      const rows = await storage.read.all<Row & { group_name: string | null }>(
        `${select}, g.name AS group_name FROM users u LEFT JOIN group_members m ON m.user_id = u.id LEFT JOIN groups g ON g.id = m.group_id
         WHERE u.id = ? ORDER BY g.name_key`, [id])
      const row = rows[0]
      return row && { ...toUser(row), groups: rows.flatMap(({ group_name }) => group_name ?? []) }
    },

    /** @throws Conflict `email_taken` */
    async create(tx: Transaction, user: NewUser): Promise<User> {
      if (await tx.one('SELECT id FROM users WHERE email_key = ?', [user.email.key])) throw new Conflict('email_taken')
      counts.forget(user.organizationId)
      const id = user.id ?? newId<UserId>()
      const now = clock.now()
      await tx.run(
        `INSERT INTO users (id, organization_id, status, role, email, email_key, email_verified_at, given_name, family_name, search_key, locale, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [id, user.organizationId, user.status, user.role, user.email.email, user.email.key, user.emailVerified ? now : null, user.givenName, user.familyName,
          searchKeyOf({ ...user, email: user.email.email }), user.locale ?? null, now, now])
      return required(await one(tx, 'u.id = ?', [id]))
    },

    /** @throws Conflict `email_taken` */
    async update(tx: Transaction, organizationId: OrganizationId, id: UserId, changes: UserChanges): Promise<User | undefined> {
      const before = await one(tx, `u.organization_id = ? AND u.id = ? AND u.status <> 'deleted'`, [organizationId, id])
      if (!before) return undefined
      const now = clock.now()
      const sets: string[] = ['updated_at = ?']
      const values: SqlValue[] = [now]
      const set = (column: string, value: SqlValue | undefined): void => {
        if (value === undefined) return
        sets.push(`${column} = ?`)
        values.push(value)
      }
      if (changes.email) {
        const other = await tx.one<{ id: string }>('SELECT id FROM users WHERE email_key = ?', [changes.email.key])
        if (other && other.id !== id) throw new Conflict('email_taken')
        set('email', changes.email.email)
        set('email_key', changes.email.key)
        // Whoever proved the old mailbox has not proved this one.
        if (!other && !changes.emailVerified) set('email_verified_at', null)
      }
      set('given_name', changes.givenName)
      set('family_name', changes.familyName)
      set('search_key', searchKeyOf({
        givenName: changes.givenName ?? before.givenName, familyName: changes.familyName ?? before.familyName, email: changes.email?.email ?? before.email,
      }))
      set('phone', changes.phone)
      if (changes.phone !== undefined) set('phone_verified_at', changes.phone !== null && changes.phoneVerified ? now : null)
      set('role', changes.role)
      set('status', changes.status)
      if (changes.status !== undefined) counts.forget(organizationId)
      if (changes.status !== undefined) set('suspended_at', changes.status === 'suspended' ? now : null)
      set('locale', changes.locale)
      set('time_zone', changes.timeZone)
      set('email_verified_at', changes.emailVerified && now)
      set('recovery_codes_seen_at', changes.recoveryCodesSeen && now)
      await tx.run(`UPDATE users SET ${sets.join(', ')} WHERE id = ?`, [...values, id])
      return one(tx, 'u.id = ?', [id])
    },

    /** The row stays for the audit log; the address is free again. Keys, sessions and codes are the caller's to remove. */
    async remove(tx: Transaction, organizationId: OrganizationId, id: UserId): Promise<boolean> {
      counts.forget(organizationId)
      const now = clock.now()
      await tx.run('DELETE FROM group_members WHERE user_id = ? AND organization_id = ?', [id, organizationId])
      await tx.run('DELETE FROM invitations WHERE user_id = ? AND organization_id = ?', [id, organizationId])
      await tx.run('DELETE FROM scim_resources WHERE id = ? AND organization_id = ?', [id, organizationId])
      return (await tx.run(`UPDATE users SET status = 'deleted', email_key = NULL, phone = NULL, phone_verified_at = NULL, deleted_at = ?, updated_at = ? WHERE organization_id = ? AND id = ? AND status <> 'deleted'`,
        [now, now, organizationId, id])) === 1
    },

    /**
     * Notes a sign-in by whoever is active in this very transaction, with a key that is still theirs.
     * @param passkeyId the key that proved it, null for any other way
     * @returns false for somebody who was suspended, or whose key was taken away, a moment ago
     */
    async recordSignIn(tx: Sql, id: UserId, passkeyId: string | null = null): Promise<boolean> {
      const holds = passkeyId === null ? '' : ' AND EXISTS (SELECT 1 FROM passkeys p WHERE p.id = ? AND p.user_id = users.id AND p.suspended_at IS NULL)'
      return (await tx.run(`UPDATE users SET last_sign_in_at = ? WHERE id = ? AND status = 'active'${holds}`, [clock.now(), id, ...(passkeyId === null ? [] : [passkeyId])])) === 1
    },

    /** Ids alone, behind the one where somebody left off; for work that goes on later, not for pages. */
    async idsAfter(question: PeopleQuestion, after: UserId | null, limit: number): Promise<UserId[]> {
      return (await people.page<{ id: UserId }>('SELECT u.id', question, after === null ? undefined : { id: after }, limit)).map(({ id }) => id)
    },

    /**
     * A page by key: `after` is where the page before ended, so page 1,000 costs what page 1 costs.
     * @throws InvalidRequest when `after` is not a page token of this organization
     */
    async list(filter: UserFilter): Promise<{ users: User[]; next: string | undefined }> {
      const scope = `users ${filter.organizationId}`
      const rows = await people.page<Row>(select, filter, filter.after === undefined ? undefined : tokens.read(filter.after, scope), filter.limit + 1)
      const page = rows.slice(0, filter.limit)
      const last = page.at(-1)
      return { users: page.map(toUser), next: rows.length > filter.limit && last ? tokens.write({ at: 0, id: last.id }, scope) : undefined }
    },

    /** Everybody who fits, a page at a time, so that memory does not grow with the organization. */
    async *pages(question: PeopleQuestion, pageSize = 500): AsyncGenerator<User[]> {
      for (let last: UserId | undefined; ;) {
        const rows = await people.page<Row>(select, question, last === undefined ? undefined : { id: last }, pageSize)
        if (rows.length > 0) yield rows.map(toUser)
        last = rows.at(-1)?.id
        if (rows.length < pageSize) return
      }
    },

    /** Where there are many, as counted within the last minute. */
    async countByStatus(organizationId: OrganizationId): Promise<Record<UserStatus, number>> {
      const isLarge = (count: Record<UserStatus, number>): boolean => Object.values(count).reduce((sum, one) => sum + one, 0) > countedAnew
      return counts.of(organizationId, isLarge, async () => {
        const rows = await storage.read.all<{ status: UserStatus; people: number }>('SELECT status, count(*) AS people FROM users WHERE organization_id = ? GROUP BY status', [organizationId])
        return { new: 0, pending: 0, active: 0, suspended: 0, deleted: 0, ...Object.fromEntries(rows.map(({ status, people: some }) => [status, some])) }
      })
    },

    /** For whoever writes many people past this room's own acts. */
    forgetCounts(organizationId: OrganizationId): void {
      counts.forget(organizationId)
    },

    async owners(sql: Sql, organizationId: OrganizationId): Promise<number> {
      return (await sql.one<{ people: number }>(`SELECT count(*) AS people FROM users WHERE organization_id = ? AND role = 'owner' AND status = 'active'`, [organizationId]))?.people ?? 0
    },
  }
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a row that was just written is not there')
  return value
}

function toUser(row: Row): User {
  return {
    id: row.id, organizationId: row.organization_id, status: row.status, role: row.role, email: row.email, emailVerified: row.email_verified_at !== null,
    givenName: row.given_name, familyName: row.family_name, name: nameOf({ givenName: row.given_name, familyName: row.family_name, email: row.email }),
    phone: row.phone, phoneVerified: row.phone_verified_at !== null, locale: row.locale, timeZone: row.time_zone, managedBy: row.managed_by,
    recoveryCodesSeenAt: row.recovery_codes_seen_at, lastSignInAt: row.last_sign_in_at, createdAt: row.created_at, updatedAt: row.updated_at, passkeys: row.passkeys, authenticators: row.authenticators,
  }
}
