import { aMessage, honestClaim, type MessageName, type MessageParts, type Parties } from './message.ts'
import { fromPeers } from './peers.ts'
import { afterIssuer, ecdsaSha256, rsaPss, rsaSha1, rsaSha384, rsaSha512, sha1, sha512, signed, type SigningStyle } from './sign.ts'
import type { Signer } from './signer.ts'

/** A message that must be read. It comes encoded as by the POST binding, or as a whole URL with its signature in the query. */
export interface Genuine {
  readonly name: string
  readonly product: 'samlify' | 'node-saml' | 'xml-crypto'
  readonly message: MessageName
  readonly signer: Signer
  readonly encoded?: string
  readonly url?: string
  readonly sha1?: boolean
}

/** The ways in which products write and sign, each on its own. */
export async function genuineMessages(parties: Parties, signer: Signer, elliptic: Signer): Promise<Genuine[]> {
  const text = (message: MessageName, parts: Partial<MessageParts> = {}): string => aMessage(message, parties, { id: '_1', claim: honestClaim(message, parties), ...parts })
  const made = (name: string, style: SigningStyle = {}, change: (text: string) => string = (same) => same, after: (text: string) => string = (same) => same, by = signer): Genuine[] =>
    (['AuthnRequest', 'LogoutRequest', 'LogoutResponse'] as const).map((message) => ({
      name, product: 'xml-crypto', message, signer: by, encoded: Buffer.from(after(signed(change(text(message)), by, style))).toString('base64'), ...(style.algorithm === rsaSha1 ? { sha1: true } : {}),
    }))
  const pretty = (xml: string): string => xml.replaceAll(/></g, '>\n    <').replaceAll(/(<saml:Issuer>)([^<]*)/g, '$1\n\t$2\n')
  const renamed = (xml: string): string => xml.replaceAll('samlp:', 'saml2p:').replaceAll(':samlp', ':saml2p').replaceAll('saml:', 'saml2:').replaceAll('xmlns:saml=', 'xmlns:saml2=').replaceAll('SAML2:', 'SAML:')
  const wrap = (xml: string, end: string): string => xml.replace(/(<ds:SignatureValue>)([^<]*)/, (_all, begin: string, value: string) => `${begin}${end}${value.replaceAll(/.{76}/g, `$&${end}`)}${end}`)
  return [
    ...made('after the issuer, with the certificate'),
    ...made('at the end', { place: { reference: '/*', action: 'append' } }),
    ...made('before the issuer', { place: { reference: '/*', action: 'prepend' } }),
    ...made('without KeyInfo', { keyInfo: false }),
    ...made('the signature in the default namespace', { prefix: '' }),
    ...made('another prefix', { prefix: 'dsig' }),
    ...made('pretty-printed', {}, pretty),
    ...made('with CRLF', {}, (xml) => pretty(xml).replaceAll('\n', '\r\n')),
    ...made('with an XML declaration', {}, (xml) => `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`),
    ...made('with an XML declaration in single quotes', {}, (xml) => `<?xml version='1.0' encoding='utf-8' standalone='yes' ?>${xml}\n`),
    ...made('prefixes of OpenSAML', {}, renamed),
    ...made('the protocol in the default namespace', {}, (xml) => xml.replaceAll('xmlns:samlp', 'xmlns').replaceAll('samlp:', '')),
    ...made('RSA-SHA384', { algorithm: rsaSha384 }),
    ...made('RSA-SHA512 with a SHA-512 digest', { algorithm: rsaSha512, digest: sha512 }),
    ...made('RSA-PSS', { algorithm: rsaPss }),
    ...made('ECDSA', { algorithm: ecdsaSha256, place: afterIssuer }, undefined, undefined, elliptic),
    ...made('SHA-1 where it is allowed', { algorithm: rsaSha1, digest: sha1 }),
    ...made('a list of prefixes', { prefixList: ['xs', 'xsi'] }, (xml) => xml.replace(' ID=', ' xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ID=')),
    ...made('letters of other languages', {}, (xml) => xml.replace(' Version', ' ProviderName="Łódź &amp; 東京 🗝 &quot;a&quot;" Version')),
    ...made('tabs and line feeds in an attribute', {}, (xml) => xml.replace(' Version', ' ProviderName="a&#9;b&#xA;c&#13;d" Version')),
    ...made('a CDATA section', {}, (xml) => xml.replace('</saml:Issuer>', '</saml:Issuer><samlp:Extensions><a xmlns="u:1"><![CDATA[<b> & c]]></a></samlp:Extensions>'), (xml) => xml),
    ...made('a SignatureValue in lines', {}, undefined, (xml) => wrap(xml, '\n')),
    ...made('a SignatureValue in lines of Java', {}, undefined, (xml) => wrap(xml, '&#13;\n')),
    ...await fromPeers(parties, signer),
  ]
}
