import type { FederatedDomain, FederationProtocol } from '../../src/microsoft365/index.ts'
import type { Person, TestApp } from './app.ts'
import type { Entra, Federation, Tenant, User } from './entra/index.ts'
import { federate } from './federated-domain.ts'

export interface EntraFederation {
  readonly domain: FederatedDomain
  readonly tenant: Tenant
  /** What this Entra believes of the domain; change it here to change its mind. */
  readonly federation: Federation
  readonly user: User
  readonly upn: string
}

/** A domain with one person in it, federated on both sides as after the set-up. */
export async function federateWithEntra({ foundation, app, organization, url }: TestApp, entra: Entra, order: { domain: string; protocol: FederationProtocol; person: Person }): Promise<EntraFederation> {
  const { domain: name, protocol, person } = order
  const domain = await federate({ foundation, organization } as TestApp, {
    domain: name, protocol, settings: { cloud: 'custom', loginHost: entra.urls.login, graphHost: entra.urls.graph, requestCertificates: entra.nexus.certificates.map(({ der }) => der) },
  })
  const upn = `${person.user.email.split('@')[0] ?? ''}@${name}`
  await foundation.storage.write((tx) => foundation.identities.set(tx, person.user.organizationId, person.user.id, { upn, source: 'minted' as never }))
  const { signer } = await app.parts.keys.certificates(`microsoft365 ${domain.id}`)
  const tenant = entra.addTenant()
  const base = `${url}/fed/${domain.key}`
  const federation: Federation = {
    id: 'f', issuerUri: domain.issuer, signingCertificate: signer.certificate, preferredAuthenticationProtocol: protocol === 'saml' ? 'saml' : 'wsFed',
    passiveSignInUri: protocol === 'saml' ? `${base}/saml/sso` : `${base}/wsfed`, signOutUri: protocol === 'saml' ? `${base}/saml/slo` : `${base}/wsfed?wa=wsignout1.0`,
  }
  entra.addDomain(tenant, name).federation = federation
  const added = entra.findDomain(name)
  if (added) added.authenticationType = 'Federated'
  const user = entra.addUser(tenant, upn, { onPremisesImmutableId: (await foundation.identities.of(person.user.id))?.immutableId ?? '' })
  return { domain, tenant, federation, user, upn }
}
