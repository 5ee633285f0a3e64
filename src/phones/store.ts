import { Conflict } from '../errors.ts'
import { newId, placeholders, type Clock, type OrganizationId, type Sealer, type Sql, type Storage, type Transaction, type UserId } from '../storage/index.ts'
import { maxPhonesPerPerson, type Phone } from './phone.ts'

interface Row {
  id: string; organization_id: OrganizationId; user_id: UserId; credential_id: string; public_key: string; name: string; model: string; platform: string; hue: number; sealed_push: string | null
  created_at: number; last_used_at: number | null; last_ip: string | null; suspended_at: number | null
}

/** What a request of a phone is judged by. */
export interface StoredPhone extends Phone {
  readonly organizationId: OrganizationId
  readonly userId: UserId
  readonly publicKey: string
}

export interface NewPhone {
  readonly credentialId: string
  readonly publicKey: string
  readonly name: string
  readonly model: string
  readonly platform: string
  readonly hue: number
}

interface Owner { readonly id: UserId; readonly organizationId: OrganizationId }

/** How far somebody's phone is, as lists tell it (S102). */
export type PhoneStanding = 'new' | 'pending' | 'active' | 'suspended'

/** How exact `last_used_at` is: it is written at most this often. */
const touchMilliseconds = 60_000
const columns = 'id, organization_id, user_id, credential_id, public_key, name, model, platform, hue, sealed_push, created_at, last_used_at, last_ip, suspended_at'

export type PhoneStore = ReturnType<typeof createPhoneStore>

