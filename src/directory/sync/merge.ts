import { setImmediate as turn } from 'node:timers/promises'
import type { Lease } from '../../jobs/index.ts'
import type { Clock, Storage, Transaction } from '../../storage/index.ts'
import { byList, changeByList, insertRows } from './rows.ts'
import type { Staged } from './stage.ts'

export interface MergeNeeds {
  readonly storage: Storage
  readonly clock: Clock
  readonly directoryId: string
  readonly runId: string
  readonly lease: Lease
  /** Whether everybody becomes a person here, or only members of groups, which is found out afterwards. */
  readonly everybody: boolean
}

const pageSize = 500
const scanSize = 2_000

/**
 * Makes the reading what we know of the directory. Repeated from the start it comes to the same, and the mark from which the next reading goes
 * on is set last: a crash in the middle costs a reading and nothing else.
 * @returns whether anything is not as it was
 */
export async function merge(needs: MergeNeeds, { changed, end }: Staged): Promise<boolean> {
  const { storage, directoryId } = needs
  const hadMembers = await storage.read.one('SELECT 1 AS one FROM directory_memberships WHERE directory_id = ? LIMIT 1', [directoryId]) !== undefined
  if (changed > 0) {
    await mustPlan(needs)
    await takeEntries(needs)
    if (hadMembers) await renameMembers(needs)
    await takeMembers(needs)
  }
  // Whether by what was named or by what was not: only a reading that came to its end says that somebody is gone.
  const missing = end.complete && (end.everything || end.presentComplete) ? await markMissing(needs) : 0
  // Only now is it known who bears which name.
  if (hadMembers && changed > 0) await resolveMembers(needs)
  const now = needs.clock.now()
  await write(needs, (tx) => tx.run('UPDATE directories SET cursor = ?, cursor_at = ?, full_at = CASE WHEN ? = 1 THEN ? ELSE full_at END WHERE id = ?', [end.cursor, end.cursor === null ? null : now, end.everything ? 1 : 0, now, directoryId]))
  return changed > 0 || missing > 0
}

/** Until the plan of it was made, whoever crashes in between. */
function mustPlan(needs: MergeNeeds): Promise<void> {
  return write(needs, (tx) => tx.run('UPDATE directories SET replan = 1 WHERE id = ? AND replan = 0', [needs.directoryId]))
}

async function write(needs: MergeNeeds, work: (tx: Transaction) => Promise<unknown>): Promise<void> {
  await needs.storage.write(async (tx) => {
    await needs.lease.stillHeld(tx)
    await work(tx)
  })
  await turn()
}

/** Walks what was staged by ranges of anchors. */
async function* ranges({ storage, runId }: MergeNeeds, condition: string): AsyncGenerator<readonly [string, string]> {
  for (let from = ''; ;) {
    const rows = await storage.read.all<{ anchor: string }>(`SELECT anchor FROM directory_staged WHERE run_id = ? AND anchor > ? AND ${condition} ORDER BY anchor LIMIT ${pageSize}`, [runId, from])
    const last = rows.at(-1)?.anchor
    if (last === undefined) return
    yield [from, last]
    from = last
  }
}

async function takeEntries(needs: MergeNeeds): Promise<void> {
  const { directoryId, runId, clock } = needs
  const taken = ['kind', 'dn', 'dn_key', 'email_key', 'hash', 'content', 'photo']
  for await (const [from, to] of ranges(needs, `kind <> 'same'`)) {
    await write(needs, async (tx) => {
      await tx.run(
        `INSERT INTO directory_entries (directory_id, anchor, ${taken.join(', ')}, state, pending, wanted)
         SELECT ?, s.anchor, CASE WHEN s.kind = 'group' THEN 'group' ELSE 'person' END, s.dn, s.dn_key, s.email_key, s.hash, s.content, s.photo, 'present', 1, CASE WHEN s.kind = 'group' THEN 0 ELSE ${needs.everybody ? 1 : 0} END
         FROM directory_staged s WHERE s.run_id = ? AND s.anchor > ? AND s.anchor <= ? AND s.kind NOT IN ('same', 'gone')
         ON CONFLICT (directory_id, anchor) DO UPDATE SET ${taken.map((name) => `${name} = excluded.${name}`).join(', ')}, state = 'present', gone_at = NULL, pending = 1`,
        [directoryId, runId, from, to])
      await tx.run(
        `UPDATE directory_entries SET state = 'gone', gone_at = ?, pending = 1 WHERE directory_id = ? AND state = 'present'
         AND anchor IN (SELECT s.anchor FROM directory_staged s WHERE s.run_id = ? AND s.anchor > ? AND s.anchor <= ? AND s.kind = 'gone')`,
        [clock.now(), directoryId, runId, from, to])
    })
  }
}

/** A member that has another name now is still the same member, whether or not the group has said so. */
async function renameMembers(needs: MergeNeeds): Promise<void> {
  const { directoryId, runId, storage } = needs
  for await (const [from, to] of ranges(needs, 'moved_from IS NOT NULL')) {
    const moved = await storage.read.all<{ anchor: string; dn_key: string; moved_from: string }>(
      'SELECT anchor, dn_key, moved_from FROM directory_staged WHERE run_id = ? AND anchor > ? AND anchor <= ? AND moved_from IS NOT NULL', [runId, from, to])
    await write(needs, async (tx) => {
      for (const { anchor, dn_key: key, moved_from: old } of moved) {
        await tx.run(
          `UPDATE directory_memberships SET member_key = ? WHERE directory_id = ? AND member_anchor = ? AND member_key = ?
           AND NOT EXISTS (SELECT 1 FROM directory_memberships o WHERE o.directory_id = directory_memberships.directory_id AND o.group_anchor = directory_memberships.group_anchor AND o.member_key = ?)`,
          [key, directoryId, anchor, old, key])
      }
    })
  }
}

