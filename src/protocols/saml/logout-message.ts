import { deflateRawSync } from 'node:zlib'
import type { Context } from '../../http/index.ts'
import { attribute, child, childrenOf, element, onlyChild, rsaSha256, signElement, signQuery, textOf, write, type XmlElement, type XmlNode, type XmlSigner } from '../xml/index.ts'
import { messageProblem } from './authn-request.ts'
import { assertionNamespace, longestName, protocolNamespace, statuses } from './names.ts'
import { instant, issuerElement, nameIdElement, newMessageId, statusOf, type NameId } from './response.ts'
import type { ServiceProvider } from './service-provider.ts'

export interface LogoutQuestion {
  readonly requestId: string
  readonly name: string
  /** Empty for all sessions that the person has with the application. */
  readonly sessionIndexes: readonly string[]
}

/** Cut, not left out: without any index a request means every session. None of ours is as long. */
const longestSessionIndex = 100

/** Reads a LogoutRequest (SAML Core §3.7.1) whose signature has been judged already. */
export function readLogoutRequest(request: XmlElement, destination: string, now: number): LogoutQuestion | { readonly problem: string } {
  const problem = messageProblem(request, destination, now)
  if (problem !== undefined) return { problem }
  const until = attribute(request, 'NotOnOrAfter')
  if (until !== undefined && !(Date.parse(until) > now)) return { problem: `NotOnOrAfter is ${until.slice(0, 40)}, which has passed` }
  const name = child(request, assertionNamespace, 'NameID')
  if (!name) return { problem: 'the request names nobody in a NameID (encrypted names are not read)' }
  if (textOf(name).length > longestName) return { problem: `the NameID has ${textOf(name).length} characters, at most ${longestName} are read` }
  return { requestId: attribute(request, 'ID') ?? '', name: textOf(name), sessionIndexes: childrenOf(request, protocolNamespace, 'SessionIndex').slice(0, 100).map((index) => textOf(index).slice(0, longestSessionIndex)) }
}

/** Reads a LogoutResponse (SAML Core §3.7.2). */
export function readLogoutResponse(response: XmlElement, destination: string, now: number): { readonly inResponseTo: string; readonly success: boolean } | { readonly problem: string } {
  const problem = messageProblem(response, destination, now)
  if (problem !== undefined) return { problem }
  const code = onlyChild(onlyChild(response, protocolNamespace, 'Status'), protocolNamespace, 'StatusCode')
  return { inResponseTo: attribute(response, 'InResponseTo') ?? '', success: attribute(code, 'Value') === statuses.success && childrenOf(code, protocolNamespace, 'StatusCode').length === 0 }
}

/** One way to a service provider's sign-out. */
export interface LogoutEndpoint { readonly binding: 'redirect' | 'post'; readonly url: string }

/** By redirect where there is a choice: it needs no script. */
export function logoutEndpointOf({ settings }: ServiceProvider, kind: 'request' | 'response'): LogoutEndpoint | undefined {
  const found = settings.slo.find(({ binding }) => binding === 'redirect') ?? settings.slo[0]
  return found && { binding: found.binding, url: kind === 'response' ? found.responseUrl ?? found.url : found.url }
}

export function logoutRequest(provider: ServiceProvider, to: LogoutEndpoint, who: { readonly id: string; readonly nameId: NameId; readonly sessionIndex: string }, now: number): XmlNode {
  return element('samlp:LogoutRequest', { ID: who.id, Version: '2.0', IssueInstant: instant(now), Destination: to.url, NotOnOrAfter: instant(now + 5 * 60_000) },
    issuerElement(provider), nameIdElement(who.nameId, provider), element('samlp:SessionIndex', {}, who.sessionIndex))
}

export function logoutResponse(provider: ServiceProvider, to: LogoutEndpoint, inResponseTo: string, codes: readonly string[], now: number): XmlNode {
  return element('samlp:LogoutResponse', { ID: newMessageId(), Version: '2.0', IssueInstant: instant(now), Destination: to.url, InResponseTo: inResponseTo },
    issuerElement(provider), statusOf(codes))
}

/** Sends a message of ours with the browser, signed in the way of the binding (SAML Bindings §3.4, §3.5). */
export function sendMessage(ctx: Context, to: LogoutEndpoint, kind: 'SAMLRequest' | 'SAMLResponse', message: XmlNode, relayState: string | null, signer: XmlSigner): void {
  ctx.state.leavesFormActionOpen = true
  ctx.set('Cache-Control', 'no-store')
  if (to.binding === 'post') {
    const value = Buffer.from(signElement(message, 'ID', 1, signer).written).toString('base64')
    ctx.page('exchange/hand-over', { action: to.url, fields: [{ name: kind, value }, ...(relayState === null ? [] : [{ name: 'RelayState', value: relayState }])] })
    return
  }
  const pairs: [string, string][] = [[kind, deflateRawSync(write(message)).toString('base64')], ...(relayState === null ? [] : [['RelayState', relayState] as [string, string]]), ['SigAlg', rsaSha256]]
  const octets = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  const query = `${octets}&Signature=${encodeURIComponent(signQuery(octets, signer))}`
  ctx.redirect(`${to.url}${to.url.includes('?') ? '&' : '?'}${query}`)
}
