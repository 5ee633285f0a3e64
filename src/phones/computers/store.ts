import { newId, sha256, type Clock, type OrganizationId, type Sql, type Storage, type UserId } from '../../storage/index.ts'
import type { StoredPhone } from '../store.ts'
import { mostComputersPerPhone, offerSeconds, takenSeconds, tombstoneSeconds, type Computer, type ComputerKind } from './computer.ts'

interface Row {
  id: string; kind: ComputerKind; name: string; version: string; signing_key: string; agreement_key: string; ip: string; state: Computer['state']; created_at: number; expires_at: number | null; last_used_at: number | null
  phone_proof: string | null; computer_proof: string | null; phone_id: string | null; phone_name: string | null; phone_model: string | null; phone_key: string | null; user_id: UserId | null; organization_id: OrganizationId | null
  organization: string | null; email: string | null; phone_agreement_key: string | null; hello_proof: string | null; fine: number
}

export interface NewComputer {
  readonly offer: string
  readonly signingKey: string
  readonly agreementKey: string
  readonly kind: ComputerKind
  readonly name: string
  readonly version: string
}

/** Whoever waits at another node looks at this number, so two changes never share it. */
export const bump = 'changed_at = CASE WHEN changed_at >= ? THEN changed_at + 1 ELSE ? END'
/** That neither the phone nor its person is suspended, of a row `c` with its phone `p` and person `u`. */
export const fine = `(p.suspended_at IS NULL AND u.status = 'active')`
const select = `SELECT c.id, c.kind, c.name, c.version, c.signing_key, c.agreement_key, c.ip, c.state, c.created_at, c.expires_at, c.last_used_at, c.phone_proof, c.computer_proof, c.phone_id, c.user_id, c.organization_id, c.phone_agreement_key,
  c.hello_proof, p.name AS phone_name, p.model AS phone_model, p.public_key AS phone_key, o.name AS organization, u.email, CASE WHEN ${fine} THEN 1 ELSE 0 END AS fine
  FROM paired_computers c LEFT JOIN phones p ON p.id = c.phone_id LEFT JOIN users u ON u.id = c.user_id LEFT JOIN organizations o ON o.id = c.organization_id`
/** What takes one of a phone's places. */
const counted = `o.state IN ('taken', 'active') AND (o.expires_at IS NULL OR o.expires_at > ?)`

export type ComputerStore = ReturnType<typeof createComputerStore>

