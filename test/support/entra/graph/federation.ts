import { randomUUID } from 'node:crypto'
import { json } from '../server.ts'
import type { Domain, Federation } from '../tenant.ts'
import type { World } from '../world.ts'
import { domainOf, federationRoles, setAuthentication } from './domains.ts'
import type { Switches } from './endpoint.ts'
import { badRequest, bodyOf, GraphRefusal, notFound, rules, type Call, type GraphRoute } from './rules.ts'

const type = '#microsoft.graph.internalDomainFederation'
const optionalUrl = (value: unknown): boolean => value === null || rules.httpsUrl(value)

/** 3.2: the properties of internalDomainFederation that may be written. */
const writable = {
  '@odata.type': rules.oneOf(type),
  displayName: rules.text,
  issuerUri: (value: unknown): boolean => typeof value === 'string' && /^[a-z][a-z0-9+.-]*:\S+$/i.test(value) && URL.canParse(value),
  metadataExchangeUri: optionalUrl,
  signingCertificate: rules.certificate,
  nextSigningCertificate: (value: unknown): boolean => value === null || rules.certificate(value),
  passiveSignInUri: rules.httpsUrl,
  activeSignInUri: optionalUrl,
  signOutUri: optionalUrl,
  passwordResetUri: optionalUrl,
  preferredAuthenticationProtocol: rules.oneOf('wsFed', 'saml'),
  promptLoginBehavior: rules.oneOf('translateToFreshPasswordAuthentication', 'nativeSupport', 'disabled'),
  isSignedAuthenticationRequestRequired: rules.yesNo,
  federatedIdpMfaBehavior: rules.oneOf('acceptIfMfaDoneByFederatedIdp', 'enforceMfaByFederatedIdp', 'rejectMfaByFederatedIdp'),
} as const

const reading = { any: ['Domain-InternalFederation.Read.All', 'Domain-InternalFederation.ReadWrite.All', 'Domain.Read.All', 'Domain.ReadWrite.All'], roles: [...federationRoles, 'Global Reader'] } as const
const writing = { any: ['Domain-InternalFederation.ReadWrite.All', 'Domain.ReadWrite.All'], roles: federationRoles } as const

/** `/domains/{domain}/federationConfiguration`. */
export function federationRoutes(world: World, switches: Switches): GraphRoute[] {
  const context = (domain: Domain): string => `${world.urls.graph}/v1.0/$metadata#domains('${domain.name}')/federationConfiguration`

  const create = ({ ask, tenant, parts }: Call): Federation => {
    const domain = domainOf(world, tenant, parts['domain'])
    const body = bodyOf(ask, 'InternalDomainFederation', writable)
    if (!domain.isVerified) throw badRequest(`Domain ${domain.name} is not verified.`)
    if (domain.isInitial) throw badRequest('An onmicrosoft.com domain cannot be federated.')
    if (domain.isDefault) throw badRequest('The default domain cannot be federated.')
    if (!domain.isRoot) throw badRequest('A subdomain has the federation of its root domain; promote it first.')
    if (domain.federation || domain.isStuck) throw badRequest('Domain already has Federation Configuration set')
    if (body['@odata.type'] === undefined) throw badRequest('The type of the resource is missing: @odata.type.')
    if (body['federatedIdpMfaBehavior'] === undefined) throw badRequest('FederatedIdpMfaBehavior cannot be empty')
    for (const name of ['issuerUri', 'passiveSignInUri', 'preferredAuthenticationProtocol']) if (body[name] === undefined) throw badRequest(`Invalid value specified for property '${name}' of resource 'InternalDomainFederation'.`)
    refuseTakenIssuer(body['issuerUri'], domain)
    if (body['signingCertificate'] === undefined) {
      if (!switches.stuckAfterMissingCertificate) throw badRequest("Invalid value specified for property 'signingCertificate' of resource 'InternalDomainFederation'.")
      domain.isStuck = true
      domain.authenticationType = 'Federated'
      throw new GraphRefusal(500, 'Service_InternalServerError', 'Encountered an internal server error.')
    }
    const federation = { id: randomUUID(), ...propertiesOf(body) } as Federation
    domain.federation = federation
    setAuthentication(world, domain, 'Federated')
    return federation
  }

  function refuseTakenIssuer(issuer: unknown, domain: Domain): void {
    if (issuer === undefined) return
    const other = world.directory.domains.find((candidate) => candidate !== domain && candidate.federation?.issuerUri === issuer)
    if (other) throw new GraphRefusal(409, 'Request_MultipleObjectsWithSameKeyValue', 'Domain with the same issuerUri already exists.')
  }

  /** The configuration named in the path; a subdomain shows the one of its root but does not own it. */
  function ownOf({ tenant, parts }: Call): { domain: Domain; federation: Federation } {
    const domain = domainOf(world, tenant, parts['domain'])
    const { federation } = domain
    if (!federation || federation.id !== parts['id']) throw notFound(parts['id'] ?? '')
    return { domain, federation }
  }

  return [
    {
      method: 'GET', path: '/domains/:domain/federationConfiguration', permission: reading, answer: ({ tenant, parts }) => {
        const domain = domainOf(world, tenant, parts['domain'])
        const { federation } = world.directory.ruling(domain)
        return json(200, { '@odata.context': context(domain), value: federation ? [shown(federation)] : [] })
      },
    },
    {
      method: 'GET', path: '/domains/:domain/federationConfiguration/:id', permission: reading, answer: ({ tenant, parts }) => {
        const domain = domainOf(world, tenant, parts['domain'])
        const { federation } = world.directory.ruling(domain)
        if (!federation || federation.id !== parts['id']) throw notFound(parts['id'] ?? '')
        return json(200, { '@odata.context': `${context(domain)}/$entity`, ...shown(federation) })
      },
    },
    { method: 'POST', path: '/domains/:domain/federationConfiguration', permission: writing, answer: (call) => json(201, shown(create(call))) },
    {
      method: 'PATCH', path: '/domains/:domain/federationConfiguration/:id', permission: writing, answer: (call) => {
        const { domain, federation } = ownOf(call)
        const body = bodyOf(call.ask, 'InternalDomainFederation', writable)
        refuseTakenIssuer(body['issuerUri'], domain)
        Object.assign(federation, propertiesOf(body))
        return json(200, shown(federation))
      },
    },
    {
      method: 'DELETE', path: '/domains/:domain/federationConfiguration/:id', permission: writing, answer: (call) => {
        const { domain } = ownOf(call)
        delete domain.federation
        setAuthentication(world, domain, 'Managed')
        return { status: 204 }
      },
    },
  ]
}

function propertiesOf(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== '@odata.type'))
}

function shown(federation: Federation): Record<string, unknown> {
  const nothing = Object.fromEntries(Object.keys(writable).filter((name) => name !== '@odata.type').map((name) => [name, null]))
  return { '@odata.type': type, ...nothing, isSignedAuthenticationRequestRequired: false, signingCertificateUpdateStatus: null, ...federation }
}
