import { readCertificate, toPem, type Application } from '../../../applications/index.ts'
import type { CertificateSet } from '../../../keys/index.ts'
import { samlGuides } from './guides.ts'
import type { FederationPart, Preview } from '../federation-part.ts'

/** Where the protocols answer, below the public address. */
const paths = { entityId: '/saml/metadata', sso: '/saml/sso', slo: '/saml/slo', wsfed: '/wsfed', federationMetadata: '/FederationMetadata/2007-06/FederationMetadata.xml' } as const

/** What the other side needs to know of us, and what we know of it. */
export function federationOf(application: Application, options: { readonly publicUrl: string; readonly certificates: CertificateSet; readonly now: number; readonly preview: Preview | null }): FederationPart {
  const { publicUrl, certificates, now, preview } = options
  const fact = (id: string, path: string) => ({ id: `connect_${id}`, labelKey: `admin.federation.connect.${id}`, value: `${publicUrl}${path}` })
  const rows = certificates.published.map(({ keyId, state, fingerprint, notAfter, certificate }, index) => ({
    id: `certificate_${index}_${keyId.slice(0, 6)}`, stateKey: `admin.federation.certificate.${state}`, active: state === 'active', fingerprint, notAfter, pem: toPem(certificate),
  }))
  const { saml, wsfed } = application
  const shared = { certificates: rows, preview, nameIdKey: `admin.federation.name_id.${(saml ?? wsfed)?.nameIdFormat ?? 'unspecified'}` }
  if (!saml) {
    return {
      ...shared, stepsKey: 'admin.federation.connect.steps_wsfed', facts: [fact('issuer', paths.wsfed), fact('wsfed_endpoint', paths.wsfed), fact('wsfed_metadata', paths.federationMetadata)], more: [],
      metadataUrl: `${publicUrl}${paths.federationMetadata}`, guides: [], addresses: wsfed?.replyUrls ?? [], signOut: wsfed?.signOutUrl ? [wsfed.signOutUrl] : [], keys: [], signedRequests: false, allowsSha1: false, metadata: null,
    }
  }
  return {
    ...shared, stepsKey: 'admin.federation.connect.steps_saml', facts: [fact('entity_id', paths.entityId), fact('metadata', paths.entityId)], more: [fact('sso', paths.sso), fact('slo', paths.slo)],
    metadataUrl: `${publicUrl}${paths.entityId}`,
    guides: samlGuides({ entityId: `${publicUrl}${paths.entityId}`, metadata: `${publicUrl}${paths.entityId}`, sso: `${publicUrl}${paths.sso}`, slo: `${publicUrl}${paths.slo}`, certificate: certificates.signer.certificate }),
    addresses: saml.acs.map(({ url }) => url), signOut: saml.slo.map(({ url }) => url),
    keys: [...saml.signingCertificates.map((certificate) => ({ use: 'signing', certificate })), ...(saml.encryptionCertificate === null ? [] : [{ use: 'encryption', certificate: saml.encryptionCertificate }])]
      .flatMap(({ use, certificate }) => {
        const read = readCertificate(certificate)
        return typeof read === 'string' ? [] : [{ useKey: `admin.federation.use.${use}`, fingerprint: read.fingerprint, notAfter: read.notAfter, ended: read.notAfter < now }]
      }),
    signedRequests: saml.signedRequests, allowsSha1: saml.allowSha1,
    metadata: saml.metadataUrl === null ? null : { url: saml.metadataUrl, readAt: saml.metadataReadAt, problemKey: saml.metadataProblem === null ? null : `admin.federation.metadata.${saml.metadataProblem}` },
  }
}
