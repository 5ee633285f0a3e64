import type { AuditActor } from '../../audit/index.ts'
import { newId, type Clock, type OrganizationId, type Sql, type SqlValue, type Storage, type Transaction } from '../../storage/index.ts'
import type { Directory, DirectoryRun, GuardReason, ItemDetails, PlanItem, PlanKind, RunError, RunState } from './directory.ts'

interface Row {
  id: string; directory_id: string; organization_id: OrganizationId; mode: 'changes' | 'full'; preview: number; started_by: string; state: RunState; started_at: number; read_at: number | null
  planned_at: number | null; finished_at: number | null; read_people: number; read_groups: number; planned: number; applied: number; counts: string; reasons: string; error: string | null
}
interface ItemRow { seq: number; kind: PlanKind; anchor: string; user_id: string | null; group_id: string | null; name: string; dn: string; details: string; state: PlanItem['state'] }

const columns = 'id, directory_id, organization_id, mode, preview, started_by, state, started_at, read_at, planned_at, finished_at, read_people, read_groups, planned, applied, counts, reasons, error'
const itemColumns = 'seq, kind, anchor, user_id, group_id, name, dn, details, state'
const interrupted: RunError = { code: null, parameters: {}, message: 'interrupted' }
const kept = 200
const keptPlans = 20

export interface RunChanges {
  readonly mode?: 'changes' | 'full'
  readonly state?: RunState
  readonly readAt?: number
  readonly plannedAt?: number
  readonly finishedAt?: number
  readonly readPeople?: number
  readonly readGroups?: number
  readonly planned?: number
  readonly applied?: number
  readonly counts?: Readonly<Partial<Record<PlanKind, number>>>
  readonly reasons?: readonly { readonly reason: GuardReason; readonly detail: string }[]
  readonly error?: RunError
}
const columnOf: Readonly<Record<keyof RunChanges, string>> = {
  mode: 'mode', state: 'state', readAt: 'read_at', plannedAt: 'planned_at', finishedAt: 'finished_at', readPeople: 'read_people', readGroups: 'read_groups', planned: 'planned', applied: 'applied', counts: 'counts',
  reasons: 'reasons', error: 'error',
}

export type Runs = ReturnType<typeof createRuns>

