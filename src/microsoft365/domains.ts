import { randomBytes } from 'node:crypto'
import type { Applications, RequiredAssurance } from '../applications/index.ts'
import { Conflict } from '../errors.ts'
import { jsonColumn, newId, placeholders, type ApplicationId, type Clock, type OrganizationId, type Sql, type Storage, type Transaction } from '../storage/index.ts'
import { hostsOf } from './clouds.ts'
import { domainOf, parseDomainSettings, parseRollover, rootsAbove, type DomainSettings, type FederatedDomain, type FederationProtocol, type ManagedDomain, type Rollover } from './domain.ts'
import { readUpn } from './identity.ts'
import { tileOf } from './tile.ts'

interface Row {
  id: string; organization_id: OrganizationId; application_id: ApplicationId; path_key: string; domain: string; protocol: FederationProtocol; enabled: number; settings: string; rollover: string
  created_at: number; updated_at: number; application_name: string | null; application_enabled: number | null; required_assurance: RequiredAssurance | null
}

const select = `SELECT d.id, d.organization_id, d.application_id, d.path_key, d.domain, d.protocol, d.enabled, d.settings, d.rollover, d.created_at, d.updated_at,
  a.name AS application_name, a.enabled AS application_enabled, a.required_assurance
  FROM entra_domains d LEFT JOIN applications a ON a.id = d.application_id AND a.organization_id = d.organization_id`

const readSettings = jsonColumn(parseDomainSettings)
const readRollover = jsonColumn(parseRollover)

export interface DomainChanges { readonly protocol?: FederationProtocol; readonly settings?: Partial<DomainSettings>; readonly enabled?: boolean }

export type Domains = ReturnType<typeof createDomains>

