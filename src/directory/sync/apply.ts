import { setImmediate as turn } from 'node:timers/promises'
import type { AuditActor } from '../../audit/index.ts'
import { placeholders } from '../../storage/index.ts'
import { createPeople } from './apply-create.ts'
import { applyGroupItems, applyMembers } from './apply-groups.ts'
import { changePeople } from './apply-change.ts'
import { deletePeople, suspendPeople } from './apply-leave.ts'
import type { Directory, ItemDetails, PlanKind } from './directory.ts'
import type { EngineNeeds, Running } from './needs.ts'
import { peopleByAnchor } from './people.ts'
import { inStep, mark, type Item, type PersonItem } from './step.ts'

const atOnce = 250

/**
 * Applies what is planned, in transactions of at most 250 people. Each item is marked in the transaction of its effect, so that a run
 * that was cut off goes on where it was (and nothing happens twice); the lease is looked at first in each.
 */
export async function apply(needs: EngineNeeds, running: Running, actor: AuditActor): Promise<void> {
  const { storage } = needs
  const { directory, runId } = running
  // What is done is left behind: looking past it anew each time would take as long as the plan is.
  for (let after = 0; ;) {
    running.signal.throwIfAborted()
    const rows = await storage.read.all<{ seq: number; kind: PlanKind; anchor: string; name: string; details: string }>(
      `SELECT seq, kind, anchor, name, details FROM directory_plan_items WHERE run_id = ? AND seq > ? AND state = 'planned' ORDER BY seq LIMIT ${atOnce}`, [runId, after])
    if (rows.length === 0) return
    const items = rows.map((row): Item => ({ ...row, details: JSON.parse(row.details) as ItemDetails }))
    const members = items.findIndex(({ kind }) => kind === 'members')
    const now = members === -1 ? items : items.slice(0, members)
    after = members === 0 ? await applyMembers(needs, running, actor, items) : now.at(-1)?.seq ?? after
    if (members !== 0) await applyStep(needs, running, actor, now, directory)
    await turn()
  }
}

async function applyStep(needs: EngineNeeds, running: Running, actor: AuditActor, items: readonly Item[], directory: Directory): Promise<void> {
  const step = await inStep(needs, running, actor, async (current) => {
    const done = new Set<number>()
    await applyGroupItems(current, items.filter(({ kind }) => kind.startsWith('group_')), done)
    const entries = await peopleByAnchor(current.tx, directory, padded(items.map(({ anchor }) => anchor)), placeholders(atOnce))
    const of = (...kinds: PlanKind[]): PersonItem[] => items.flatMap((item) => {
      const entry = entries.get(item.anchor)
      return entry && kinds.includes(item.kind) ? [{ ...item, entry }] : []
    })
    await createPeople(current, of('create'), done)
    await changePeople(current, of('adopt', 'update', 'move', 'resume'), done)
    await suspendPeople(current, of('suspend'), done)
    await deletePeople(current, of('delete'), done)
    await mark(current.tx, running.runId, items, done)
  })
  await step()
}

function padded(anchors: readonly string[]): string[] {
  return [...anchors, ...Array.from({ length: atOnce - anchors.length }, () => anchors[0] ?? '')]
}

/** After everything was applied: whoever was looked at and is as the directory says needs no look any more. */
export async function settle(needs: EngineNeeds, { directory, runId, lease, signal }: Running): Promise<void> {
  const { storage } = needs
  for (let from = ''; ;) {
    signal.throwIfAborted()
    const rows = await storage.read.all<{ anchor: string }>('SELECT anchor FROM directory_entries WHERE directory_id = ? AND pending = 1 AND anchor > ? ORDER BY anchor LIMIT 500', [directory.id, from])
    const last = rows.at(-1)?.anchor
    if (last === undefined) return
    const range = [directory.id, from, last]
    await storage.write(async (tx) => {
      await lease.stillHeld(tx)
      await tx.run(`DELETE FROM directory_entries WHERE directory_id = ? AND anchor > ? AND anchor <= ? AND pending = 1 AND state = 'gone' AND user_id IS NULL AND group_id IS NULL`, range)
      await tx.run(
        `UPDATE directory_entries SET pending = 0, applied_hash = hash, left_at = CASE WHEN state = 'present' AND wanted = 1 THEN NULL ELSE left_at END
         WHERE directory_id = ? AND anchor > ? AND anchor <= ? AND pending = 1 AND conflict IS NULL
           AND NOT EXISTS (SELECT 1 FROM directory_plan_items i WHERE i.run_id = ? AND i.anchor = directory_entries.anchor AND i.state = 'skipped')`, [...range, runId])
    })
    from = last
    await turn()
  }
}
