import { nameIdFormats } from '../../applications/index.ts'
import type { PublishedCertificate } from '../../keys/index.ts'
import { acceptedAlgorithms, element, keyInfo, write } from '../xml/index.ts'
import { postBinding, protocolNamespace, redirectBinding } from './names.ts'

/** As one file holds it. The next certificate is in it from the day that it is made, so whoever reads it again is ready (SEC-32). */
export function writeMetadata(identity: { readonly issuer: string; readonly ssoUrl: string; readonly sloUrl: string }, certificates: readonly PublishedCertificate[]): string {
  const endpoint = (name: 'md:SingleLogoutService' | 'md:SingleSignOnService', location: string) =>
    [redirectBinding, postBinding].map((binding) => element(name, { Binding: binding, Location: location }))
  return write(element('md:EntityDescriptor', { entityID: identity.issuer, cacheDuration: 'PT12H' },
    element('md:IDPSSODescriptor', { WantAuthnRequestsSigned: 'false', protocolSupportEnumeration: protocolNamespace },
      // Shibboleth signs what it posts with SHA-1 unless it finds here what else it may use (SAML Metadata Algorithm Support §2).
      element('md:Extensions', {},
        ...acceptedAlgorithms.digests.map((name) => element('alg:DigestMethod', { Algorithm: name })), ...acceptedAlgorithms.signatures.map((name) => element('alg:SigningMethod', { Algorithm: name }))),
      // One that retires signs nothing any more, and what it has signed is minutes old at most.
      ...certificates.filter(({ state }) => state !== 'retiring').map(({ certificate }) => element('md:KeyDescriptor', { use: 'signing' }, keyInfo(certificate))),
      ...endpoint('md:SingleLogoutService', identity.sloUrl),
      ...Object.values(nameIdFormats).map((format) => element('md:NameIDFormat', {}, format)),
      ...endpoint('md:SingleSignOnService', identity.ssoUrl))))
}
