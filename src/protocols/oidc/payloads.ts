import { usableCondition } from '../../applications/index.ts'
import { sha256, type Clock, type Sql, type SqlValue, type Storage, type Transaction } from '../../storage/index.ts'

export interface StoredPayload {
  readonly payload: Record<string, unknown>
  readonly consumed: boolean
}

/** A row to be written. `id` is the token itself and never stored: only its hash is (SEC-07). */
export interface PayloadRow {
  readonly kind: string
  readonly id: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly expiresAt: number | null
}

/** Everything one request changed, written in one transaction. */
export interface Changes {
  readonly rows: readonly PayloadRow[]
  readonly consumed: readonly { readonly kind: string; readonly id: string }[]
  readonly destroyed: readonly { readonly kind: string; readonly id: string }[]
  readonly revokedGrants: readonly string[]
}

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

  return {
    async find(kind: string, id: string): Promise<StoredPayload | undefined> {
      const row = await storage.read.one<Row>('SELECT payload, consumed_at, expires_at FROM oidc_payloads WHERE kind = ? AND id = ?', [kind, sha256(id)])
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

    /** @throws ConsumedMeanwhile and writes nothing when something to be consumed was consumed or revoked already. */
    async apply(changes: Changes, alongside?: (tx: Transaction) => Promise<void>): Promise<void> {
      const { rows, consumed, destroyed, revokedGrants } = changes
      const statements = rows.length + consumed.length + destroyed.length + revokedGrants.length
      if (statements === 0 && !alongside) return
      if (statements === 1 && rows.length === 1 && !alongside) return insert(rows, (sql, values) => storage.execute(sql, values).then(() => undefined))
      await storage.write(async (tx) => {
        for (const { kind, id } of consumed) {
          const hit = await tx.all('UPDATE oidc_payloads SET consumed_at = ? WHERE kind = ? AND id = ? AND consumed_at IS NULL RETURNING id', [clock.now(), kind, sha256(id)])
          if (hit.length !== 1) throw new ConsumedMeanwhile(kind)
        }
        await revoke(tx, revokedGrants)
        for (const { kind, id } of destroyed) await tx.run('DELETE FROM oidc_payloads WHERE kind = ? AND id = ?', [kind, sha256(id)])
        await insert(rows, async (sql, values) => { await tx.run(sql, values) })
        await alongside?.(tx)
      })
    },

    /** Ends grants with everything that was issued under them. */
    revokeGrants: (tx: Sql, grantIds: readonly string[]) => revoke(tx, grantIds),

    async ofAccount(tx: Sql, accountId: string): Promise<void> {
      await tx.run('DELETE FROM oidc_payloads WHERE account_id = ?', [accountId])
    },

    /** Consent that a person gave for good: which scopes this application may have. */
    async consent(accountId: string, clientId: string): Promise<readonly string[]> {
      const row = await storage.read.one<Row>(`SELECT payload, consumed_at, expires_at FROM oidc_payloads WHERE kind = 'Consent' AND id = ?`, [sha256(`${accountId} ${clientId}`)])
      return row ? ((JSON.parse(row.payload) as { scopes: string[] }).scopes) : []
    },

    consentRow(accountId: string, clientId: string, scopes: readonly string[]): PayloadRow {
      return { kind: 'Consent', id: `${accountId} ${clientId}`, payload: { accountId, clientId, scopes }, expiresAt: null }
    },
  }
}

async function revoke(tx: Sql, grantIds: readonly string[]): Promise<void> {
  for (const grantId of new Set(grantIds)) {
    const hash = sha256(grantId)
    await tx.run('DELETE FROM oidc_payloads WHERE grant_id = ?', [hash])
    await tx.run(`DELETE FROM oidc_payloads WHERE kind = 'Grant' AND id = ?`, [hash])
  }
}

async function insert(rows: readonly PayloadRow[], run: (sql: string, values: SqlValue[]) => Promise<void>): Promise<void> {
  if (rows.length === 0) return
  const values = rows.flatMap((row) => {
    const { jti: _secret, ...payload } = row.payload
    const { grantId, accountId, clientId } = row.payload
    // A question that is still open is issued under no grant: revoking one must not end it.
    return [row.kind, sha256(row.id), JSON.stringify(payload), typeof grantId === 'string' && row.kind !== 'Interaction' ? sha256(grantId) : null, text(accountId), text(clientId), row.expiresAt]
  })
  await run(
    `INSERT INTO oidc_payloads (kind, id, payload, grant_id, account_id, client_id, expires_at) VALUES ${rows.map(() => '(?, ?, ?, ?, ?, ?, ?)').join(', ')}
     ON CONFLICT (kind, id) DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at`, values)
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