interface StagedMember { readonly group_anchor: string; readonly member_key: string; readonly change: 'add' | 'remove' }

async function takeMembers(needs: MergeNeeds): Promise<void> {
  const { directoryId } = needs
  for await (const rows of memberPages(needs)) {
    const [added, removed] = [rows.filter(({ change }) => change === 'add'), rows.filter(({ change }) => change === 'remove')]
    await write(needs, async (tx) => {
      // The first bearer of a name that is there; two at once are told apart when one of them is gone.
      const bearers = new Map((await byList<{ anchor: string; dn_key: string }>(tx, (list) => `SELECT anchor, dn_key FROM directory_entries WHERE directory_id = ? AND dn_key IN (${list}) AND state = 'present'`,
        [directoryId], added.map(({ member_key: key }) => key))).map((row) => [row.dn_key, row.anchor]))
      await insertRows(tx, 'directory_memberships', ['directory_id', 'group_anchor', 'member_key', 'member_anchor'], added.map((row) => [directoryId, row.group_anchor, row.member_key, bearers.get(row.member_key) ?? null]),
        'ON CONFLICT (directory_id, group_anchor, member_key) DO UPDATE SET member_anchor = coalesce(excluded.member_anchor, directory_memberships.member_anchor)')
      const touched = new Set(bearers.values())
      for (const [group, keys] of Map.groupBy(removed, ({ group_anchor: group }) => group)) {
        const gone = await byList<{ member_anchor: string | null }>(tx, (list) => `DELETE FROM directory_memberships WHERE directory_id = ? AND group_anchor = ? AND member_key IN (${list}) RETURNING member_anchor`,
          [directoryId, group], keys.map(({ member_key: key }) => key))
        for (const { member_anchor: anchor } of gone) if (anchor !== null) touched.add(anchor)
      }
      // Those who come and those who go are looked at again.
      await changeByList(tx, (list) => `UPDATE directory_entries SET pending = 1 WHERE directory_id = ? AND pending = 0 AND anchor IN (${list})`, [directoryId], [...touched])
    })
  }
}

/** Two questions for a page, each of which an index answers: the rest of one group, then the next groups. */
async function* memberPages({ storage, runId }: MergeNeeds): AsyncGenerator<readonly StagedMember[]> {
  const select = 'SELECT group_anchor, member_key, change FROM directory_staged_members WHERE run_id = ?'
  for (let last: StagedMember | undefined; ;) {
    const rest: StagedMember[] = last === undefined ? [] : await storage.read.all(`${select} AND group_anchor = ? AND member_key > ? ORDER BY member_key LIMIT ${pageSize}`, [runId, last.group_anchor, last.member_key])
    const next: StagedMember[] = rest.length === pageSize ? [] : await storage.read.all(`${select} AND group_anchor > ? ORDER BY group_anchor, member_key LIMIT ${pageSize}`, [runId, last?.group_anchor ?? ''])
    const rows = [...rest, ...next]
    last = rows.at(-1)
    if (last === undefined) return
    yield rows
  }
}

async function markMissing(needs: MergeNeeds): Promise<number> {
  const { directoryId, runId, storage, clock } = needs
  let count = 0
  for (let from = ''; ;) {
    const bound = await storage.read.one<{ anchor: string }>(`SELECT anchor FROM directory_entries WHERE directory_id = ? AND anchor > ? ORDER BY anchor LIMIT 1 OFFSET ${scanSize - 1}`, [directoryId, from])
    const range = bound ? 'anchor > ? AND anchor <= ?' : 'anchor > ?'
    const values = bound ? [from, bound.anchor] : [from]
    const missing = await storage.read.all<{ anchor: string }>(
      `SELECT anchor FROM directory_entries WHERE directory_id = ? AND ${range} AND state = 'present' AND NOT EXISTS (SELECT 1 FROM directory_staged s WHERE s.run_id = ? AND s.anchor = directory_entries.anchor)`, [directoryId, ...values, runId])
    if (missing.length > 0) {
      if (count === 0) await mustPlan(needs)
      count += missing.length
      await write(needs, (tx) => tx.run(
        `UPDATE directory_entries SET state = 'gone', gone_at = ?, pending = 1 WHERE directory_id = ? AND ${range} AND state = 'present' AND NOT EXISTS (SELECT 1 FROM directory_staged s WHERE s.run_id = ? AND s.anchor = directory_entries.anchor)`,
        [clock.now(), directoryId, ...values, runId]))
    }
    if (!bound) return count
    from = bound.anchor
    await turn()
  }
}

/** A name in a group means whoever bears it now: an entry that came later, or that was made anew under an old name. */
async function resolveMembers(needs: MergeNeeds): Promise<void> {
  const { directoryId } = needs
  for await (const [from, to] of ranges(needs, `kind NOT IN ('same', 'gone')`)) {
    await write(needs, (tx) => tx.run(
      `UPDATE directory_memberships SET member_anchor = (SELECT max(e.anchor) FROM directory_entries e WHERE e.directory_id = directory_memberships.directory_id AND e.dn_key = directory_memberships.member_key AND e.state = 'present')
       WHERE directory_id = ? AND member_key IN (SELECT n.dn_key FROM directory_entries n WHERE n.directory_id = ? AND n.anchor > ? AND n.anchor <= ? AND n.pending = 1 AND n.state = 'present')
         AND (member_anchor IS NULL OR member_anchor NOT IN (SELECT p.anchor FROM directory_entries p WHERE p.directory_id = ? AND p.dn_key = directory_memberships.member_key AND p.state = 'present'))`,
      [directoryId, directoryId, from, to, directoryId]))
  }
}
