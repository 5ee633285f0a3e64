import { newId, newSecret, sha256, type Clock, type OrganizationId, type SessionId, type Sql, type Storage, type Transaction, type UserId } from '../../storage/index.ts'
import type { Proof } from '../proof.ts'
import { addProofs, opensOf, touchMilliseconds, type EndedSession, type LiveSession, type SessionView } from './session.ts'
import { describeDevice } from './device.ts'

export interface OpenSession {
  readonly userId: UserId
  readonly organizationId: OrganizationId
  readonly browser: string
  readonly proofs: readonly Proof[]
  readonly ip: string
  readonly userAgent: string
  readonly idleMinutes: number
  readonly absoluteHours: number
}

interface Row {
  id: SessionId; user_id: UserId; organization_id: OrganizationId; proofs: string; authenticated_at: number; last_seen_at: number
  idle_expires_at: number; expires_at: number; browser: string; created_at: number; user_agent: string; ip: string; protocol_state: string | null
  email: string; given_name: string; family_name: string; role: LiveSession['user']['role']; locale: string | null; time_zone: string | null
  passkeys: number; authenticators: number; kind: 'business' | 'personal'; name: string; slug: string; hue: number | null; has_logo: number; organization_updated_at: number
}

const liveSessions = `
  SELECT s.id, s.user_id, s.organization_id, s.proofs, s.authenticated_at, s.last_seen_at, s.idle_expires_at, s.expires_at, s.browser,
    s.created_at, s.user_agent, s.ip, s.protocol_state, u.email, u.given_name, u.family_name, u.role, u.locale, u.time_zone,
    (SELECT count(*) FROM passkeys p WHERE p.user_id = u.id AND p.suspended_at IS NULL) AS passkeys,
    (SELECT count(*) FROM totp_authenticators t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL) AS authenticators,
    o.kind, o.name, o.slug, o.hue, CASE WHEN o.logo_type IS NULL THEN 0 ELSE 1 END AS has_logo, o.updated_at AS organization_updated_at
  FROM sessions s JOIN users u ON u.id = s.user_id JOIN organizations o ON o.id = s.organization_id
  WHERE u.status = 'active'`

export type SessionStore = ReturnType<typeof createSessionStore>

