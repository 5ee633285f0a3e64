import type { AuditActor } from '../../audit/index.ts'
import { LeaseLost, type Lease } from '../../jobs/index.ts'
import { apply, settle } from './apply.ts'
import type { Directory, DirectoryRun, GuardReason, RunError, RunOrder } from './directory.ts'
import { guardReasons } from './guard.ts'
import { inviteByRule } from './inviting.ts'
import { merge } from './merge.ts'
import type { EngineNeeds, Running } from './needs.ts'
import { plan, type Plan } from './plan.ts'
import { emptyPlan, emptyStaging, type RunChanges } from './runs.ts'
import { updateScope } from './scope.ts'
import { CursorRefused, SourceUnavailable } from './source.ts'
import { stage, type Staged } from './stage.ts'

export interface RunOptions {
  readonly order: RunOrder
  readonly actor: AuditActor
  readonly lease: Lease
  readonly signal: AbortSignal
  readonly onProgress: (run: DirectoryRun) => void
}

interface State { readonly cursor: string | null; readonly replan: boolean; readonly rescope: boolean; readonly requested: RunOrder | null; readonly requestedBy: string | null }

const progressMilliseconds = 500
const approvalMilliseconds = 24 * 3_600_000

/**
 * One run: what was cut off first, then read, take in, compare, look whether it may be, apply.
 * @returns the run as it ended; `failed` when the directory could not be read, of which nothing is concluded
 */
export async function runOnce(needs: EngineNeeds, directory: Directory, options: RunOptions): Promise<DirectoryRun> {
  const { storage, runs, clock } = needs
  const { lease, signal } = options
  const left = await runs.latest(directory.id, 'applying')
  if (left) await finish(needs, { directory, runId: left.id, lease, signal }, left.startedBy, options)
  const state = await stateOf(needs, directory)
  // Whoever only wants to look is not made to apply what somebody else has asked for.
  const asked = options.order === 'preview' ? null : state.requested
  const order = asked ?? options.order
  const actor = asked === null || state.requestedBy === null ? options.actor : JSON.parse(state.requestedBy) as AuditActor
  const mode = order === 'changes' && state.cursor !== null ? 'changes' : 'full'
  const { runId, dead } = await storage.write(async (tx) => {
    await lease.stillHeld(tx)
    const buried = await runs.bury(tx, directory.id)
    await tx.run(`UPDATE directories SET run_at = ?${asked === null && state.requested !== 'preview' ? '' : ', requested = NULL, requested_by = NULL'} WHERE id = ?`, [clock.now(), directory.id])
    return { runId: await runs.start(tx, directory, { mode, preview: order === 'preview', startedBy: actor }), dead: buried }
  })
  for (const id of dead) await emptyStaging(storage, id)
  const running: Running = { directory, runId, lease, signal }
  try {
    return await perform(needs, running, { ...options, actor, order }, state, mode)
  } catch (error) {
    // Another runner goes on with it, perhaps already: it is not ours to write about any more.
    if (signal.aborted || error instanceof LeaseLost) throw error
    await fail(needs, running, error)
    if (error instanceof SourceUnavailable) return await current(needs, running)
    throw error
  } finally {
    await emptyStaging(storage, runId).catch(() => undefined)
  }
}

