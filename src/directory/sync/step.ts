import type { AuditActor, AuditEntry } from '../../audit/index.ts'
import type { OrganizationId, Transaction, UserId } from '../../storage/index.ts'
import type { Directory, ItemDetails, PlanKind } from './directory.ts'
import type { EngineNeeds, Running } from './needs.ts'
import type { PersonEntry } from './people.ts'
import { changeByList } from './rows.ts'

export interface Item { readonly seq: number; readonly kind: PlanKind; readonly anchor: string; readonly name: string; readonly details: ItemDetails }

/** One transaction of a run that applies its plan. */
export interface Step {
  readonly needs: EngineNeeds
  readonly directory: Directory
  readonly organizationId: OrganizationId
  readonly tx: Transaction
  readonly now: number
  readonly actor: AuditActor
  /** What has happened, for the audit log; written at the end of the transaction. */
  readonly events: AuditEntry[]
  /** What is to be done after the commit. */
  readonly afterwards: (() => Promise<void>)[]
  /** People whose sessions at Microsoft are ended after the commit. */
  readonly lockedOut: UserId[]
}

export interface PersonItem extends Item { readonly entry: PersonEntry }

/** Runs one transaction of a run: fence first, events last. @returns what is left to do after the commit */
export async function inStep(needs: EngineNeeds, running: Running, actor: AuditActor, work: (step: Step) => Promise<void>): Promise<() => Promise<void>> {
  const { directory, lease, signal } = running
  const step = await needs.storage.write(async (tx): Promise<Step> => {
    await lease.stillHeld(tx)
    const current: Step = { needs, directory, organizationId: directory.organizationId, tx, now: needs.clock.now(), actor, events: [], afterwards: [], lockedOut: [] }
    await work(current)
    await needs.record(tx, current.events)
    return current
  })
  return async () => {
    for (const afterwards of step.afterwards) await afterwards()
    if (step.lockedOut.length > 0 && directory.settings.revokesMicrosoft) await needs.revokeMicrosoft(directory.organizationId, step.lockedOut, signal)
  }
}

export async function mark(tx: Transaction, runId: string, items: readonly Item[], done: ReadonlySet<number>): Promise<void> {
  const set = (state: string, which: readonly Item[]): Promise<number> =>
    changeByList(tx, (list) => `UPDATE directory_plan_items SET state = '${state}' WHERE run_id = ? AND seq IN (${list})`, [runId], which.map(({ seq }) => seq))
  await set('applied', items.filter(({ seq }) => done.has(seq)))
  // Somebody else has the address now, or the last owner would go: the next run looks again.
  await set('skipped', items.filter(({ seq }) => !done.has(seq)))
  await tx.run('UPDATE directory_runs SET applied = applied + ? WHERE id = ?', [items.filter(({ seq }) => done.has(seq)).length, runId])
}

/** An event of this run about a person. */
export function personEvent(step: Step, action: string, user: { readonly id: string; readonly name: string }, details: Readonly<Record<string, unknown>>): AuditEntry {
  return {
    organizationId: step.organizationId, action, outcome: 'success', actor: step.actor, userId: user.id as UserId, target: { kind: 'user', id: user.id, name: user.name },
    details: { directory: step.directory.name, ...details },
  }
}
