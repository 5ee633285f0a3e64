import { toPem, usualAttributes, type Application, type NameIdFormat, type SamlSettings } from '../../../applications/index.ts'
import type { Form } from '../../../http/index.ts'
import type { ServiceProvider } from '../../../protocols/saml/metadata-import/index.ts'
import { basicsOf, readBasics, type BasicValues } from '../application-basics.ts'
import { attributeValues, readAttributes, withRequested, type AttributeValues } from './attributes.ts'

/** The form as typed; what is wrong stays in it. */
export interface SamlValues extends BasicValues {
  readonly metadataUrl: string
  readonly metadataText: string
  readonly entityId: string
  /** One address in each line, the default first, with its index behind a blank unless they are counted from 0. */
  readonly acs: string
  readonly sloRedirect: string
  readonly sloRedirectResponse: string
  readonly sloPost: string
  readonly sloPostResponse: string
  readonly signingCertificates: string
  readonly encryptionCertificate: string
  readonly nameIdFormat: NameIdFormat
  readonly nameIdExpression: string
  readonly attributes: readonly AttributeValues[]
  readonly signedRequests: boolean
  readonly signResponse: boolean
  readonly encryptAssertions: boolean
  readonly allowSha1: boolean
  readonly idpInitiated: boolean
  readonly relayState: string
}

export const nameIdFormatsOfSaml: readonly NameIdFormat[] = ['persistent', 'transient', 'email', 'unspecified']

/** What the form shows before anybody has typed: the application as it is, or a new one. */
export function samlValues(application?: Application): SamlValues {
  const saml = application?.saml ?? null
  return {
    ...basicsOf(application), metadataUrl: saml?.metadataUrl ?? '', metadataText: '', entityId: application?.clientId ?? '', ...endpointValues(saml ?? { acs: [], slo: [] }),
    ...keyValues(saml?.signingCertificates ?? [], saml?.encryptionCertificate ?? null), nameIdFormat: saml?.nameIdFormat ?? 'persistent', nameIdExpression: saml?.nameIdExpression ?? '',
    attributes: attributeValues(saml?.attributes ?? usualAttributes.saml), signedRequests: saml?.signedRequests ?? false, signResponse: saml?.signResponse ?? false,
    encryptAssertions: saml?.encryptAssertions ?? false, allowSha1: saml?.allowSha1 ?? false, idpInitiated: saml?.idpInitiated ?? false, relayState: saml?.relayState ?? '',
  }
}

export function readSamlValues(form: Form, application?: Application): SamlValues {
  return {
    ...readBasics(form, application), metadataUrl: form.text('metadata_url'), metadataText: form.text('metadata_text'), entityId: application?.clientId ?? form.text('entity_id'), acs: form.text('acs'),
    sloRedirect: form.text('slo_redirect'), sloRedirectResponse: form.text('slo_redirect_response'), sloPost: form.text('slo_post'), sloPostResponse: form.text('slo_post_response'),
    signingCertificates: form.text('signing_certificates'), encryptionCertificate: form.text('encryption_certificate'),
    nameIdFormat: nameIdFormatsOfSaml.find((format) => format === form.text('name_id_format')) ?? 'persistent', nameIdExpression: form.text('name_id_expression'), attributes: readAttributes(form),
    signedRequests: form.checked('signed_requests'), signResponse: form.checked('sign_response'), encryptAssertions: form.checked('encrypt_assertions'), allowSha1: form.checked('allow_sha1'),
    idpInitiated: form.checked('idp_initiated'), relayState: form.text('relay_state'),
  }
}

/** What metadata says goes into the fields, to be looked at and saved there; what it does not say stays as typed. */
export function filledFrom(values: SamlValues, found: ServiceProvider): SamlValues {
  return {
    ...values, metadataText: '', entityId: found.entityId, name: values.name === '' ? found.name : values.name, ...endpointValues(found),
    ...keyValues(found.signingCertificates, found.encryptionCertificate), ...(found.encryptionCertificate === null ? { encryptionCertificate: values.encryptionCertificate } : {}),
    nameIdFormat: found.nameIdFormat ?? values.nameIdFormat, signedRequests: values.signedRequests || found.signedRequests,
    attributes: withRequested(values.attributes, found.requestedAttributes, 'saml'),
  }
}

function endpointValues({ acs, slo }: Pick<SamlSettings, 'acs' | 'slo'>) {
  const ordered = [...acs].sort((a, b) => Number(b.isDefault) - Number(a.isDefault))
  const [redirect, post] = (['redirect', 'post'] as const).map((binding) => slo.find((one) => one.binding === binding))
  // Left out only where counting the lines gives the same.
  const counted = ordered.every(({ index }, place) => index === place)
  return {
    acs: ordered.map(({ url, index }) => (counted ? url : `${url} ${index}`)).join('\n'),
    sloRedirect: redirect?.url ?? '', sloRedirectResponse: redirect?.responseUrl ?? '', sloPost: post?.url ?? '', sloPostResponse: post?.responseUrl ?? '',
  }
}

function keyValues(signing: readonly string[], encryption: string | null) {
  return { signingCertificates: signing.map(toPem).join('\n'), encryptionCertificate: encryption === null ? '' : toPem(encryption) }
}
