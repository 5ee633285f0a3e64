import { SAML, generateServiceProviderMetadata, type SamlConfig } from '@node-saml/node-saml'
import samlify from 'samlify'
import type { MessageName, Parties } from './message.ts'
import type { Genuine } from './genuine.ts'
import type { Signer } from './signer.ts'

const binding = (name: string): string => `urn:oasis:names:tc:SAML:2.0:bindings:${name}`
const nameId = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'

/** Messages of samlify and of node-saml, as their users get them with the settings that matter to us. */
export async function fromPeers(parties: Parties, signer: Signer): Promise<Genuine[]> {
  return [...fromSamlify(parties, signer), ...await fromNodeSaml(parties, signer)]
}

function fromSamlify({ issuer, destination, acsUrl }: Parties, signer: Signer): Genuine[] {
  const idp = samlify.IdentityProvider({
    entityID: 'https://id.example/metadata', signingCert: signer.certificate, wantAuthnRequestsSigned: true, wantLogoutRequestSigned: true, wantLogoutResponseSigned: true,
    singleSignOnService: ['HTTP-POST', 'HTTP-Redirect'].map((name) => ({ Binding: binding(name), Location: destination })),
    singleLogoutService: ['HTTP-POST', 'HTTP-Redirect'].map((name) => ({ Binding: binding(name), Location: destination })),
  })
  return ['rsa-sha256', 'rsa-sha512'].flatMap((algorithm): Genuine[] => {
    const sp = samlify.ServiceProvider({
      entityID: issuer, authnRequestsSigned: true, privateKey: signer.key, signingCert: signer.certificate, requestSignatureAlgorithm: `http://www.w3.org/2001/04/xmldsig-more#${algorithm}`,
      assertionConsumerService: [{ Binding: binding('HTTP-POST'), Location: acsUrl }], singleLogoutService: [{ Binding: binding('HTTP-POST'), Location: acsUrl }], nameIDFormat: [nameId],
    })
    const made = (message: MessageName, kind: string, context: string): Genuine => ({
      name: `samlify, ${algorithm}`, product: 'samlify', message, signer, ...(kind === 'post' ? { encoded: context } : { url: context }),
    })
    return ['post', 'redirect'].flatMap((kind) => [
      made('AuthnRequest', kind, sp.createLoginRequest(idp, kind).context),
      made('LogoutRequest', kind, sp.createLogoutRequest(idp, kind, { logoutNameID: 'ada@example.org', sessionIndex: '_s1' }).context),
      made('LogoutResponse', kind, sp.createLogoutResponse(idp, { extract: { request: { id: '_request1' } } }, kind).context),
    ])
  })
}

async function fromNodeSaml({ issuer, destination, acsUrl }: Parties, signer: Signer): Promise<Genuine[]> {
  const config: SamlConfig = {
    issuer, callbackUrl: acsUrl, entryPoint: destination, logoutUrl: destination, idpCert: signer.certificate, privateKey: signer.key, signatureAlgorithm: 'sha256', digestAlgorithm: 'sha256',
  }
  const genuine: Genuine[] = []
  for (const signatureAlgorithm of ['sha256', 'sha512'] as const) {
    const saml = new SAML({ ...config, signatureAlgorithm, digestAlgorithm: signatureAlgorithm })
    const name = `node-saml, rsa-${signatureAlgorithm}`
    const form = await new SAML({ ...config, signatureAlgorithm, authnRequestBinding: 'HTTP-POST', skipRequestCompression: true }).getAuthorizeMessageAsync('', undefined, {})
    genuine.push({ name, product: 'node-saml', message: 'AuthnRequest', signer, encoded: String(form['SAMLRequest']) })
    genuine.push({ name, product: 'node-saml', message: 'AuthnRequest', signer, url: await saml.getAuthorizeUrlAsync('state', undefined, {}) })
    const person = { issuer, nameID: 'ada@example.org', nameIDFormat: nameId, sessionIndex: '_s1' }
    genuine.push({ name, product: 'node-saml', message: 'LogoutRequest', signer, url: await saml.getLogoutUrlAsync(person, 'state', {}) })
    genuine.push({
      name, product: 'node-saml', message: 'LogoutResponse', signer,
      url: await new Promise<string>((resolve, reject) => saml.getLogoutResponseUrl({ ...person, ID: '_request1' }, 'state', {}, true, (error, url) => (error === null && url !== undefined ? resolve(url) : reject(error ?? new Error('no URL'))))),
    })
  }
  return genuine
}

/** A service provider's metadata, signed, as node-saml publishes it. */
export function signedMetadata({ issuer, acsUrl }: Parties, signer: Signer): string {
  return generateServiceProviderMetadata({
    issuer, callbackUrl: acsUrl, identifierFormat: nameId, wantAssertionsSigned: true, publicCerts: signer.certificate, signMetadata: true, privateKey: signer.key, signatureAlgorithm: 'sha256', digestAlgorithm: 'sha256',
    generateUniqueId: () => '_metadata',
  })
}