async function perform(needs: EngineNeeds, running: Running, options: RunOptions, state: State, wanted: 'changes' | 'full'): Promise<DirectoryRun> {
  const { storage, clock } = needs
  const { directory, runId, lease } = running
  const { staged, mode } = await read(needs, running, options, wanted === 'full' ? null : state.cursor, wanted)
  const { end } = staged
  await change(needs, running, options, { mode, state: 'planning', readAt: clock.now(), readPeople: staged.people, readGroups: staged.groups })
  const news = await merge({ storage, clock, directoryId: directory.id, runId, lease, everybody: !directory.settings.groups.onlyMembers }, staged)
  const nothingToDo = !news && !state.replan && !state.rescope && options.order === 'changes' && mode === 'changes' && state.requested === null && !(await someoneDue(needs, directory))
  if (nothingToDo) return succeed(needs, running, options, mode, { counts: {}, planned: 0, vanishing: 0 })

  await updateScope({ storage, directoryId: directory.id, lease, settings: directory.settings }, state.rescope)
  const planned = await plan(needs, running)
  // Whoever is to be looked at because of other settings is marked now. Settings that changed meanwhile have begun anew.
  await storage.execute('UPDATE directories SET rescope = 0 WHERE id = ? AND updated_at = ?', [directory.id, directory.updatedAt])
  const { agreedReasons, ...facts } = await guardFacts(needs, directory, runId, planned)
  const reasons = guardReasons({
    guard: directory.settings.guard, ...facts, whole: end.everything || end.presentComplete ? await wholeOf(needs, directory) : null,
    incompleteBecause: end.complete ? null : end.incompleteBecause ?? '',
  }).filter(({ reason }) => !agreedReasons.includes(reason))
  await supersede(needs, running)
  const outcome: RunChanges = { plannedAt: clock.now(), counts: planned.counts, planned: planned.planned, reasons }
  if (options.order === 'preview' || !directory.enabled) return close(needs, running, options, { ...outcome, state: 'previewed' })
  if (reasons.length > 0) return wait(needs, running, options, outcome)
  await change(needs, running, options, { ...outcome, state: 'applying' })
  return finish(needs, running, options.actor, options)
}

/** Reads from where the last reading ended; everything, when the source cannot go on from there. */
async function read(needs: EngineNeeds, running: Running, options: RunOptions, cursor: string | null, mode: 'changes' | 'full'): Promise<{ staged: Staged; mode: 'changes' | 'full' }> {
  const { directory, runId, lease, signal } = running
  let told = 0
  const onPage = async (people: number, groups: number): Promise<void> => {
    if (performance.now() - told < progressMilliseconds) return
    told = performance.now()
    await change(needs, running, options, { readPeople: people, readGroups: groups })
  }
  const source = needs.openSource(directory, await needs.store.secret(directory.id))
  try {
    return { staged: await stage(needs.storage, source, cursor, { directoryId: directory.id, runId, lease, signal, onPage }), mode }
  } catch (error) {
    if (!(error instanceof CursorRefused) || cursor === null) throw error
    await emptyStaging(needs.storage, runId)
    return read(needs, running, options, null, 'full')
  }
}

/** Applies a plan, from its beginning or from where another run was cut off. */
async function finish(needs: EngineNeeds, running: Running, actor: AuditActor, options: RunOptions): Promise<DirectoryRun> {
  const told = setInterval(() => { void current(needs, running).then(options.onProgress, () => undefined) }, progressMilliseconds)
  try {
    await apply(needs, running, actor)
  } finally {
    clearInterval(told)
  }
  await settle(needs, running)
  const run = await current(needs, running)
  const ended = await succeed(needs, running, options, run.mode, { counts: run.counts, planned: run.planned, vanishing: 0 })
  await inviteByRule(needs, running)
  return ended
}

async function succeed(needs: EngineNeeds, running: Running, options: RunOptions, mode: 'changes' | 'full', planned: Plan): Promise<DirectoryRun> {
  const { storage, clock, runs } = needs
  const { directory, runId, lease } = running
  const now = clock.now()
  await storage.write(async (tx) => {
    await lease.stillHeld(tx)
    await tx.run('UPDATE directories SET success_at = ?, error = NULL WHERE id = ?', [now, directory.id])
    await runs.change(tx, runId, { state: 'done', finishedAt: now })
    if (planned.planned === 0) return
    await tx.run('UPDATE directories SET replan = 0, approved_run_id = NULL WHERE id = ?', [directory.id])
    const run = await runs.find(directory.organizationId, runId, tx)
    await needs.record(tx, [{
      organizationId: directory.organizationId, action: 'directory.applied', outcome: 'success', actor: run?.startedBy ?? options.actor, target: { kind: 'directory', id: directory.id, name: directory.name },
      details: { mode, read: run?.readPeople ?? 0, ...planned.counts },
    }])
  })
  if (planned.planned === 0) await storage.execute('UPDATE directories SET replan = 0 WHERE id = ?', [directory.id])
  await needs.runs.prune(directory.id)
  const run = await current(needs, running)
  options.onProgress(run)
  return run
}