/** The history of runs, and their plans item by item. */
export function createRuns(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  const toRun = (row: Row): DirectoryRun => {
    const until = row.finished_at ?? (row.state === 'waiting' || row.state === 'previewed' ? row.planned_at : null) ?? clock.now()
    return {
      id: row.id, directoryId: row.directory_id, organizationId: row.organization_id, mode: row.mode, preview: row.preview === 1, startedBy: JSON.parse(row.started_by) as AuditActor, state: row.state,
      startedAt: row.started_at, readAt: row.read_at, plannedAt: row.planned_at, finishedAt: row.finished_at, readPeople: row.read_people, readGroups: row.read_groups, planned: row.planned, applied: row.applied,
      counts: JSON.parse(row.counts) as DirectoryRun['counts'], reasons: JSON.parse(row.reasons) as DirectoryRun['reasons'], error: row.error === null ? null : JSON.parse(row.error) as RunError,
      peoplePerSecond: Math.round((row.read_people * 1_000) / Math.max(1, until - row.started_at)),
    }
  }

  return {
    async list(organizationId: OrganizationId, directoryId: string, page: { readonly before?: string; readonly limit: number }): Promise<DirectoryRun[]> {
      const from = page.before === undefined ? '' : 'AND (started_at, id) < (SELECT b.started_at, b.id FROM directory_runs b WHERE b.id = ? AND b.organization_id = ?)'
      const values: SqlValue[] = page.before === undefined ? [] : [page.before, organizationId]
      return (await storage.read.all<Row>(`SELECT ${columns} FROM directory_runs WHERE organization_id = ? AND directory_id = ? ${from} ORDER BY started_at DESC, id DESC LIMIT ?`,
        [organizationId, directoryId, ...values, page.limit])).map(toRun)
    },
    async find(organizationId: OrganizationId, id: string, sql: Sql = storage.read): Promise<DirectoryRun | undefined> {
      const row = await sql.one<Row>(`SELECT ${columns} FROM directory_runs WHERE organization_id = ? AND id = ?`, [organizationId, id])
      return row && toRun(row)
    },
    /** The newest that waits for an administrator, or that was cut off while it was applied. */
    async latest(directoryId: string, state: RunState, sql: Sql = storage.read): Promise<DirectoryRun | undefined> {
      const row = await sql.one<Row>(`SELECT ${columns} FROM directory_runs WHERE directory_id = ? AND state = ? ORDER BY started_at DESC, id DESC LIMIT 1`, [directoryId, state])
      return row && toRun(row)
    },

    async start(tx: Transaction, directory: Directory, run: { mode: 'changes' | 'full'; preview: boolean; startedBy: AuditActor }): Promise<string> {
      const id = newId()
      await tx.run(
        `INSERT INTO directory_runs (id, directory_id, organization_id, mode, preview, started_by, state, started_at, read_people, read_groups, planned, applied, counts, reasons)
         VALUES (?, ?, ?, ?, ?, ?, 'reading', ?, 0, 0, 0, 0, '{}', '[]')`,
        [id, directory.id, directory.organizationId, run.mode, run.preview ? 1 : 0, JSON.stringify(run.startedBy), clock.now()])
      return id
    },

    async change(sql: Sql, id: string, changes: RunChanges): Promise<void> {
      const entries = Object.entries(changes) as [keyof RunChanges, unknown][]
      if (entries.length === 0) return
      await sql.run(`UPDATE directory_runs SET ${entries.map(([name]) => `${columnOf[name]} = ?`).join(', ')} WHERE id = ?`,
        [...entries.map(([, value]) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : value as SqlValue)), id])
    },

    /** Runs that a dead node left in the middle of reading or planning have changed nothing and are over. @returns them, for what they left behind */
    async bury(sql: Sql, directoryId: string): Promise<string[]> {
      const rows = await sql.all<{ id: string }>(`UPDATE directory_runs SET state = 'failed', finished_at = ?, error = ? WHERE directory_id = ? AND state IN ('reading', 'planning') RETURNING id`,
        [clock.now(), JSON.stringify(interrupted), directoryId])
      return rows.map(({ id }) => id)
    },

    /** A page of the plan. Ids and names of what it is about; nothing of another organization. */
    async items(organizationId: OrganizationId, runId: string, page: { readonly kind?: PlanKind; readonly after?: number; readonly limit: number }): Promise<PlanItem[]> {
      const kind = page.kind === undefined ? '' : 'AND kind = ?'
      const rows = await storage.read.all<ItemRow>(
        `SELECT ${itemColumns} FROM directory_plan_items WHERE run_id = (SELECT r.id FROM directory_runs r WHERE r.organization_id = ? AND r.id = ?) ${kind} AND seq > ? ORDER BY seq LIMIT ?`,
        [organizationId, runId, ...(page.kind === undefined ? [] : [page.kind]), page.after ?? 0, page.limit])
      return rows.map((row) => ({
        seq: row.seq, kind: row.kind, anchor: row.anchor, userId: row.user_id, groupId: row.group_id, name: row.name, dn: row.dn, details: JSON.parse(row.details) as ItemDetails, state: row.state,
      }))
    },
    /** The people that a `members` item brings into its group or takes out of it, by name. */
    async members(organizationId: OrganizationId, runId: string, groupAnchor: string, page: { readonly after?: string; readonly limit: number }): Promise<{ anchor: string; dn: string; change: 'add' | 'remove' }[]> {
      return storage.read.all(
        `SELECT p.anchor, e.dn, p.change FROM directory_plan_members p JOIN directory_runs r ON r.id = p.run_id JOIN directory_entries e ON e.directory_id = r.directory_id AND e.anchor = p.anchor
         WHERE r.organization_id = ? AND p.run_id = ? AND p.group_anchor = ? AND p.anchor > ? ORDER BY p.anchor LIMIT ?`, [organizationId, runId, groupAnchor, page.after ?? '', page.limit])
    },

    /** Forgets old runs, plans that nobody looks at any more, and the many runs that found nothing to do. */
    async prune(directoryId: string): Promise<void> {
      const old = await storage.read.all<{ id: string; position: number; planned: number; state: RunState; preview: number }>(
        `SELECT id, state, planned, preview, row_number() OVER (ORDER BY started_at DESC, id DESC) AS position FROM directory_runs WHERE directory_id = ?`, [directoryId])
      let idle = 0
      for (const run of old) {
        if (run.state === 'reading' || run.state === 'planning' || run.state === 'applying' || run.state === 'waiting') continue
        const isIdle = run.state === 'done' && run.planned === 0 && ++idle > 5
        if (run.position > keptPlans || run.state === 'superseded' || isIdle) await emptyPlan(storage, run.id)
        if (run.position > kept || isIdle) await storage.execute('DELETE FROM directory_runs WHERE id = ?', [run.id])
      }
    },
  }
}

const batch = 2_000

/** In parts: a plan may have as many rows as the directory. */
export async function emptyPlan(storage: Storage, runId: string): Promise<void> {
  await emptyTable(storage, 'directory_plan_items', 'run_id, seq', 'run_id = ?', runId)
  await emptyTable(storage, 'directory_plan_members', 'run_id, group_anchor, anchor', 'run_id = ?', runId)
}

export async function emptyStaging(storage: Storage, runId: string): Promise<void> {
  await emptyTable(storage, 'directory_staged', 'run_id, anchor', 'run_id = ?', runId)
  await emptyTable(storage, 'directory_staged_members', 'run_id, group_anchor, member_key', 'run_id = ?', runId)
}

export async function emptyTable(storage: Storage, table: string, key: string, where: string, value: string): Promise<void> {
  for (let gone = batch; gone === batch;) {
    gone = (await storage.execute(`DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${where} LIMIT ${batch}) RETURNING 1 AS one`, [value])).length
  }
}
