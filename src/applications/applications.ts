import { Conflict } from '../errors.ts'
import { jsonColumn, newId, newSecret, placeholders, sha256, type ApplicationId, type Clock, type OrganizationId, type Sql, type SqlValue, type Storage, type Transaction } from '../storage/index.ts'
import { parseOidcSettings, type AccessKind, type Application, type ApplicationProtocol, type OidcSettings, type RequiredAssurance } from './application.ts'
import { parseSamlSettings, parseWsFedSettings, type SamlSettings, type WsFedSettings } from './saml-settings.ts'

export interface Row {
  id: ApplicationId; organization_id: OrganizationId; protocol: ApplicationProtocol; client_id: string; name: string; description: string; launch_url: string | null
  icon_type: string | null; access: AccessKind; trusted: number; enabled: number; required_assurance: RequiredAssurance | null; settings: string
  created_at: number; updated_at: number
}

export const columns = ['id', 'organization_id', 'protocol', 'client_id', 'name', 'description', 'launch_url', 'icon_type', 'access', 'trusted', 'enabled',
  'required_assurance', 'settings', 'created_at', 'updated_at'].map((name) => `a.${name}`).join(', ')

export interface NewApplication {
  readonly name: string
  readonly description: string
  readonly protocol: ApplicationProtocol
  readonly clientId?: string
  readonly launchUrl: string | null
  readonly access: AccessKind
  readonly trusted: boolean
  readonly requiredAssurance: RequiredAssurance | null
  /** The settings of its protocol. */
  readonly oidc?: OidcSettings | null
  readonly saml?: SamlSettings | null
  readonly wsfed?: WsFedSettings | null
}

export type ApplicationChanges = Partial<Omit<NewApplication, 'protocol' | 'clientId'>> & { readonly enabled?: boolean; readonly icon?: { readonly bytes: Buffer; readonly type: string } | null }

export interface SecretView { readonly id: string; readonly hint: string; readonly createdAt: number; readonly expiresAt: number | null }

/** An application with what the token endpoint compares; one statement, read at every request, so changes act at once. */
export interface ApplicationWithSecrets { readonly application: Application; readonly secretHashes: readonly string[] }

export type Applications = ReturnType<typeof createApplications>

