import { byList } from './rows.ts'
import { foldText, readName } from '../user.ts'
import type { StoredConflict } from './conflicts.ts'
import type { Difference } from './directory.ts'
import type { EngineNeeds, Running } from './needs.ts'
import type { Items, NewItem } from './items.ts'
import { markMembers } from './scope.ts'

interface Row {
  readonly anchor: string; readonly dn: string; readonly content: string; readonly state: string; readonly wanted: number; readonly conflict: string | null; readonly group_id: string | null
  readonly name: string | null; readonly description: string | null
}
export interface GroupContent { readonly name: string; readonly description: string }

export function groupContent(content: string): { readonly name: string | undefined; readonly description: string } {
  const { name, description } = JSON.parse(content) as GroupContent
  return { name: readName(name.slice(0, 100)), description: description.slice(0, 500) }
}

/** Groups by themselves; who is in them comes with the people. */
export async function planGroups(needs: EngineNeeds, { directory, lease }: Running, items: Items): Promise<void> {
  const { storage } = needs
  const rows = await storage.read.all<Row>(
    `SELECT e.anchor, e.dn, e.content, e.state, e.wanted, e.conflict, g.id AS group_id, g.name, g.description FROM directory_entries e LEFT JOIN groups g ON g.id = e.group_id AND g.organization_id = ?
     WHERE e.directory_id = ? AND e.kind = 'group' AND e.pending = 1 ORDER BY e.anchor`, [directory.organizationId, directory.id])
  const wantedNames = rows.map(({ content }) => foldText(groupContent(content).name ?? ''))
  const holders = new Map((await byList<{ id: string; name_key: string; managed_by: string | null }>(storage.read, (list) => `SELECT id, name_key, managed_by FROM groups WHERE organization_id = ? AND name_key IN (${list})`,
    [directory.organizationId], wantedNames)).map((row) => [row.name_key, row]))
  const taken = new Set<string>()
  const found: NewItem[] = []
  const conflicts: [string, string | null][] = []
  const freed: string[] = []
  for (const row of rows) {
    const { name, description } = groupContent(row.content)
    const item = (kind: NewItem['kind'], details: NewItem['details'] = {}): NewItem => ({ kind, anchor: row.anchor, userId: null, groupId: row.group_id, name: name ?? row.name ?? row.dn, dn: row.dn, details })
    let conflict: StoredConflict | null = null
    if (row.state === 'present' && row.wanted === 1) {
      const key = foldText(name ?? '')
      const holder = holders.get(key)
      if (name === undefined) conflict = { code: 'bad_name', detail: row.dn }
      else if (holder && holder.id !== row.group_id) conflict = { code: holder.managed_by === null ? 'group_exists_here' : holder.managed_by === directory.id ? 'same_name' : 'group_managed_elsewhere', detail: name }
      else if (taken.has(key)) conflict = { code: 'same_name', detail: name }
      else {
        taken.add(key)
        const differences = differencesOf(row, { name, description })
        if (row.group_id === null) {
          found.push(item('group_create'))
          if (row.conflict !== null) freed.push(row.anchor)
        }
        else if (differences.length > 0) found.push(item('group_update', { differences }))
      }
      if (conflict) found.push(item('conflict', { code: conflict.code, detail: conflict.detail }))
    } else if (row.group_id !== null) found.push(item('group_remove'))
    const text = conflict ? JSON.stringify(conflict) : null
    if (text !== row.conflict) conflicts.push([row.anchor, text])
  }
  // Its members were looked at while the name was taken.
  for (const anchor of freed) {
    const inside = await storage.read.all<{ inner_anchor: string }>('SELECT inner_anchor FROM directory_nesting WHERE directory_id = ? AND group_anchor = ?', [directory.id, anchor])
    for (const { inner_anchor: inner } of inside) await markMembers({ storage, directoryId: directory.id, lease }, inner)
  }
  for (let start = 0; start < Math.max(found.length, conflicts.length); start += 500) {
    const back = items.mark()
    await storage.write(async (tx) => {
      back()
      await lease.stillHeld(tx)
      await items.add(tx, found.slice(start, start + 500))
      for (const [anchor, text] of conflicts.slice(start, start + 500)) await tx.run('UPDATE directory_entries SET conflict = ? WHERE directory_id = ? AND anchor = ?', [text, directory.id, anchor])
    })
  }
}

function differencesOf(before: Row, after: { readonly name: string; readonly description: string }): Difference[] {
  return (['name', 'description'] as const).filter((field) => (before[field] ?? '') !== after[field]).map((field) => ({ field, before: before[field] ?? '', after: after[field] }))
}