export function createPhoneStore(needs: { storage: Storage; sealer: Sealer; clock: Clock }) {
  const { storage, sealer, clock } = needs
  const placeOf = (id: string) => ({ table: 'phones', column: 'sealed_push', row: id })

  return {
    async list(sql: Sql, userId: UserId): Promise<StoredPhone[]> {
      return (await sql.all<Row>(`SELECT ${columns} FROM phones WHERE user_id = ? ORDER BY created_at, id`, [userId])).map(toPhone)
    },

    async find(owner: Owner, id: string, sql: Sql = storage.read): Promise<StoredPhone | undefined> {
      const row = await sql.one<Row>(`SELECT ${columns} FROM phones WHERE organization_id = ? AND user_id = ? AND id = ?`, [owner.organizationId, owner.id, id])
      return row && toPhone(row)
    },

    /** For a request that names its phone, before it has shown that it is this one. */
    async byId(id: string): Promise<StoredPhone | undefined> {
      const row = await storage.read.one<Row>(`SELECT ${columns} FROM phones WHERE id = ?`, [id])
      return row && toPhone(row)
    },

    /** Phones that could answer now. */
    async count(sql: Sql, userId: UserId): Promise<number> {
      return (await sql.one<{ phones: number }>('SELECT count(*) AS phones FROM phones WHERE user_id = ? AND suspended_at IS NULL', [userId]))?.phones ?? 0
    },

    /** What somebody has of phones, in one statement: how many could answer, and whether one waits to be activated. */
    async standing(owner: Owner): Promise<{ readonly active: number; readonly pending: boolean }> {
      const row = await storage.read.one<{ active: number; pending: number }>(
        `SELECT (SELECT count(*) FROM phones WHERE organization_id = ? AND user_id = ? AND suspended_at IS NULL) AS active,
           (SELECT count(*) FROM phone_activations WHERE organization_id = ? AND user_id = ? AND state = 'waiting' AND expires_at > ?) AS pending`,
        [owner.organizationId, owner.id, owner.organizationId, owner.id, clock.now()])
      return { active: row?.active ?? 0, pending: (row?.pending ?? 0) > 0 }
    },

    /** How far the phones of these people are, in one statement; whoever is not named has none. */
    async standings(organizationId: OrganizationId, userIds: readonly UserId[]): Promise<ReadonlyMap<UserId, PhoneStanding>> {
      if (userIds.length === 0) return new Map()
      const marks = placeholders(userIds.length)
      const rows = await storage.read.all<{ user_id: UserId; standing: PhoneStanding }>(
        `SELECT user_id, CASE WHEN suspended_at IS NULL THEN 'active' ELSE 'suspended' END AS standing FROM phones WHERE organization_id = ? AND user_id IN (${marks})
         UNION SELECT user_id, 'pending' FROM phone_activations WHERE organization_id = ? AND user_id IN (${marks}) AND state = 'waiting' AND expires_at > ?`,
        [organizationId, ...userIds, organizationId, ...userIds, clock.now()])
      const standings = new Map<UserId, PhoneStanding>()
      for (const standing of ['pending', 'suspended', 'active'] as const) for (const row of rows) if (row.standing === standing) standings.set(row.user_id, standing)
      return standings
    },

    /** @throws Conflict `too_many_phones` */
    async add(tx: Transaction, owner: Owner, phone: NewPhone): Promise<StoredPhone> {
      const existing = await this.list(tx, owner.id)
      if (existing.length >= maxPhonesPerPerson) throw new Conflict('too_many_phones')
      const id = newId()
      await tx.run('INSERT INTO phones (id, organization_id, user_id, credential_id, public_key, name, model, platform, hue, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        [id, owner.organizationId, owner.id, phone.credentialId, phone.publicKey, phone.name, phone.model, phone.platform, phone.hue, clock.now()])
      const added = await this.find(owner, id, tx)
      if (!added) throw new Error('a phone that was just written is not there')
      return added
    },

    async change(sql: Sql, owner: Owner, id: string, { name, hue }: { readonly name: string; readonly hue: number }): Promise<boolean> {
      return (await sql.run('UPDATE phones SET name = ?, hue = ? WHERE organization_id = ? AND user_id = ? AND id = ?', [name, hue, owner.organizationId, owner.id, id])) === 1
    },

    /** The place to wake it at (RFC 8030 §5), which is a secret between this server and the phone; null forgets it. */
    async setPush(sql: Sql, { id }: Pick<StoredPhone, 'id'>, endpoint: string | null): Promise<void> {
      await sql.run('UPDATE phones SET sealed_push = ? WHERE id = ?', [endpoint === null ? null : sealer.seal(endpoint, placeOf(id)), id])
    },

    async pushEndpoints(userId: UserId): Promise<{ readonly id: string; readonly endpoint: string }[]> {
      const rows = await storage.read.all<Row>(`SELECT ${columns} FROM phones WHERE user_id = ? AND suspended_at IS NULL AND sealed_push IS NOT NULL`, [userId])
      return rows.map(({ id, sealed_push: sealed }) => ({ id, endpoint: sealer.open(sealed ?? '', placeOf(id)) }))
    },

    async touch({ id, lastUsedAt, lastIp }: Pick<StoredPhone, 'id' | 'lastUsedAt' | 'lastIp'>, ip: string): Promise<void> {
      const now = clock.now()
      if (lastUsedAt !== null && now - lastUsedAt < touchMilliseconds && lastIp === ip) return
      await storage.execute('UPDATE phones SET last_used_at = ?, last_ip = ? WHERE id = ?', [now, ip, id])
    },

    async setSuspended(tx: Sql, owner: Owner, id: string, suspended: boolean): Promise<boolean> {
      return (await tx.run('UPDATE phones SET suspended_at = ? WHERE organization_id = ? AND user_id = ? AND id = ?', [suspended ? clock.now() : null, owner.organizationId, owner.id, id])) === 1
    },

    async remove(tx: Sql, owner: Owner, id: string): Promise<boolean> {
      return (await tx.run('DELETE FROM phones WHERE organization_id = ? AND user_id = ? AND id = ?', [owner.organizationId, owner.id, id])) === 1
    },

    async removeAll(tx: Sql, userId: UserId): Promise<void> {
      await tx.run('DELETE FROM phones WHERE user_id = ?', [userId])
      await tx.run('DELETE FROM phone_activations WHERE user_id = ?', [userId])
    },
  }
}

function toPhone(row: Row): StoredPhone {
  return {
    id: row.id, organizationId: row.organization_id, userId: row.user_id, publicKey: row.public_key, credentialId: row.credential_id, name: row.name, model: row.model, platform: row.platform, hue: row.hue,
    createdAt: row.created_at, lastUsedAt: row.last_used_at, lastIp: row.last_ip, suspended: row.suspended_at !== null, wakeable: row.sealed_push !== null,
  }
}
