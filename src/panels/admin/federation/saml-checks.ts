import { parseSamlSettings, readCertificate, readCertificates, webAddressProblem, type SamlSettings } from '../../../applications/index.ts'
import { basicFaults } from '../application-basics.ts'
import type { LineProblem } from '../application-form.ts'
import { attributeFaults, toRules } from './attributes.ts'
import { identifier, lineKey, noneOf, type Errors } from './draft.ts'
import { nameIdFault } from './name-id.ts'
import type { SamlValues } from './saml-values.ts'

export const samlFields = [
  'name', 'description', 'launch_url', 'icon', 'metadata_url', 'metadata_file', 'metadata_text', 'entity_id', 'acs', 'slo_redirect', 'slo_redirect_response', 'slo_post', 'slo_post_response',
  'signing_certificates', 'encryption_certificate', 'name_id_expression', 'relay_state',
] as const

export interface CheckedSaml { readonly errors: Errors; readonly lines: readonly LineProblem[]; readonly settings: SamlSettings | null }

/** @param before what the form does not show stays, such as when metadata was read. */
export function checkSaml(values: SamlValues, publicUrl: string, before: SamlSettings | null): CheckedSaml {
  const errors: Record<string, string | null> = { ...noneOf(samlFields), ...basicFaults(values), ...nameIdFault(values.nameIdExpression), ...attributeFaults(values.attributes) }
  const fault = (name: (typeof samlFields)[number], key: string): void => { errors[name] ??= key }
  const own = (key: string): string => `admin.federation.error.${key}`

  if (!identifier.test(values.entityId)) fault('entity_id', own('entity_id'))
  if (values.entityId === `${publicUrl}/saml/metadata`) fault('entity_id', own('entity_id_ours'))
  const read = readAcs(values.acs)
  if (read.lines.length > 0) fault('acs', 'admin.applications.error.addresses')
  else if (read.acs.length === 0) fault('acs', own('acs_missing'))
  else if (read.acs.length > 50) fault('acs', 'admin.applications.error.too_many_addresses')
  const addresses = [
    ['metadata_url', values.metadataUrl], ['slo_redirect', values.sloRedirect], ['slo_redirect_response', values.sloRedirectResponse], ['slo_post', values.sloPost], ['slo_post_response', values.sloPostResponse],
  ] as const
  for (const [name, address] of addresses) {
    if (address !== '' && webAddressProblem(address)) fault(name, own('address'))
  }
  if (values.sloRedirect === '' && values.sloRedirectResponse !== '') fault('slo_redirect', own('slo_missing'))
  if (values.sloPost === '' && values.sloPostResponse !== '') fault('slo_post', own('slo_missing'))

  const signing = readCertificates(values.signingCertificates)
  const [wrong] = signing.problems
  if (wrong) fault('signing_certificates', own(`certificate_${wrong.problem}`))
  if (signing.certificates.length > 10) fault('signing_certificates', own('certificates_many'))
  if (values.signedRequests && signing.certificates.length === 0) fault('signing_certificates', own('signing_missing'))
  const encryption = values.encryptionCertificate === '' ? null : readCertificate(values.encryptionCertificate)
  if (typeof encryption === 'string') fault('encryption_certificate', own(`certificate_${encryption}`))
  else if (encryption?.keyKind === 'ec') fault('encryption_certificate', own('encryption_kind'))
  if (values.encryptAssertions && encryption === null) fault('encryption_certificate', own('encryption_missing'))
  if (values.relayState.length > 1_000) fault('relay_state', own('relay_state'))

  const settings = Object.values(errors).some((error) => error !== null) ? null : parseSamlSettings({
    ...before, acs: read.acs, slo: [...sloOf('redirect', values.sloRedirect, values.sloRedirectResponse), ...sloOf('post', values.sloPost, values.sloPostResponse)],
    signingCertificates: signing.certificates.map(({ certificate }) => certificate), encryptionCertificate: typeof encryption === 'object' ? encryption?.certificate ?? null : null,
    nameIdFormat: values.nameIdFormat, nameIdExpression: values.nameIdExpression === '' ? null : values.nameIdExpression, attributes: toRules(values.attributes), signedRequests: values.signedRequests,
    signResponse: values.signResponse, encryptAssertions: values.encryptAssertions, allowSha1: values.allowSha1, idpInitiated: values.idpInitiated, relayState: values.relayState === '' ? null : values.relayState,
    metadataUrl: values.metadataUrl === '' ? null : values.metadataUrl, ...(values.metadataUrl === (before?.metadataUrl ?? '') ? {} : { metadataReadAt: null, metadataProblem: null }),
  })
  return { errors, lines: read.lines, settings }
}

/** The first line is the default. A line without an index gets the lowest one that no other line names. */
function readAcs(text: string): { readonly acs: SamlSettings['acs']; readonly lines: readonly LineProblem[] } {
  const parsed = text.split(/\r?\n/).flatMap((line, place) => {
    const [url = '', index] = line.trim().split(/\s+(?=\d{1,5}$)/)
    return url === '' ? [] : [{ line: place + 1, url, index: index === undefined ? undefined : Number(index) }]
  })
  const lines = parsed.flatMap(({ line, url, index }, place): LineProblem[] => {
    const problem = webAddressProblem(url)
    if (problem) return [{ line, text: url.slice(0, 200), key: lineKey(problem) }]
    if (parsed.findIndex((other) => other.url === url) !== place) return [{ line, text: url.slice(0, 200), key: 'admin.federation.error.acs_twice' }]
    const twice = index !== undefined && (index > 65_535 || parsed.findIndex((other) => other.index === index) !== place)
    return twice ? [{ line, text: `${url} ${index}`.slice(0, 200), key: 'admin.federation.error.acs_index' }] : []
  })
  const taken = new Set(parsed.flatMap(({ index }) => index ?? []))
  const free = (): number => { let index = 0; while (taken.has(index)) index++; taken.add(index); return index }
  return { acs: parsed.map(({ url, index }, place) => ({ url, index: index ?? free(), isDefault: place === 0 })), lines }
}

function sloOf(binding: 'redirect' | 'post', url: string, responseUrl: string) {
  return url === '' ? [] : [{ binding, url, responseUrl: responseUrl === '' ? null : responseUrl }]
}
