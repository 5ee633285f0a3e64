import { sha256, type SqlValue } from '../../storage/index.ts'

/** A row to be written. `id` is the token itself and never stored: only its hash is (SEC-07). */
export interface PayloadRow {
  readonly kind: string
  readonly id: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly expiresAt: number | null
}

export interface PayloadName { readonly kind: string; readonly id: string }

const columns = 'kind, id, payload, grant_id, account_id, client_id, session_id, expires_at, consumed_at'
const rowValues = '(?, ?, ?, ?, ?, ?, ?, CAST(? AS bigint), CAST(? AS bigint))'
const source = 'SELECT kind, id, payload, grant_id, account_id, client_id, session_id, expires_at, CAST(? AS bigint) FROM oidc_payloads WHERE kind = ? AND id = ? AND consumed_at IS NULL'

/**
 * One statement that writes rows and consumes others: compare-and-set and insert in a single commit (R-05, P-19). What it
 * returns with `consumed_at` was consumed by it and by nobody else; when something is missing there, another request won.
 */
export function payloadStatement(rows: readonly PayloadRow[], consumed: readonly PayloadName[], now: number): { sql: string; values: SqlValue[] } {
  const parts = [...consumed.map(() => source), ...(rows.length > 0 ? [`VALUES ${rows.map(() => rowValues).join(', ')}`] : [])]
  return {
    sql: `INSERT INTO oidc_payloads (${columns}) ${parts.join(' UNION ALL ')}
      ON CONFLICT (kind, id) DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at, consumed_at = excluded.consumed_at WHERE oidc_payloads.consumed_at IS NULL
      RETURNING kind, consumed_at`,
    values: [...consumed.flatMap(({ kind, id }) => [now, kind, sha256(id)]), ...rows.flatMap(toValues)],
  }
}

function toValues({ kind, id, payload, expiresAt }: PayloadRow): SqlValue[] {
  const { jti: _secret, ...rest } = payload
  const { grantId, accountId, clientId, sessionUid } = payload
  // The name of a grant is no secret. A question that is still open is issued under no grant: revoking one must not end it.
  return [
    kind, sha256(id), JSON.stringify(kind === 'Grant' ? payload : rest), typeof grantId === 'string' && kind !== 'Interaction' ? sha256(grantId) : null,
    text(accountId), text(clientId), text(sessionUid), expiresAt, null,
  ]
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
