import { newId, type Clock, type OrganizationId, type Sealer, type Storage, type UserId } from '../storage/index.ts'
import { hostsOf } from './clouds.ts'
import type { ManagedDomain } from './domain.ts'
import { createDeviceSignIn, createGraphSession, graphScopes, type DeviceCode, type GraphNeeds, type GraphSession } from './graph/index.ts'

export type ConnectionPurpose = 'read' | 'write'

/** An administrator's sign-in at Entra for one piece of work on one domain. */
export interface Connection {
  readonly id: string
  readonly purpose: ConnectionPurpose
  readonly userCode: string
  readonly verificationUri: string
  readonly connected: boolean
  readonly expiresAt: number
}

export type CheckOutcome = 'connected' | 'pending' | 'slow_down' | 'declined' | 'expired' | 'none' | { readonly refused: string }

interface Content { readonly purpose: ConnectionPurpose; /** Where it was begun: code and token go nowhere else. */ readonly place: string; readonly code: DeviceCode; readonly token: string | null; readonly askedAt: number }
interface Row { id: string; sealed: string; expires_at: number }

export type Connections = ReturnType<typeof createConnections>

const table = 'entra_operations'
/** However long a token would live: the right to change a tenant does not lie about for longer than a piece of work takes. */
const longestMilliseconds = 30 * 60_000

/**
 * Device-code sign-ins of the admin pages. Code and token are sealed, bound to the person and the domain, and gone when the work
 * is done, after half an hour at most; several nodes may serve one journey.
 */
export function createConnections(needs: GraphNeeds & { storage: Storage; clock: Clock; sealer: Sealer }) {
  const { storage, clock, sealer } = needs
  const device = createDeviceSignIn(needs)
  const placeOf = ({ settings }: ManagedDomain): string => { const { loginHost, graphHost } = hostsOf(settings); return JSON.stringify([loginHost, graphHost, settings.tenantId, settings.clientId]) }
  const seal = (id: string, content: Content): string => sealer.seal(JSON.stringify(content), { table, column: 'sealed', row: id })

  const load = async (domain: ManagedDomain, userId: UserId): Promise<{ row: Row; content: Content } | undefined> => {
    const row = await storage.read.one<Row>(`SELECT id, sealed, expires_at FROM ${table} WHERE organization_id = ? AND user_id = ? AND domain_id = ? AND expires_at > ? ORDER BY created_at DESC, id LIMIT 1`,
      [domain.organizationId, userId, domain.id, clock.now()])
    if (!row) return undefined
    const content = JSON.parse(sealer.open(row.sealed, { table, column: 'sealed', row: row.id })) as Content
    // Whoever may change the settings of the domain could lead the token of a colleague to a host of their own.
    return content.place === placeOf(domain) ? { row, content } : undefined
  }
  const end = (organizationId: OrganizationId, userId: UserId, domainId: string) => storage.execute(`DELETE FROM ${table} WHERE organization_id = ? AND user_id = ? AND domain_id = ?`, [organizationId, userId, domainId])

  return {
    /** @throws GraphRefused when Entra gives no code */
    async begin(domain: ManagedDomain, userId: UserId, purpose: ConnectionPurpose): Promise<void> {
      const hosts = hostsOf(domain.settings)
      const code = await device.begin({ ...hosts, ...domain.settings, loginHost: hosts.loginHost }, graphScopes(hosts.graphHost, purpose))
      const id = newId()
      const now = clock.now()
      await storage.write(async (tx) => {
        await tx.run(`DELETE FROM ${table} WHERE organization_id = ? AND user_id = ? AND domain_id = ?`, [domain.organizationId, userId, domain.id])
        await tx.run(`INSERT INTO ${table} (id, organization_id, user_id, domain_id, sealed, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
          [id, domain.organizationId, userId, domain.id, seal(id, { purpose, place: placeOf(domain), code, token: null, askedAt: now }), now, code.expiresAt])
      })
    },

    async find(domain: ManagedDomain, userId: UserId): Promise<Connection | undefined> {
      const found = await load(domain, userId)
      if (!found) return undefined
      const { row, content } = found
      return { id: row.id, purpose: content.purpose, userCode: content.code.userCode, verificationUri: content.code.verificationUri, connected: content.token !== null, expiresAt: row.expires_at }
    },

    /** Asks Entra once whether the person has signed in, not more often than Entra allows. @throws GraphRefused */
    async check(domain: ManagedDomain, userId: UserId): Promise<CheckOutcome> {
      const found = await load(domain, userId)
      if (!found) return 'none'
      const { row, content } = found
      if (content.token !== null) return 'connected'
      const now = clock.now()
      if (now - content.askedAt < content.code.intervalSeconds * 1_000) return 'slow_down'
      const hosts = hostsOf(domain.settings)
      const answer = await device.ask({ ...domain.settings, loginHost: hosts.loginHost }, content.code.deviceCode)
      switch (answer.outcome) {
        case 'signed_in':
          await storage.execute(`UPDATE ${table} SET sealed = ?, expires_at = ? WHERE id = ?`,
            [seal(row.id, { ...content, token: answer.token.token, askedAt: now }), Math.min(answer.token.expiresAt, now + longestMilliseconds), row.id])
          return 'connected'
        case 'pending': case 'slow_down':
          await storage.execute(`UPDATE ${table} SET sealed = ? WHERE id = ?`, [seal(row.id, { ...content, askedAt: now }), row.id])
          return answer.outcome
        case 'declined': case 'expired':
          await end(domain.organizationId, userId, domain.id)
          return answer.outcome
        case 'refused': return { refused: answer.message }
      }
    },

    async session(domain: ManagedDomain, userId: UserId): Promise<GraphSession | undefined> {
      const found = await load(domain, userId)
      return found?.content.token == null ? undefined : createGraphSession(needs, hostsOf(domain.settings).graphHost, found.content.token)
    },

    async end(domain: ManagedDomain, userId: UserId): Promise<void> { await end(domain.organizationId, userId, domain.id) },
  }
}
