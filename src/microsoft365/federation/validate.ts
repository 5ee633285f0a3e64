import { X509Certificate } from 'node:crypto'
import type { FederationConfiguration, FederationField } from './configuration.ts'

export interface ConfigurationProblem {
  readonly field: FederationField
  readonly problem: 'certificate_unreadable' | 'certificate_not_rsa' | 'certificate_weak' | 'certificate_expired' | 'not_a_uri' | 'not_https' | 'empty'
}

/**
 * What must be right before anything is written: Entra answers a bad certificate with an error and leaves the domain federated
 * but unmanageable (section 3.2).
 * @param now epoch milliseconds
 */
export function validate(configuration: FederationConfiguration, now: number): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = []
  const note = (field: FederationField, problem: ConfigurationProblem['problem'] | undefined): void => { if (problem) problems.push({ field, problem }) }
  if (configuration.displayName.trim() === '') note('displayName', 'empty')
  note('issuerUri', URL.canParse(configuration.issuerUri) ? undefined : 'not_a_uri')
  for (const field of ['passiveSignInUri', 'signOutUri', 'activeSignInUri', 'metadataExchangeUri'] as const) {
    const url = configuration[field]
    if (url !== null) note(field, !URL.canParse(url) ? 'not_a_uri' : new URL(url).protocol === 'https:' ? undefined : 'not_https')
  }
  note('signingCertificate', certificateProblem(configuration.signingCertificate, now))
  if (configuration.nextSigningCertificate !== null) note('nextSigningCertificate', certificateProblem(configuration.nextSigningCertificate, now))
  return problems
}

function certificateProblem(certificate: string, now: number): ConfigurationProblem['problem'] | undefined {
  let parsed: X509Certificate
  try {
    // Armour or a line break would be sent on as it is, and Entra takes neither.
    if (!/^[A-Za-z0-9+/]+=*$/.test(certificate)) return 'certificate_unreadable'
    parsed = new X509Certificate(Buffer.from(certificate, 'base64'))
  } catch {
    return 'certificate_unreadable'
  }
  const { asymmetricKeyType, asymmetricKeyDetails } = parsed.publicKey
  if (asymmetricKeyType !== 'rsa') return 'certificate_not_rsa'
  if ((asymmetricKeyDetails?.modulusLength ?? 0) < 2_048) return 'certificate_weak'
  return parsed.validToDate.getTime() <= now ? 'certificate_expired' : undefined
}
