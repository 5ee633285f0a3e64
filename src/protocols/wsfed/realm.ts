import { parseWsFedSettings, type Application, type RequiredAssurance, type WsFedSettings } from '../../applications/index.ts'
import type { KeyPurpose } from '../../keys/index.ts'
import type { ApplicationId, OrganizationId } from '../../storage/index.ts'
import { microsoftRealm, type FederatedDomain } from '../exchange/index.ts'

/** An application over WS-Federation, or a federated Microsoft 365 domain: what this room needs to know of either. */
export interface Realm {
  readonly application: { readonly id: ApplicationId; readonly organizationId: OrganizationId; readonly name: string }
  /** Its `wtrealm`, and the audience of its tokens. */
  readonly name: string
  readonly issuer: string
  readonly keyPurpose: KeyPurpose
  readonly settings: WsFedSettings
  readonly requiredAssurance: RequiredAssurance | null
  readonly microsoft: FederatedDomain | null
}

export type RealmReference = { readonly realm: string } | { readonly domainKey: string }

export const issuerOf = (publicUrl: string): string => `${publicUrl}/wsfed`

export function ofApplication(application: Application, publicUrl: string): Realm | undefined {
  if (!application.wsfed || !application.enabled) return undefined
  return {
    application: { id: application.id, organizationId: application.organizationId, name: application.name }, name: application.clientId, issuer: issuerOf(publicUrl), keyPurpose: 'wsfed',
    settings: application.wsfed, requiredAssurance: application.requiredAssurance, microsoft: null,
  }
}

/** The relying party is a constant, so nothing of it can be set wrongly (microsoft365 §0.1, W-3). */
export function ofDomain(domain: FederatedDomain): Realm | undefined {
  if (domain.protocol !== 'wsfed' || !domain.enabled) return undefined
  const endpoint = `${domain.loginHost}/login.srf`
  return {
    application: { id: domain.applicationId, organizationId: domain.organizationId, name: domain.applicationName }, name: microsoftRealm, issuer: domain.issuer, keyPurpose: `microsoft365 ${domain.id}`,
    settings: parseWsFedSettings({
      replyUrls: [endpoint], signOutUrl: `${endpoint}?wa=wsignoutcleanup1.0`, nameIdFormat: 'unspecified', nameIdExpression: 'immutable_id', tokenMinutes: 60,
      attributes: [
        { name: 'http://schemas.xmlsoap.org/claims/UPN', expression: 'upn' },
        { name: 'http://schemas.microsoft.com/LiveID/Federation/2008/05/ImmutableID', expression: 'immutable_id' },
      ],
    }),
    requiredAssurance: domain.requiredAssurance, microsoft: domain,
  }
}

export function referenceOf({ name, microsoft }: Realm): RealmReference {
  return microsoft ? { domainKey: microsoft.key } : { realm: name }
}
