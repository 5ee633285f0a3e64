import { SignedXml } from 'xml-crypto'
import type { Entra, SigningCertificate } from '../../support/entra/index.ts'

/** Messages as an honest identity provider sends them, made as text and signed by xml-crypto; the tables of tests spoil one thing each. */
export interface Spoiling {
  /** Changes the text before it is signed: the signature stays right. */
  readonly before?: (xml: string) => string
  /** Changes the signed text. */
  readonly after?: (xml: string) => string
  readonly key?: SigningCertificate
  /** The certificate in KeyInfo, if it is not the one that signs; `null` for none. */
  readonly keyInfo?: SigningCertificate | null
  readonly signature?: string
  readonly digest?: string
  readonly transforms?: readonly string[]
  readonly mfa?: boolean
}

export interface Told {
  readonly entra: Entra
  readonly now: number
  readonly issuer: string
  readonly key: SigningCertificate
  readonly upn: string
  readonly immutableId: string
  readonly requestId: string
}

export const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
export const enveloped = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature'
export const sha1 = { signature: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1', digest: 'http://www.w3.org/2000/09/xmldsig#sha1' } as const
const mfaClass = 'http://schemas.microsoft.com/claims/multipleauthn'

let serial = 0

export function samlResponse(told: Told, spoiling: Spoiling = {}): string {
  const { entra, now, issuer, upn, immutableId, requestId } = told
  const at = (seconds: number): string => new Date(now + seconds * 1000).toISOString()
  const id = `_s${++serial}`
  const xml = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r${serial}" Version="2.0" IssueInstant="${at(0)}" InResponseTo="${requestId}" Destination="${entra.urls.loginSrf}">`
    + `<saml:Issuer>${issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status>`
    + `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${id}" Version="2.0" IssueInstant="${at(0)}"><saml:Issuer>${issuer}</saml:Issuer>`
    + `<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">${immutableId}</saml:NameID>`
    + `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="${requestId}" Recipient="${entra.urls.loginSrf}" NotOnOrAfter="${at(300)}"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>`
    + `<saml:Conditions NotBefore="${at(-60)}" NotOnOrAfter="${at(3600)}"><saml:AudienceRestriction><saml:Audience>urn:federation:MicrosoftOnline</saml:Audience></saml:AudienceRestriction></saml:Conditions>`
    + `<saml:AuthnStatement AuthnInstant="${at(-2)}" SessionIndex="${id}"><saml:AuthnContext><saml:AuthnContextClassRef>${spoiling.mfa ? mfaClass : 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`
    + `<saml:AttributeStatement><saml:Attribute Name="IDPEmail"><saml:AttributeValue>${upn}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>`
  return sign(xml, told.key, spoiling, { element: 'Assertion', idAttribute: 'ID', location: { reference: "//*[local-name(.)='Assertion']/*[local-name(.)='Issuer']", action: 'after' } })
}

export function wsFedResponse(told: Told, spoiling: Spoiling = {}): string {
  const { now, issuer, upn, immutableId } = told
  const at = (seconds: number): string => new Date(now + seconds * 1000).toISOString()
  const id = `_w${++serial}`
  const subject = `<saml:Subject><saml:NameIdentifier Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">${immutableId}</saml:NameIdentifier><saml:SubjectConfirmation><saml:ConfirmationMethod>urn:oasis:names:tc:SAML:1.0:cm:bearer</saml:ConfirmationMethod></saml:SubjectConfirmation></saml:Subject>`
  const attribute = (name: string, namespace: string, value: string): string => `<saml:Attribute AttributeName="${name}" AttributeNamespace="${namespace}"><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`
  const xml = '<t:RequestSecurityTokenResponse xmlns:t="http://schemas.xmlsoap.org/ws/2005/02/trust"><wsp:AppliesTo xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy"><wsa:EndpointReference xmlns:wsa="http://www.w3.org/2005/08/addressing"><wsa:Address>urn:federation:MicrosoftOnline</wsa:Address></wsa:EndpointReference></wsp:AppliesTo>'
    + `<t:RequestedSecurityToken><saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:1.0:assertion" MajorVersion="1" MinorVersion="1" AssertionID="${id}" Issuer="${issuer}" IssueInstant="${at(0)}">`
    + `<saml:Conditions NotBefore="${at(-60)}" NotOnOrAfter="${at(3600)}"><saml:AudienceRestrictionCondition><saml:Audience>urn:federation:MicrosoftOnline</saml:Audience></saml:AudienceRestrictionCondition></saml:Conditions>`
    + `<saml:AttributeStatement>${subject}${attribute('UPN', 'http://schemas.xmlsoap.org/claims', upn)}${attribute('ImmutableID', 'http://schemas.microsoft.com/LiveID/Federation/2008/05', immutableId)}</saml:AttributeStatement>`
    + `<saml:AuthenticationStatement AuthenticationMethod="${spoiling.mfa ? mfaClass : 'urn:oasis:names:tc:SAML:1.0:am:password'}" AuthenticationInstant="${at(-2)}">${subject}</saml:AuthenticationStatement>`
    + '</saml:Assertion></t:RequestedSecurityToken><t:TokenType>urn:oasis:names:tc:SAML:1.0:assertion</t:TokenType><t:RequestType>http://schemas.xmlsoap.org/ws/2005/02/trust/Issue</t:RequestType><t:KeyType>http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey</t:KeyType></t:RequestSecurityTokenResponse>'
  return sign(xml, told.key, spoiling, { element: 'Assertion', idAttribute: 'AssertionID', location: { reference: "//*[local-name(.)='Assertion']", action: 'append' } })
}

interface Place { readonly element: string; readonly idAttribute: string; readonly location: { readonly reference: string; readonly action: 'after' | 'append' } }

export function sign(xml: string, ownKey: SigningCertificate, { before = (text) => text, after = (text) => text, key = ownKey, keyInfo = key, signature, digest, transforms = [enveloped, exclusive] }: Spoiling, place: Place): string {
  const signer = new SignedXml({
    ...(place.idAttribute === 'AssertionID' && { idAttribute: place.idAttribute }), privateKey: key.key, canonicalizationAlgorithm: exclusive, signatureAlgorithm: signature ?? 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    ...(keyInfo ? { publicCert: keyInfo.cert } : { getKeyInfoContent: () => null }),
  })
  signer.addReference({ xpath: `//*[local-name(.)='${place.element}']`, transforms: [...transforms], digestAlgorithm: digest ?? 'http://www.w3.org/2001/04/xmlenc#sha256' })
  signer.computeSignature(before(xml), { prefix: 'ds', location: place.location })
  return after(signer.getSignedXml())
}

/** The hidden fields of a form, and where it goes. */
export function formOf(html: string): { action: string; fields: Record<string, string> } {
  const plain = (text: string): string => text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
  return {
    action: plain(/action="([^"]*)"/.exec(html)?.[1] ?? ''),
    fields: Object.fromEntries([...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [plain(name ?? ''), plain(value ?? '')])),
  }
}

export function posted(fields: Readonly<Record<string, string>>): { method: string; headers: Record<string, string>; body: string } {
  return { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(fields).toString() }
}

export function requestIdOf(samlRequest: string): string {
  return /\bID="([^"]+)"/.exec(Buffer.from(samlRequest, 'base64').toString())?.[1] ?? ''
}
