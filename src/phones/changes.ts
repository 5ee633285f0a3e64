import { placeholders, type Storage } from '../storage/index.ts'

/** Something that a node may wait for, and what it was like. */
export interface Change { readonly kind: 'approval' | 'computer'; readonly id: string; readonly userId: string | null; readonly changedAt: number }
export interface Changes {
  /** What changed since a moment, newest first. */
  readonly changed: readonly Change[]
  /** Those of the computers that are asked about which still have their phone: who takes that away does not know of computers. */
  readonly standing: ReadonlySet<string>
}

interface Row { kind: Change['kind'] | 'standing'; id: string; user_id: string | null; changed_at: number }

/** Below what one statement may carry on either database. */
const mostComputers = 5_000

/** One statement for all who wait on a node, whatever they wait for. */
export function createChanges({ storage }: { readonly storage: Storage }): (since: number, computers: readonly string[]) => Promise<Changes> {
  return async (since, computers) => {
    const asked = computers.slice(0, mostComputers)
    const standing = asked.length === 0 ? '' : `
      UNION ALL SELECT 'standing', c.id, c.user_id, c.changed_at FROM paired_computers c LEFT JOIN phones p ON p.id = c.phone_id LEFT JOIN users u ON u.id = c.user_id
        WHERE c.id IN (${placeholders(asked.length)}) AND c.state <> 'removed' AND (c.phone_id IS NULL OR (p.suspended_at IS NULL AND u.status = 'active'))`
    const rows = await storage.read.all<Row>(
      `SELECT * FROM (SELECT 'approval' AS kind, id, user_id, changed_at FROM phone_approvals WHERE changed_at > ? ORDER BY changed_at DESC LIMIT 2000) a
      UNION ALL SELECT * FROM (SELECT 'computer', id, user_id, changed_at FROM paired_computers WHERE changed_at > ? ORDER BY changed_at DESC LIMIT 2000) b${standing}`, [since, since, ...asked])
    const changed = rows.flatMap(({ kind, id, user_id: userId, changed_at: changedAt }) => (kind === 'standing' ? [] : [{ kind, id, userId, changedAt }]))
    return { changed, standing: new Set([...rows.filter(({ kind }) => kind === 'standing').map(({ id }) => id), ...computers.slice(mostComputers)]) }
  }
}
