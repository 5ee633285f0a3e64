import { nameIdFormats } from '../../applications/index.ts'
import { newId } from '../../storage/index.ts'
import type { Attribute } from '../exchange/index.ts'
import { element, signElement, write, type WrittenXml, type XmlNode, type XmlSigner } from '../xml/index.ts'
import { bearer, identityClaims, saml11, trustVersions, type TrustVersion } from './names.ts'
import type { Realm } from './realm.ts'

/** Everything that is said of a person in one token. Times are epoch milliseconds. */
export interface Statement {
  readonly subject: string
  readonly attributes: readonly Attribute[]
  readonly method: string
  readonly authenticatedAt: number
}

export interface IssuedToken { readonly assertion: WrittenXml; readonly assertionId: string; readonly createdAt: number; readonly expiresAt: number }

const minute = 60_000

/**
 * A signed SAML 1.1 assertion (SAML 1.1 Core §2.3; microsoft365 §2.2). It declares every prefix that it uses, because clients
 * cut it out of the answer as text and send it on (W-10).
 */
export function issueToken(realm: Realm, statement: Statement, signer: XmlSigner, now: number): IssuedToken {
  const assertionId = `_${newId()}`
  const expiresAt = now + realm.settings.tokenMinutes * minute
  const subject = element('saml1:Subject', {},
    element('saml1:NameIdentifier', { Format: formatOf(realm) }, statement.subject),
    element('saml1:SubjectConfirmation', {}, element('saml1:ConfirmationMethod', {}, bearer)))
  const attributes = [...statement.attributes, ...(realm.microsoft ? microsoftAttributes(statement) : [])]
  const assertion = element('saml1:Assertion', { MajorVersion: '1', MinorVersion: '1', AssertionID: assertionId, Issuer: realm.issuer, IssueInstant: instant(now) },
    element('saml1:Conditions', { NotBefore: instant(now - minute), NotOnOrAfter: instant(expiresAt) },
      element('saml1:AudienceRestrictionCondition', {}, element('saml1:Audience', {}, realm.name))),
    ...(attributes.length === 0 ? [] : [element('saml1:AttributeStatement', {}, subject, ...attributes.map(attributeElement))]),
    element('saml1:AuthenticationStatement', { AuthenticationMethod: statement.method, AuthenticationInstant: instant(statement.authenticatedAt) }, subject))
  return { assertion: signElement(assertion, 'AssertionID', assertion.children.length, signer), assertionId, createdAt: now, expiresAt }
}

/** The token as an application gets it: a RequestSecurityTokenResponse (WS-Trust 2005 §4, WS-Trust 1.3 §4.4). */
export function writeAnswer(realm: Realm, token: IssuedToken, version: TrustVersion = '2005'): string {
  return write(answerElement(realm, token, version))
}

export function answerElement(realm: Realm, token: IssuedToken, version: TrustVersion): XmlNode {
  const { prefix, issue, keyType } = trustVersions[version]
  const reference = (name: 'RequestedAttachedReference' | 'RequestedUnattachedReference'): XmlNode => element(`${prefix}:${name}`, {},
    element('o:SecurityTokenReference', {}, element('o:KeyIdentifier', { ValueType: 'http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.0#SAMLAssertionID' }, token.assertionId)))
  return element(`${prefix}:RequestSecurityTokenResponse`, {},
    element(`${prefix}:Lifetime`, {}, element('wsu:Created', {}, instant(token.createdAt)), element('wsu:Expires', {}, instant(token.expiresAt))),
    element('wsp:AppliesTo', {}, element('wsa:EndpointReference', {}, element('wsa:Address', {}, realm.name))),
    element(`${prefix}:RequestedSecurityToken`, {}, token.assertion),
    reference('RequestedAttachedReference'), reference('RequestedUnattachedReference'),
    element(`${prefix}:TokenType`, {}, saml11), element(`${prefix}:RequestType`, {}, issue), element(`${prefix}:KeyType`, {}, keyType))
}

export const instant = (time: number): string => new Date(time).toISOString()

function formatOf({ settings }: Realm): string {
  // SAML 1.1 has no persistent names; relying parties of WS-Federation know the one of SAML 2.0.
  return nameIdFormats[settings.nameIdFormat]
}

/** Entra measures the sign-in frequency by the first and takes the method from the second as well (microsoft365 W-6, W-7). */
function microsoftAttributes({ authenticatedAt, method }: Statement): Attribute[] {
  return [
    { name: `${identityClaims}/authenticationinstant`, friendlyName: null, values: [instant(authenticatedAt)] },
    { name: `${identityClaims}/authenticationmethod`, friendlyName: null, values: [method] },
  ]
}

/** A claim's name is what stands after its last slash, its namespace what stands before (microsoft365 W-8). */
function attributeElement({ name, values }: Attribute): XmlNode {
  const at = name.lastIndexOf('/')
  return element('saml1:Attribute', { AttributeName: name.slice(at + 1), AttributeNamespace: at < 0 ? 'urn:doorward:attributes' : name.slice(0, at) },
    ...values.map((value) => element('saml1:AttributeValue', {}, value)))
}
