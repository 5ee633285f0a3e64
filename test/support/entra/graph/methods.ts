import { randomUUID } from 'node:crypto'
import { refuseDiscoveryUrl } from '../external-mfa/provider.ts'
import { json } from '../server.ts'
import type { ExternalMethod, Tenant, User } from '../tenant.ts'
import { badRequest, bodyOf, GraphRefusal, notFound, rules, type Call, type GraphRoute } from './rules.ts'

const type = '#microsoft.graph.externalAuthenticationMethodConfiguration'
const policyPath = '/policies/authenticationMethodsPolicy/authenticationMethodConfigurations'
const policyReading = { any: ['Policy.Read.All', 'Policy.Read.AuthenticationMethod', 'Policy.ReadWrite.AuthenticationMethod'], roles: ['Authentication Policy Administrator', 'Global Reader'] } as const
const policyWriting = { any: ['Policy.ReadWrite.AuthenticationMethod'], roles: ['Authentication Policy Administrator'] } as const
const methodRoles = ['Authentication Administrator', 'Privileged Authentication Administrator'] as const
const methodReading = { any: ['UserAuthenticationMethod.Read.All', 'UserAuthenticationMethod.ReadWrite.All'], roles: methodRoles } as const
const methodWriting = { any: ['UserAuthenticationMethod.ReadWrite.All'], roles: methodRoles } as const

const isConnection = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false
  const { clientId, discoveryUrl, ...more } = value as Record<string, unknown>
  return rules.text(clientId) && typeof discoveryUrl === 'string' && refuseDiscoveryUrl(discoveryUrl) === undefined && Object.keys(more).every((name) => name === '@odata.type')
}
const isTargets = (value: unknown): boolean => Array.isArray(value) && value.every((target: unknown) => rules.text((target as { id?: unknown }).id) && rules.oneOf('group')((target as { targetType?: unknown }).targetType))
const changeable = { '@odata.type': rules.oneOf(type), state: rules.oneOf('enabled', 'disabled'), appId: rules.text, openIdConnectSetting: isConnection, includeTargets: isTargets, excludeTargets: Array.isArray } as const

/** External MFA in the policy of the tenant, and the users' registrations for it. */
export function authenticationMethodRoutes(): GraphRoute[] {
  const methodOf = ({ tenant, parts }: Call): ExternalMethod => {
    const method = tenant.externalMethods.find(({ id }) => id === parts['id'])
    if (!method) throw notFound(parts['id'] ?? '')
    return method
  }
  return [
    { method: 'GET', path: policyPath, permission: policyReading, answer: ({ tenant }) => json(200, { value: tenant.externalMethods.map(shown) }) },
    { method: 'GET', path: `${policyPath}/:id`, permission: policyReading, answer: (call) => json(200, shown(methodOf(call))) },
    {
      method: 'POST', path: policyPath, permission: policyWriting, answer: ({ ask, tenant }) => {
        const body = bodyOf(ask, 'externalAuthenticationMethodConfiguration', { ...changeable, displayName: rules.text })
        for (const name of ['@odata.type', 'displayName', 'appId', 'openIdConnectSetting']) if (body[name] === undefined) throw badRequest(`A value is required for property '${name}'.`)
        const { displayName, state = 'disabled', appId, openIdConnectSetting, includeTargets = [{ targetType: 'group', id: 'all_users' }] } = body as unknown as Omit<ExternalMethod, 'id'>
        if (tenant.externalMethods.some((other) => other.displayName === displayName)) throw badRequest(`The displayName '${displayName}' is in use.`)
        const method: ExternalMethod = { id: randomUUID(), displayName, state, appId, openIdConnectSetting, includeTargets }
        tenant.externalMethods.push(method)
        return json(201, shown(method))
      },
    },
    {
      // The name that users see cannot be changed later, so it is an unknown property here.
      method: 'PATCH', path: `${policyPath}/:id`, permission: policyWriting, answer: (call) => {
        const method = methodOf(call)
        const { '@odata.type': _type, ...changes } = bodyOf(call.ask, 'externalAuthenticationMethodConfiguration', changeable)
        Object.assign(method, changes)
        return { status: 204 }
      },
    },
    {
      method: 'DELETE', path: `${policyPath}/:id`, permission: policyWriting, answer: (call) => {
        call.tenant.externalMethods.splice(call.tenant.externalMethods.indexOf(methodOf(call)), 1)
        return { status: 204 }
      },
    },
    { method: 'GET', path: '/users/:user/authentication/externalAuthenticationMethods', permission: methodReading, answer: ({ tenant, parts }) => json(200, { value: userOf(tenant, parts['user']).externalMethods }) },
    {
      method: 'POST', path: '/users/:user/authentication/externalAuthenticationMethods', permission: methodWriting, answer: ({ ask, tenant, parts, user: caller }) => {
        const user = userOf(tenant, parts['user'])
        if (caller === user) throw new GraphRefusal(403, 'Authorization_RequestDenied', 'This is not for self-service.')
        const body = bodyOf(ask, 'externalAuthenticationMethod', { '@odata.type': rules.text, configurationId: rules.text, displayName: rules.text })
        const { configurationId, displayName } = body as { configurationId?: string; displayName?: string }
        if (configurationId === undefined || displayName === undefined) throw badRequest('configurationId and displayName are required.')
        if (!tenant.externalMethods.some(({ id }) => id === configurationId)) throw badRequest(`There is no configuration '${configurationId}'.`)
        if (user.externalMethods.some((other) => other.configurationId === configurationId)) throw badRequest('The user is registered for this method already.')
        const method = { id: randomUUID(), configurationId, displayName }
        user.externalMethods.push(method)
        return json(201, method)
      },
    },
    {
      method: 'DELETE', path: '/users/:user/authentication/externalAuthenticationMethods/:id', permission: methodWriting, answer: ({ tenant, parts }) => {
        const user = userOf(tenant, parts['user'])
        const at = user.externalMethods.findIndex(({ id }) => id === parts['id'])
        if (at === -1) throw notFound(parts['id'] ?? '')
        user.externalMethods.splice(at, 1)
        return { status: 204 }
      },
    },
  ]
}

function userOf(tenant: Tenant, idOrUpn = ''): User {
  const user = tenant.users.find(({ id, userPrincipalName }) => id === idOrUpn || userPrincipalName.toLowerCase() === idOrUpn.toLowerCase())
  if (!user) throw notFound(idOrUpn)
  return user
}

function shown(method: ExternalMethod): Record<string, unknown> {
  return { '@odata.type': type, excludeTargets: [], ...method }
}
