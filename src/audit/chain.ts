import type { Log } from '../log.ts'
import { isUniqueViolation, type Clock, type OrganizationId, type Storage, type Transaction } from '../storage/index.ts'
import { linkHash, origin, registerId, type Checkpoints, type Head, type HeadRow } from './link.ts'
import { selectEvents, type Row } from './row.ts'

interface ChainNeeds { storage: Storage; clock: Clock; log: Log; checkpoints: Checkpoints }

/** Another node was faster, or the database does not say what it said a moment ago. Nothing is written then. */
class HeadMoved extends Error {}

/**
 * Takes unchained events into their organizations' chains, oldest first, at most `limit` of each organization. Several nodes
 * may try at once: the head moves by compare-and-set, and one of them wins.
 * @returns how many events were chained.
 */
export async function extendChains(needs: ChainNeeds, limit: number): Promise<number> {
  const { storage, log } = needs
  const organizations = await storage.read.all<{ organization_id: OrganizationId }>('SELECT DISTINCT organization_id FROM audit_events WHERE seq IS NULL ORDER BY organization_id')
  let chained = 0
  for (const { organization_id: organizationId } of organizations) {
    try {
      chained += await extendChain(needs, organizationId, limit)
    } catch (error) {
      if (error instanceof HeadMoved) log.debug('audit chain was extended by another node', { organizationId })
      else if (isUniqueViolation(error)) log.error('audit chain is not extended', { organizationId, reason: 'an event stands where the next one belongs' })
      else throw error
    }
  }
  return chained
}

async function extendChain(needs: ChainNeeds, organizationId: OrganizationId, limit: number): Promise<number> {
  const { storage, clock, log, checkpoints } = needs
  const end = await readEnd(storage, organizationId)
  const problem = doubt(end, checkpoints)
  if (problem !== undefined) {
    // A new checkpoint would make the forgery genuine. The events wait; `verify` tells what is wrong.
    log.error('audit chain is not extended', { organizationId, reason: problem })
    return 0
  }
  const rows = await storage.read.all<Row>(`${selectEvents} WHERE organization_id = ? AND seq IS NULL ORDER BY occurred_at, id LIMIT ?`, [organizationId, limit])
  const { head } = end
  const start = head ?? { seq: 0, hash: origin(organizationId) }
  let { seq, hash } = start
  const links = rows.map((row) => ({ id: row.id, seq: ++seq, hash: (hash = linkHash(hash, seq, row)) }))
  if (links.length === 0) return 0

  const next: Head = { organizationId, seq, hash }
  await storage.write(async (tx) => {
    const now = clock.now()
    if (head) await moveHead(tx, checkpoints, start.seq, next, now)
    else await createHead(tx, checkpoints, next, now)
    for (const link of links) {
      const changed = await tx.run('UPDATE audit_events SET seq = ?, hash = ? WHERE id = ? AND seq IS NULL', [link.seq, link.hash, link.id])
      if (changed !== 1) throw new HeadMoved()
    }
  })
  // The line in the log is the anchor outside of the database: a rollback of all of it shows against an older line.
  log.info('audit checkpoint', { organizationId, seq, hash, mac: checkpoints.macOf(next) })
  return links.length
}

interface ChainEnd { head: HeadRow | undefined; newest: { seq: number; hash: string } | undefined }

/** Head and newest event in one statement, so that both are of one moment while other nodes go on. */
async function readEnd(storage: Storage, organizationId: OrganizationId): Promise<ChainEnd> {
  const row = await storage.read.one<{ seq: number | null; hash: string; mac: string; newest_seq: number | null; newest_hash: string }>(
    `SELECT h.seq, h.hash, h.mac, e.seq AS newest_seq, e.hash AS newest_hash
     FROM (SELECT CAST(? AS text) AS organization_id) o
     LEFT JOIN audit_heads h ON h.organization_id = o.organization_id
     LEFT JOIN audit_events e ON e.organization_id = o.organization_id
       AND e.seq = (SELECT max(n.seq) FROM audit_events n WHERE n.organization_id = o.organization_id)`, [organizationId])
  return {
    head: typeof row?.seq === 'number' ? { organization_id: organizationId, seq: row.seq, hash: row.hash, mac: row.mac } : undefined,
    newest: typeof row?.newest_seq === 'number' ? { seq: row.newest_seq, hash: row.newest_hash } : undefined,
  }
}

/** A reason not to build on what is there. */
function doubt({ head, newest }: ChainEnd, checkpoints: Checkpoints): string | undefined {
  if (!head) return newest ? 'there are chained events but no head' : undefined
  if (!checkpoints.holds(head)) return 'the head is forged'
  if (!newest || newest.seq < head.seq) return 'the newest events are missing'
  if (newest.seq > head.seq) return 'there are events that the head does not know'
  return newest.hash === head.hash ? undefined : 'the newest event does not fit to the head'
}

async function moveHead(tx: Transaction, checkpoints: Checkpoints, from: number, head: Head, now: number): Promise<void> {
  const changed = await tx.run('UPDATE audit_heads SET seq = ?, hash = ?, mac = ?, updated_at = ? WHERE organization_id = ? AND seq = ?',
    [head.seq, head.hash, checkpoints.macOf(head), now, head.organizationId, from])
  if (changed !== 1) throw new HeadMoved()
}

async function createHead(tx: Transaction, checkpoints: Checkpoints, head: Head, now: number): Promise<void> {
  const insert = async ({ organizationId, seq, hash }: Head): Promise<void> => {
    const rows = await tx.all('INSERT INTO audit_heads (organization_id, seq, hash, mac, updated_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING organization_id',
      [organizationId, seq, hash, checkpoints.macOf({ organizationId, seq, hash }), now])
    if (rows.length !== 1) throw new HeadMoved()
  }
  await insert(head)
  const register = await tx.one<HeadRow>('SELECT organization_id, seq, hash, mac FROM audit_heads WHERE organization_id = ?', [registerId])
  if (register === undefined) await insert({ organizationId: registerId, seq: 1, hash: origin(registerId) })
  else if (checkpoints.holds(register)) await moveHead(tx, checkpoints, register.seq, { organizationId: registerId, seq: register.seq + 1, hash: register.hash }, now)
  // A forged register is left as it is, for `verify` to find.
}
