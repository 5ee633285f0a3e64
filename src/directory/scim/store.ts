import { placeholders, type Clock, type OrganizationId, type Sql, type SqlValue, type Storage, type Transaction, type UserId } from '../../storage/index.ts'
import { foldText, type UserRole, type UserStatus } from '../user.ts'
import type { ResourceKind } from './attributes.ts'
import { foldCase } from './evaluate.ts'
import type { Complex } from './values.ts'

type Kind = ResourceKind['kind']

/** A resource as kept: what SCIM said, and what is true of the person or group today. */
export interface Stored {
  readonly id: string
  readonly state: 'live' | 'gone'
  readonly externalId: string | null
  readonly name: string
  readonly version: number
  readonly attributes: Complex
  readonly createdAt: number
  readonly updatedAt: number
  /** When the person or group was last changed by anybody; part of the ETag. */
  readonly touchedAt: number
  /** Of a person; null for a group. */
  readonly status: UserStatus | null
  readonly role: UserRole | null
  /** Whether it was SCIM that suspended the person, and nobody else since. */
  readonly suspendedByUs: boolean
}

interface Row {
  id: string; state: 'live' | 'gone'; external_id: string | null; name: string; version: number; attributes: string; suspended_at: number | null
  created_at: number; updated_at: number; touched_at: number; status: UserStatus | null; role: UserRole | null; user_suspended_at: number | null
}

export interface Draft { readonly externalId: string | null; readonly name: string; readonly attributes: Complex; readonly emails: readonly string[] }

const columns = 'r.id, r.state, r.external_id, r.name, r.version, r.attributes, r.suspended_at, r.created_at, r.updated_at'
const parts: Readonly<Record<Kind, { readonly select: string; readonly join: string }>> = {
  user: { select: `SELECT ${columns}, u.updated_at AS touched_at, u.status, u.role, u.suspended_at AS user_suspended_at`, join: 'JOIN users u ON u.id = r.id AND u.organization_id = r.organization_id' },
  group: { select: `SELECT ${columns}, g.updated_at AS touched_at, NULL AS status, NULL AS role, NULL AS user_suspended_at`, join: 'JOIN groups g ON g.id = r.id AND g.organization_id = r.organization_id' },
}
const from = (kind: Kind): string => `${parts[kind].select} FROM scim_resources r ${parts[kind].join}`
/** The rows of a page are chosen first, by an index alone; only they are joined. SQLite keeps the order of a CROSS JOIN, and would begin with all resources otherwise. */
const fromPage = (kind: Kind, page: string): string => `${parts[kind].select} FROM (${page}) p CROSS JOIN scim_resources r ${parts[kind].join} WHERE r.id = p.id`
const orders = { created: 'created_at', name: 'name_key', id: 'id' } as const

/** Two spellings of one name have one key; groups compare as the panels do. */
export function nameKeyOf(kind: Kind, name: string): string {
  return kind === 'user' ? foldCase(name) : foldText(name)
}

export type Store = ReturnType<typeof createStore>

