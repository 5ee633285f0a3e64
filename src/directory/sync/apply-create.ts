import { newId, placeholders, type SqlValue, type UserId } from '../../storage/index.ts'
import { normaliseEmail } from '../../messaging/index.ts'
import { searchKeyOf } from '../user.ts'
import { personEvent, type PersonItem, type Step } from './step.ts'
import { byList, changeByList, insertRows } from './rows.ts'
import type { SourcePerson } from './source.ts'

const userColumns = ['id', 'organization_id', 'status', 'role', 'email', 'email_key', 'email_verified_at', 'given_name', 'family_name', 'search_key', 'phone', 'locale', 'managed_by', 'created_at', 'updated_at']

interface Newcomer { readonly item: PersonItem; readonly person: SourcePerson; readonly id: UserId; readonly email: string; readonly key: string }

/**
 * New accounts, as `users.create` makes them, many at a time. They are active: what they can prove decides who comes in. The directory is the
 * organization's own word, so its addresses count as theirs.
 */
export async function createPeople(step: Step, items: readonly PersonItem[], done: Set<number>): Promise<void> {
  const { tx, now, organizationId, directory } = step
  const newcomers = items.flatMap((item): Newcomer[] => {
    const { content, account } = item.entry
    const address = content.kind === 'person' ? normaliseEmail(content.email) : undefined
    return content.kind === 'person' && address && account === null ? [{ item, person: content, id: newId<UserId>(), ...address }] : []
  })
  if (newcomers.length === 0) return
  const taken = new Set((await byList<{ email_key: string }>(tx, (list) => `SELECT email_key FROM users WHERE email_key IN (${list})`, [], newcomers.map(({ key }) => key))).map((row) => row.email_key))
  const free = newcomers.filter(({ key }) => !taken.has(key) && taken.add(key))
  await insertRows(tx, 'users', userColumns, free.map(({ person, id, email, key }): SqlValue[] => [
    id, organizationId, 'active', 'user', email, key, now, person.givenName, person.familyName, searchKeyOf({ ...person, email }), person.phone, person.locale, directory.id, now, now]))
  await writeProfiles(step, free.map(({ id, person, item }) => ({ userId: id, person, anchor: item.anchor })))
  await claimEntries(step, free.map(({ item, id }) => [item.anchor, id]), true)
  for (const { item, person, id, email } of free) {
    done.add(item.seq)
    step.events.push(personEvent(step, 'user.created', { id, name: email }, {}))
    await giveIdentity(step, id, person, item.anchor)
  }
}

/** What is only shown, with the picture behind its fingerprint, and where the entry stands. */
export async function writeProfiles(step: Step, people: readonly { readonly userId: string; readonly person: SourcePerson; readonly anchor: string }[]): Promise<void> {
  const { tx, organizationId, now, directory } = step
  await insertRows(tx, 'user_profiles', ['user_id', 'organization_id', 'profile', 'updated_at'], people.map(({ userId, person }): SqlValue[] => [userId, organizationId, JSON.stringify({ ...person.profile, dn: person.dn }), now]),
    'ON CONFLICT (user_id) DO UPDATE SET profile = excluded.profile, updated_at = excluded.updated_at')
  const pictured = people.filter(({ person }) => person.profile.photo !== undefined)
  const bare = people.filter(({ person }) => person.profile.photo === undefined)
  // The picture is kept once: it moves from the entry to the person.
  if (pictured.length > 0) {
    for (const { userId, anchor } of pictured) {
      await tx.run('UPDATE user_profiles SET photo = coalesce((SELECT e.photo FROM directory_entries e WHERE e.directory_id = ? AND e.anchor = ?), photo) WHERE user_id = ?', [directory.id, anchor, userId])
    }
    await changeByList(tx, (list) => `UPDATE directory_entries SET photo = NULL WHERE directory_id = ? AND anchor IN (${list})`, [directory.id], pictured.map(({ anchor }) => anchor))
  }
  if (bare.length > 0) await changeByList(tx, (list) => `UPDATE user_profiles SET photo = NULL WHERE photo IS NOT NULL AND user_id IN (${list})`, [], bare.map(({ userId }) => userId))
}

/**
 * From now on these entries and accounts belong together. What still stands in the way of something is looked at again in the next run.
 * @param anew forgets that the directory had locked them out
 */
export async function claimEntries(step: Step, pairs: readonly (readonly [anchor: string, userId: string])[], anew: boolean): Promise<void> {
  for (let start = 0; start < pairs.length;) {
    const size = pairs.length - start >= 100 ? 100 : pairs.length - start >= 10 ? 10 : 1
    const part = pairs.slice(start, start + size)
    // By the list and not by a join: SQLite would walk all entries for it.
    await step.tx.run(
      `UPDATE directory_entries SET user_id = (SELECT v.column2 FROM (VALUES ${part.map(() => `(${placeholders(2)})`).join(', ')}) AS v WHERE v.column1 = directory_entries.anchor), applied_hash = hash,
         pending = CASE WHEN conflict IS NULL THEN 0 ELSE 1 END, adopts = NULL${anew ? ', suspended_because = NULL, left_at = NULL' : ''} WHERE directory_id = ? AND anchor IN (${placeholders(size)})`,
      [...part.flat(), step.directory.id, ...part.map(([anchor]) => anchor)])
    start += size
  }
}

/** What stands in the way is noted at the entry; the person comes in all the same. */
export async function giveIdentity(step: Step, userId: UserId, person: SourcePerson, anchor: string): Promise<void> {
  if (person.upn === null) return
  const code = await step.needs.giveIdentity(step.tx, step.organizationId, { userId, upn: person.upn, immutableId: person.immutableId }, step.actor)
  if (code !== null) await step.tx.run('UPDATE directory_entries SET conflict = ?, pending = 1 WHERE directory_id = ? AND anchor = ?', [JSON.stringify({ code, detail: person.upn }), step.directory.id, anchor])
}
