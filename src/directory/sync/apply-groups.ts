import type { AuditActor, AuditEntry } from '../../audit/index.ts'
import { newId } from '../../storage/index.ts'
import { foldText } from '../user.ts'
import { inStep, mark, type Item, type Step } from './step.ts'
import type { EngineNeeds, Running } from './needs.ts'
import { groupContent } from './plan-groups.ts'

interface Row { readonly content: string; readonly group_id: string | null }

const rowsAtOnce = 1_000

export async function applyGroupItems(step: Step, items: readonly Item[], done: Set<number>): Promise<void> {
  for (const item of items) if (await applyGroup(step, item)) done.add(item.seq)
}

/** @returns false when its name was taken meanwhile */
async function applyGroup(step: Step, item: Item): Promise<boolean> {
  const { tx, directory, organizationId, now } = step
  const row = await tx.one<Row>('SELECT content, group_id FROM directory_entries WHERE directory_id = ? AND anchor = ?', [directory.id, item.anchor])
  if (!row) return false
  const { name = '', description } = groupContent(row.content)
  const settled = (id: string | null): Promise<number> => tx.run('UPDATE directory_entries SET group_id = ?, applied_hash = hash, pending = 0, conflict = NULL WHERE directory_id = ? AND anchor = ?', [id, directory.id, item.anchor])
  if (item.kind === 'group_remove') {
    const members = await tx.one<{ people: number }>('SELECT count(*) AS people FROM group_members WHERE group_id = ?', [row.group_id])
    await tx.run(`DELETE FROM application_access WHERE principal_kind = 'group' AND principal_id = ? AND organization_id = ?`, [row.group_id, organizationId])
    await tx.run('DELETE FROM groups WHERE id = ? AND organization_id = ?', [row.group_id, organizationId])
    await settled(null)
    step.events.push(groupEvent(step, 'group.deleted', { id: row.group_id ?? '', name: item.name }, { members: Number(members?.people ?? 0) }))
    return true
  }
  if (await tx.one('SELECT id FROM groups WHERE organization_id = ? AND name_key = ? AND id <> ?', [organizationId, foldText(name), row.group_id ?? ''])) {
    await tx.run('UPDATE directory_entries SET conflict = ? WHERE directory_id = ? AND anchor = ?', [JSON.stringify({ code: 'group_exists_here', detail: name }), directory.id, item.anchor])
    return false
  }
  const id = row.group_id ?? newId()
  if (row.group_id === null) {
    await tx.run('INSERT INTO groups (id, organization_id, name, name_key, description, managed_by, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      [id, organizationId, name, foldText(name), description, directory.id, now, now])
  } else {
    await tx.run('UPDATE groups SET name = ?, name_key = ?, description = ?, updated_at = ? WHERE id = ? AND organization_id = ?', [name, foldText(name), description, now, id, organizationId])
  }
  await settled(id)
  step.events.push(groupEvent(step, row.group_id === null ? 'group.created' : 'group.changed', { id, name }, {}))
  return true
}

/**
 * Who comes and who goes, several small groups in one transaction, a large one in parts: repeated, a part changes nothing.
 * @returns the last item that is done
 */
export async function applyMembers(needs: EngineNeeds, running: Running, actor: AuditActor, items: readonly Item[]): Promise<number> {
  const sizeOf = ({ details }: Item): number => (details.added ?? 0) + (details.removed ?? 0)
  let size = 0
  const small = items.filter((item, index) => (size += sizeOf(item)) <= rowsAtOnce && items.slice(0, index).every((before) => sizeOf(before) <= rowsAtOnce))
  const [first] = items
  if (small.length === 0 && first) {
    for (let from = ''; ;) {
      const part = await needs.storage.read.all<{ anchor: string }>(`SELECT anchor FROM directory_plan_members WHERE run_id = ? AND group_anchor = ? AND anchor > ? ORDER BY anchor LIMIT ${rowsAtOnce}`, [running.runId, first.anchor, from])
      const last = part.at(-1)?.anchor
      if (last === undefined) break
      const [start, end] = [from, last]
      await (await inStep(needs, running, actor, (step) => moveMembers(step, running.runId, first.anchor, start, end)))()
      from = last
    }
  }
  const finished = small.length === 0 && first ? [first] : small
  await (await inStep(needs, running, actor, async (step) => {
    for (const item of small) await moveMembers(step, running.runId, item.anchor, '', '\u{10ffff}')
    for (const item of finished) {
      const group = await step.tx.one<{ id: string; name: string }>('SELECT g.id, g.name FROM directory_entries e JOIN groups g ON g.id = e.group_id WHERE e.directory_id = ? AND e.anchor = ?', [step.directory.id, item.anchor])
      if (group) step.events.push(groupEvent(step, 'group.members_changed', group, { added: item.details.added ?? 0, removed: item.details.removed ?? 0 }))
    }
    await mark(step.tx, running.runId, finished, new Set(finished.map(({ seq }) => seq)))
  }))()
  return finished.at(-1)?.seq ?? 0
}

/**
 * Those who did not become people here, because something is in their way, come into the group when they do. CROSS JOIN keeps SQLite at the
 * order of the plan; without statistics it would begin with all users.
 */
async function moveMembers({ tx, directory, organizationId, now }: Step, runId: string, group: string, from: string, to: string): Promise<void> {
  const range = [runId, group, from, to]
  await tx.run(
    `INSERT INTO group_members (group_id, user_id, organization_id, added_at)
     SELECT g.group_id, e.user_id, ?, ? FROM directory_plan_members p CROSS JOIN directory_entries g CROSS JOIN directory_entries e CROSS JOIN users u
     WHERE g.directory_id = ? AND g.anchor = p.group_anchor AND e.directory_id = ? AND e.anchor = p.anchor AND u.id = e.user_id AND u.organization_id = ? AND u.status <> 'deleted'
       AND p.run_id = ? AND p.group_anchor = ? AND p.anchor > ? AND p.anchor <= ? AND p.change = 'add' AND g.group_id IS NOT NULL ON CONFLICT DO NOTHING`, [organizationId, now, directory.id, directory.id, organizationId, ...range])
  await tx.run(
    `DELETE FROM group_members WHERE group_id = (SELECT g.group_id FROM directory_entries g WHERE g.directory_id = ? AND g.anchor = ?) AND user_id IN (
       SELECT e.user_id FROM directory_plan_members p CROSS JOIN directory_entries e WHERE e.directory_id = ? AND e.anchor = p.anchor AND p.run_id = ? AND p.group_anchor = ? AND p.anchor > ? AND p.anchor <= ? AND p.change = 'remove')`,
    [directory.id, group, directory.id, ...range])
}

function groupEvent(step: Step, action: string, group: { readonly id: string; readonly name: string }, details: Readonly<Record<string, unknown>>): AuditEntry {
  return { organizationId: step.organizationId, action, outcome: 'success', actor: step.actor, target: { kind: 'group', id: group.id, name: group.name }, details: { directory: step.directory.name, ...details } }
}