export function createStore(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  const one = async (kind: Kind, where: string, values: readonly SqlValue[], sql: Sql): Promise<Stored | undefined> => {
    const row = await sql.one<Row>(`${from(kind)} WHERE r.kind = '${kind}' AND ${where}`, values)
    return row && toStored(row)
  }
  const writeEmails = async (tx: Transaction, organizationId: OrganizationId, id: string, emails: readonly string[]): Promise<void> => {
    await tx.run('DELETE FROM scim_emails WHERE resource_id = ? AND organization_id = ?', [id, organizationId])
    const keys = [...new Set(emails.map(foldCase))]
    if (keys.length > 0) await tx.run(`INSERT INTO scim_emails (resource_id, organization_id, email_key) VALUES ${keys.map(() => '(?, ?, ?)').join(', ')}`, keys.flatMap((key) => [id, organizationId, key]))
  }

  return {
    find: (kind: Kind, organizationId: OrganizationId, id: string, sql: Sql = storage.read) => one(kind, `r.organization_id = ? AND r.id = ? AND r.state = 'live'`, [organizationId, id], sql),

    /** Gone ones too: their name is not free while the account is kept. */
    findByName: (kind: Kind, organizationId: OrganizationId, name: string, sql: Sql) => one(kind, 'r.organization_id = ? AND r.name_key = ?', [organizationId, nameKeyOf(kind, name)], sql),

    /** Holds the row for this transaction, so that two changes of one resource come one after the other. */
    async lock(tx: Transaction, kind: Kind, organizationId: OrganizationId, id: string): Promise<Stored | undefined> {
      await tx.run(`UPDATE scim_resources SET version = version WHERE id = ? AND organization_id = ? AND kind = ? AND state = 'live'`, [id, organizationId, kind])
      return one(kind, `r.organization_id = ? AND r.id = ? AND r.state = 'live'`, [organizationId, id], tx)
    },

    async insert(tx: Transaction, kind: Kind, organizationId: OrganizationId, id: string, draft: Draft): Promise<void> {
      const now = clock.now()
      await tx.run(
        `INSERT INTO scim_resources (id, organization_id, kind, state, external_id, name, name_key, version, attributes, created_at, updated_at) VALUES (?, ?, ?, 'live', ?, ?, ?, 1, ?, ?, ?)`,
        [id, organizationId, kind, draft.externalId, draft.name, nameKeyOf(kind, draft.name), JSON.stringify(draft.attributes), now, now])
      if (kind === 'user') await writeEmails(tx, organizationId, id, draft.emails)
    },

    async save(tx: Transaction, kind: Kind, organizationId: OrganizationId, id: string, draft: Draft): Promise<void> {
      await tx.run(`UPDATE scim_resources SET state = 'live', gone_at = NULL, external_id = ?, name = ?, name_key = ?, version = version + 1, attributes = ?, updated_at = ? WHERE id = ? AND organization_id = ?`,
        [draft.externalId, draft.name, nameKeyOf(kind, draft.name), JSON.stringify(draft.attributes), clock.now(), id, organizationId])
      if (kind === 'user') await writeEmails(tx, organizationId, id, draft.emails)
    },

    /** What is kept of the resource itself did not change, but what belongs to it did. */
    async touch(tx: Transaction, organizationId: OrganizationId, ids: readonly string[]): Promise<void> {
      if (ids.length > 0) await tx.run(`UPDATE scim_resources SET version = version + 1, updated_at = ? WHERE organization_id = ? AND id IN (${placeholders(ids.length)})`, [clock.now(), organizationId, ...ids])
    },

    async markGone(tx: Transaction, organizationId: OrganizationId, id: string): Promise<void> {
      await tx.run(`UPDATE scim_resources SET state = 'gone', gone_at = ?, version = version + 1 WHERE id = ? AND organization_id = ?`, [clock.now(), id, organizationId])
      await tx.run('DELETE FROM scim_emails WHERE resource_id = ? AND organization_id = ?', [id, organizationId])
    },

    /** Nothing is known of it any more. */
    async forget(tx: Transaction, organizationId: OrganizationId, id: string): Promise<void> {
      await tx.run('DELETE FROM scim_resources WHERE id = ? AND organization_id = ?', [id, organizationId])
    },

    /** Remembers that the suspension of this moment is SCIM's; one by an administrator has another time. */
    async noteSuspension(tx: Transaction, organizationId: OrganizationId, id: string): Promise<void> {
      await tx.run(`UPDATE scim_resources SET suspended_at = (SELECT u.suspended_at FROM users u WHERE u.id = scim_resources.id) WHERE id = ? AND organization_id = ?`, [id, organizationId])
    },

    /** From now on names and addresses are SCIM's to say. */
    async own(tx: Transaction, kind: Kind, organizationId: OrganizationId, id: string): Promise<void> {
      await tx.run(`UPDATE ${kind === 'user' ? 'users' : 'groups'} SET managed_by = 'scim' WHERE id = ? AND organization_id = ?`, [id, organizationId])
    },

    async disown(tx: Transaction, organizationId: OrganizationId, id: UserId): Promise<void> {
      await tx.run(`UPDATE users SET managed_by = NULL WHERE id = ? AND organization_id = ? AND managed_by = 'scim'`, [id, organizationId])
    },

    async count(kind: Kind, organizationId: OrganizationId): Promise<number> {
      return (await storage.read.one<{ resources: number }>(`SELECT count(*) AS resources FROM scim_resources WHERE organization_id = ? AND kind = ? AND state = 'live'`, [organizationId, kind]))?.resources ?? 0
    },

    /** A page by its place; only the index is walked to get there. */
    async page(kind: Kind, organizationId: OrganizationId, order: keyof typeof orders, descending: boolean, offset: number, limit: number): Promise<Stored[]> {
      const sorted = (table: string): string => `ORDER BY ${order === 'id' ? '' : `${table}.${orders[order]} ${descending ? 'DESC' : 'ASC'}, `}${table}.id ${descending ? 'DESC' : 'ASC'}`
      const rows = await storage.read.all<Row>(
        `${fromPage(kind, `SELECT s.id FROM scim_resources s WHERE s.organization_id = ? AND s.kind = ? AND s.state = 'live' ${sorted('s')} LIMIT ? OFFSET ?`)} ${sorted('r')}`,
        [organizationId, kind, limit, offset])
      return rows.map(toStored)
    },

    /** All, in the order of their making, a thousand at a time. */
    async *scan(kind: Kind, organizationId: OrganizationId): AsyncGenerator<Stored[]> {
      for (let last: Stored | undefined; ;) {
        const after = last ? ' AND (s.created_at, s.id) > (?, ?)' : ''
        const page = `SELECT s.id FROM scim_resources s WHERE s.organization_id = ? AND s.kind = ? AND s.state = 'live'${after} ORDER BY s.created_at, s.id LIMIT ${scanned}`
        const rows = (await storage.read.all<Row>(`${fromPage(kind, page)} ORDER BY r.created_at, r.id`, [organizationId, kind, ...(last ? [last.createdAt, last.id] : [])])).map(toStored)
        if (rows.length > 0) yield rows
        if (rows.length < scanned) return
        last = rows.at(-1)
      }
    },

    /** Those that an index finds, in the same order; undefined where there are many. `narrow` is SQL of ours, with its values, that names ids of living resources. */
    async few(kind: Kind, organizationId: OrganizationId, narrow: { readonly sql: string; readonly values: readonly SqlValue[] }): Promise<Stored[] | undefined> {
      const rows = await storage.read.all<Row>(`${fromPage(kind, `${narrow.sql} LIMIT ${scanned}`)} AND r.organization_id = ? AND r.kind = ? AND r.state = 'live' ORDER BY r.created_at, r.id`, [...narrow.values, organizationId, kind])
      return rows.length === scanned ? undefined : rows.map(toStored)
    },

    async byIds(kind: Kind, organizationId: OrganizationId, ids: readonly string[]): Promise<Stored[]> {
      if (ids.length === 0) return []
      const rows = await storage.read.all<Row>(`${from(kind)} WHERE r.organization_id = ? AND r.id IN (${placeholders(ids.length)})`, [organizationId, ...ids])
      const known = new Map(rows.map((row) => [row.id, toStored(row)]))
      return ids.flatMap((id) => known.get(id) ?? [])
    },

    /** People whom SCIM deleted before this time, the longest gone first. */
    async goneBefore(at: number, limit: number): Promise<{ id: UserId; organizationId: OrganizationId; suspendedByUs: boolean }[]> {
      const rows = await storage.read.all<{ id: UserId; organization_id: OrganizationId; status: UserStatus; suspended_at: number | null; user_suspended_at: number | null }>(
        `SELECT r.id, r.organization_id, u.status, r.suspended_at, u.suspended_at AS user_suspended_at FROM scim_resources r JOIN users u ON u.id = r.id LEFT JOIN scim_settings s ON s.organization_id = r.organization_id
         WHERE r.gone_at IS NOT NULL AND r.gone_at <= ? - coalesce(s.keep_days, 30) * CAST(86400000 AS bigint) ORDER BY r.gone_at LIMIT ?`, [at, limit])
      return rows.map((row) => ({ id: row.id, organizationId: row.organization_id, suspendedByUs: row.status === 'suspended' && row.suspended_at !== null && row.suspended_at === row.user_suspended_at }))
    },
  }
}

const scanned = 1_000

function toStored(row: Row): Stored {
  return {
    id: row.id, state: row.state, externalId: row.external_id, name: row.name, version: row.version, attributes: JSON.parse(row.attributes) as Complex, createdAt: row.created_at, updatedAt: row.updated_at,
    touchedAt: row.touched_at, status: row.status, role: row.role,
    suspendedByUs: row.status === 'suspended' && row.suspended_at !== null && row.suspended_at === row.user_suspended_at,
  }
}
