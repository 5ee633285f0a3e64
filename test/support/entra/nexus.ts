import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import { SignedXml } from 'xml-crypto'
import { createSigningCertificate, type SigningCertificate } from './authority.ts'
import type { Route } from './server.ts'
import { realm, type Urls } from './world.ts'
import { names } from './xml.ts'

export type RequestSignature = 'sha1' | 'sha256'

export interface Nexus {
  /** Two keys, the current one first: those who read the metadata must try both. */
  readonly certificates: readonly SigningCertificate[]
  readonly routes: readonly Route[]
  /** Signs an AuthnRequest or LogoutRequest as Entra does: KeyInfo names the key by its SKI and holds no certificate. */
  sign(xml: string, algorithm: RequestSignature, key?: 'current' | 'next'): string
}

const algorithms = {
  sha1: { signature: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1', digest: 'http://www.w3.org/2000/09/xmldsig#sha1' },
  sha256: { signature: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', digest: 'http://www.w3.org/2001/04/xmlenc#sha256' },
} as const
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const enveloped = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature'

/**
 * Section 1.1: the published metadata of the realm, with the keys of its signed requests. The real one has a host of its own for
 * it; here the sign-in host has it too, for clients that know one host only.
 */
export async function createNexus(urls: Urls): Promise<Nexus> {
  const [current, next] = await Promise.all([createSigningCertificate('MicrosoftOnline current'), createSigningCertificate('MicrosoftOnline next')])

  const sign: Nexus['sign'] = (xml, algorithm, which = 'current') => {
    const { cert, key } = which === 'current' ? current : next
    const keyInfo = `<X509Data><X509SKI>${subjectKeyId(cert)}</X509SKI></X509Data><KeyName>MicrosoftOnline</KeyName>`
    const signer = new SignedXml({ privateKey: key, signatureAlgorithm: algorithms[algorithm].signature, canonicalizationAlgorithm: exclusive, getKeyInfoContent: () => keyInfo })
    signer.addReference({ xpath: '/*', transforms: [enveloped, exclusive], digestAlgorithm: algorithms[algorithm].digest })
    signer.computeSignature(xml, { location: { reference: "/*/*[local-name(.)='Issuer']", action: 'after' } })
    return signer.getSignedXml()
  }
  const keys = [current, next].map(({ der }) => `<KeyDescriptor use="signing"><KeyInfo xmlns="${names.ds}"><X509Data><X509Certificate>${der}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`).join('')
  const formats = ['1.1:nameid-format:emailAddress', '1.1:nameid-format:unspecified', '2.0:nameid-format:transient', '2.0:nameid-format:persistent'].map((format) => `<NameIDFormat>urn:oasis:names:tc:SAML:${format}</NameIDFormat>`)
  formats.splice(1, 0, '<NameIDFormat>urn:mace:shibboleth:1.0:nameIdentifier</NameIDFormat>')
  const consumers = ['HTTP-POST', 'HTTP-POST-SimpleSign', 'PAOS'].map((binding, index) =>
    `<AssertionConsumerService index="${index}"${index === 0 ? ' isDefault="true"' : ''} Binding="urn:oasis:names:tc:SAML:2.0:bindings:${binding}" Location="${urls.loginSrf}"/>`)
  const saml = signedMetadata(`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" ID="_saml" entityID="${realm}">
<SPSSODescriptor WantAssertionsSigned="true" protocolSupportEnumeration="${names.samlp}">${keys}
<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${urls.loginSrf}"/>
${formats.join('')}${consumers.join('')}</SPSSODescriptor></EntityDescriptor>`, current)
  const federation = signedMetadata(`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" ID="_wsfed" entityID="${realm}">
<RoleDescriptor xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706"
  xsi:type="fed:SecurityTokenServiceType" protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706">${keys}
<fed:PassiveRequestorEndpoint><EndpointReference xmlns="${names.addressing}"><Address>${urls.loginSrf}</Address></EndpointReference></fed:PassiveRequestorEndpoint></RoleDescriptor></EntityDescriptor>`, current)
  const document = (path: string, body: string): Route[] => (['nexus', 'login'] as const).map((face) => (
    { face, method: 'GET', path, answer: () => ({ status: 200, headers: { 'content-type': 'application/samlmetadata+xml' }, body }) }))
  return {
    certificates: [current, next], sign,
    routes: [...document('/federationmetadata/saml20/federationmetadata.xml', saml), ...document('/federationmetadata/2007-06/federationmetadata.xml', federation)],
  }
}

function signedMetadata(xml: string, { cert, key }: SigningCertificate): string {
  // The real documents are signed with SHA-1 to this day.
  const signer = new SignedXml({ privateKey: key, publicCert: cert, signatureAlgorithm: algorithms.sha1.signature, canonicalizationAlgorithm: exclusive })
  signer.addReference({ xpath: '/*', transforms: [enveloped, exclusive], digestAlgorithm: algorithms.sha1.digest })
  signer.computeSignature(xml, { location: { reference: '/*', action: 'prepend' } })
  return signer.getSignedXml()
}

/** RFC 5280 §4.2.1.2 method 1: SHA-1 of the bits of the public key, without tag, length and unused bits. */
export function subjectKeyId(certificate: string): string {
  const key = createPublicKey(new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'pem' })).export({ type: 'pkcs1', format: 'der' })
  return createHash('sha1').update(key).digest('base64')
}