/** @param needs.ending told inside the transaction that ends sessions, so that what hangs on them ends with it or not at all */
export function createSessionStore(needs: { storage: Storage; clock: Clock; ending: (tx: Sql, ended: readonly EndedSession[]) => Promise<void> }) {
  const { storage, clock } = needs
  const gone = async (tx: Sql, rows: readonly EndedRow[]): Promise<EndedSession[]> => {
    const ended = rows.map(toEnded)
    if (ended.length > 0) await needs.ending(tx, ended)
    return ended
  }

  return {
    /** A new id and a new secret: never reuse what the browser had before (SEC-66). */
    async open(tx: Transaction, session: OpenSession): Promise<{ id: SessionId; secret: string }> {
      const id = newId<SessionId>()
      const secret = newSecret()
      const now = clock.now()
      const authenticatedAt = Math.max(...session.proofs.map(({ at }) => at))
      const expiresAt = now + session.absoluteHours * 3_600_000
      await tx.run(
        `INSERT INTO sessions (id, secret_hash, organization_id, user_id, browser, proofs, authenticated_at, created_at, last_seen_at,
           idle_expires_at, expires_at, user_agent, ip) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [id, sha256(secret), session.organizationId, session.userId, session.browser, JSON.stringify(session.proofs), authenticatedAt, now, now,
          Math.min(expiresAt, now + session.idleMinutes * 60_000), expiresAt, session.userAgent, session.ip],
      )
      return { id, secret }
    },

    /** One statement; a suspended person's session is not found from the same moment on. */
    async find(secret: string): Promise<LiveSession | undefined> {
      const now = clock.now()
      const row = await storage.read.one<Row>(`${liveSessions} AND s.secret_hash = ? AND s.expires_at > ? AND s.idle_expires_at > ?`, [sha256(secret), now, now])
      if (!row) return undefined
      if (now - row.last_seen_at > touchMilliseconds) {
        const idle = row.idle_expires_at - row.last_seen_at
        await storage.execute('UPDATE sessions SET last_seen_at = ?, idle_expires_at = ? WHERE id = ?', [now, Math.min(row.expires_at, now + idle), row.id])
      }
      return toSession(row)
    },

    /** Adds proofs and gives the session a new secret, since what it may do has changed (SEC-66). */
    async extend(tx: Transaction, session: LiveSession, proofs: readonly Proof[]): Promise<string> {
      const secret = newSecret()
      const all = addProofs(session.proofs, proofs)
      await tx.run('UPDATE sessions SET secret_hash = ?, proofs = ?, authenticated_at = ? WHERE id = ?',
        [sha256(secret), JSON.stringify(all), Math.max(...all.map(({ at }) => at)), session.id])
      return secret
    },

    async findById(id: string): Promise<LiveSession | undefined> {
      const now = clock.now()
      const row = await storage.read.one<Row>(`${liveSessions} AND s.id = ? AND s.expires_at > ? AND s.idle_expires_at > ?`, [id, now, now])
      return row && toSession(row)
    },

    async list(userId: UserId, currentId: string): Promise<SessionView[]> {
      const now = clock.now()
      const rows = await storage.read.all<Row>(`${liveSessions} AND s.user_id = ? AND s.expires_at > ? AND s.idle_expires_at > ? ORDER BY s.last_seen_at DESC, s.id`, [userId, now, now])
      return rows.map((row) => ({
        id: row.id, device: describeDevice(row.user_agent), ip: row.ip, createdAt: row.created_at, lastSeenAt: row.last_seen_at, current: row.id === currentId,
      }))
    },

    /** @returns the sessions that were really ended; `announce` them after the commit. */
    async end(tx: Sql, userId: UserId, id: string): Promise<EndedSession[]> {
      return gone(tx, await tx.all<EndedRow>('DELETE FROM sessions WHERE user_id = ? AND id = ? RETURNING id, protocol_state', [userId, id]))
    },

    async endAll(tx: Sql, userId: UserId, exceptId = ''): Promise<EndedSession[]> {
      return gone(tx, await tx.all<EndedRow>('DELETE FROM sessions WHERE user_id = ? AND id <> ? RETURNING id, protocol_state', [userId, exceptId]))
    },

    /** Those that a credential has taken part in: whoever has the lost key may be in one of them (SEC-07). */
    async endProvenBy(tx: Sql, userId: UserId, credentialId: string, exceptId: string): Promise<EndedSession[]> {
      const rows = await tx.all<{ id: string; proofs: string }>('SELECT id, proofs FROM sessions WHERE user_id = ? AND id <> ?', [userId, exceptId])
      const ended: EndedSession[] = []
      for (const { id, proofs } of rows) {
        if ((JSON.parse(proofs) as Proof[]).some((proof) => proof.credentialId === credentialId)) ended.push(...(await this.end(tx, userId, id)))
      }
      return ended
    },

    /**
     * Changes what protocols remember, from what is stored now: two applications opened at once must both be remembered.
     * @returns false when the session has ended meanwhile; nothing may be issued in it then.
     */
    async changeProtocolState(tx: Transaction, id: string, change: (state: string | null) => string): Promise<boolean> {
      const row = await tx.one<{ protocol_state: string | null }>('SELECT protocol_state FROM sessions WHERE id = ?', [id])
      return row !== undefined && (await tx.run('UPDATE sessions SET protocol_state = ? WHERE id = ?', [change(row.protocol_state), id])) === 1
    },
  }
}

function toSession(row: Row): LiveSession {
  const proofs = JSON.parse(row.proofs) as Proof[]
  return {
    id: row.id, userId: row.user_id, organizationId: row.organization_id, proofs, opens: opensOf({ proofs, user: row }),
    authenticatedAt: row.authenticated_at, lastSeenAt: row.last_seen_at, expiresAt: row.expires_at, browser: row.browser, protocolState: row.protocol_state,
    user: {
      email: row.email, givenName: row.given_name, familyName: row.family_name, role: row.role, locale: row.locale, timeZone: row.time_zone, passkeys: row.passkeys, authenticators: row.authenticators,
    },
    organization: { kind: row.kind, name: row.name, slug: row.slug, hue: row.hue, hasLogo: row.has_logo === 1, updatedAt: row.organization_updated_at },
  }
}

interface EndedRow { id: SessionId; protocol_state: string | null }

function toEnded(row: EndedRow): EndedSession {
  return { id: row.id, protocolState: row.protocol_state }
}
