import type { MfaBehavior } from '../domain.ts'

/**
 * What we write of `microsoft.graph.internalDomainFederation` (section 3.2); null is left out of a request.
 * The order is the one in which texts show them.
 */
export interface FederationConfiguration {
  readonly displayName: string
  readonly issuerUri: string
  readonly passiveSignInUri: string
  readonly signOutUri: string
  readonly activeSignInUri: string | null
  readonly metadataExchangeUri: string | null
  readonly preferredAuthenticationProtocol: 'saml' | 'wsFed'
  readonly promptLoginBehavior: 'translateToFreshPasswordAuthentication' | 'nativeSupport' | 'disabled'
  readonly isSignedAuthenticationRequestRequired: boolean
  readonly federatedIdpMfaBehavior: MfaBehavior
  /** base64 DER in one line. */
  readonly signingCertificate: string
  readonly nextSigningCertificate: string | null
}

export type FederationField = keyof FederationConfiguration

export const federationFields: readonly FederationField[] = [
  'displayName', 'issuerUri', 'passiveSignInUri', 'signOutUri', 'activeSignInUri', 'metadataExchangeUri', 'preferredAuthenticationProtocol', 'promptLoginBehavior',
  'isSignedAuthenticationRequestRequired', 'federatedIdpMfaBehavior', 'signingCertificate', 'nextSigningCertificate',
]

/** What Entra said: every field may be missing, and any text may stand in it. */
export interface ActualConfiguration {
  readonly id: string
  readonly values: Readonly<Partial<Record<FederationField, string | boolean | null>>>
}

/** Far more than Entra has in a field; what is longer is not kept, as it is stored with the domain. */
const longestValue = 20_000

/** Reads one entry of `federationConfiguration`; fields that we do not write are not kept. */
export function readConfiguration(entry: Readonly<Record<string, unknown>>): ActualConfiguration | undefined {
  const id = entry['id']
  if (typeof id !== 'string' || id === '') return undefined
  const values = Object.fromEntries(federationFields.flatMap((field) => {
    const said = entry[field]
    const value = typeof said === 'string' ? said.slice(0, longestValue) : said
    return typeof value === 'string' || typeof value === 'boolean' || value === null ? [[field, field.endsWith('Certificate') && typeof value === 'string' ? plainCertificate(value) : value]] : []
  }))
  return { id, values }
}

/** A certificate without armour and line breaks, so that two spellings of one are equal. */
export function plainCertificate(text: string): string {
  return text.replaceAll(/-----(BEGIN|END) CERTIFICATE-----|\s/g, '')
}
