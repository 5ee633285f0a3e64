import { X509Certificate } from 'node:crypto'
import type { Application, AttributeRule } from '../../../applications/index.ts'
import { changesBetween } from '../changes.ts'

/** What the audit log compares. Certificates are public, yet too long for a log: their fingerprints say which. */
export function comparableFederation({ name, description, launchUrl, enabled, requiredAssurance, saml, wsfed }: Application): Readonly<Record<string, unknown>> {
  const basics = { name, description, launchUrl, enabled, requiredAssurance }
  if (wsfed) return { ...basics, ...wsfed, attributes: rulesText(wsfed.attributes) }
  if (!saml) return basics
  const { metadataReadAt: _readAt, metadataProblem: _problem, ...settings } = saml
  return { ...basics, ...settings, ...trustOf(saml), attributes: rulesText(saml.attributes) }
}

/** What metadata that was read again has changed, for the audit log. */
export function metadataChanges(before: Application, after: Application): Record<string, string | number | boolean | null> {
  return { by: 'metadata', ...changesBetween(before.saml ? trustOf(before.saml) : {}, after.saml ? trustOf(after.saml) : {}) }
}

/** Endpoints and keys: what decides who gets the answers. */
function trustOf(saml: NonNullable<Application['saml']>): Readonly<Record<string, unknown>> {
  return {
    acs: saml.acs.map(({ url, index, isDefault }) => `${index}${isDefault ? '*' : ''} ${url}`), slo: saml.slo.map(({ binding, url, responseUrl }) => [binding, url, ...(responseUrl === null ? [] : [responseUrl])].join(' ')),
    signingCertificates: saml.signingCertificates.map(fingerprint), encryptionCertificate: saml.encryptionCertificate === null ? null : fingerprint(saml.encryptionCertificate),
  }
}

const fingerprint = (certificate: string): string => `sha256:${new X509Certificate(Buffer.from(certificate, 'base64')).fingerprint256.replaceAll(':', '').toLowerCase()}`
const rulesText = (rules: readonly AttributeRule[]): string => rules.map(({ name, expression }) => `${name}=${expression}`).join('; ')
