import { usableCondition } from '../../applications/index.ts'
import { placeholders, sha256, type Clock, type Sql, type Storage, type Transaction } from '../../storage/index.ts'
import { payloadStatement, type PayloadName, type PayloadRow } from './payload-statement.ts'

export interface StoredPayload {
  readonly payload: Record<string, unknown>
  readonly consumed: boolean
}

/** Everything one request changed, written in one transaction. */
export interface Changes {
  readonly rows: readonly PayloadRow[]
  readonly consumed: readonly PayloadName[]
  readonly destroyed: readonly PayloadName[]
  readonly revokedGrants: readonly string[]
}

/** An application that took part in a session. */
export interface Participant { readonly sessionId: string; readonly clientId: string }

/** Someone else redeemed the same code, refresh token or request URI between our look and our commit. */
export class ConsumedMeanwhile extends Error {
  override readonly name = 'ConsumedMeanwhile'
}

interface Row { payload: string; consumed_at: number | null; expires_at: number | null }

export type PayloadStore = ReturnType<typeof createPayloadStore>

export function createPayloadStore(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  const live = (row: Row): boolean => row.expires_at === null || row.expires_at > clock.now()
  const read = (row: Row, id: string): StoredPayload => ({
    payload: { ...(JSON.parse(row.payload) as Record<string, unknown>), jti: id, ...(row.consumed_at === null ? {} : { consumed: Math.floor(row.consumed_at / 1_000) }) },
    consumed: row.consumed_at !== null,
  })
  /** @throws ConsumedMeanwhile */
  const write = async ({ rows, consumed }: Changes, run: <T>(sql: string, values: ReturnType<typeof payloadStatement>['values']) => Promise<T[]>): Promise<void> => {
    if (rows.length + consumed.length === 0) return
    const { sql, values } = payloadStatement(rows, consumed, clock.now())
    const written = await run<{ consumed_at: number | null }>(sql, values)
    if (written.filter((row) => row.consumed_at !== null).length !== consumed.length) throw new ConsumedMeanwhile()
  }

  return {
    async find(kind: string, id: string): Promise<StoredPayload | undefined> {
      // A code is worth nothing outside the session that it came from, however late the news of the sign-out arrives (SEC-05).
      const inSession = kind === 'AuthorizationCode' ? ' AND EXISTS (SELECT 1 FROM sessions s WHERE s.id = oidc_payloads.session_id)' : ''
      const row = await storage.read.one<Row>(`SELECT payload, consumed_at, expires_at FROM oidc_payloads WHERE kind = ? AND id = ?${inSession}`, [kind, sha256(id)])
      if (!row || live(row)) return row && read(row, id)
      // A pushed request is consumed at the end of the authorization, which may be long after its minute; until then it is only expired (SEC-09).
      if (kind !== 'PushedAuthorizationRequest') return undefined
      const { payload, consumed } = read(row, id)
      return { payload: { ...payload, exp: 1 }, consumed }
    },

    /**
     * A refresh token with its grant, and whether its owner may still use the application: one statement for what would be
     * three, on the path that applications walk every few minutes (P-19).
     */
    async findRefreshToken(id: string): Promise<{ token: StoredPayload; grant: StoredPayload | undefined; usable: boolean } | undefined> {
      const row = await storage.read.one<Row & { grant_payload: string | null; grant_expires_at: number | null; usable: number }>(
        `SELECT t.payload, t.consumed_at, t.expires_at, g.payload AS grant_payload, g.expires_at AS grant_expires_at,
           (SELECT count(*) FROM applications a JOIN users u ON u.id = t.account_id WHERE a.client_id = t.client_id AND ${usableCondition}) AS usable
         FROM oidc_payloads t LEFT JOIN oidc_payloads g ON g.kind = 'Grant' AND g.id = t.grant_id
         WHERE t.kind = 'RefreshToken' AND t.id = ?`, [sha256(id)])
      if (!row || !live(row)) return undefined
      const token = read(row, id)
      const grantRow = row.grant_payload === null ? undefined : { payload: row.grant_payload, consumed_at: null, expires_at: row.grant_expires_at }
      return { token, grant: grantRow && live(grantRow) ? read(grantRow, String(token.payload['grantId'])) : undefined, usable: row.usable > 0 }
    },

    /** What a session has given an application, the scopes that the person has agreed to for good, and whether they may use it: one statement (P-19). */
    async permission({ sessionId, clientId }: Participant, accountId: string): Promise<{ grant: StoredPayload | undefined; agreed: readonly string[]; usable: boolean }> {
      const rows = await storage.read.all<Row & { kind: string }>(
        `SELECT kind, payload, consumed_at, expires_at FROM oidc_payloads WHERE (kind = 'Grant' AND session_id = ? AND client_id = ?) OR (kind = 'Consent' AND id = ?)
         UNION ALL SELECT 'Usable', '', count(*), CAST(NULL AS bigint) FROM applications a JOIN users u ON u.id = ? WHERE a.client_id = ? AND ${usableCondition} ORDER BY expires_at DESC`,
        [sessionId, clientId, sha256(consentName(accountId, clientId)), accountId, clientId])
      const grant = rows.find((row) => row.kind === 'Grant' && live(row))
      const consent = rows.find((row) => row.kind === 'Consent')
      return {
        grant: grant && read(grant, (JSON.parse(grant.payload) as { jti: string }).jti),
        agreed: consent ? (JSON.parse(consent.payload) as { scopes: string[] }).scopes : [],
        usable: rows.some((row) => row.kind === 'Usable' && row.consumed_at === 1),
      }
    },

    consentRow(accountId: string, clientId: string, scopes: readonly string[]): PayloadRow {
      return { kind: 'Consent', id: consentName(accountId, clientId), payload: { accountId, clientId, scopes }, expiresAt: null }
    },

    /** @throws ConsumedMeanwhile when something to be consumed was consumed or revoked already; what was to be issued is gone then. */
    async apply(changes: Changes, alongside?: (tx: Transaction) => Promise<void>): Promise<void> {
      const { rows, destroyed, revokedGrants } = changes
      if (destroyed.length + revokedGrants.length > 0 || alongside) {
        return storage.write(async (tx) => {
          await revoke(tx, revokedGrants)
          await destroy(tx, destroyed)
          await write(changes, (sql, values) => tx.all(sql, values))
          await alongside?.(tx)
        })
      }
      try {
        await write(changes, (sql, values) => storage.execute(sql, values))
      } catch (error) {
        // The rows of the statement that lost stand, though nobody has seen them and nobody will.
        if (error instanceof ConsumedMeanwhile && rows.length > 0) await storage.write((tx) => destroy(tx, rows))
        throw error
      }
    },

    async ofAccount(tx: Sql, accountId: string): Promise<void> {
      await tx.run('DELETE FROM oidc_payloads WHERE account_id = ?', [accountId])
    },

    /** Nothing issued to a deleted application acts again for another one of the same client id. */
    async ofClient(tx: Sql, clientId: string): Promise<void> {
      await tx.run('DELETE FROM oidc_payloads WHERE client_id = ?', [clientId])
    },

    /** Ends everything that was issued in these sessions. @returns who took part in them */
    async ofSessions(tx: Sql, sessionIds: readonly string[]): Promise<Participant[]> {
      if (sessionIds.length === 0) return []
      const rows = await tx.all<{ kind: string; session_id: string; client_id: string }>(
        `DELETE FROM oidc_payloads WHERE session_id IN (${placeholders(sessionIds.length)}) RETURNING kind, session_id, client_id`, sessionIds)
      const grants = rows.filter(({ kind }) => kind === 'Grant').map((row) => [`${row.session_id} ${row.client_id}`, { sessionId: row.session_id, clientId: row.client_id }] as const)
      return [...new Map(grants).values()]
    },
  }
}

const consentName = (accountId: string, clientId: string): string => `${accountId} ${clientId}`

async function revoke(tx: Sql, grantIds: readonly string[]): Promise<void> {
  for (const grantId of new Set(grantIds)) {
    const hash = sha256(grantId)
    await tx.run('DELETE FROM oidc_payloads WHERE grant_id = ?', [hash])
    await tx.run(`DELETE FROM oidc_payloads WHERE kind = 'Grant' AND id = ?`, [hash])
  }
}

async function destroy(tx: Sql, names: readonly PayloadName[]): Promise<void> {
  for (const { kind, id } of names) await tx.run('DELETE FROM oidc_payloads WHERE kind = ? AND id = ?', [kind, sha256(id)])
}
