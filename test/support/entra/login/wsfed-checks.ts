import { refusal, type Check, type Refusal } from '../aadsts.ts'
import type { Flow } from '../flows.ts'
import type { Ask } from '../server.ts'
import { realm } from '../world.ts'
import { childrenOf, everyElement, instantOf, isThere, names, nothing, only, readXml, type XmlElement } from '../xml.ts'
import { isKnownMethod, known, namesMfa, refuseForeignUpn, refuseInstant, refuseWindow, userChecks, type Message } from './assertion.ts'
import { refuseFlow } from './saml-checks.ts'
import { signatureChecks } from './signature.ts'

export interface WsFedMessage extends Message {
  readonly ask: Ask
  readonly idAttribute: 'AssertionID'
  flow: Flow | undefined
  /** When the first factor was taken, if the token says so apart from the statement. */
  statedAt: number | undefined
}

const number = (check: number | string): string => `7.3 #${check}`
const child = (element: XmlElement, ...path: readonly string[]): XmlElement => only(element, names.saml1, ...path)
const identityClaims = 'http://schemas.microsoft.com/ws/2008/06/identity/claims'
const statementNames = ['AuthenticationStatement', 'AttributeStatement', 'AuthorizationDecisionStatement']

const envelope: readonly Check<WsFedMessage>[] = [
  { number: number(1), is: 'wsignin1.0 with a result and the context of the flow', refuse: refuseBinding },
  { number: number(2), is: 'one response with one token', refuse: refuseResponse },
  {
    number: number(3), is: 'AppliesTo is the realm', refuse: ({ root }) => {
      const response = root.name.endsWith('Collection') ? root.children[0] ?? nothing : root
      const address = only(only(only(response, names.policy, 'AppliesTo'), names.addressing, 'EndpointReference'), names.addressing, 'Address').text
      return address === realm ? undefined : refusal(90081, `AppliesTo is "${address}"`)
    },
  },
]

const token: readonly Check<WsFedMessage>[] = [
  {
    number: number(4), is: 'SAML 1.1', refuse: ({ assertion: { attributes } }) =>
      (attributes['MajorVersion'] === '1' && attributes['MinorVersion'] === '1' ? undefined : refusal(500085, `the version is ${attributes['MajorVersion'] ?? ''}.${attributes['MinorVersion'] ?? ''}`)),
  },
  {
    number: number(5), is: 'AssertionID is an XML name', refuse: ({ assertion: { attributes } }) =>
      (/^[A-Za-z_][\w.-]*$/.test(attributes['AssertionID'] ?? '') ? undefined : refusal(500086, `the id is "${attributes['AssertionID'] ?? ''}"`)),
  },
  {
    number: number(6), is: 'at least one statement', refuse: ({ assertion }) =>
      (assertion.children.some(({ name, namespace }) => namespace === names.saml1 && statementNames.includes(name)) ? undefined : refusal(500087, 'no statement')),
  },
  { number: number(7), is: 'the issuer is a domain that is federated by WS-Federation', refuse: refuseIssuer },
  ...signatureChecks((check) => number(`8 (${check})`)),
  { number: number(9), is: 'audience and time', refuse: refuseConditions },
  { number: number(10), is: 'UPN of a domain that this issuer speaks for', refuse: refuseUpn },
  { number: number(11), is: 'ImmutableID, and the same as NameIdentifier', refuse: refuseImmutableId },
  ...userChecks((check) => number(`12 (${check})`)),
  { number: number(13), is: 'authentication methods that are known', refuse: refuseMethods },
]

const asked: readonly Check<WsFedMessage>[] = [
  {
    number: number(14), is: 'a second factor where wauth asked for it', refuse: ({ flow, methods }) =>
      // A step-up that a policy made is judged by the policy: there it is a loop.
      (known(flow, 'flow').asked.mfa && !known(flow, 'flow').isStepUp && !namesMfa(methods, 'wsFed') ? refusal(50074, `wauth asked for a second factor, the token names "${methods.join(' ')}"`) : undefined),
  },
  {
    number: number(15), is: 'a new authentication where wfresh asked for it', refuse: ({ flow, world, authenticatedAt }) => {
      const { asked: { fresh }, startedAt } = known(flow, 'flow')
      return fresh && (authenticatedAt ?? 0) < startedAt - world.skewMilliseconds ? refusal(50078, `authenticated at ${new Date(authenticatedAt ?? 0).toISOString()}, asked at ${new Date(startedAt).toISOString()}`) : undefined
    },
  },
]

export const wsFedResponseChecks: readonly Check<WsFedMessage>[] = [...envelope, ...token, ...asked]

/** What remains of them where a client brings a bare assertion to the token endpoint. */
export const wsTrustAssertionChecks: readonly Check<WsFedMessage>[] = token

function refuseBinding(message: WsFedMessage): Refusal | undefined {
  const { ask } = message
  if (ask.method !== 'POST') return refusal(90087, `the message came by ${ask.method}`)
  if (ask.form.get('wa') !== 'wsignin1.0') return refusal(90081, `wa is "${ask.form.get('wa') ?? ''}"`)
  if (ask.form.getAll('wresult').length !== 1 || ask.form.get('wresult') === '') return refusal(20012, 'wresult is missing')
  return refuseFlow(message, ask.form.get('wctx'))
}