/** Computers of phones. Every step is one conditional statement: the second of two at the same time finds nothing to change. */
export function createComputerStore(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs

  return {
    /** @returns undefined for an offer that is there already */
    async offer(order: NewComputer, ip: string): Promise<{ readonly id: string; readonly expiresAt: number } | undefined> {
      const id = newId()
      const now = clock.now()
      const expiresAt = now + offerSeconds * 1_000
      const made = await storage.execute(
        `INSERT INTO paired_computers (id, offer_hash, kind, name, version, signing_key, agreement_key, ip, state, window_frames, window_ends_at, created_at, changed_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'offered', 0, 0, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id`,
        [id, sha256(order.offer), order.kind, order.name, order.version, order.signingKey, order.agreementKey, ip, now, now, expiresAt])
      return made.length === 1 ? { id, expiresAt } : undefined
    },

    /** For a request that names its computer, before it has shown that it is this one. */
    async byId(id: string, sql: Sql = storage.read): Promise<Computer | undefined> {
      const row = await sql.one<Row>(`${select} WHERE c.id = ?`, [id])
      return row && toComputer(row)
    },

    /** One that still waits for a phone. */
    async byOffer(offer: string): Promise<Computer | undefined> {
      const row = await storage.read.one<Row>(`${select} WHERE c.offer_hash = ? AND c.state = 'offered' AND c.expires_at > ?`, [sha256(offer), clock.now()])
      return row && toComputer(row)
    },

    /** One of this very phone's, in whatever state. */
    async ofPhone(phone: Pick<StoredPhone, 'id' | 'organizationId'>, id: string, sql: Sql = storage.read): Promise<Computer | undefined> {
      const row = await sql.one<Row>(`${select} WHERE c.organization_id = ? AND c.phone_id = ? AND c.id = ?`, [phone.organizationId, phone.id, id])
      return row && toComputer(row)
    },

    /** Those that are paired with one of a person's phones, newest first. */
    async list(owner: { readonly id: UserId; readonly organizationId: OrganizationId }, sql: Sql = storage.read): Promise<Computer[]> {
      return (await sql.all<Row>(`${select} WHERE c.organization_id = ? AND c.user_id = ? AND c.state = 'active' ORDER BY c.created_at DESC, c.id`, [owner.organizationId, owner.id])).map(toComputer)
    },

    /** Whoever scans first has it (SEC-46). */
    async take(tx: Sql, phone: StoredPhone, order: { readonly offer: string; readonly agreementKey: string; readonly proof: string }): Promise<{ readonly id: string } | { readonly refused: 'full' | 'taken' | 'expired' | 'unknown' }> {
      const now = clock.now()
      const hash = sha256(order.offer)
      // Two offers at once are counted one after the other.
      await tx.run('UPDATE phones SET name = name WHERE id = ?', [phone.id])
      const [taken] = await tx.all<{ id: string }>(
        `UPDATE paired_computers SET state = 'taken', phone_id = ?, organization_id = ?, user_id = ?, phone_agreement_key = ?, hello_proof = ?, expires_at = ?, ${bump}
         WHERE offer_hash = ? AND state = 'offered' AND expires_at > ? AND (SELECT count(*) FROM paired_computers o WHERE o.phone_id = ? AND ${counted}) < ${mostComputersPerPhone} RETURNING id`,
        [phone.id, phone.organizationId, phone.userId, order.agreementKey, order.proof, now + takenSeconds * 1_000, now, now, hash, now, phone.id, now])
      if (taken) return taken
      const there = await tx.one<{ state: Computer['state']; expires_at: number | null }>('SELECT state, expires_at FROM paired_computers WHERE offer_hash = ?', [hash])
      if (!there) return { refused: 'unknown' }
      if (there.state !== 'offered') return { refused: 'taken' }
      return { refused: there.expires_at !== null && there.expires_at <= now ? 'expired' : 'full' }
    },

    /** The second of the two makes it active. @returns undefined for a pairing that is over, or where this side has spoken already */
    async confirm(tx: Sql, id: string, side: 'phone' | 'computer', proof: string): Promise<'taken' | 'active' | undefined> {
      const now = clock.now()
      const [own, other] = side === 'phone' ? ['phone_proof', 'computer_proof'] : ['computer_proof', 'phone_proof']
      const [row] = await tx.all<{ state: 'taken' | 'active' }>(
        `UPDATE paired_computers SET ${own} = ?, state = CASE WHEN ${other} IS NULL THEN state ELSE 'active' END, expires_at = CASE WHEN ${other} IS NULL THEN expires_at ELSE NULL END, ${bump}
         WHERE id = ? AND state = 'taken' AND expires_at > ? AND ${own} IS NULL RETURNING state`, [proof, now, now, id, now])
      return row?.state
    },

    /** Nothing that was sealed is kept, nor anything of the agreement; that it is over can be asked for a while. @returns false for one that is over already */
    async remove(tx: Sql, id: string): Promise<boolean> {
      const now = clock.now()
      await tx.run('DELETE FROM pairing_frames WHERE computer_id = ?', [id])
      return (await tx.run(`UPDATE paired_computers SET state = 'removed', phone_agreement_key = NULL, hello_proof = NULL, phone_proof = NULL, computer_proof = NULL, expires_at = ?, ${bump} WHERE id = ? AND state <> 'removed'`,
        [now + tombstoneSeconds * 1_000, now, now, id])) === 1
    },

    async touch({ id, ip: before }: Pick<Computer, 'id' | 'ip'>, ip: string): Promise<void> {
      if (before !== ip) await storage.execute('UPDATE paired_computers SET ip = ? WHERE id = ?', [ip, id])
    },
  }
}

function toComputer(row: Row): Computer {
  const { phone_id: phoneId, user_id: userId, organization_id: organizationId } = row
  return {
    id: row.id, kind: row.kind, name: row.name, version: row.version, signingKey: row.signing_key, agreementKey: row.agreement_key, ip: row.ip, state: row.state, createdAt: row.created_at, expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at, phoneProof: row.phone_proof, computerProof: row.computer_proof,
    pairing: phoneId === null || userId === null || organizationId === null ? null : {
      phone: { id: phoneId, name: row.phone_name ?? '', model: row.phone_model ?? '', publicKey: row.phone_key ?? '' }, userId, organizationId, organization: row.organization ?? '', email: row.email ?? '',
      agreementKey: row.phone_agreement_key ?? '', helloProof: row.hello_proof ?? '', fine: row.fine === 1,
    },
  }
}
