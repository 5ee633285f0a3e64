import type { OrganizationId, Sql } from '../../storage/index.ts'
import type { UserRole, UserStatus } from '../user.ts'
import type { Account } from './judge.ts'
import type { StoredProfile } from './profiles.ts'
import type { SourcePerson, SourceProblem } from './source.ts'

/** An entry with the account that belongs to it, or that an administrator has given to it. */
export interface PersonEntry {
  readonly anchor: string
  readonly dn: string
  readonly emailKey: string | null
  readonly hash: string
  readonly appliedHash: string | null
  readonly here: boolean
  readonly leftAt: number | null
  readonly suspendedBecause: string | null
  readonly conflict: string | null
  readonly content: SourcePerson | SourceProblem
  readonly accountId: string | null
  readonly account: Account | null
  readonly adopted: boolean
}

interface Row {
  anchor: string; dn: string; email_key: string | null; hash: string; applied_hash: string | null; content: string; state: string; wanted: number; left_at: number | null; suspended_because: string | null
  conflict: string | null; adopts: string | null; user_id: string | null; status: UserStatus | null; role: UserRole | null; managed_by: string | null; email: string | null; given_name: string | null
  family_name: string | null; phone: string | null; locale: string | null; suspended_at: number | null; profile: string | null
}

const select = `SELECT e.anchor, e.dn, e.email_key, e.hash, e.applied_hash, e.content, e.state, e.wanted, e.left_at, e.suspended_because, e.conflict, e.adopts,
  u.id AS user_id, u.status, u.role, u.managed_by, u.email, u.given_name, u.family_name, u.phone, u.locale, u.suspended_at, p.profile
  FROM directory_entries e LEFT JOIN users u ON u.id = coalesce(e.adopts, e.user_id) AND u.organization_id = ? AND u.status <> 'deleted' LEFT JOIN user_profiles p ON p.user_id = u.id`

/** People who are to be looked at, page by page in the order of their anchors. */
export async function pendingPeople(sql: Sql, directory: { readonly id: string; readonly organizationId: OrganizationId }, after: string, limit: number): Promise<PersonEntry[]> {
  const rows = await sql.all<Row>(`${select} WHERE e.directory_id = ? AND e.pending = 1 AND e.kind = 'person' AND e.anchor > ? ORDER BY e.anchor LIMIT ?`, [directory.organizationId, directory.id, after, limit])
  return rows.map((row) => toEntry(row, directory.id))
}

export async function peopleByAnchor(sql: Sql, directory: { readonly id: string; readonly organizationId: OrganizationId }, anchors: readonly string[], list: string): Promise<Map<string, PersonEntry>> {
  const rows = await sql.all<Row>(`${select} WHERE e.directory_id = ? AND e.anchor IN (${list})`, [directory.organizationId, directory.id, ...anchors])
  return new Map(rows.map((row) => [row.anchor, toEntry(row, directory.id)]))
}

function toEntry(row: Row, directoryId: string): PersonEntry {
  const { dn: place, ...profile } = (row.profile === null ? {} : JSON.parse(row.profile)) as StoredProfile & { dn?: string }
  const [because = null, since = ''] = row.suspended_because?.split(' ') ?? []
  const adopted = row.adopts !== null && row.user_id === row.adopts
  // An account that another directory has taken on meanwhile is not to be had any more.
  const usable = row.user_id !== null && (row.managed_by === directoryId || (adopted && row.managed_by === null))
  return {
    anchor: row.anchor, dn: row.dn, emailKey: row.email_key, hash: row.hash, appliedHash: row.applied_hash, here: row.state === 'present' && row.wanted === 1, leftAt: row.left_at,
    // Who was let in again by hand and suspended by hand later was not suspended by the directory.
    suspendedBecause: row.status === 'suspended' && since !== '' && Number(since) !== row.suspended_at ? null : because,
    conflict: row.conflict, content: JSON.parse(row.content) as SourcePerson | SourceProblem, accountId: usable ? row.user_id : null, adopted,
    account: usable && row.status !== null && row.role !== null ? {
      status: row.status, role: row.role, managedHere: row.managed_by === directoryId && !adopted, email: row.email ?? '', givenName: row.given_name ?? '', familyName: row.family_name ?? '', phone: row.phone, locale: row.locale,
      profile, dn: place ?? '',
    } : null,
  }
}
