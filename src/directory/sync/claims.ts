import type { OrganizationId, Sql } from '../../storage/index.ts'
import type { StoredConflict } from './conflicts.ts'
import { byList } from './rows.ts'

export interface Claimant { readonly anchor: string; readonly emailKey: string | null; /** The account that it has, or that an administrator has given to it. */ readonly accountId: string | null }

interface Holder { readonly id: string; readonly organization_id: string; readonly email_key: string; readonly managed_by: string | null }
interface HolderEntry { readonly user_id: string; readonly email_key: string | null; readonly state: string; readonly wanted: number }

/** What stands between an entry and its address. Nothing is told of another organization but that the address is taken. */
export type Claim = StoredConflict

/**
 * Looks for a page of entries who has their addresses. Two entries of one directory with the same address: the one that has it already, else
 * the first by anchor, which stays the first.
 */
export async function findClaims(sql: Sql, directory: { readonly id: string; readonly organizationId: OrganizationId }, claimants: readonly Claimant[]): Promise<Map<string, Claim>> {
  const keys = [...new Set(claimants.flatMap(({ emailKey }) => emailKey ?? []))]
  const holders = new Map((await byList<Holder>(sql, (list) => `SELECT id, organization_id, email_key, managed_by FROM users WHERE email_key IN (${list})`, [], keys)).map((row) => [row.email_key, row]))
  // Through a function the planner cannot take the directory for the narrower condition, which would read all of its entries.
  const entries = new Map((await byList<HolderEntry>(sql, (list) => `SELECT user_id, email_key, state, wanted FROM directory_entries WHERE coalesce(directory_id, '') = ? AND user_id IN (${list})`, [directory.id],
    [...holders.values()].filter(({ managed_by: owner }) => owner === directory.id).map(({ id }) => id))).map((row) => [row.user_id, row]))
  const firsts = new Map<string, { anchor: string; dn: string }>()
  for (const row of await byList<{ anchor: string; dn: string; email_key: string }>(sql, (list) =>
    `SELECT anchor, dn, email_key FROM directory_entries WHERE directory_id = ? AND email_key IN (${list}) AND state = 'present' AND wanted = 1 AND kind = 'person'`, [directory.id], keys)) {
    if ((firsts.get(row.email_key)?.anchor ?? row.anchor) >= row.anchor) firsts.set(row.email_key, row)
  }
  const claims = new Map<string, Claim>()
  for (const { anchor, emailKey, accountId } of claimants) {
    if (emailKey === null) continue
    const holder = holders.get(emailKey)
    if (holder && holder.id === accountId) continue
    const claim = claimOf(directory, holder, holder && entries.get(holder.id), emailKey)
    const first = firsts.get(emailKey)
    if (claim) claims.set(anchor, claim)
    else if (first && first.anchor !== anchor) claims.set(anchor, { code: 'same_email', detail: first.dn })
  }
  return claims
}

function claimOf(directory: { readonly id: string; readonly organizationId: OrganizationId }, holder: Holder | undefined, entry: HolderEntry | undefined, emailKey: string): Claim | undefined {
  if (!holder) return undefined
  if (holder.organization_id !== directory.organizationId) return { code: 'other_organization', detail: emailKey }
  if (holder.managed_by === null) return { code: 'exists_here', detail: emailKey, userId: holder.id }
  if (holder.managed_by !== directory.id) return { code: 'managed_elsewhere', detail: emailKey }
  if (!entry || entry.state === 'gone' || entry.wanted === 0) return { code: 'kept_account', detail: emailKey, userId: holder.id }
  // Whoever has it is about to give it up, in this very run.
  return entry.email_key === emailKey ? { code: 'same_email', detail: emailKey } : undefined
}