export function createApplications(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs

  return {
    async find(organizationId: OrganizationId, id: string, sql: Sql = storage.read): Promise<Application | undefined> {
      const row = await sql.one<Row>(`SELECT ${columns} FROM applications a WHERE a.organization_id = ? AND a.id = ?`, [organizationId, id])
      return row && toApplication(row)
    },

    async findByName(organizationId: OrganizationId, name: string, sql: Sql = storage.read): Promise<Application | undefined> {
      const row = await sql.one<Row>(`SELECT ${columns} FROM applications a WHERE a.organization_id = ? AND a.name_key = ?`, [organizationId, nameKey(name)])
      return row && toApplication(row)
    },

    async findByClientId(clientId: string, sql: Sql = storage.read): Promise<ApplicationWithSecrets | undefined> {
      const rows = await sql.all<Row & { secret_hash: string | null; secret_expires_at: number | null }>(
        `SELECT ${columns}, s.secret_hash, s.expires_at AS secret_expires_at FROM applications a LEFT JOIN application_secrets s ON s.application_id = a.id
         WHERE a.client_id = ? AND a.protocol = 'oidc'`, [clientId])
      const first = rows[0]
      if (!first) return undefined
      const now = clock.now()
      const secretHashes = rows.flatMap((row) => (row.secret_hash !== null && (row.secret_expires_at === null || row.secret_expires_at > now) ? [row.secret_hash] : []))
      return { application: toApplication(first), secretHashes }
    },

    /** Any organization's: an entity ID or `wtrealm` names one application of the whole installation. */
    async findByRealm(protocol: 'saml' | 'wsfed', realm: string): Promise<Application | undefined> {
      const row = await storage.read.one<Row>(`SELECT ${columns} FROM applications a WHERE a.client_id = ? AND a.protocol = ?`, [realm, protocol])
      return row && toApplication(row)
    },

    /** Any organization's and of any protocol: they share one space of names. */
    async findByAnyClientId(clientId: string, sql: Sql = storage.read): Promise<Application | undefined> {
      const row = await sql.one<Row>(`SELECT ${columns} FROM applications a WHERE a.client_id = ?`, [clientId])
      return row && toApplication(row)
    },

    /** Any organization's, for protocols that hold its id from a row of ours. */
    async byId(id: string, sql: Sql = storage.read): Promise<Application | undefined> {
      const row = await sql.one<Row>(`SELECT ${columns} FROM applications a WHERE a.id = ?`, [id])
      return row && toApplication(row)
    },

    /** Those of every organization whose metadata is read again from time to time. */
    async withMetadataAddress(): Promise<Application[]> {
      const rows = await storage.read.all<Row>(`SELECT ${columns} FROM applications a WHERE a.protocol = 'saml' ORDER BY a.id`)
      return rows.map(toApplication).filter(({ saml }) => saml?.metadataUrl != null)
    },

    async list(organizationId: OrganizationId, sql: Sql = storage.read): Promise<Application[]> {
      return (await sql.all<Row>(`SELECT ${columns} FROM applications a WHERE a.organization_id = ? ORDER BY a.name_key, a.id LIMIT 1000`, [organizationId])).map(toApplication)
    },

    /** @throws Conflict `name_taken`, `client_id_taken` */
    async create(tx: Transaction, organizationId: OrganizationId, application: NewApplication): Promise<ApplicationId> {
      const id = newId<ApplicationId>()
      await refuseTaken(tx, organizationId, application.name, id)
      const clientId = application.clientId ?? id
      if (await tx.one('SELECT id FROM applications WHERE client_id = ?', [clientId])) throw new Conflict('client_id_taken')
      const now = clock.now()
      await tx.run(
        `INSERT INTO applications (id, organization_id, protocol, client_id, name, name_key, description, launch_url, access, trusted, enabled, required_assurance, settings, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?)`,
        [id, organizationId, application.protocol, clientId, application.name, nameKey(application.name), application.description, application.launchUrl,
          application.access, application.trusted ? 1 : 0, application.requiredAssurance, JSON.stringify(application.oidc ?? application.saml ?? application.wsfed ?? {}), now, now])
      return id
    },

    /** @throws Conflict `name_taken` */
    async update(tx: Transaction, organizationId: OrganizationId, id: ApplicationId, changes: ApplicationChanges): Promise<boolean> {
      if (changes.name !== undefined) await refuseTaken(tx, organizationId, changes.name, id)
      const values: [string, SqlValue | undefined][] = [
        ['name', changes.name], ['name_key', changes.name === undefined ? undefined : nameKey(changes.name)], ['description', changes.description],
        ['launch_url', changes.launchUrl], ['access', changes.access], ['trusted', flag(changes.trusted)], ['enabled', flag(changes.enabled)],
        ['required_assurance', changes.requiredAssurance], ['settings', settingsText(changes)],
        ['icon', changes.icon === undefined ? undefined : changes.icon?.bytes.toString('base64') ?? null],
        ['icon_type', changes.icon === undefined ? undefined : changes.icon?.type ?? null],
      ]
      const given = values.filter((pair): pair is [string, SqlValue] => pair[1] !== undefined)
      return (await tx.run(`UPDATE applications SET ${[...given.map(([name]) => `${name} = ?`), 'updated_at = ?'].join(', ')} WHERE organization_id = ? AND id = ?`,
        [...given.map(([, value]) => value), clock.now(), organizationId, id])) === 1
    },

    /** A plain link becomes the application of a protocol that needs no settings here; name, picture and access stay. */
    async takeOverLink(tx: Transaction, organizationId: OrganizationId, id: ApplicationId, protocol: 'microsoft365'): Promise<boolean> {
      return (await tx.run(`UPDATE applications SET protocol = ?, updated_at = ? WHERE organization_id = ? AND id = ? AND protocol = 'link'`, [protocol, clock.now(), organizationId, id])) === 1
    },

    async remove(tx: Transaction, organizationId: OrganizationId, id: ApplicationId): Promise<boolean> {
      return (await tx.run('DELETE FROM applications WHERE organization_id = ? AND id = ?', [organizationId, id])) === 1
    },

    async secrets(organizationId: OrganizationId, id: ApplicationId): Promise<SecretView[]> {
      const rows = await storage.read.all<{ id: string; hint: string; created_at: number; expires_at: number | null }>(
        'SELECT id, hint, created_at, expires_at FROM application_secrets WHERE organization_id = ? AND application_id = ? ORDER BY created_at DESC, id', [organizationId, id])
      return rows.map((row) => ({ id: row.id, hint: row.hint, createdAt: row.created_at, expiresAt: row.expires_at }))
    },

    /**
     * A new secret, shown once. Older ones stop after `overlapHours`, so that the application can be changed over meanwhile.
     * @param given a secret from a file or the environment instead of a random one; the caller has checked its length
     */
    async addSecret(tx: Transaction, organizationId: OrganizationId, id: ApplicationId, options: { overlapHours: number; given?: string }): Promise<string> {
      const secret = options.given ?? newSecret()
      const now = clock.now()
      const until = now + options.overlapHours * 3_600_000
      await tx.run('DELETE FROM application_secrets WHERE organization_id = ? AND application_id = ? AND expires_at IS NOT NULL AND expires_at <= ?', [organizationId, id, now])
      await tx.run('UPDATE application_secrets SET expires_at = ? WHERE organization_id = ? AND application_id = ? AND (expires_at IS NULL OR expires_at > ?)', [until, organizationId, id, until])
      await tx.run('INSERT INTO application_secrets (id, organization_id, application_id, secret_hash, hint, created_at) VALUES (?, ?, ?, ?, ?, ?)',
        [newId(), organizationId, id, sha256(secret), `${secret.slice(0, 4)}…`, now])
      return secret
    },

    /** Whether this very secret is among the valid ones. */
    async hasSecret(sql: Sql, id: ApplicationId, secret: string): Promise<boolean> {
      return (await sql.one('SELECT id FROM application_secrets WHERE application_id = ? AND secret_hash = ? AND (expires_at IS NULL OR expires_at > ?)', [id, sha256(secret), clock.now()])) !== undefined
    },

    async removeSecret(tx: Transaction, organizationId: OrganizationId, id: ApplicationId, secretId: string): Promise<boolean> {
      return (await tx.run('DELETE FROM application_secrets WHERE organization_id = ? AND application_id = ? AND id = ?', [organizationId, id, secretId])) === 1
    },

    async icon(id: string): Promise<{ bytes: Buffer; type: string } | undefined> {
      const row = await storage.read.one<{ icon: string | null; icon_type: string | null }>('SELECT icon, icon_type FROM applications WHERE id = ?', [id])
      return row?.icon && row.icon_type ? { bytes: Buffer.from(row.icon, 'base64'), type: row.icon_type } : undefined
    },

    async byIds(ids: readonly string[]): Promise<Application[]> {
      if (ids.length === 0) return []
      return (await storage.read.all<Row>(`SELECT ${columns} FROM applications a WHERE a.id IN (${placeholders(ids.length)})`, ids)).map(toApplication)
    },
  }
}

