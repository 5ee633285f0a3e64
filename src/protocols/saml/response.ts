import { nameIdFormats, type NameIdFormat } from '../../applications/index.ts'
import { newId } from '../../storage/index.ts'
import type { Attribute } from '../exchange/index.ts'
import { element, encryptElement, signElement, write, type XmlChild, type XmlNode, type XmlSigner } from '../xml/index.ts'
import { bearer, statuses } from './names.ts'
import type { ServiceProvider } from './service-provider.ts'

export interface NameId { readonly format: NameIdFormat; readonly value: string }

/** Everything that is said of a person in one answer. Times are epoch milliseconds. */
export interface Statement {
  readonly requestId: string | null
  readonly acs: string
  readonly nameId: NameId
  readonly sessionIndex: string
  readonly authenticatedAt: number
  readonly context: string
  readonly sessionExpiresAt: number
  readonly attributes: readonly Attribute[]
}

const minute = 60_000
/** Long enough for a slow browser; the application's own session does not depend on it. */
const deliveredWithin = 5 * minute

/** @returns an id that an XML reference can name, 128 random bits */
export const newMessageId = (): string => `_${newId()}`

/**
 * The answer that signs someone in (SAML Core §2.3.3, §3.3.3; Profiles §4.1.4.2). The assertion is always signed, the response
 * where the application wants it.
 * @returns the message as text, and the id of its assertion for the audit log (SEC-32)
 */
export function writeResponse(provider: ServiceProvider, statement: Statement, signer: XmlSigner, now: number): { readonly text: string; readonly assertionId: string } {
  const assertionId = newMessageId()
  const { settings } = provider
  const assertion = signElement(assertionOf(provider, statement, assertionId, now), 'ID', 1, signer)
  const content = settings.encryptAssertions && settings.encryptionCertificate !== null
    ? element('saml:EncryptedAssertion', {}, encryptElement(assertion, settings.encryptionCertificate)) : assertion
  const response = responseOf(provider, statement, statusOf([statuses.success]), [content], now)
  return { text: settings.signResponse ? signElement(response, 'ID', 1, signer).written : write(response), assertionId }
}

export type RefusalStatus = 'noPassive' | 'authnFailed' | 'noAuthnContext' | 'requestDenied' | 'invalidNameIdPolicy' | 'unknownPrincipal' | 'temporarilyUnavailable'

/** The answer that signs nobody in. It is signed: an application must be able to tell it from a stranger's. */
export function writeRefusal(provider: ServiceProvider, to: { readonly requestId: string | null; readonly acs: string }, refusal: RefusalStatus, signer: XmlSigner, now: number): string {
  const codes = refusal === 'temporarilyUnavailable' ? [statuses.responder]
    : [refusal === 'invalidNameIdPolicy' || refusal === 'unknownPrincipal' ? statuses.requester : statuses.responder, statuses[refusal]]
  return signElement(responseOf(provider, to, statusOf(codes), [], now), 'ID', 1, signer).written
}

/** A status with its second level inside the first (SAML Core §3.2.2.2). */
export function statusOf([first = statuses.responder, second]: readonly string[]): XmlNode {
  return element('samlp:Status', {}, element('samlp:StatusCode', { Value: first }, ...(second === undefined ? [] : [element('samlp:StatusCode', { Value: second })])))
}

export const issuerElement = ({ issuer }: Pick<ServiceProvider, 'issuer'>): XmlNode => element('saml:Issuer', {}, issuer)
export const instant = (time: number): string => new Date(time).toISOString()

function responseOf(provider: ServiceProvider, to: { readonly requestId: string | null; readonly acs: string }, status: XmlNode, content: readonly XmlChild[], now: number): XmlNode {
  return element('samlp:Response', { ID: newMessageId(), Version: '2.0', IssueInstant: instant(now), Destination: to.acs, InResponseTo: to.requestId ?? undefined },
    issuerElement(provider), status, ...content)
}

function assertionOf(provider: ServiceProvider, statement: Statement, id: string, now: number): XmlNode {
  // Entra keeps the assertion for an hour in its own flow; nobody else needs more than the delivery takes.
  const validUntil = now + (provider.microsoft ? 60 * minute : deliveredWithin)
  return element('saml:Assertion', { ID: id, Version: '2.0', IssueInstant: instant(now) },
    issuerElement(provider),
    element('saml:Subject', {}, nameIdElement(statement.nameId, provider),
      element('saml:SubjectConfirmation', { Method: bearer },
        element('saml:SubjectConfirmationData', { InResponseTo: statement.requestId ?? undefined, Recipient: statement.acs, NotOnOrAfter: instant(now + deliveredWithin) }))),
    element('saml:Conditions', { NotBefore: instant(now - minute), NotOnOrAfter: instant(validUntil) },
      element('saml:AudienceRestriction', {}, element('saml:Audience', {}, provider.entityId))),
    element('saml:AuthnStatement', {
      AuthnInstant: instant(statement.authenticatedAt), SessionIndex: statement.sessionIndex, SessionNotOnOrAfter: provider.microsoft ? undefined : instant(statement.sessionExpiresAt),
    }, element('saml:AuthnContext', {}, element('saml:AuthnContextClassRef', {}, statement.context))),
    ...attributeStatement(provider, statement.attributes))
}

export function nameIdElement({ format, value }: NameId, { issuer, entityId, microsoft }: Pick<ServiceProvider, 'issuer' | 'entityId' | 'microsoft'>): XmlNode {
  // A persistent name is one of two parties (SAML Core §8.3.7); Entra's sample carries no qualifiers.
  const qualified = format === 'persistent' && !microsoft
  return element('saml:NameID', { Format: nameIdFormats[format], NameQualifier: qualified ? issuer : undefined, SPNameQualifier: qualified ? entityId : undefined }, value)
}

function attributeStatement({ microsoft }: ServiceProvider, attributes: readonly Attribute[]): XmlNode[] {
  if (attributes.length === 0) return []
  return [element('saml:AttributeStatement', {}, ...attributes.map(({ name, friendlyName, values }) =>
    element('saml:Attribute', { Name: name, NameFormat: microsoft ? undefined : formatOf(name), FriendlyName: friendlyName ?? undefined },
      ...values.map((value) => element('saml:AttributeValue', {}, value)))))]
}

/** SAML Core §8.2: a name that is a URI says so. */
function formatOf(name: string): string {
  return `urn:oasis:names:tc:SAML:2.0:attrname-format:${/^(urn|https?):/.test(name) ? 'uri' : 'basic'}`
}
