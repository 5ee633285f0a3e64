import { nameIdFormats, type NameIdFormat } from '../../applications/index.ts'
import { attribute, child, childrenOf, textOf, type XmlElement } from '../xml/index.ts'
import { chooseContext, type ChosenContext, type RequestedContext } from './authn-context.ts'
import { assertionNamespace, longestName, postBinding, protocolNamespace, requestAgeMilliseconds, skewMilliseconds } from './names.ts'
import type { ServiceProvider } from './service-provider.ts'

/** What an application asks; everything that decides where the answer goes was taken from its stored metadata. */
export interface Question {
  readonly requestId: string
  readonly acs: string
  readonly forceAuthn: boolean
  readonly passive: boolean
  readonly context: ChosenContext | null
  /** The format the answer will have; null where it was left to us. */
  readonly nameIdFormat: NameIdFormat | null
  /** The person the application means, by the name that it knows. */
  readonly subject: string | null
}

/** A request that is wrong in itself never returns to the application (SEC-21). The rest is answered there. */
export type AuthnRequest =
  | { readonly kind: 'question'; readonly question: Question }
  | { readonly kind: 'unanswerable'; readonly requestId: string; readonly acs: string; readonly status: 'noAuthnContext' | 'invalidNameIdPolicy' }
  | { readonly kind: 'wrong'; readonly problem: string }

const mostClasses = 20

/**
 * Reads an AuthnRequest (SAML Core §3.4.1) whose signature has been judged already.
 * @param destination our address that it came to
 * @param now epoch milliseconds
 */
export function readAuthnRequest(request: XmlElement, provider: ServiceProvider, destination: string, now: number): AuthnRequest {
  const wrong = (problem: string): AuthnRequest => ({ kind: 'wrong', problem })
  const problem = messageProblem(request, destination, now)
  if (problem !== undefined) return wrong(problem)
  const requestId = attribute(request, 'ID') ?? ''
  const acs = chooseAcs(request, provider)
  if (typeof acs !== 'string') return wrong(acs.problem)

  const context = readContext(request, provider)
  if (context === undefined) return { kind: 'unanswerable', requestId, acs, status: 'noAuthnContext' }
  const nameIdFormat = readNameIdFormat(request, provider)
  if (nameIdFormat === undefined) return { kind: 'unanswerable', requestId, acs, status: 'invalidNameIdPolicy' }
  const subject = child(request, assertionNamespace, 'Subject')
  const name = subject && child(subject, assertionNamespace, 'NameID')
  if (name && textOf(name).length > longestName) return wrong(`the NameID of the Subject has ${textOf(name).length} characters, at most ${longestName} are read`)
  return {
    kind: 'question',
    question: { requestId, acs, forceAuthn: isTrue(request, 'ForceAuthn'), passive: isTrue(request, 'IsPassive'), context, nameIdFormat, subject: name ? textOf(name) : null },
  }
}

/** What every message of an application has to be (SAML Core §3.2.1), whatever it asks. */
export function messageProblem(message: XmlElement, destination: string, now: number): string | undefined {
  if (attribute(message, 'Version') !== '2.0') return `Version is ${quote(attribute(message, 'Version'))}, expected "2.0"`
  const id = attribute(message, 'ID')
  if (id === undefined || !/^[A-Za-z_][\w.-]{0,255}$/.test(id)) return `ID is ${quote(id)}, expected an xs:ID of at most 256 characters`
  const to = attribute(message, 'Destination')
  if (to !== undefined && to !== '' && to !== destination) return `Destination is ${quote(to)}, expected ${quote(destination)}`
  const issued = attribute(message, 'IssueInstant')
  const at = issued === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(issued) ? Number.NaN : Date.parse(issued)
  if (Number.isNaN(at)) return `IssueInstant is ${quote(issued)}, expected a time such as 2026-11-25T09:30:00Z`
  if (at > now + skewMilliseconds) return `IssueInstant is ${issued}, which lies ahead of our clock (${new Date(now).toISOString()}); set the clocks of both servers`
  if (at < now - requestAgeMilliseconds) return `IssueInstant is ${issued}, more than ten minutes ago (our clock: ${new Date(now).toISOString()})`
  return undefined
}

/** Only what the stored metadata names; the request merely points at it (SAML Profiles §4.1.4.1, SEC-21). */
function chooseAcs(request: XmlElement, { settings, entityId }: ServiceProvider): string | { readonly problem: string } {
  const binding = attribute(request, 'ProtocolBinding')
  if (binding !== undefined && binding !== postBinding) return { problem: `ProtocolBinding is ${quote(binding)}, only HTTP-POST is answered` }
  const url = attribute(request, 'AssertionConsumerServiceURL')
  const index = attribute(request, 'AssertionConsumerServiceIndex')
  if (url !== undefined && url !== '') {
    return settings.acs.some((one) => one.url === url) ? url : { problem: `AssertionConsumerServiceURL is ${quote(url)}, which is not registered for ${quote(entityId)}` }
  }
  if (index !== undefined) {
    return settings.acs.find((one) => String(one.index) === index)?.url ?? { problem: `AssertionConsumerServiceIndex is ${quote(index)}, which is not registered for ${quote(entityId)}` }
  }
  return (settings.acs.find(({ isDefault }) => isDefault) ?? settings.acs[0])?.url ?? { problem: `${quote(entityId)} has no assertion consumer service` }
}

/** @returns null for none, undefined for one that cannot be met */
function readContext(request: XmlElement, { microsoft }: ServiceProvider): ChosenContext | null | undefined {
  const requested = child(request, protocolNamespace, 'RequestedAuthnContext')
  if (!requested) return null
  const comparison = attribute(requested, 'Comparison') ?? 'exact'
  if (!isComparison(comparison)) return undefined
  const chosen = chooseContext({ comparison, classes: childrenOf(requested, assertionNamespace, 'AuthnContextClassRef').slice(0, mostClasses).map(textOf) })
  // What Entra asks that we do not know would only lock people out; it judges the answer itself (microsoft365 R-6).
  return chosen ?? (microsoft ? null : undefined)
}

function isComparison(text: string): text is RequestedContext['comparison'] {
  return text === 'exact' || text === 'minimum' || text === 'maximum' || text === 'better'
}

/** @returns null where it is left to us, undefined where another format is wanted than the one that was agreed (SEC-21) */
function readNameIdFormat(request: XmlElement, { settings, entityId }: ServiceProvider): NameIdFormat | null | undefined {
  const policy = child(request, protocolNamespace, 'NameIDPolicy')
  if (!policy) return null
  const qualifier = attribute(policy, 'SPNameQualifier')
  if (qualifier !== undefined && qualifier !== '' && qualifier !== entityId) return undefined
  const format = attribute(policy, 'Format')
  if (format === undefined || format === nameIdFormats.unspecified || format === 'urn:oasis:names:tc:SAML:2.0:nameid-format:unspecified') return null
  // A transient name tells less than any other, so whoever asks for it gets it.
  if (format === nameIdFormats.transient) return 'transient'
  return format === nameIdFormats[settings.nameIdFormat] ? settings.nameIdFormat : undefined
}

function isTrue(request: XmlElement, name: string): boolean {
  const value = attribute(request, name)
  return value === 'true' || value === '1'
}

const quote = (text: string | undefined): string => (text === undefined ? 'missing' : JSON.stringify(text.slice(0, 200)))
