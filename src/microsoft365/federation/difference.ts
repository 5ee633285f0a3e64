import { federationFields, type ActualConfiguration, type FederationConfiguration, type FederationField } from './configuration.ts'

export interface Difference {
  readonly field: FederationField
  readonly wanted: string | boolean | null
  readonly actual: string | boolean | null
  /**
   * Whoever changed this can sign people in without us, or lead them elsewhere ("golden SAML", section 3.2): an issuer, a certificate
   * or an address that is not ours.
   */
  readonly grave: boolean
}

const addresses: ReadonlySet<FederationField> = new Set(['issuerUri', 'passiveSignInUri', 'activeSignInUri', 'metadataExchangeUri', 'signingCertificate', 'nextSigningCertificate'])

/**
 * Every field in which Entra says something else than we want.
 * @param published all certificates of ours that are published: during a roll-over Entra may know either, in either place
 */
export function differences(wanted: FederationConfiguration, actual: ActualConfiguration, published: readonly string[]): Difference[] {
  return federationFields.flatMap((field): Difference[] => {
    const [want, is] = [wanted[field], actual.values[field] ?? null]
    if (same(want, is)) return []
    // After a switch the next certificate of before is the current one; it stands in both places until the next roll-over.
    if (field === 'nextSigningCertificate' && want === null && is === wanted.signingCertificate) return []
    const ours = field.endsWith('Certificate') && (is === null || published.includes(String(is)))
    return [{ field, wanted: want, actual: is, grave: addresses.has(field) && !ours && is !== null }]
  })
}

function same(wanted: string | boolean | null, actual: string | boolean | null): boolean {
  // Entra answers an empty field as null, as '' or not at all, and a switch that was never set as null.
  if (wanted === null || wanted === false) return actual === null || actual === '' || actual === wanted
  return wanted === actual
}
