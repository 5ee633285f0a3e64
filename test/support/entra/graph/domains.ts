import { json } from '../server.ts'
import type { Domain, Tenant } from '../tenant.ts'
import type { World } from '../world.ts'
import { badRequest, bodyOf, GraphRefusal, notFound, rules, type GraphRoute } from './rules.ts'

/** Delegated callers need one of these for anything about federation. */
export const federationRoles = ['Domain Name Administrator', 'External Identity Provider Administrator', 'Hybrid Identity Administrator', 'Security Administrator'] as const

const reading = { any: ['Domain.Read.All', 'Domain.ReadWrite.All', 'Directory.Read.All'] } as const

/** `/domains`, without creation and verification. */
export function domainRoutes(world: World): GraphRoute[] {
  const { directory } = world
  return [
    {
      method: 'GET', path: '/domains', permission: reading,
      answer: ({ tenant }) => json(200, { '@odata.context': `${world.urls.graph}/v1.0/$metadata#domains`, value: directory.domains.filter(({ tenantId }) => tenantId === tenant.id).map(shown) }),
    },
    {
      method: 'GET', path: '/domains/:domain', permission: reading,
      answer: ({ tenant, parts }) => json(200, { '@odata.context': `${world.urls.graph}/v1.0/$metadata#domains/$entity`, ...shown(domainOf(world, tenant, parts['domain'])) }),
    },
    {
      method: 'PATCH', path: '/domains/:domain', permission: { any: ['Domain.ReadWrite.All'], all: ['Domain-InternalFederation.ReadWrite.All'], roles: federationRoles }, answer: ({ ask, tenant, parts }) => {
        const domain = domainOf(world, tenant, parts['domain'])
        const { authenticationType } = bodyOf(ask, 'Domain', { authenticationType: rules.oneOf('Managed', 'Federated') })
        if (domain.isStuck) throw new GraphRefusal(500, 'Service_InternalServerError', 'Encountered an internal server error.')
        if (authenticationType === 'Federated' && domain.authenticationType === 'Managed') throw badRequest('Changing authenticationType from Managed to Federated is currently not supported.')
        if (authenticationType === 'Managed') {
          if (!domain.isRoot) throw badRequest('The authentication type of a subdomain follows its root domain.')
          setAuthentication(world, domain, 'Managed')
        }
        return { status: 204 }
      },
    },
    {
      method: 'POST', path: '/domains/:domain/promote', permission: { any: ['Domain.ReadWrite.All'], roles: federationRoles }, answer: ({ tenant, parts }) => {
        const domain = domainOf(world, tenant, parts['domain'])
        if (domain.isRoot) throw badRequest(`Domain ${domain.name} is a root domain already.`)
        const parent = directory.ruling(domain)
        if (parent === domain || !parent.isVerified) throw badRequest('The parent domain is not verified.')
        if (tenant.users.some(({ userPrincipalName }) => directory.domainOfUpn(userPrincipalName) === domain)) throw badRequest(`Domain ${domain.name} is referenced by users.`)
        domain.isRoot = true
        domain.authenticationType = 'Managed'
        return json(200, { value: true })
      },
    },
  ]
}

export function domainOf({ directory }: World, tenant: Tenant, name = ''): Domain {
  const domain = directory.findDomain(name)
  if (domain?.tenantId !== tenant.id) throw notFound(name)
  return domain
}

/** Of a root and of all that inherit from it. */
export function setAuthentication({ directory }: World, root: Domain, type: Domain['authenticationType']): void {
  for (const domain of directory.ruledBy(root)) domain.authenticationType = type
}

function shown({ name, isVerified, isDefault, isInitial, isRoot, authenticationType }: Domain): Record<string, unknown> {
  return { id: name, authenticationType, isAdminManaged: true, isDefault, isInitial, isRoot, isVerified, supportedServices: [] }
}
