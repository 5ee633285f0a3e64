import type { UserId } from '../../storage/index.ts'
import { writeFields } from './apply-change.ts'
import { personEvent, type PersonItem, type Step } from './step.ts'
import { changeByList } from './rows.ts'

/**
 * Locks people out, everywhere and in one transaction: the account is suspended, with which keys and phones prove nothing any more; sessions and
 * tokens end, applications are told after the commit, Microsoft too where that was chosen. One event tells all of it.
 */
export async function suspendPeople(step: Step, items: readonly PersonItem[], done: Set<number>): Promise<void> {
  const { tx, now, directory } = step
  const spared = await lastOwners(step, items)
  const leavers = items.filter(({ entry }) => entry.accountId !== null && !spared.has(entry.anchor))
  if (leavers.length === 0) return
  await writeFields(step, leavers.filter(({ details, entry }) => (details.differences ?? []).length > 0 && entry.content.kind === 'person'))
  const fresh = leavers.filter(({ entry }) => entry.account?.status !== 'suspended')
  const ids = fresh.map(({ entry }) => entry.accountId as UserId)
  const { sessions, announce } = await step.needs.endAccess(tx, ids)
  step.afterwards.push(announce)
  step.lockedOut.push(...ids)
  await changeByList(tx, (list) => `UPDATE users SET status = 'suspended', suspended_at = ?, updated_at = ? WHERE id IN (${list})`, [now, now], ids)
  await changeByList(tx, (list) => `UPDATE invitations SET cancelled_at = ? WHERE user_id IN (${list}) AND accepted_at IS NULL AND cancelled_at IS NULL`, [now], ids)
  for (const { seq, anchor, entry, details } of leavers) {
    done.add(seq)
    const because = details.because ?? 'left'
    const wasSuspended = entry.account?.status === 'suspended'
    // Whoever was suspended by hand stays so when the directory lets them in again.
    const since = wasSuspended && entry.suspendedBecause === null ? null : `${because} ${wasSuspended ? await suspendedAt(step, entry.accountId ?? '') : now}`
    await tx.run('UPDATE directory_entries SET pending = 0, applied_hash = hash, suspended_because = ?, left_at = ? WHERE directory_id = ? AND anchor = ?', [since, because === 'left' ? now : null, directory.id, anchor])
    if (!wasSuspended) {
      step.events.push(personEvent(step, 'user.suspended', { id: entry.accountId ?? '', name: entry.account?.email ?? '' }, {
        because, sessions: sessions.get(entry.accountId ?? '') ?? 0, microsoft: directory.settings.revokesMicrosoft, groups: details.owned?.groups.join(', ') ?? '', applications: details.owned?.applications.join(', ') ?? '',
      }))
    }
  }
}

/** After the days for which they are kept. */
export async function deletePeople(step: Step, items: readonly PersonItem[], done: Set<number>): Promise<void> {
  const { tx, directory, needs } = step
  for (const { seq, anchor, entry } of items) {
    if (entry.accountId === null) continue
    step.afterwards.push(await needs.removePerson(tx, step.organizationId, entry.accountId as UserId))
    await tx.run('DELETE FROM user_profiles WHERE user_id = ?', [entry.accountId])
    await tx.run('UPDATE directory_entries SET user_id = NULL, suspended_because = NULL, left_at = NULL WHERE directory_id = ? AND anchor = ?', [directory.id, anchor])
    step.events.push(personEvent(step, 'user.deleted', { id: entry.accountId, name: entry.account?.email ?? '' }, { because: 'left', keptDays: directory.settings.keepDays }))
    done.add(seq)
  }
}

/** Whoever would leave the organization without an owner, judged in this very transaction. */
async function lastOwners({ tx, organizationId }: Step, items: readonly PersonItem[]): Promise<ReadonlySet<string>> {
  const owners = items.filter(({ entry }) => entry.account?.role === 'owner' && entry.account.status === 'active')
  if (owners.length === 0) return new Set()
  const row = await tx.one<{ people: number }>(`SELECT count(*) AS people FROM users WHERE organization_id = ? AND role = 'owner' AND status = 'active'`, [organizationId])
  const left = Number(row?.people ?? 0) - owners.length
  return new Set(left > 0 ? [] : owners.slice(0, 1).map(({ entry }) => entry.anchor))
}

async function suspendedAt({ tx, now }: Step, userId: string): Promise<number> {
  return (await tx.one<{ suspended_at: number | null }>('SELECT suspended_at FROM users WHERE id = ?', [userId]))?.suspended_at ?? now
}
