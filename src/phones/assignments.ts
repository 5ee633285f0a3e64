import { newId, type Clock, type GroupId, type OrganizationId, type Storage, type Transaction, type UserId } from '../storage/index.ts'

/** Phone keys for many: everybody of a group, or of the organization, who has none. */
export interface Assignment {
  readonly id: string
  readonly organizationId: OrganizationId
  readonly groupId: GroupId | null
  readonly note: string
  readonly createdBy: UserId
  readonly createdAt: number
  /** `ended`: whoever ordered it may not any more. */
  readonly state: 'running' | 'done' | 'cancelled' | 'ended'
  readonly sent: number
  /** People who were left as they are: they may not be sent one, or wait for one already. */
  readonly passed: number
  /** The hour's invitations are used up until then. */
  readonly waitingUntil: number | null
}

interface Row {
  id: string; organization_id: OrganizationId; group_id: GroupId | null; note: string; created_by: UserId; created_at: number; state: Assignment['state']; position: UserId | null; sent: number; passed: number; waiting_until: number | null
}

export type AssignOutcome = 'sent' | 'passed' | 'not_now' | 'ended'

export interface AssignmentNeeds {
  readonly storage: Storage
  readonly clock: Clock
  /** People of the assignment without a working phone, in an order that stays; those behind `after`. */
  readonly people: (assignment: Assignment, after: UserId | null, limit: number) => Promise<readonly UserId[]>
  /** One person's mail, in a transaction of its own. */
  readonly assign: (tx: Transaction, assignment: Assignment, userId: UserId) => Promise<AssignOutcome>
}

export type Assignments = ReturnType<typeof createAssignments>

const columns = 'id, organization_id, group_id, note, created_by, created_at, state, position, sent, passed, waiting_until'
const shown = 20
const pageSize = 25
const laterMilliseconds = 300_000

/** Done in the background, a person at a time, so that a thousand mails neither hold a page nor are sent twice after a crash (S97). */
export function createAssignments({ storage, clock, people, assign }: AssignmentNeeds) {
  async function step(row: Row, signal: AbortSignal): Promise<void> {
    const assignment = toAssignment(row)
    const found = await people(assignment, row.position, pageSize)
    for (const userId of found) {
      if (signal.aborted) return
      const outcome = await storage.write(async (tx) => {
        // Only while nobody has cancelled it.
        const [current] = await tx.all<{ id: string }>(`UPDATE phone_assignments SET changed_at = ? WHERE id = ? AND state = 'running' RETURNING id`, [clock.now(), row.id])
        if (!current) return 'cancelled'
        const became = await assign(tx, assignment, userId)
        if (became === 'ended') await tx.run(`UPDATE phone_assignments SET state = 'ended', changed_at = ? WHERE id = ?`, [clock.now(), row.id])
        else if (became === 'not_now') await tx.run('UPDATE phone_assignments SET waiting_until = ? WHERE id = ?', [clock.now() + laterMilliseconds, row.id])
        else await tx.run(`UPDATE phone_assignments SET position = ?, ${became} = ${became} + 1, waiting_until = NULL WHERE id = ?`, [userId, row.id])
        return became
      })
      if (outcome !== 'sent' && outcome !== 'passed') return
    }
    if (found.length < pageSize) await storage.execute(`UPDATE phone_assignments SET state = 'done', changed_at = ? WHERE id = ? AND state = 'running'`, [clock.now(), row.id])
  }

  return {
    async create(tx: Transaction, order: Pick<Assignment, 'organizationId' | 'groupId' | 'note' | 'createdBy'>): Promise<string> {
      const id = newId()
      const now = clock.now()
      await tx.run(`INSERT INTO phone_assignments (id, organization_id, group_id, note, created_by, created_at, state, sent, passed, changed_at) VALUES (?, ?, ?, ?, ?, ?, 'running', 0, 0, ?)`,
        [id, order.organizationId, order.groupId, order.note, order.createdBy, now, now])
      return id
    },

    async list(organizationId: OrganizationId): Promise<Assignment[]> {
      return (await storage.read.all<Row>(`SELECT ${columns} FROM phone_assignments WHERE organization_id = ? ORDER BY created_at DESC, id LIMIT ${shown}`, [organizationId])).map(toAssignment)
    },

    async exists(organizationId: OrganizationId, id: string): Promise<boolean> {
      return (await storage.read.one('SELECT id FROM phone_assignments WHERE organization_id = ? AND id = ?', [organizationId, id])) !== undefined
    },

    /** @returns false when it is over already */
    async cancel(tx: Transaction, organizationId: OrganizationId, id: string): Promise<boolean> {
      return (await tx.run(`UPDATE phone_assignments SET state = 'cancelled', changed_at = ? WHERE organization_id = ? AND id = ? AND state = 'running'`, [clock.now(), organizationId, id])) === 1
    },

    /** What is due of all that run, a page of each. */
    async work(signal: AbortSignal): Promise<void> {
      const rows = await storage.read.all<Row>(`SELECT ${columns} FROM phone_assignments WHERE state = 'running' AND (waiting_until IS NULL OR waiting_until <= ?) ORDER BY changed_at LIMIT 10`, [clock.now()])
      for (const row of rows) if (!signal.aborted) await step(row, signal)
    },
  }
}

function toAssignment(row: Row): Assignment {
  return {
    id: row.id, organizationId: row.organization_id, groupId: row.group_id, note: row.note, createdBy: row.created_by, createdAt: row.created_at, state: row.state, sent: row.sent, passed: row.passed, waitingUntil: row.waiting_until,
  }
}