async function refuseTaken(tx: Transaction, organizationId: OrganizationId, name: string, id: string): Promise<void> {
  if (await tx.one('SELECT id FROM applications WHERE organization_id = ? AND name_key = ? AND id <> ?', [organizationId, nameKey(name), id])) throw new Conflict('name_taken')
}

function settingsText({ oidc, saml, wsfed }: ApplicationChanges): string | undefined {
  const settings = saml ?? wsfed ?? oidc
  return settings === undefined ? undefined : JSON.stringify(settings ?? {})
}

const flag = (value: boolean | undefined): number | undefined => (value === undefined ? undefined : value ? 1 : 0)
const nameKey = (name: string): string => name.normalize('NFKC').toLocaleLowerCase('en')

const readSettings = { oidc: jsonColumn(parseOidcSettings), saml: jsonColumn(parseSamlSettings), wsfed: jsonColumn(parseWsFedSettings) }

export function toApplication(row: Row): Application {
  return {
    id: row.id, organizationId: row.organization_id, protocol: row.protocol, clientId: row.client_id, name: row.name, description: row.description,
    launchUrl: row.launch_url, hasIcon: row.icon_type !== null, access: row.access, trusted: row.trusted === 1, enabled: row.enabled === 1,
    requiredAssurance: row.required_assurance,
    oidc: row.protocol === 'oidc' ? readSettings.oidc(row.settings) : null,
    saml: row.protocol === 'saml' ? readSettings.saml(row.settings) : null,
    wsfed: row.protocol === 'wsfed' ? readSettings.wsfed(row.settings) : null,
    createdAt: row.created_at, updatedAt: row.updated_at,
  }
}
