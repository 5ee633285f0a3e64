import { createHash } from 'node:crypto'
import { json } from '../server.ts'
import type { Tenant, User } from '../tenant.ts'
import { badRequest, notFound, type GraphRoute } from './rules.ts'

/** Templates have the same id in every tenant. */
const templates: Readonly<Record<string, string>> = {
  'Global Administrator': '62e90394-69f5-4237-9190-012177145e10',
  'Hybrid Identity Administrator': '8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2',
  'Security Administrator': '194ae4cb-b126-40b2-bd5b-6091b380977d',
  'User Administrator': 'fe930be7-5e62-47db-91af-98c3a49a38b1',
}
const roleReading = { any: ['RoleManagement.Read.Directory', 'RoleManagement.Read.All', 'RoleManagement.ReadWrite.Directory', 'Directory.Read.All'] } as const
const policyReading = {
  any: ['Policy.Read.All', 'Policy.Read.ConditionalAccess', 'Policy.ReadWrite.ConditionalAccess'],
  roles: ['Security Reader', 'Security Administrator', 'Conditional Access Administrator', 'Global Reader'],
} as const

/** `/organization`, who holds which role, and the Conditional Access policies; all of it to read. */
export function directoryRoutes(): GraphRoute[] {
  return [
    {
      method: 'GET', path: '/organization', permission: { any: ['Organization.Read.All', 'Directory.Read.All', 'User.Read'] },
      answer: ({ tenant }) => json(200, { value: [{ id: tenant.id, displayName: tenant.displayName, tenantType: 'AAD' }] }),
    },
    {
      method: 'GET', path: '/directoryRoles', permission: roleReading,
      answer: ({ tenant }) => json(200, { value: rolesOf(tenant).map((name) => ({ id: roleId(tenant, name), displayName: name, roleTemplateId: templateOf(name) })) }),
    },
    {
      method: 'GET', path: '/directoryRoles/:role/members', permission: roleReading, answer: ({ tenant, parts }) => {
        const role = rolesOf(tenant).find((name) => roleId(tenant, name) === parts['role'])
        if (role === undefined) throw notFound(parts['role'] ?? '')
        return json(200, { value: holders(tenant, role).map(principal) })
      },
    },
    {
      method: 'GET', path: '/directoryRoles(roleTemplateId=:template)/members', permission: roleReading, answer: ({ tenant, parts }) => {
        const template = (parts['template'] ?? '').replaceAll("'", '')
        const role = rolesOf(tenant).find((name) => templateOf(name) === template)
        if (role === undefined) throw notFound(template)
        return json(200, { value: holders(tenant, role).map(principal) })
      },
    },
    {
      method: 'GET', path: '/roleManagement/directory/roleAssignments', permission: roleReading, answer: ({ ask, tenant }) => {
        const filter = ask.query.get('$filter')
        const wanted = filter === null ? undefined : /^roleDefinitionId eq '([0-9a-f-]+)'$/.exec(filter)?.[1]
        if (filter !== null && wanted === undefined) throw badRequest(`Unsupported or invalid query filter clause: ${filter}`)
        const assignments = rolesOf(tenant).filter((name) => wanted === undefined || templateOf(name) === wanted).flatMap((name) => holders(tenant, name).map((user) => ({
          id: idOf(tenant.id, name, user.id), principalId: user.id, roleDefinitionId: templateOf(name), directoryScopeId: '/', ...(ask.query.get('$expand') === 'principal' && { principal: principal(user) }),
        })))
        return json(200, { value: assignments })
      },
    },
    { method: 'GET', path: '/identity/conditionalAccess/policies', permission: policyReading, answer: ({ tenant }) => json(200, { value: tenant.conditionalAccess }) },
    {
      method: 'GET', path: '/identity/conditionalAccess/policies/:policy', permission: policyReading, answer: ({ tenant, parts }) => {
        const policy = tenant.conditionalAccess.find(({ id }) => id === parts['policy'])
        if (!policy) throw notFound(parts['policy'] ?? '')
        return json(200, policy)
      },
    },
  ]
}

function rolesOf(tenant: Tenant): string[] {
  return [...new Set(['Global Administrator', ...tenant.users.flatMap(({ directoryRoles }) => directoryRoles)])]
}

function holders(tenant: Tenant, role: string): User[] {
  return tenant.users.filter(({ directoryRoles }) => directoryRoles.includes(role))
}

function principal({ id, userPrincipalName, displayName, accountEnabled }: User): Record<string, unknown> {
  return { '@odata.type': '#microsoft.graph.user', id, userPrincipalName, displayName, accountEnabled }
}

function templateOf(role: string): string {
  return templates[role] ?? idOf('template', role)
}

function roleId(tenant: Tenant, role: string): string {
  return idOf(tenant.id, role)
}

/** The same id each time, in the shape of a GUID. */
function idOf(...parts: readonly string[]): string {
  const hash = createHash('sha256').update(parts.join('\n')).digest('hex')
  return [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)].join('-')
}
