import { refusal, type Check, type Refusal } from '../aadsts.ts'
import type { Flow } from '../flows.ts'
import type { Ask } from '../server.ts'
import { realm } from '../world.ts'
import { childrenOf, everyElement, instantOf, isThere, names, only, readXml, type XmlElement } from '../xml.ts'
import { isKnownClass, known, refuseForeignUpn, refuseInstant, refuseWindow, userChecks, type Message } from './assertion.ts'
import { signatureChecks } from './signature.ts'

export interface SamlMessage extends Message {
  readonly ask: Ask
  readonly idAttribute: 'ID'
  flow: Flow | undefined
  /** Who may be named as recipient: login.srf, or the token endpoint. */
  readonly recipients: readonly string[]
}

const number = (check: number): string => `7.2 #${check}`
const child = (element: XmlElement, ...path: readonly string[]): XmlElement => only(element, names.saml2, ...path)

/** #1 to #6: the envelope, before anything is believed. */
const envelope: readonly Check<SamlMessage>[] = [
  { number: number(1), is: 'a form with SAMLResponse, posted', refuse: refuseBinding },
  { number: number(2), is: 'base64 of well-formed XML with a Response or an Assertion', refuse: refuseXml },
  { number: number(3), is: 'RelayState of a flow that is known, unused and young', refuse: (message) => refuseFlow(message, message.ask.form.get('RelayState')) },
  { number: number(4), is: 'Issuer on Response and Assertion, equal, and of a domain', refuse: refuseIssuer },
  { number: number(5), is: 'the domain is federated by SAML', refuse: refuseDomain },
  { number: number(6), is: 'an assertion in the clear', refuse: refuseMissingAssertion },
]

/** #12 to #14: the response fits the request. */
const binding: readonly Check<SamlMessage>[] = [
  {
    number: number(12), is: 'Status is Success', refuse: ({ root }) => {
      const status = only(root, names.samlp, 'Status', 'StatusCode').attributes['Value'] ?? ''
      return status === 'urn:oasis:names:tc:SAML:2.0:status:Success' ? undefined : refusal(50008, `Status is "${status}"`)
    },
  },
  {
    number: number(13), is: 'Destination is login.srf', refuse: ({ root, world }) => {
      const destination = root.attributes['Destination'] ?? ''
      return destination === world.urls.loginSrf ? undefined : refusal(75008, `Destination is "${destination}", expected "${world.urls.loginSrf}"`)
    },
  },
  {
    number: number(14), is: 'InResponseTo names the request, in both places', refuse: (message) => {
      const flow = known(message.flow, 'flow')
      const inner = child(message.signed, 'Subject', 'SubjectConfirmation', 'SubjectConfirmationData').attributes['InResponseTo']
      const outer = message.root.attributes['InResponseTo']
      if (inner !== flow.requestId || outer !== flow.requestId) return refusal(500089, `InResponseTo is "${outer ?? ''}" and "${inner ?? ''}", expected "${flow.requestId}"`)
      flow.isUsed = true
      return undefined
    },
  },
]

/** #15 to #24: what the assertion says. */
const statements: readonly Check<SamlMessage>[] = [
  {
    number: number(15), is: 'one SubjectConfirmation, of the method bearer', refuse: ({ signed }) => {
      const method = child(signed, 'Subject', 'SubjectConfirmation').attributes['Method'] ?? ''
      return method === 'urn:oasis:names:tc:SAML:2.0:cm:bearer' ? undefined : refusal(7000011, `the method is "${method}"`)
    },
  },
  { number: number(16), is: 'Recipient, NotOnOrAfter and no NotBefore of the confirmation', refuse: refuseConfirmation },
  { number: number(17), is: 'now is within the Conditions', refuse: (message) => refuseWindow(child(message.signed, 'Conditions'), message) },
  {
    number: number(18), is: 'the audience is the realm', refuse: ({ signed }) => {
      const audiences = childrenOf(child(signed, 'Conditions', 'AudienceRestriction'), names.saml2, 'Audience').map(({ text }) => text)
      return audiences.includes(realm) ? undefined : refusal(50010, `the audience is "${audiences.join(' ')}"`)
    },
  },
  {
    number: number(19), is: 'a persistent NameID of at most 64 characters', refuse: (message) => {
      const { text, attributes } = child(message.signed, 'Subject', 'NameID')
      const isPersistent = attributes['Format'] === 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
      message.immutableId = text
      return isPersistent && text !== '' && text.length <= 64 ? undefined : refusal(50093, `the NameID has ${text.length} characters and the format "${attributes['Format'] ?? ''}"`)
    },
  },
  {
    number: number(20), is: 'IDPEmail of a domain that this issuer speaks for', refuse: (message) => {
      const attributes = childrenOf(message.signed, names.saml2, 'AttributeStatement').flatMap((statement) => childrenOf(statement, names.saml2, 'Attribute'))
      const values = attributes.filter((attribute) => attribute.attributes['Name'] === 'IDPEmail').flatMap((attribute) => childrenOf(attribute, names.saml2, 'AttributeValue'))
      if (values.length !== 1) return refusal(5000819, `${values.length} values of IDPEmail`)
      message.upn = values[0]?.text ?? ''
      return refuseForeignUpn(message)
    },
  },
  ...userChecks(number),
  { number: number(24), is: 'one AuthnStatement of a known class, not in the future', refuse: refuseAuthentication },
]

