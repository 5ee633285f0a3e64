import { newId, newSecret, sha256, type Clock, type InvitationId, type OrganizationId, type Sql, type Storage, type Transaction, type UserId } from '../storage/index.ts'

/** `invitation`: the first way in. `reset`: an administrator took the old ways away and gives a new start. */
export type InvitationPurpose = 'invitation' | 'reset'

export interface Invitation {
  readonly id: InvitationId
  readonly organizationId: OrganizationId
  readonly userId: UserId
  readonly purpose: InvitationPurpose
  readonly note: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly openedAt: number | null
}

interface Row {
  id: InvitationId; organization_id: OrganizationId; user_id: UserId; purpose: InvitationPurpose; note: string; created_at: number; expires_at: number; opened_at: number | null
}

const columns = 'id, organization_id, user_id, purpose, note, created_at, expires_at, opened_at'
const live = 'accepted_at IS NULL AND cancelled_at IS NULL AND expires_at > ?'

export type Invitations = ReturnType<typeof createInvitations>

/** One-time links by mail; 256 random bits, kept as a hash, for one person of one organization (S99, SEC-35). */
export function createInvitations(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  return {
    /** @returns the secret for the link. Whatever was sent to this person before stops working. */
    async create(tx: Transaction, invitation: { organizationId: OrganizationId; userId: UserId; purpose: InvitationPurpose; note: string; createdBy: UserId | null; lifetimeDays: number }): Promise<{ token: string; expiresAt: number }> {
      const token = newSecret()
      const now = clock.now()
      const expiresAt = now + invitation.lifetimeDays * 86_400_000
      await this.cancel(tx, invitation.organizationId, invitation.userId)
      await tx.run('INSERT INTO invitations (id, organization_id, user_id, token_hash, purpose, note, created_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        [newId(), invitation.organizationId, invitation.userId, sha256(token), invitation.purpose, invitation.note, invitation.createdBy, now, expiresAt])
      return { token, expiresAt }
    },

    /** Looking does not use it up: mail scanners look too. */
    async find(token: string, sql: Sql = storage.read): Promise<Invitation | undefined> {
      const row = await sql.one<Row>(`SELECT ${columns} FROM invitations WHERE token_hash = ? AND ${live}`, [sha256(token), clock.now()])
      return row && toInvitation(row)
    },

    /** The one that still opens, if any. */
    async latest(organizationId: OrganizationId, userId: UserId, sql: Sql = storage.read): Promise<Invitation | undefined> {
      const row = await sql.one<Row>(`SELECT ${columns} FROM invitations WHERE organization_id = ? AND user_id = ? AND ${live} ORDER BY created_at DESC LIMIT 1`, [organizationId, userId, clock.now()])
      return row && toInvitation(row)
    },

    async markOpened(tx: Sql, id: InvitationId): Promise<boolean> {
      return (await tx.run('UPDATE invitations SET opened_at = ? WHERE id = ? AND opened_at IS NULL', [clock.now(), id])) === 1
    },

    /** Uses the link up; of two at the same time one gets false. */
    async accept(tx: Sql, id: InvitationId): Promise<boolean> {
      const now = clock.now()
      return (await tx.all(`UPDATE invitations SET accepted_at = ? WHERE id = ? AND ${live} RETURNING id`, [now, id, now])).length === 1
    },

    async cancel(tx: Sql, organizationId: OrganizationId, userId: UserId): Promise<number> {
      return tx.run('UPDATE invitations SET cancelled_at = ? WHERE organization_id = ? AND user_id = ? AND accepted_at IS NULL AND cancelled_at IS NULL', [clock.now(), organizationId, userId])
    },
  }
}

function toInvitation(row: Row): Invitation {
  return {
    id: row.id, organizationId: row.organization_id, userId: row.user_id, purpose: row.purpose, note: row.note, createdAt: row.created_at, expiresAt: row.expires_at, openedAt: row.opened_at,
  }
}
