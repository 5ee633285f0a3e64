import type { Application, RequiredAssurance, SamlSettings } from '../../applications/index.ts'
import { parseSamlSettings } from '../../applications/index.ts'
import type { KeyPurpose } from '../../keys/index.ts'
import type { ApplicationId, OrganizationId } from '../../storage/index.ts'
import { microsoftRealm, type FederatedDomain } from '../exchange/index.ts'

/** An application over SAML, or a federated Microsoft 365 domain: what this room needs to know of either. */
export interface ServiceProvider {
  readonly application: { readonly id: ApplicationId; readonly organizationId: OrganizationId; readonly name: string }
  readonly entityId: string
  /** Our entity ID towards it. */
  readonly issuer: string
  readonly keyPurpose: KeyPurpose
  /** Where it sends its messages; what a message names as its destination must be one of these. */
  readonly paths: { readonly sso: string; readonly slo: string }
  readonly settings: SamlSettings
  readonly requiredAssurance: RequiredAssurance | null
  readonly microsoft: FederatedDomain | null
}

/** Names a service provider in what waits; its settings are read anew for the answer. */
export type ProviderReference = { readonly entityId: string } | { readonly domainKey: string }

export const entityIdOf = (publicUrl: string): string => `${publicUrl}/saml/metadata`

export function ofApplication(application: Application, publicUrl: string): ServiceProvider | undefined {
  if (!application.saml || !application.enabled) return undefined
  return {
    application: { id: application.id, organizationId: application.organizationId, name: application.name }, entityId: application.clientId, issuer: entityIdOf(publicUrl),
    keyPurpose: 'saml', paths: { sso: '/saml/sso', slo: '/saml/slo' }, settings: application.saml, requiredAssurance: application.requiredAssurance, microsoft: null,
  }
}

/** The relying party is a constant (its metadata names nothing else), so nothing of it can be set wrongly. */
export function ofDomain(domain: FederatedDomain): ServiceProvider | undefined {
  if (domain.protocol !== 'saml' || !domain.enabled) return undefined
  const endpoint = `${domain.loginHost}/login.srf`
  return {
    application: { id: domain.applicationId, organizationId: domain.organizationId, name: domain.applicationName }, entityId: microsoftRealm, issuer: domain.issuer,
    keyPurpose: `microsoft365 ${domain.id}`, paths: { sso: `/fed/${domain.key}/saml/sso`, slo: `/fed/${domain.key}/saml/slo` },
    settings: parseSamlSettings({
      acs: [{ url: endpoint, index: 0, isDefault: true }], slo: [{ binding: 'post', url: endpoint }], signingCertificates: [...domain.requestCertificates],
      // Entra may still sign its requests with SHA-1; nothing of ours is.
      allowSha1: true,
      nameIdFormat: 'persistent', nameIdExpression: 'immutable_id', attributes: [{ name: 'IDPEmail', expression: 'upn' }],
    }),
    requiredAssurance: domain.requiredAssurance, microsoft: domain,
  }
}

export function referenceOf({ entityId, microsoft }: ServiceProvider): ProviderReference {
  return microsoft ? { domainKey: microsoft.key } : { entityId }
}