export const samlResponseChecks: readonly Check<SamlMessage>[] = [...envelope, ...signatureChecks(number), ...binding, ...statements]

/** What remains of them where a client brings a bare assertion to the token endpoint. */
export const samlAssertionChecks: readonly Check<SamlMessage>[] = [...envelope.slice(3), ...signatureChecks(number), ...statements]

function refuseBinding({ ask }: SamlMessage): Refusal | undefined {
  if (ask.method !== 'POST') return refusal(75003, `the message came by ${ask.method}`)
  if (!ask.isForm) return refusal(75001, `the content is "${ask.headers['content-type'] ?? ''}"`)
  return ask.form.getAll('SAMLResponse').length === 1 && ask.form.get('SAMLResponse') !== '' ? undefined : refusal(750054, 'SAMLResponse')
}

function refuseXml(message: SamlMessage): Refusal | undefined {
  const field = (message.ask.form.get('SAMLResponse') ?? '').replaceAll(/[\r\n]/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(field) || field.length % 4 !== 0) return refusal(90107, 'SAMLResponse is not base64')
  message.source = Buffer.from(field, 'base64').toString('utf8')
  const reading = readXml(message.source)
  if (reading.outcome === 'malformed') return refusal(90107, reading.reason)
  message.root = reading.root
  const { namespace, name } = reading.root
  if (namespace === names.samlp && name === 'Response') message.assertion = child(reading.root, 'Assertion')
  else if (namespace === names.saml2 && name === 'Assertion') message.assertion = reading.root
  else return refusal(7500514, `the root is ${name}`)
  return undefined
}

/** 7.2 #3 and the end of 7.3 #1. */
export function refuseFlow(message: Pick<SamlMessage, 'flow' | 'world'>, context: string | null): Refusal | undefined {
  message.flow = message.world.flows.find(context ?? '')
  if (!message.flow) return refusal(50089, 'the flow is unknown: the context is missing or did not come back byte for byte')
  if (message.flow.isUsed) return refusal(50089, 'the flow was used')
  return message.world.now() >= message.flow.expiresAt ? refusal(50089, `the flow ended at ${new Date(message.flow.expiresAt).toISOString()}`) : undefined
}

function refuseIssuer(message: SamlMessage): Refusal | undefined {
  const { root, assertion, world } = message
  const outer = child(root, 'Issuer').text
  message.domain = world.directory.findByIssuer(outer)
  if (!message.domain) return refusal(50107, `no domain has the issuer "${outer}"`)
  message.federation = message.domain.federation
  const inner = isThere(assertion) ? child(assertion, 'Issuer').text : outer
  return inner === outer ? undefined : refusal(500083, `the Response is by "${outer}", the Assertion by "${inner}"`)
}

function refuseDomain({ domain, federation }: SamlMessage): Refusal | undefined {
  if (known(domain, 'domain').authenticationType !== 'Federated') return refusal(500083, 'the domain is managed')
  return federation?.preferredAuthenticationProtocol === 'saml' ? undefined : refusal(1000009, `the domain is federated by ${federation?.preferredAuthenticationProtocol ?? 'nothing'}`)
}

function refuseMissingAssertion({ root, assertion }: SamlMessage): Refusal | undefined {
  const encrypted = everyElement(root).find(({ name }) => ['EncryptedAssertion', 'EncryptedID', 'EncryptedAttribute'].includes(name))
  if (encrypted) return refusal(500082, `${encrypted.name} cannot be read`)
  const inside = childrenOf(root, names.saml2, 'Assertion').length
  // Several are left to the check of wrapping, which looks at the whole document.
  return isThere(assertion) || inside > 1 ? undefined : refusal(500082, 'no Assertion in the Response')
}

function refuseConfirmation({ signed, recipients, world }: SamlMessage): Refusal | undefined {
  const { attributes } = child(signed, 'Subject', 'SubjectConfirmation', 'SubjectConfirmationData')
  if (!recipients.includes(attributes['Recipient'] ?? '')) return refusal(500089, `Recipient is "${attributes['Recipient'] ?? ''}", expected "${recipients.join(' or ')}"`)
  if (attributes['NotBefore'] !== undefined) return refusal(500089, 'SubjectConfirmationData has a NotBefore')
  const end = instantOf(attributes['NotOnOrAfter'])
  return end !== undefined && end > world.now() - world.skewMilliseconds ? undefined : refusal(500089, `the confirmation ends at "${attributes['NotOnOrAfter'] ?? ''}"`)
}

function refuseAuthentication(message: SamlMessage): Refusal | undefined {
  const found = childrenOf(message.signed, names.saml2, 'AuthnStatement')
  const [statement] = found
  if (!statement || found.length > 1) return refusal(50130, `${found.length} AuthnStatements`)
  const instant = statement.attributes['AuthnInstant']
  const wrong = refuseInstant(instant, message)
  if (wrong) return wrong
  const named = childrenOf(child(statement, 'AuthnContext'), names.saml2, 'AuthnContextClassRef').map(({ text }) => text)
  if (named.length !== 1 || !named.every(isKnownClass)) return refusal(50130, `the class is "${named.join(' ')}"`)
  message.methods = named
  message.authenticatedAt = instantOf(instant)
  return undefined
}
