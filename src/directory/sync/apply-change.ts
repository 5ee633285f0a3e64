import type { UserId } from '../../storage/index.ts'
import { normaliseEmail } from '../../messaging/index.ts'
import { searchKeyOf } from '../user.ts'
import { claimEntries, giveIdentity, writeProfiles } from './apply-create.ts'
import { personEvent, type PersonItem, type Step } from './step.ts'
import { byList, changeByList } from './rows.ts'
import type { SourcePerson } from './source.ts'

interface Change { readonly item: PersonItem; readonly person: SourcePerson; readonly userId: UserId; readonly address: { readonly email: string; readonly key: string } | null }

/** Brings names, addresses and what is only shown up to date, lets those in again whom this directory has locked out, and takes on what an administrator has given. */
export async function changePeople(step: Step, items: readonly PersonItem[], done: Set<number>): Promise<void> {
  for (const change of await writeFields(step, items)) {
    const { item, person, userId } = change
    done.add(item.seq)
    if (item.kind === 'adopt') await adopt(step, item, userId)
    await claimEntries(step, [[item.anchor, userId]], item.kind === 'resume' || item.kind === 'adopt')
    if (item.kind === 'resume') await resume(step, item, userId)
    const fields = (item.details.differences ?? []).map(({ field }) => field)
    if (fields.length > 0 || item.kind === 'adopt') {
      step.events.push(personEvent(step, item.kind === 'adopt' ? 'user.adopted' : 'user.changed', { id: userId, name: change.address?.email ?? item.entry.account?.email ?? item.name }, { fields: fields.join(' ') }))
    }
    await giveIdentity(step, userId, person, item.anchor)
  }
}

/**
 * Writes the fields of those whose address is free.
 * @returns who could be written; somebody who wants an address that another one still has waits for the next run
 */
export async function writeFields(step: Step, items: readonly PersonItem[]): Promise<Change[]> {
  const { tx, now } = step
  let changes = items.flatMap((item): Change[] => {
    const { content, accountId } = item.entry
    if (content.kind !== 'person' || accountId === null) return []
    const wants = (item.details.differences ?? []).some(({ field }) => field === 'email')
    return [{ item, person: content, userId: accountId as UserId, address: wants ? normaliseEmail(content.email) ?? null : null }]
  })
  // Addresses that are exchanged among those at hand are no obstacle; leaving one out may put it in another's way.
  for (let blocked = true; blocked;) {
    const moving = changes.filter(({ address }) => address !== null)
    const leaving = new Set<string>(moving.map(({ userId }) => userId))
    const holders = await byList<{ id: string; email_key: string }>(tx, (list) => `SELECT id, email_key FROM users WHERE email_key IN (${list})`, [], moving.map(({ address }) => address?.key ?? ''))
    const taken = new Map(holders.filter(({ id }) => !leaving.has(id)).map((row) => [row.email_key, row.id]))
    const before = changes.length
    const asked = new Set<string>()
    changes = changes.filter(({ address }) => address === null || (!taken.has(address.key) && !asked.has(address.key) && asked.add(address.key)))
    blocked = changes.length < before
  }
  const moving = changes.filter(({ address }) => address !== null)
  if (moving.length > 0) await changeByList(tx, (list) => `UPDATE users SET email_key = NULL WHERE id IN (${list})`, [], moving.map(({ userId }) => userId))
  for (const { person, userId, address, item } of changes) {
    const email = address?.email ?? item.entry.account?.email ?? ''
    if (address) await tx.run('UPDATE users SET email = ?, email_key = ?, email_verified_at = ? WHERE id = ?', [address.email, address.key, now, userId])
    await tx.run(
      `UPDATE users SET given_name = ?, family_name = ?, search_key = ?, phone_verified_at = CASE WHEN phone = coalesce(?, phone) THEN phone_verified_at ELSE NULL END, phone = coalesce(?, phone),
         locale = coalesce(locale, ?), updated_at = ? WHERE id = ?`,
      [person.givenName, person.familyName, searchKeyOf({ ...person, email }), person.phone, person.phone, person.locale, now, userId])
  }
  await writeProfiles(step, changes.map(({ userId, person, item }) => ({ userId, person, anchor: item.anchor })))
  return changes
}

async function resume(step: Step, item: PersonItem, userId: UserId): Promise<void> {
  // Only whom this directory has suspended, as found in this very transaction.
  if (item.entry.suspendedBecause === null || item.entry.account?.status !== 'suspended') return
  await step.tx.run(`UPDATE users SET status = 'active', suspended_at = NULL, updated_at = ? WHERE id = ? AND status = 'suspended'`, [step.now, userId])
  step.events.push(personEvent(step, 'user.resumed', { id: userId, name: item.entry.account.email }, {}))
}

/** The account changes hands: what was the entry's before, if there was one, is over. */
async function adopt(step: Step, item: PersonItem, userId: UserId): Promise<void> {
  const { tx, directory, now } = step
  const before = await tx.one<{ anchor: string; suspended_because: string | null }>('SELECT anchor, suspended_because FROM directory_entries WHERE directory_id = ? AND user_id = ? AND anchor <> ?', [directory.id, userId, item.anchor])
  if (before) {
    await tx.run('UPDATE directory_entries SET user_id = NULL, suspended_because = NULL, left_at = NULL, pending = 1 WHERE directory_id = ? AND anchor = ?', [directory.id, before.anchor])
    if (before.suspended_because !== null) await tx.run(`UPDATE users SET status = 'active', suspended_at = NULL WHERE id = ? AND status = 'suspended'`, [userId])
  }
  await tx.run('UPDATE users SET managed_by = ?, updated_at = ? WHERE id = ?', [directory.id, now, userId])
}