/** Nothing is applied, and nothing more is planned, before somebody has looked or the directory says something new. */
async function wait(needs: EngineNeeds, running: Running, options: RunOptions, facts: RunChanges): Promise<DirectoryRun> {
  const { directory, lease } = running
  await needs.storage.write(async (tx) => {
    await lease.stillHeld(tx)
    await tx.run('UPDATE directories SET replan = 0, approved_run_id = NULL, error = NULL WHERE id = ?', [directory.id])
    await needs.alert.raise(tx, directory.organizationId, {
      kind: 'directory.waiting', subject: directory.id, details: { directory: directory.name, reason: (facts.reasons ?? []).map(({ reason }) => reason).join(' '), detail: (facts.reasons ?? []).map(({ detail }) => detail).join(' ') },
    })
    await needs.record(tx, [{
      organizationId: directory.organizationId, action: 'directory.waits', outcome: 'denied', actor: options.actor, target: { kind: 'directory', id: directory.id, name: directory.name },
      details: { reasons: (facts.reasons ?? []).map(({ reason, detail }) => `${reason} ${detail}`).join(', '), ...facts.counts },
    }])
  })
  return close(needs, running, options, { ...facts, state: 'waiting' })
}

async function close(needs: EngineNeeds, running: Running, options: RunOptions, changes: RunChanges): Promise<DirectoryRun> {
  await change(needs, running, options, changes)
  await needs.runs.prune(running.directory.id)
  return current(needs, running)
}

async function fail(needs: EngineNeeds, { directory, runId }: Running, error: unknown): Promise<void> {
  // A reader of its own kind says more than its message.
  const { code = null, parameters = {} } = error instanceof SourceUnavailable ? error as Partial<RunError> : {}
  const told: RunError = { code, parameters, message: (error instanceof Error ? error.message : String(error)).slice(0, 500) }
  await needs.storage.write(async (tx) => {
    await needs.runs.change(tx, runId, { state: 'failed', finishedAt: needs.clock.now(), error: told })
    await tx.run('UPDATE directories SET error = ? WHERE id = ?', [JSON.stringify(told), directory.id])
  })
}

/** An older plan that waits is no longer the truth. */
async function supersede(needs: EngineNeeds, { directory, runId, lease }: Running): Promise<void> {
  const old = await needs.storage.read.all<{ id: string }>(`SELECT id FROM directory_runs WHERE directory_id = ? AND state = 'waiting' AND id <> ?`, [directory.id, runId])
  if (old.length === 0) return
  await needs.storage.write(async (tx) => {
    await lease.stillHeld(tx)
    for (const { id } of old) await needs.runs.change(tx, id, { state: 'superseded', finishedAt: needs.clock.now() })
    await needs.alert.resolve(tx, directory.organizationId, 'directory.waiting', directory.id)
  })
  for (const { id } of old) await emptyPlan(needs.storage, id)
}

async function change(needs: EngineNeeds, running: Running, options: RunOptions, changes: RunChanges): Promise<void> {
  await needs.storage.write(async (tx) => {
    await running.lease.stillHeld(tx)
    await needs.runs.change(tx, running.runId, changes)
  })
  options.onProgress(await current(needs, running))
}

async function current(needs: EngineNeeds, { directory, runId }: Running): Promise<DirectoryRun> {
  const run = await needs.runs.find(directory.organizationId, runId)
  if (!run) throw new Error('the run that is on its way is not there')
  return run
}

