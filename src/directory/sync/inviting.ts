import type { UserId } from '../../storage/index.ts'
import { nest } from './nesting.ts'
import type { EngineNeeds, Running } from './needs.ts'
import { groupsInside } from './scope.ts'
import { dnKey } from './source.ts'

const day = 86_400_000
const atOnce = 50

/**
 * Sends first links to people who have no key and never came in, as the directory's rule says: members of groups, nested ones included,
 * people in units, or everybody. Never more than the cap within any 24 hours; the rest follows the day after.
 */
export async function inviteByRule(needs: EngineNeeds, { directory, lease, signal }: Running): Promise<number> {
  const { storage, clock } = needs
  const { invite } = directory.settings
  if (!invite.on) return 0
  const sent = await storage.read.one<{ people: number }>('SELECT count(*) AS people FROM directory_entries WHERE directory_id = ? AND invited_at > ?', [directory.id, clock.now() - day])
  const rule = await ruleOf(needs, directory.id, invite)
  let left = invite.perDay - Number(sent?.people ?? 0)
  let invited = 0
  while (left > 0 && !signal.aborted) {
    const people = await storage.read.all<{ anchor: string; user_id: UserId }>(
      `SELECT e.anchor, e.user_id FROM directory_entries e JOIN users u ON u.id = e.user_id
       WHERE e.directory_id = ? AND e.kind = 'person' AND e.state = 'present' AND e.wanted = 1 AND e.invited_at IS NULL AND u.status IN ('new', 'active') AND u.last_sign_in_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id) AND NOT EXISTS (SELECT 1 FROM invitations i WHERE i.user_id = u.id) ${rule.sql} ORDER BY e.anchor LIMIT ?`,
      [directory.id, ...rule.values, Math.min(left, atOnce)])
    if (people.length === 0) break
    await storage.write(async (tx) => {
      await lease.stillHeld(tx)
      const now = clock.now()
      for (const { anchor, user_id: userId } of people) {
        await needs.invite(tx, directory.organizationId, userId)
        await tx.run('UPDATE directory_entries SET invited_at = ? WHERE directory_id = ? AND anchor = ?', [now, directory.id, anchor])
      }
      await needs.record(tx, people.map(({ user_id: userId }) => ({
        organizationId: directory.organizationId, action: 'user.invited', outcome: 'success', actor: { kind: 'job', id: null, name: directory.name }, userId, details: { directory: directory.name },
      })))
    })
    invited += people.length
    left -= people.length
  }
  return invited
}

async function ruleOf({ storage }: EngineNeeds, directoryId: string, { groups, units }: { groups: readonly { anchor: string }[]; units: readonly string[] }): Promise<{ sql: string; values: string[] }> {
  if (groups.length === 0 && units.length === 0) return { sql: '', values: [] }
  const nested = nest(groups.map(({ anchor }) => anchor), await groupsInside(storage.read, directoryId))
  const inner = [...new Set([...nested.values()].flatMap((set) => [...set]))].slice(0, 5_000)
  const inUnit = units.map(() => `e.dn_key LIKE ? ESCAPE '!'`)
  const inGroup = inner.length === 0 ? [] : [`EXISTS (SELECT 1 FROM directory_memberships m WHERE m.directory_id = e.directory_id AND m.member_anchor = e.anchor AND m.group_anchor IN (${inner.map(() => '?').join(', ')}))`]
  return { sql: `AND (${[...inUnit, ...inGroup].join(' OR ')})`, values: [...units.map((unit) => `%,${dnKey(unit).replaceAll(/[!%_]/g, '!$&')}`), ...inner] }
}
