import type { JWK } from 'jose'
import type { Clock, Place, Sealer, Sql, Storage } from '../storage/index.ts'
import type { NewKey } from './generate.ts'
import type { KeyAlgorithm, KeyInfo, KeyPurpose, KeyState } from './key.ts'

interface Row {
  id: string; purpose: KeyPurpose; algorithm: KeyAlgorithm; state: KeyState; generation: number; created_at: number; activates_at: number; retires_at: number | null
}

const columns = 'id, purpose, algorithm, state, generation, created_at, activates_at, retires_at'
const placeOf = (id: string): Place => ({ table: 'signing_keys', column: 'sealed_private_key', row: id })

export type KeyStore = ReturnType<typeof createKeyStore>

export function createKeyStore({ storage, sealer, clock }: { storage: Storage; sealer: Sealer; clock: Clock }) {
  return {
    /** Removed keys come too: their generations stay taken. */
    async list(purpose: KeyPurpose, sql: Sql = storage.read): Promise<KeyInfo[]> {
      const rows = await sql.all<Row>(`SELECT ${columns} FROM signing_keys WHERE purpose = ? ORDER BY algorithm, generation`, [purpose])
      return rows.map((row) => ({
        id: row.id, purpose: row.purpose, algorithm: row.algorithm, state: row.state, generation: row.generation,
        createdAt: row.created_at, activatesAt: row.activates_at, retiresAt: row.retires_at,
      }))
    },

    async purposes(): Promise<KeyPurpose[]> {
      return (await storage.read.all<{ purpose: KeyPurpose }>(`SELECT DISTINCT purpose FROM signing_keys WHERE state <> 'removed' ORDER BY purpose`)).map(({ purpose }) => purpose)
    },

    async open(purpose: KeyPurpose): Promise<Map<string, { publicJwk: JWK; privateJwk: JWK }>> {
      const rows = await storage.read.all<{ id: string; public_key: string; sealed_private_key: string }>(
        `SELECT id, public_key, sealed_private_key FROM signing_keys WHERE purpose = ? AND state <> 'removed'`, [purpose])
      return new Map(rows.map((row) => [row.id, {
        publicJwk: JSON.parse(row.public_key) as JWK, privateJwk: JSON.parse(sealer.open(row.sealed_private_key, placeOf(row.id))) as JWK,
      }]))
    },

    /** @returns false where another node has made this generation already. */
    async insert(sql: Sql, key: NewKey, of: Pick<KeyInfo, 'purpose' | 'algorithm' | 'state' | 'generation' | 'activatesAt'>): Promise<boolean> {
      const rows = await sql.all(
        `INSERT INTO signing_keys (id, purpose, algorithm, state, public_key, sealed_private_key, generation, created_at, activates_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id`,
        [key.id, of.purpose, of.algorithm, of.state, JSON.stringify(key.publicJwk), sealer.seal(JSON.stringify(key.privateJwk), placeOf(key.id)),
          of.generation, clock.now(), of.activatesAt])
      return rows.length === 1
    },

    /** Moves a key on from the state it was seen in. @returns false where another node has done so already. */
    async move(sql: Sql, key: KeyInfo, state: KeyState, times: { activatesAt?: number; retiresAt?: number } = {}): Promise<boolean> {
      return (await sql.run('UPDATE signing_keys SET state = ?, activates_at = ?, retires_at = ? WHERE id = ? AND state = ?',
        [state, times.activatesAt ?? key.activatesAt, times.retiresAt ?? key.retiresAt, key.id, key.state])) === 1
    },

    async removeAll(sql: Sql, purpose: KeyPurpose): Promise<void> {
      await sql.run(`UPDATE signing_keys SET state = 'removed', sealed_private_key = '' WHERE purpose = ?`, [purpose])
    },

    async remove(sql: Sql, key: KeyInfo): Promise<boolean> {
      return (await sql.run(`UPDATE signing_keys SET state = 'removed', sealed_private_key = '' WHERE id = ? AND state = ?`, [key.id, key.state])) === 1
    },
  }
}
