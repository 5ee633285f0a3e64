import { placeholders, type Clock, type SessionId, type Sql, type Storage } from '../../storage/index.ts'

/** An application that a session has signed in to. */
export interface FederationParticipant<Details> {
  readonly sessionId: SessionId
  readonly applicationId: string
  readonly details: Details
  /** Epoch milliseconds of its newest answer. */
  readonly answeredAt: number
}

interface Row { session_id: SessionId; application_id: string; details: string; answered_at: number }

export type Participants<Details> = ReturnType<typeof createParticipants<Details>>

/** Who has to hear of it when a session ends. A row lives no longer than its session may. */
export function createParticipants<Details>(needs: { storage: Storage; clock: Clock }, protocol: string) {
  const { storage, clock } = needs
  const toParticipant = (row: Row): FederationParticipant<Details> => ({
    sessionId: row.session_id, applicationId: row.application_id, details: JSON.parse(row.details) as Details, answeredAt: row.answered_at,
  })
  return {
    /** @returns false when the session has ended meanwhile; nothing may be issued in it then. */
    async remember(sql: Sql, sessionId: string, applicationId: string, details: Details): Promise<boolean> {
      const rows = await sql.all(
        `INSERT INTO federation_participants (session_id, application_id, protocol, details, answered_at, expires_at)
         SELECT s.id, ?, ?, ?, ?, s.expires_at FROM sessions s WHERE s.id = ?
         ON CONFLICT (session_id, application_id) DO UPDATE SET protocol = excluded.protocol, details = excluded.details, answered_at = excluded.answered_at RETURNING session_id`,
        [applicationId, protocol, JSON.stringify(details), clock.now(), sessionId])
      return rows.length === 1
    },

    async find(sessionId: string, applicationId: string): Promise<FederationParticipant<Details> | undefined> {
      const row = await storage.read.one<Row>('SELECT session_id, application_id, details, answered_at FROM federation_participants WHERE session_id = ? AND application_id = ? AND protocol = ?',
        [sessionId, applicationId, protocol])
      return row && toParticipant(row)
    },

    async ofSession(sessionId: string): Promise<FederationParticipant<Details>[]> {
      return (await storage.read.all<Row>('SELECT session_id, application_id, details, answered_at FROM federation_participants WHERE session_id = ? AND protocol = ? ORDER BY answered_at DESC', [sessionId, protocol])).map(toParticipant)
    },

    /** Takes them out, in the transaction that ends the sessions. */
    async take(sql: Sql, sessionIds: readonly string[]): Promise<FederationParticipant<Details>[]> {
      if (sessionIds.length === 0) return []
      const rows = await sql.all<Row>(
        `DELETE FROM federation_participants WHERE session_id IN (${placeholders(sessionIds.length)}) AND protocol = ? RETURNING session_id, application_id, details, answered_at`,
        [...sessionIds, protocol])
      return rows.map(toParticipant)
    },

    /** One application leaves a session that goes on. */
    async leave(sql: Sql, sessionId: string, applicationId: string): Promise<void> {
      await sql.run('DELETE FROM federation_participants WHERE session_id = ? AND application_id = ? AND protocol = ?', [sessionId, applicationId, protocol])
    },
  }
}