/** The domains that are, or shall be, federated with us. One issuer for each root (section 1.7). */
export function createDomains(needs: { storage: Storage; clock: Clock; publicUrl: string; applications: Applications }) {
  const { storage, clock, publicUrl } = needs
  const toDomain = (row: Row): ManagedDomain => {
    const settings = readSettings(row.settings)
    return {
      id: row.id, key: row.path_key, domain: row.domain, organizationId: row.organization_id, applicationId: row.application_id, applicationName: row.application_name ?? row.domain,
      protocol: row.protocol, issuer: `${publicUrl}/fed/${row.path_key}`, loginHost: hostsOf(settings).loginHost, enabled: row.enabled === 1 && row.application_enabled === 1,
      alwaysMfa: settings.alwaysMfa, wsTrust: settings.wsTrust, requestCertificates: settings.signedRequests ? settings.requestCertificates : [], requiredAssurance: row.required_assurance,
      settings, rollover: readRollover(row.rollover), switchedOn: row.enabled === 1, createdAt: row.created_at, updatedAt: row.updated_at,
    }
  }
  const one = async (sql: Sql, where: string, values: string[]): Promise<ManagedDomain | undefined> => {
    const row = await sql.one<Row>(`${select} WHERE ${where}`, values)
    return row && toDomain(row)
  }
  const find = (organizationId: OrganizationId, id: string, sql: Sql = storage.read) => one(sql, 'd.organization_id = ? AND d.id = ?', [organizationId, id])

  return {
    /** For a request to /fed/<key>/…; the caller refuses one that is not enabled. */
    findByKey: (key: string): Promise<FederatedDomain | undefined> => one(storage.read, 'd.path_key = ?', [key]),

    /**
     * @param upn or a bare domain name
     * @returns its longest root that is known here: of the organization whose person has this UPN, where somebody has, for another
     *   one may have named a subdomain that is not its own; else of any
     */
    async findByDomain(upn: string, sql: Sql = storage.read): Promise<FederatedDomain | undefined> {
      const roots = rootsAbove(domainOf(upn))
      if (roots.length === 0) return undefined
      const rows = await sql.all<Row>(`${select} WHERE d.domain IN (${placeholders(roots.length)})`, roots)
      const owner = new Set(rows.map(({ organization_id: id }) => id)).size < 2 ? undefined
        : await sql.one<{ organization_id: string }>('SELECT organization_id FROM entra_identities WHERE upn_key = ?', [readUpn(upn)?.key ?? ''])
      const own = rows.filter(({ organization_id: id }) => id === owner?.organization_id)
      const [longest] = (own.length > 0 ? own : rows).sort((a, b) => b.domain.length - a.domain.length)
      return longest && toDomain(longest)
    },

    find,

    /** By name, as an operator types it; nothing of another organization. */
    findByName: (organizationId: OrganizationId, domain: string) => one(storage.read, 'd.organization_id = ? AND d.domain = ?', [organizationId, domain]),

    async list(organizationId: OrganizationId, sql: Sql = storage.read): Promise<ManagedDomain[]> {
      return (await sql.all<Row>(`${select} WHERE d.organization_id = ? ORDER BY d.domain`, [organizationId])).map(toDomain)
    },

    /** For guard and autopilot: every domain that answers sign-ins. */
    async listEnabled(): Promise<ManagedDomain[]> {
      return (await storage.read.all<Row>(`${select} WHERE d.enabled = 1 ORDER BY d.domain`)).map(toDomain)
    },

    /**
     * Prepares a domain; nothing is federated by it.
     * @param domain as `readDomain` gives it
     * @throws Conflict `domain_taken` when it is here already, in whatever organization
     */
    async create(tx: Transaction, organizationId: OrganizationId, order: { domain: string; protocol: FederationProtocol; settings?: Partial<DomainSettings> }): Promise<ManagedDomain> {
      if (await tx.one('SELECT id FROM entra_domains WHERE domain = ?', [order.domain])) throw new Conflict('domain_taken')
      const applicationId = await tileOf(tx, needs.applications, organizationId)
      const id = newId()
      const now = clock.now()
      await tx.run(
        `INSERT INTO entra_domains (id, organization_id, application_id, path_key, domain, protocol, enabled, settings, rollover, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?, '{}', ?, ?)`,
        [id, organizationId, applicationId, randomBytes(10).toString('hex'), order.domain, order.protocol, JSON.stringify(parseDomainSettings(order.settings ?? {})), now, now])
      return required(await find(organizationId, id, tx))
    },

    async update(tx: Transaction, organizationId: OrganizationId, id: string, changes: DomainChanges): Promise<ManagedDomain | undefined> {
      const before = await find(organizationId, id, tx)
      if (!before) return undefined
      const settings = parseDomainSettings({ ...before.settings, ...changes.settings })
      // Its tile may have been deleted while it was off; without one it would answer nobody.
      const applicationId = changes.enabled === true && !(await needs.applications.find(organizationId, before.applicationId, tx)) ? await tileOf(tx, needs.applications, organizationId) : before.applicationId
      await tx.run('UPDATE entra_domains SET application_id = ?, protocol = ?, enabled = ?, settings = ?, updated_at = ? WHERE organization_id = ? AND id = ?',
        [applicationId, changes.protocol ?? before.protocol, (changes.enabled ?? before.switchedOn) ? 1 : 0, JSON.stringify(settings), clock.now(), organizationId, id])
      return required(await find(organizationId, id, tx))
    },

    /** What was learned from Entra; not an act of anybody, so `updatedAt` stays. */
    async note(tx: Transaction, organizationId: OrganizationId, id: string, changes: Partial<Rollover>): Promise<void> {
      const before = await find(organizationId, id, tx)
      if (!before) return
      await tx.run('UPDATE entra_domains SET rollover = ? WHERE organization_id = ? AND id = ?', [JSON.stringify(parseRollover({ ...before.rollover, ...changes })), organizationId, id])
    },

    /** Forgets a domain; its keys are the caller's to remove. */
    async remove(tx: Transaction, organizationId: OrganizationId, id: string): Promise<boolean> {
      await tx.run('DELETE FROM entra_operations WHERE organization_id = ? AND domain_id = ?', [organizationId, id])
      await tx.run('DELETE FROM entra_backups WHERE organization_id = ? AND domain_id = ?', [organizationId, id])
      return (await tx.run('DELETE FROM entra_domains WHERE organization_id = ? AND id = ?', [organizationId, id])) === 1
    },
  }
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a row that was just written is not there')
  return value
}
