import { Conflict } from '../../../errors.ts'
import { isUniqueViolation, newId, type Clock, type CredentialId, type OrganizationId, type Sql, type Storage, type Transaction, type UserId } from '../../../storage/index.ts'
import { kindOf, maxPasskeysPerPerson, modelName, type NewPasskey, type PasskeyView } from './passkey.ts'

interface Row {
  id: CredentialId; organization_id: OrganizationId; user_id: UserId; credential_id: string; public_key: string; counter: number; transports: string; aaguid: string
  attestation_format: string; backup_eligible: number; backed_up: number; name: string; created_at: number; last_used_at: number | null; suspended_at: number | null
}

export interface StoredPasskey extends PasskeyView {
  readonly organizationId: OrganizationId
  readonly userId: UserId
  readonly credentialId: string
  readonly publicKey: string
  readonly counter: number
}

const columns = 'id, organization_id, user_id, credential_id, public_key, counter, transports, aaguid, attestation_format, backup_eligible, backed_up, name, created_at, last_used_at, suspended_at'

export type PasskeyStore = ReturnType<typeof createPasskeyStore>

export function createPasskeyStore(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  const ofUser = async (sql: Sql, userId: UserId): Promise<StoredPasskey[]> =>
    (await sql.all<Row>(`SELECT ${columns} FROM passkeys WHERE user_id = ? ORDER BY created_at, id`, [userId])).map(toStored)

  return {
    ofUser,

    async findByCredential(credentialId: string): Promise<StoredPasskey | undefined> {
      const row = await storage.read.one<Row>(`SELECT ${columns} FROM passkeys WHERE credential_id = ?`, [credentialId])
      return row && toStored(row)
    },

    /**
     * Notes a use and guards the signature counter in the same statement, so that of two answers with the same count one
     * fails (WebAuthn L3 §7.2 step 22). A key that does not count always says 0.
     */
    async use(key: StoredPasskey, counter: number, backedUp: boolean): Promise<boolean> {
      const rows = await storage.execute<{ id: string }>(
        `UPDATE passkeys SET counter = ?, last_used_at = ?, backed_up = ?
         WHERE id = ? AND suspended_at IS NULL AND (counter < ? OR (counter = 0 AND ? = 0)) RETURNING id`,
        [counter, clock.now(), backedUp ? 1 : 0, key.id, counter, counter])
      return rows.length === 1
    },

    /** @throws Conflict `passkey_exists` when the very key is registered already, `too_many_passkeys` */
    async add(tx: Transaction, user: { id: UserId; organizationId: OrganizationId }, credential: NewPasskey, name: string | null): Promise<PasskeyView> {
      const existing = await ofUser(tx, user.id)
      if (existing.length >= maxPasskeysPerPerson) throw new Conflict('too_many_passkeys')
      if (await tx.one('SELECT id FROM passkeys WHERE credential_id = ?', [credential.credentialId])) throw new Conflict('passkey_exists')
      const id = newId<CredentialId>()
      const now = clock.now()
      try {
        await tx.run(
          `INSERT INTO passkeys (id, organization_id, user_id, credential_id, public_key, algorithm, counter, transports, aaguid, attestation_format, attestation,
             discoverable, backup_eligible, backed_up, name, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          [id, user.organizationId, user.id, credential.credentialId, credential.publicKey, credential.algorithm, credential.counter, credential.transports.join(' '),
            credential.aaguid, credential.attestationFormat, credential.attestation, credential.discoverable === null ? null : credential.discoverable ? 1 : 0,
            credential.backupEligible ? 1 : 0, credential.backedUp ? 1 : 0, name ?? freeName(credential, existing.map((key) => key.name)), now])
      } catch (error) {
        if (isUniqueViolation(error)) throw new Conflict('passkey_exists')
        throw error
      }
      const added = (await ofUser(tx, user.id)).find((key) => key.id === id)
      if (!added) throw new Error('a key that was just written is not there')
      return added
    },

    list: async (sql: Sql, userId: UserId): Promise<PasskeyView[]> => ofUser(sql, userId),

    async find(organizationId: OrganizationId, userId: UserId, id: string): Promise<PasskeyView | undefined> {
      const row = await storage.read.one<Row>(`SELECT ${columns} FROM passkeys WHERE organization_id = ? AND user_id = ? AND id = ?`, [organizationId, userId, id])
      return row && toStored(row)
    },

    async count(sql: Sql, userId: UserId): Promise<number> {
      return (await sql.one<{ keys: number }>('SELECT count(*) AS keys FROM passkeys WHERE user_id = ? AND suspended_at IS NULL', [userId]))?.keys ?? 0
    },

    async countInOrganization(organizationId: OrganizationId): Promise<number> {
      return (await storage.read.one<{ keys: number }>(
        `SELECT count(*) AS keys FROM users u JOIN passkeys p ON p.user_id = u.id WHERE u.organization_id = ? AND p.suspended_at IS NULL`, [organizationId]))?.keys ?? 0
    },

    async rename(tx: Sql, organizationId: OrganizationId, userId: UserId, id: string, name: string): Promise<boolean> {
      return (await tx.run('UPDATE passkeys SET name = ? WHERE organization_id = ? AND user_id = ? AND id = ?', [name, organizationId, userId, id])) === 1
    },

    async remove(tx: Sql, organizationId: OrganizationId, userId: UserId, id: string): Promise<boolean> {
      return (await tx.run('DELETE FROM passkeys WHERE organization_id = ? AND user_id = ? AND id = ?', [organizationId, userId, id])) === 1
    },

    async setSuspended(tx: Sql, organizationId: OrganizationId, userId: UserId, id: string, suspended: boolean): Promise<boolean> {
      return (await tx.run('UPDATE passkeys SET suspended_at = ? WHERE organization_id = ? AND user_id = ? AND id = ?', [suspended ? clock.now() : null, organizationId, userId, id])) === 1
    },

    async removeAll(tx: Sql, userId: UserId): Promise<number> {
      return tx.run('DELETE FROM passkeys WHERE user_id = ?', [userId])
    },
  }
}

function freeName(credential: NewPasskey, taken: readonly string[]): string {
  const base = modelName(credential.aaguid) ?? (kindOf(credential) === 'security-key' ? 'Security key' : 'Passkey')
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base} ${number}`
    if (!taken.includes(name)) return name
  }
}

function toStored(row: Row): StoredPasskey {
  const transports = row.transports === '' ? [] : row.transports.split(' ')
  const backupEligible = row.backup_eligible === 1
  return {
    id: row.id, organizationId: row.organization_id, userId: row.user_id, credentialId: row.credential_id, publicKey: row.public_key, counter: row.counter, transports,
    aaguid: row.aaguid, attestationFormat: row.attestation_format, backupEligible, backedUp: row.backed_up === 1, name: row.name, kind: kindOf({ backupEligible, transports }),
    createdAt: row.created_at, lastUsedAt: row.last_used_at, suspended: row.suspended_at !== null,
  }
}