async function stateOf({ storage }: EngineNeeds, directory: Directory): Promise<State> {
  const row = await storage.read.one<{ cursor: string | null; replan: number; rescope: number; requested: RunOrder | null; requested_by: string | null }>('SELECT cursor, replan, rescope, requested, requested_by FROM directories WHERE id = ?', [directory.id])
  return { cursor: row?.cursor ?? null, replan: row?.replan === 1, rescope: row?.rescope === 1, requested: row?.requested ?? null, requestedBy: row?.requested_by ?? null }
}

/** Whom the directory names, and whom it named when a plan was applied last: a bad reading that comes twice is still compared with the good one. */
async function wholeOf({ storage }: EngineNeeds, directory: Directory): Promise<{ people: number; before: number }> {
  const row = await storage.read.one<{ people: number; before: number }>(
    `SELECT coalesce(sum(CASE WHEN state = 'present' THEN 1 ELSE 0 END), 0) AS people, coalesce(sum(CASE WHEN user_id IS NOT NULL AND left_at IS NULL THEN 1 ELSE 0 END), 0) AS before
     FROM directory_entries WHERE directory_id = ? AND kind = 'person'`, [directory.id])
  return { people: Number(row?.people ?? 0), before: Number(row?.before ?? 0) }
}

async function someoneDue({ storage, clock }: EngineNeeds, directory: Directory): Promise<boolean> {
  return await storage.read.one('SELECT 1 AS one FROM directory_entries WHERE directory_id = ? AND left_at IS NOT NULL AND left_at <= ? AND user_id IS NOT NULL LIMIT 1',
    [directory.id, clock.now() - directory.settings.keepDays * 86_400_000]) !== undefined
}

interface LossFacts { readonly active: number; readonly vanishing: number; readonly groups: { readonly here: number; readonly removed: number }; readonly agreedReasons: readonly GuardReason[] }

/** Counted only when there is something to lose: those whom an administrator has agreed to lose, by name, do not count. */
async function guardFacts(needs: EngineNeeds, directory: Directory, runId: string, planned: Plan): Promise<LossFacts> {
  const { storage, clock } = needs
  const removed = planned.counts.group_remove ?? 0
  const found = directory.approvedRunId === null ? undefined : await needs.runs.find(directory.organizationId, directory.approvedRunId)
  const approved = found && clock.now() - found.startedAt <= approvalMilliseconds ? found : undefined
  // A vanishing is agreed to person by person; how the reading came out, as such.
  const agreedReasons = (approved?.reasons ?? []).map(({ reason }) => reason).filter((reason) => reason !== 'vanish')
  if (planned.vanishing === 0 && removed === 0) return { active: 0, vanishing: 0, groups: { here: 0, removed: 0 }, agreedReasons }
  const count = async (sql: string, values: readonly string[]): Promise<number> => Number((await storage.read.one<{ count: number }>(sql, values))?.count ?? 0)
  const active = await count(`SELECT count(*) AS count FROM directory_entries e JOIN users u ON u.id = e.user_id WHERE e.directory_id = ? AND u.status NOT IN ('suspended', 'deleted')`, [directory.id])
  const here = await count(`SELECT count(*) AS count FROM directory_entries WHERE directory_id = ? AND kind = 'group' AND group_id IS NOT NULL`, [directory.id])
  const agreed = async (kind: string): Promise<number> => (approved === undefined ? 0 : count(
    `SELECT count(*) AS count FROM directory_plan_items i WHERE i.run_id = ? AND i.kind = '${kind}' AND EXISTS (SELECT 1 FROM directory_plan_items a WHERE a.run_id = ? AND a.anchor = i.anchor AND a.kind = '${kind}')`, [runId, approved.id]))
  return { active, vanishing: Math.max(0, planned.vanishing - await agreed('suspend')), groups: { here, removed: removed - await agreed('group_remove') }, agreedReasons }
}
