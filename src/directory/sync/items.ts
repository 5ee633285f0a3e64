import type { SqlValue, Transaction } from '../../storage/index.ts'
import type { ItemDetails, PlanKind } from './directory.ts'
import { insertRows } from './rows.ts'

export type Counts = Partial<Record<PlanKind, number>>

export interface NewItem { readonly kind: PlanKind; readonly anchor: string; readonly userId: string | null; readonly groupId?: string | null; readonly name: string; readonly dn: string; readonly details: ItemDetails }

const itemColumns = ['run_id', 'seq', 'kind', 'anchor', 'user_id', 'group_id', 'name', 'dn', 'details', 'state']

/** Writes the items down in the order in which they were found, and counts them. */
export function createItems(runId: string) {
  const counts: Counts = {}
  let seq = 0
  return {
    counts,
    async add(tx: Transaction, items: readonly NewItem[]): Promise<void> {
      const rows = items.map((item): SqlValue[] => {
        counts[item.kind] = (counts[item.kind] ?? 0) + 1
        return [runId, ++seq, item.kind, item.anchor, item.userId, item.groupId ?? null, item.name.slice(0, 200), item.dn, JSON.stringify(item.details), item.kind === 'conflict' ? 'skipped' : 'planned']
      })
      await insertRows(tx, 'directory_plan_items', itemColumns, rows)
    },
    /** A transaction may be run again: what it counted before does not count. */
    mark() {
      const [before, at] = [{ ...counts }, seq]
      return () => {
        seq = at
        for (const kind of Object.keys(counts) as PlanKind[]) delete counts[kind]
        Object.assign(counts, before)
      }
    },
  }
}
export type Items = ReturnType<typeof createItems>
