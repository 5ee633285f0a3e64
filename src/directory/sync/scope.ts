import { setImmediate as turn } from 'node:timers/promises'
import type { Lease } from '../../jobs/index.ts'
import type { Sql, Storage, Transaction } from '../../storage/index.ts'
import { nest } from './nesting.ts'
import { changeByList, insertRows } from './rows.ts'
import type { DirectorySettings } from './settings.ts'

export interface ScopeNeeds { readonly storage: Storage; readonly directoryId: string; readonly lease: Lease; readonly settings: DirectorySettings }

const pageSize = 1_000

/**
 * Finds out which groups become groups here, what is inside them, and who belongs to the chosen people. Whoever is concerned by a change is
 * marked, so that the plan looks at nobody else.
 * @param anew after a change of the settings: everybody is looked at
 */
export async function updateScope(needs: ScopeNeeds, anew: boolean): Promise<void> {
  if (anew) await markAll(needs)
  await updateGroups(needs)
  await updatePeople(needs)
}

async function write(needs: Pick<ScopeNeeds, 'storage' | 'lease'>, work: (tx: Transaction) => Promise<unknown>): Promise<void> {
  await needs.storage.write(async (tx) => {
    await needs.lease.stillHeld(tx)
    await work(tx)
  })
  await turn()
}

async function markAll(needs: ScopeNeeds): Promise<void> {
  for (let from = ''; ;) {
    const rows = await needs.storage.read.all<{ anchor: string }>(`SELECT anchor FROM directory_entries WHERE directory_id = ? AND anchor > ? ORDER BY anchor LIMIT ${pageSize}`, [needs.directoryId, from])
    const last = rows.at(-1)?.anchor
    if (last === undefined) return
    await write(needs, (tx) => tx.run('UPDATE directory_entries SET pending = 1 WHERE directory_id = ? AND anchor > ? AND anchor <= ? AND pending = 0', [needs.directoryId, from, last]))
    from = last
  }
}

async function updateGroups(needs: ScopeNeeds): Promise<void> {
  const { storage, directoryId, settings } = needs
  const groups = await storage.read.all<{ anchor: string; state: string; wanted: number }>(`SELECT anchor, state, wanted FROM directory_entries WHERE directory_id = ? AND kind = 'group'`, [directoryId])
  const here = new Set(groups.filter(({ state }) => state === 'present').map(({ anchor }) => anchor))
  const chosen = settings.groups.mode === 'all' ? here : new Set(settings.groups.mode === 'none' ? [] : settings.groups.chosen.map(({ anchor }) => anchor).filter((anchor) => here.has(anchor)))
  const nested = nest(chosen, await groupsInside(storage.read, directoryId))
  const before = new Map<string, Set<string>>()
  for (const { group_anchor: group, inner_anchor: inner } of await storage.read.all<{ group_anchor: string; inner_anchor: string }>('SELECT group_anchor, inner_anchor FROM directory_nesting WHERE directory_id = ?', [directoryId])) {
    before.set(group, (before.get(group) ?? new Set()).add(inner))
  }
  const added = [...nested].flatMap(([group, inner]) => [...inner].filter((one) => !before.get(group)?.has(one)).map((one) => [group, one] as const))
  const removed = [...before].flatMap(([group, inner]) => [...inner].filter((one) => !nested.get(group)?.has(one)).map((one) => [group, one] as const))
  const changed = groups.filter(({ anchor, wanted }) => (wanted === 1) !== chosen.has(anchor))
  // People first: if it ends in the middle, the difference is still there to be found again.
  for (const inner of new Set([...added, ...removed].map(([, one]) => one))) await markMembers(needs, inner)
  for (let start = 0; start < changed.length; start += pageSize) {
    const part = changed.slice(start, start + pageSize).map(({ anchor }) => anchor)
    await write(needs, (tx) => changeByList(tx, (list) => `UPDATE directory_entries SET wanted = 1 - wanted, pending = 1 WHERE directory_id = ? AND anchor IN (${list})`, [directoryId], part))
  }
  for (let start = 0; start < added.length; start += pageSize) {
    await write(needs, (tx) => insertRows(tx, 'directory_nesting', ['directory_id', 'group_anchor', 'inner_anchor'], added.slice(start, start + pageSize).map((pair) => [directoryId, ...pair]), 'ON CONFLICT DO NOTHING'))
  }
  for (let start = 0; start < removed.length; start += pageSize) {
    await write(needs, async (tx) => {
      for (const pair of removed.slice(start, start + pageSize)) await tx.run('DELETE FROM directory_nesting WHERE directory_id = ? AND group_anchor = ? AND inner_anchor = ?', [directoryId, ...pair])
    })
  }
}

/** Which groups are directly in which; from the few groups to their places, not from the many members. */
export async function groupsInside(sql: Sql, directoryId: string): Promise<Map<string, string[]>> {
  const edges = await sql.all<{ group_anchor: string; member_anchor: string }>(
    `SELECT m.group_anchor, m.member_anchor FROM directory_entries e CROSS JOIN directory_memberships m
     WHERE e.directory_id = ? AND e.kind = 'group' AND e.state = 'present' AND m.directory_id = e.directory_id AND m.member_anchor = e.anchor`, [directoryId])
  const inside = new Map<string, string[]>()
  for (const { group_anchor: group, member_anchor: member } of edges) inside.set(group, [...(inside.get(group) ?? []), member])
  return inside
}

/** Everybody who is directly in a group is looked at. */
export async function markMembers(needs: Omit<ScopeNeeds, 'settings'>, group: string): Promise<void> {
  for (let from = ''; ;) {
    const rows = await needs.storage.read.all<{ member_key: string; member_anchor: string | null }>(
      `SELECT member_key, member_anchor FROM directory_memberships WHERE directory_id = ? AND group_anchor = ? AND member_key > ? ORDER BY member_key LIMIT ${pageSize}`, [needs.directoryId, group, from])
    const last = rows.at(-1)?.member_key
    if (last === undefined) return
    const anchors = rows.flatMap(({ member_anchor: anchor }) => anchor ?? [])
    if (anchors.length > 0) await write(needs, (tx) => changeByList(tx, (list) => `UPDATE directory_entries SET pending = 1 WHERE directory_id = ? AND pending = 0 AND anchor IN (${list})`, [needs.directoryId], anchors))
    from = last
  }
}

async function updatePeople(needs: ScopeNeeds): Promise<void> {
  const { storage, directoryId, settings } = needs
  const member = `EXISTS (SELECT 1 FROM directory_memberships m CROSS JOIN directory_nesting n
    WHERE n.directory_id = m.directory_id AND n.inner_anchor = m.group_anchor AND m.directory_id = directory_entries.directory_id AND m.member_anchor = directory_entries.anchor)`
  const wrong = settings.groups.onlyMembers ? `((wanted = 0 AND ${member}) OR (wanted = 1 AND NOT ${member}))` : 'wanted = 0'
  for (let from = ''; ;) {
    const rows = await storage.read.all<{ anchor: string }>(`SELECT anchor FROM directory_entries WHERE directory_id = ? AND pending = 1 AND kind = 'person' AND anchor > ? AND ${wrong} ORDER BY anchor LIMIT ${pageSize}`, [directoryId, from])
    const last = rows.at(-1)?.anchor
    if (last === undefined) return
    await write(needs, (tx) => changeByList(tx, (list) => `UPDATE directory_entries SET wanted = 1 - wanted WHERE directory_id = ? AND anchor IN (${list})`, [directoryId], rows.map(({ anchor }) => anchor)))
    from = last
  }
}
