import type { PublishedCertificate } from '../../keys/index.ts'
import { element, keyInfo, write, type XmlNode } from '../xml/index.ts'
import { saml11 } from './names.ts'

export interface Described {
  readonly issuer: string
  readonly passiveUrl: string
  /** null where no password is taken from clients. */
  readonly activeUrl: string | null
  readonly mexUrl: string | null
  /** Names of the claims that tokens may carry. */
  readonly claims: readonly string[]
}

/** Federation metadata (WS-Federation 1.2 §3); the next certificate is in it from the day that it is made. */
export function writeFederationMetadata(described: Described, certificates: readonly PublishedCertificate[]): string {
  const address = (url: string): XmlNode => element('wsa:EndpointReference', {}, element('wsa:Address', {}, url))
  // xsi:type is a QName: its prefix has to be declared where it stands, though only a value uses it.
  const role: XmlNode = {
    name: 'md:RoleDescriptor', declares: ['fed'],
    attributes: {
      'xsi:type': 'fed:SecurityTokenServiceType',
      protocolSupportEnumeration: 'http://docs.oasis-open.org/ws-sx/ws-trust/200512 http://schemas.xmlsoap.org/ws/2005/02/trust http://docs.oasis-open.org/wsfed/federation/200706',
    },
    children: [
      ...certificates.filter(({ state }) => state !== 'retiring').map(({ certificate }) => element('md:KeyDescriptor', { use: 'signing' }, keyInfo(certificate))),
      element('fed:TokenTypesOffered', {}, element('fed:TokenType', { Uri: saml11 })),
      element('fed:ClaimTypesOffered', {}, ...described.claims.map((uri) => element('auth:ClaimType', { Uri: uri, Optional: 'true' }))),
      // The schema wants one; without passwords it is the browser's address again.
      element('fed:SecurityTokenServiceEndpoint', {}, address(described.activeUrl ?? described.passiveUrl)),
      element('fed:PassiveRequestorEndpoint', {}, address(described.passiveUrl)),
    ],
  }
  return write(element('md:EntityDescriptor', { entityID: described.issuer }, role))
}