function refuseResponse(message: WsFedMessage): Refusal | undefined {
  message.source = message.ask.form.get('wresult') ?? ''
  const reading = readXml(message.source)
  if (reading.outcome === 'malformed') return refusal(20001, reading.reason)
  const { root } = reading
  const trust = root.namespace
  const responses = trust === names.trust2005 && root.name === 'RequestSecurityTokenResponse' ? [root]
    : trust === names.trust13 && root.name === 'RequestSecurityTokenResponseCollection' ? childrenOf(root, trust, 'RequestSecurityTokenResponse') : []
  const tokens = responses.flatMap((response) => childrenOf(response, trust, 'RequestedSecurityToken'))
  const all = everyElement(root).filter(({ name }) => name === 'RequestedSecurityToken')
  const assertion = child(tokens[0] ?? nothing, 'Assertion')
  if (responses.length !== 1 || tokens.length !== 1 || all.length !== 1 || !isThere(assertion)) return refusal(90087, `the root is ${root.name} with ${responses.length} responses and ${all.length} tokens`)
  message.root = root
  message.assertion = assertion
  return undefined
}

function refuseIssuer(message: WsFedMessage): Refusal | undefined {
  const issuer = message.assertion.attributes['Issuer'] ?? ''
  message.domain = message.world.directory.findByIssuer(issuer)
  if (!message.domain) return refusal(50107, `no domain has the issuer "${issuer}"`)
  message.federation = message.domain.federation
  if (message.domain.authenticationType !== 'Federated') return refusal(500083, 'the domain is managed')
  return message.federation?.preferredAuthenticationProtocol === 'wsFed' ? undefined : refusal(1000009, 'the domain is federated by saml')
}

function refuseConditions(message: WsFedMessage): Refusal | undefined {
  if (message.flow) message.flow.isUsed = true
  const conditions = child(message.signed, 'Conditions')
  const audiences = childrenOf(child(conditions, 'AudienceRestrictionCondition'), names.saml1, 'Audience').map(({ text }) => text)
  return audiences.includes(realm) ? refuseWindow(conditions, message) : refusal(50008, `the audience is "${audiences.join(' ')}"`)
}

function refuseUpn(message: WsFedMessage): Refusal | undefined {
  const values = valuesOf(message.signed, 'UPN', 'http://schemas.xmlsoap.org/claims')
  if (values.length !== 1) return refusal(500088, `${values.length} values of UPN`)
  message.upn = values[0] ?? ''
  return refuseForeignUpn(message)
}

function refuseImmutableId(message: WsFedMessage): Refusal | undefined {
  const values = valuesOf(message.signed, 'ImmutableID', 'http://schemas.microsoft.com/LiveID/Federation/2008/05')
  if (values.length !== 1 || values[0] === '') return refusal(90020, `${values.length} values of ImmutableID`)
  const subjects = message.signed.children.filter(({ name }) => statementNames.includes(name)).map((statement) => child(statement, 'Subject'))
  for (const subject of subjects) {
    if (child(subject, 'NameIdentifier').text !== values[0]) return refusal(90020, 'NameIdentifier is not the ImmutableID in every statement')
    const method = child(subject, 'SubjectConfirmation', 'ConfirmationMethod').text
    if (method !== 'urn:oasis:names:tc:SAML:1.0:cm:bearer') return refusal(7000011, `the method is "${method}"`)
  }
  message.immutableId = values[0] ?? ''
  return undefined
}

function refuseMethods(message: WsFedMessage): Refusal | undefined {
  const found = childrenOf(message.signed, names.saml1, 'AuthenticationStatement')
  const [statement] = found
  if (!statement || found.length > 1) return refusal(50130, `${found.length} AuthenticationStatements`)
  const instant = statement.attributes['AuthenticationInstant']
  const wrong = refuseInstant(instant, message)
  if (wrong) return wrong
  const methods = [statement.attributes['AuthenticationMethod'] ?? '', ...valuesOf(message.signed, 'authenticationmethod', identityClaims)]
  const stranger = methods.find((method) => !isKnownMethod(method))
  if (stranger !== undefined) return refusal(50130, `the method is "${stranger}"`)
  const stated = valuesOf(message.signed, 'authenticationinstant', identityClaims)
  if (stated.length > 0 && instantOf(stated[0]) === undefined) return refusal(50130, `authenticationinstant is "${stated[0] ?? ''}"`)
  message.methods = methods
  message.authenticatedAt = instantOf(instant)
  message.statedAt = instantOf(stated[0])
  return undefined
}

function valuesOf(assertion: XmlElement, name: string, namespace: string): string[] {
  return childrenOf(assertion, names.saml1, 'AttributeStatement').flatMap((statement) => childrenOf(statement, names.saml1, 'Attribute'))
    .filter(({ attributes }) => attributes['AttributeName'] === name && attributes['AttributeNamespace'] === namespace)
    .flatMap((attribute) => childrenOf(attribute, names.saml1, 'AttributeValue').map(({ text }) => text))
}
