import type { RequiredAssurance } from '../../applications/index.ts'
import type { ApplicationId, OrganizationId, UserId } from '../../storage/index.ts'

/** A Microsoft 365 domain that is federated with us, as the protocols need it; the microsoft365 room keeps them. */
export interface FederatedDomain {
  readonly id: string
  /** Random; stands in `/fed/<key>/…`. */
  readonly key: string
  readonly domain: string
  readonly organizationId: OrganizationId
  readonly applicationId: ApplicationId
  readonly applicationName: string
  readonly protocol: 'saml' | 'wsfed'
  /** One for each domain: Entra finds the sender by it, in the whole world. */
  readonly issuer: string
  /** Of the Entra cloud, e.g. `https://login.microsoftonline.com`. */
  readonly loginHost: string
  readonly enabled: boolean
  readonly alwaysMfa: boolean
  readonly wsTrust: boolean
  /** base64 DER, for requests that Entra signs. */
  readonly requestCertificates: readonly string[]
  readonly requiredAssurance: RequiredAssurance | null
}

/** What the protocols ask of Microsoft 365. */
export interface FederatedDomains {
  findByKey(key: string): Promise<FederatedDomain | undefined>
  /** The domain that a sign-in name belongs to, by its longest root. */
  findByDomain(upn: string): Promise<FederatedDomain | undefined>
  /** Whether any domain takes passwords over WS-Trust; otherwise nothing of it is there. */
  anyTrusts(): Promise<boolean>
  /** What may be said of this person in this very domain; a subdomain with a federation of its own is another one (SEC-31). */
  identityFor(domain: FederatedDomain, userId: UserId): Promise<
    { readonly outcome: 'known'; readonly identity: { readonly upn: string; readonly immutableId: string } } | { readonly outcome: 'none' } | { readonly outcome: 'other_domain' }>
  /** A sign-in name is a hint and proves nothing. */
  findByUpn(organizationId: OrganizationId, upn: string): Promise<UserId | undefined>
}

/** The realm, audience and entity ID of Entra in every cloud (constants of its published metadata). */
export const microsoftRealm = 'urn:federation:MicrosoftOnline'
export const multipleAuthentication = 'http://schemas.microsoft.com/claims/multipleauthn'
