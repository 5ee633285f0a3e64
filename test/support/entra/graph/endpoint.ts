import { randomUUID } from 'node:crypto'
import { json, type Answer, type Ask, type Route } from '../server.ts'
import type { AccessTokens, Bearer } from '../tokens/access-token.ts'
import type { World } from '../world.ts'
import { directoryRoutes } from './directory.ts'
import { domainRoutes } from './domains.ts'
import { federationRoutes } from './federation.ts'
import { authenticationMethodRoutes } from './methods.ts'
import { passkeyRoutes } from './passkeys.ts'
import { GraphRefusal, type GraphRoute, type Permission } from './rules.ts'
import { userRoutes } from './users.ts'

/** Bad days of Graph that a test can have on purpose. */
export interface Switches {
  /** A federation without signing certificate is answered with 500, and the domain is left federated but unmanageable (3.2). */
  stuckAfterMissingCertificate: boolean
  /** So many of the next requests are answered with 429 and Retry-After. */
  throttleNext: number
  /** How long the 429 asks to wait. */
  throttleSeconds: number
  /** So many of the next requests that do something happen and are answered with 503 all the same. */
  loseNextAnswers: number
}

/** Microsoft Graph v1.0, as much as setting up a federation needs. */
export function graphRoutes(world: World, tokens: AccessTokens, switches: Switches): Route[] {
  const routes: GraphRoute[] = [...domainRoutes(world), ...federationRoutes(world, switches), ...userRoutes(world), ...directoryRoutes(), ...passkeyRoutes(world), ...authenticationMethodRoutes()]
  return routes.map((route): Route => ({
    face: 'graph', method: route.method, path: `/v1.0${route.path}`, answer: async (ask) => {
      try {
        if (switches.throttleNext > 0) {
          switches.throttleNext--
          return failed(ask, new GraphRefusal(429, 'TooManyRequests', 'Too many requests.'), { 'retry-after': String(switches.throttleSeconds) })
        }
        const bearer = await tokens.read(/^Bearer (.+)$/.exec(ask.headers['authorization'] ?? '')?.[1] ?? '')
        const tenant = bearer && world.directory.findTenant(bearer.tenantId)
        if (!tenant) throw new GraphRefusal(401, 'InvalidAuthenticationToken', 'Access token validation failure.')
        refuseRights(bearer, route.permission)
        const answer = await route.answer({ ask, tenant, parts: ask.parts, user: bearer.kind === 'user' ? world.directory.findUser(tenant, bearer.userId) : undefined })
        if (route.method !== 'GET' && switches.loseNextAnswers > 0) {
          switches.loseNextAnswers--
          return failed(ask, new GraphRefusal(503, 'ServiceUnavailable', 'The service is unavailable.'))
        }
        return answer
      } catch (error) {
        if (error instanceof GraphRefusal) return failed(ask, error)
        throw error
      }
    },
  }))

  function failed({ headers }: Ask, { status, code, message }: GraphRefusal, more: Readonly<Record<string, string>> = {}): Answer {
    const requestId = randomUUID()
    const innerError = { date: new Date(world.now()).toISOString().slice(0, 19), 'request-id': requestId, 'client-request-id': headers['client-request-id'] ?? requestId }
    return json(status, { error: { code, message, innerError } }, more)
  }
}

export function refuseRights(bearer: Bearer, { any, all = [], roles }: Permission): void {
  const has = (permission: string): boolean => bearer.permissions.includes(permission)
  const mayAsUser = bearer.kind === 'application' || roles === undefined || [...roles, 'Global Administrator'].some((role) => bearer.roles.includes(role))
  if (!any.some(has) || !all.every(has) || !mayAsUser) throw new GraphRefusal(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.')
}
