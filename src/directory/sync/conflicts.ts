import { Conflict, Forbidden } from '../../errors.ts'
import type { OrganizationId, Sql, Transaction } from '../../storage/index.ts'
import type { UserRole } from '../user.ts'
import type { ConflictCode, Directory } from './directory.ts'

/** An entry that is not, or not wholly, what it says; kept until it is. */
export interface EntryConflict {
  readonly anchor: string
  readonly kind: 'person' | 'group'
  readonly dn: string
  readonly code: ConflictCode
  readonly detail: string
  /** Whether an administrator may give the account that is in the way to this entry. */
  readonly adoptable: boolean
}

/** As it is stored. `userId` is in the way; never somebody of another organization. */
export interface StoredConflict { readonly code: ConflictCode; readonly detail: string; readonly userId?: string }

export const adoptableCodes: readonly ConflictCode[] = ['exists_here', 'kept_account']

export async function conflictsOf(sql: Sql, organizationId: OrganizationId, directoryId: string, page: { readonly after?: string; readonly limit: number }): Promise<EntryConflict[]> {
  const rows = await sql.all<{ anchor: string; kind: string; dn: string; conflict: string }>(
    `SELECT anchor, kind, dn, conflict FROM directory_entries WHERE directory_id = (SELECT d.id FROM directories d WHERE d.organization_id = ? AND d.id = ?) AND conflict IS NOT NULL AND anchor > ? ORDER BY anchor LIMIT ?`,
    [organizationId, directoryId, page.after ?? '', page.limit])
  return rows.map(({ anchor, kind, dn, conflict }) => {
    const { code, detail } = JSON.parse(conflict) as StoredConflict
    return { anchor, kind: kind === 'group' ? 'group' : 'person', dn, code, detail, adoptable: adoptableCodes.includes(code) }
  })
}

/** @throws Conflict `directory.not_adoptable`, Forbidden when that person stands above the actor */
export async function findAdoptable(tx: Transaction, directory: Directory, anchor: string, mayManage: (role: UserRole) => boolean): Promise<{ readonly userId: string; readonly email: string }> {
  const entry = await tx.one<{ conflict: string | null }>(`SELECT conflict FROM directory_entries WHERE directory_id = ? AND anchor = ? AND kind = 'person'`, [directory.id, anchor])
  const conflict = entry?.conflict == null ? undefined : JSON.parse(entry.conflict) as StoredConflict
  if (conflict?.userId === undefined || !adoptableCodes.includes(conflict.code)) throw new Conflict('directory.not_adoptable')
  const user = await tx.one<{ id: string; email: string; role: UserRole; managed_by: string | null }>(`SELECT id, email, role, managed_by FROM users WHERE id = ? AND organization_id = ? AND status <> 'deleted'`, [conflict.userId, directory.organizationId])
  if (!user || (user.managed_by !== null && user.managed_by !== directory.id)) throw new Conflict('directory.not_adoptable')
  if (!mayManage(user.role)) throw new Forbidden()
  return { userId: user.id, email: user.email }
}

export async function letAdopt(tx: Transaction, directory: Directory, anchor: string, userId: string): Promise<void> {
  await tx.run('UPDATE directory_entries SET adopts = ?, pending = 1 WHERE directory_id = ? AND anchor = ?', [userId, directory.id, anchor])
  await tx.run('UPDATE directories SET replan = 1 WHERE id = ?', [directory.id])
}
