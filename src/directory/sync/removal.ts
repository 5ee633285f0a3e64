import { setImmediate as turn } from 'node:timers/promises'
import type { AuditActor } from '../../audit/index.ts'
import type { Lease } from '../../jobs/index.ts'
import type { UserId } from '../../storage/index.ts'
import { inStep, personEvent } from './step.ts'
import type { Directory } from './directory.ts'
import type { EngineNeeds, Running } from './needs.ts'
import { changeByList } from './rows.ts'
import { emptyPlan, emptyStaging, emptyTable } from './runs.ts'

const atOnce = 100

/** Takes a directory away: first its people and groups, a hundred at a time, then what we knew of it. Goes on where it was after a crash. */
export async function takeAway(needs: EngineNeeds, directory: Directory, lease: Lease, signal: AbortSignal): Promise<void> {
  const { storage } = needs
  const actor: AuditActor = { kind: 'job', id: null, name: directory.name }
  const running: Running = { directory, runId: '', lease, signal }
  for (let left = atOnce; left === atOnce;) {
    signal.throwIfAborted()
    const done = await inStep(needs, running, actor, async (step) => {
      const { tx, now } = step
      const people = await tx.all<{ id: UserId; email: string; status: string; role: string }>(
        `SELECT u.id, u.email, u.status, u.role FROM directory_entries e JOIN users u ON u.id = e.user_id AND u.managed_by = e.directory_id WHERE e.directory_id = ? AND e.user_id IS NOT NULL ORDER BY e.anchor LIMIT ${atOnce}`, [directory.id])
      left = people.length
      if (left === 0) return
      const ids = people.map(({ id }) => id)
      // Owners stay: an organization that nobody can look after is worse than one that still has them.
      const out = directory.removal === 'suspend' ? people.filter(({ status, role }) => status !== 'suspended' && status !== 'deleted' && role !== 'owner') : []
      if (out.length > 0) {
        const { sessions, announce } = await needs.endAccess(tx, out.map(({ id }) => id))
        step.afterwards.push(announce)
        step.lockedOut.push(...out.map(({ id }) => id))
        await changeByList(tx, (list) => `UPDATE users SET status = 'suspended', suspended_at = ?, updated_at = ? WHERE id IN (${list})`, [now, now], out.map(({ id }) => id))
        for (const { id, email } of out) step.events.push(personEvent(step, 'user.suspended', { id, name: email }, { because: 'directory_removed', sessions: sessions.get(id) ?? 0 }))
      }
      await changeByList(tx, (list) => `UPDATE users SET managed_by = NULL, updated_at = ? WHERE id IN (${list})`, [now], ids)
      await changeByList(tx, (list) => `UPDATE directory_entries SET user_id = NULL WHERE coalesce(directory_id, '') = ? AND user_id IN (${list})`, [directory.id], ids)
    })
    await done()
    await turn()
  }
  await storage.execute('UPDATE groups SET managed_by = NULL WHERE organization_id = ? AND managed_by = ? RETURNING 1 AS one', [directory.organizationId, directory.id])
  for (const { id } of await storage.read.all<{ id: string }>('SELECT id FROM directory_runs WHERE directory_id = ?', [directory.id])) {
    await emptyPlan(storage, id)
    await emptyStaging(storage, id)
  }
  await emptyTable(storage, 'directory_memberships', 'directory_id, group_anchor, member_key', 'directory_id = ?', directory.id)
  await emptyTable(storage, 'directory_nesting', 'directory_id, group_anchor, inner_anchor', 'directory_id = ?', directory.id)
  await emptyTable(storage, 'directory_entries', 'directory_id, anchor', 'directory_id = ?', directory.id)
  await storage.write(async (tx) => {
    await lease.stillHeld(tx)
    for (const kind of ['directory.waiting', 'directory.stale']) await needs.alert.resolve(tx, directory.organizationId, kind, directory.id)
    await tx.run('DELETE FROM directories WHERE id = ? AND removal IS NOT NULL', [directory.id])
  })
}
