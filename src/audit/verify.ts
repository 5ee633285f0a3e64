import type { OrganizationId, Storage } from '../storage/index.ts'
import { linkHash, origin, registerId, type Checkpoints, type Head, type HeadRow } from './link.ts'
import { selectEvents, type Row } from './row.ts'

export type ProblemKind =
  | 'altered' // an event was changed, or moved to another place
  | 'missing' // events in the middle are gone
  | 'truncated' // the newest events are gone
  | 'unfitting_head' // the chain fits together, but not to its head: it was written anew
  | 'forged_head' // the head was not made with this installation's key
  | 'missing_head' // a head is gone
  | 'beyond_head' // events that the head does not know
  | 'anchor' // what was written down outside of the database says otherwise

export interface AuditProblem {
  readonly kind: ProblemKind
  readonly organizationId: OrganizationId
  readonly seq: number | null
  /** For the operator: what was found. */
  readonly text: string
}

/** One organization's chain as it was found. */
export interface AuditChain {
  readonly organizationId: OrganizationId
  readonly events: number
  /** The newest event; null when there is none. */
  readonly head: { readonly seq: number; readonly hash: string } | null
}

export interface AuditVerification {
  readonly chains: readonly AuditChain[]
  readonly organizations: number
  readonly events: number
  /** Newest events that no chain has taken in yet; these are not protected. */
  readonly unchained: number
  /** At most 1,000. */
  readonly problems: readonly AuditProblem[]
}

const pageSize = 1_000
const mostProblems = 1_000

/** Recomputes every chain. Heads are read before and after, so the chain's job may run meanwhile. */
export async function verifyChains(needs: { storage: Storage; checkpoints: Checkpoints }, anchors: readonly Head[]): Promise<AuditVerification> {
  const { storage, checkpoints } = needs
  const problems: AuditProblem[] = []
  const report = (kind: ProblemKind, organizationId: OrganizationId, seq: number | null, text: string): void => {
    if (problems.length < mostProblems) problems.push({ kind, organizationId, seq, text })
  }
  const heads = new Map((await storage.read.all<HeadRow>('SELECT organization_id, seq, hash, mac FROM audit_heads ORDER BY organization_id')).map((head) => [head.organization_id, head]))
  checkRegister(heads, checkpoints, report)
  heads.delete(registerId)
  const withEvents = await storage.read.all<{ organization_id: OrganizationId }>('SELECT DISTINCT organization_id FROM audit_events WHERE seq IS NOT NULL')
  const organizations = new Set([...heads.keys(), ...withEvents.map((row) => row.organization_id), ...anchors.map((anchor) => anchor.organizationId)])
  const chains: AuditChain[] = []
  for (const organizationId of organizations) {
    chains.push(await verifyChain(needs, organizationId, heads.get(organizationId), anchors.filter((anchor) => anchor.organizationId === organizationId), report))
  }
  const unchained = await storage.read.one<{ count: number }>('SELECT count(*) AS count FROM audit_events WHERE seq IS NULL')
  return { chains, organizations: chains.length, events: chains.reduce((sum, chain) => sum + chain.events, 0), unchained: unchained?.count ?? 0, problems }
}

type Report = (kind: ProblemKind, organizationId: OrganizationId, seq: number | null, text: string) => void

function checkRegister(heads: ReadonlyMap<OrganizationId, HeadRow>, checkpoints: Checkpoints, report: Report): void {
  const register = heads.get(registerId)
  const count = heads.size - (register ? 1 : 0)
  if (!register) {
    if (count > 0) report('missing_head', registerId, null, 'the head that counts all heads is missing')
  } else if (!checkpoints.holds(register)) {
    report('forged_head', registerId, null, 'the head that counts all heads is forged')
  } else if (count < register.seq) {
    report('missing_head', registerId, null, `there were ${register.seq} heads, now there are ${count}`)
  }
}

async function verifyChain(
  { storage, checkpoints }: { storage: Storage; checkpoints: Checkpoints }, organizationId: OrganizationId, head: HeadRow | undefined, anchors: readonly Head[], report: Report,
): Promise<AuditChain> {
  const expected = new Map(anchors.map((anchor) => [anchor.seq, anchor.hash]))
  let count = 0
  let seq = 0
  let hash = origin(organizationId)
  for (;;) {
    const rows = await storage.read.all<Row & { seq: number; hash: string }>(`${selectEvents} WHERE organization_id = ? AND seq > ? ORDER BY seq LIMIT ?`, [organizationId, seq, pageSize])
    for (const row of rows) {
      count++
      const gap = row.seq > seq + 1
      if (gap) report('missing', organizationId, seq + 1, row.seq === seq + 2 ? `event ${seq + 1} is missing` : `events ${seq + 1} to ${row.seq - 1} are missing`)
      // Behind a gap the previous hash is unknown; the chain is picked up again from what the row says.
      else if (linkHash(hash, row.seq, row) !== row.hash) report('altered', organizationId, row.seq, `event ${row.seq} (${row.action}) was changed or moved`)
      seq = row.seq
      hash = row.hash
      const anchor = expected.get(seq)
      if (anchor !== undefined && anchor !== hash) report('anchor', organizationId, seq, `event ${seq} is not the one that was written down elsewhere`)
      expected.delete(seq)
      if (head && seq === head.seq && hash !== head.hash) report('unfitting_head', organizationId, seq, `event ${seq} does not fit to the head; the chain was written anew`)
    }
    if (rows.length < pageSize) break
  }
  for (const missing of expected.keys()) report('anchor', organizationId, missing, `event ${missing} was written down elsewhere and is gone`)
  const chain: AuditChain = { organizationId, events: count, head: seq === 0 ? null : { seq, hash } }
  const after = await storage.read.one<HeadRow>('SELECT organization_id, seq, hash, mac FROM audit_heads WHERE organization_id = ?', [organizationId])
  if (!after) {
    if (count > 0 || head) report('missing_head', organizationId, null, 'the head of the chain is missing')
    return chain
  }
  if (!checkpoints.holds(after)) report('forged_head', organizationId, after.seq, 'the head was not made with the key of this installation')
  if (head && seq < head.seq) report('truncated', organizationId, seq + 1, `the head knows ${head.seq} events, but the newest is ${seq}`)
  if (seq > after.seq) report('beyond_head', organizationId, after.seq + 1, `the head knows ${after.seq} events, but there are ${seq}`)
  return chain
}
