import { newId } from '../../storage/index.ts'
import { element, write, type XmlNode } from '../xml/index.ts'
import { trustVersions, type TrustVersion } from './names.ts'
import type { Realm } from './realm.ts'
import { answerElement, instant, type IssuedToken } from './token.ts'

/** The envelope around a token (microsoft365 §2.7): WS-Trust 1.3 wants a collection, 2005 the bare answer. */
export function writeTrustAnswer(realm: Realm, token: IssuedToken, version: TrustVersion, relatesTo: string, now: number): string {
  const answer = answerElement(realm, token, version)
  const body = version === '13' ? element('trust:RequestSecurityTokenResponseCollection', {}, answer) : answer
  return write(envelope([
    element('wsa:Action', { 's:mustUnderstand': '1' }, trustVersions[version].answer),
    element('wsa:RelatesTo', {}, relatesTo),
    element('o:Security', { 's:mustUnderstand': '1' },
      element('wsu:Timestamp', { 'wsu:Id': `_${newId()}` }, element('wsu:Created', {}, instant(now)), element('wsu:Expires', {}, instant(now + 300_000)))),
  ], body))
}

export type TrustFault = 'FailedAuthentication' | 'InvalidRequest' | 'RequestFailed'

/**
 * A refusal with both a subcode and a text: clients of Microsoft break on a fault that lacks either. It never tells whether
 * the name or the password was wrong.
 */
export function writeFault(fault: TrustFault, version: TrustVersion): string {
  // The prefix of a subcode stands in a value, so the element that carries it has to declare it.
  const prefix = fault === 'FailedAuthentication' ? 'o' : trustVersions[version].prefix
  const subcode: XmlNode = { name: 's:Value', attributes: {}, declares: [prefix], children: [`${prefix}:${fault}`] }
  const texts: Readonly<Record<TrustFault, string>> = { FailedAuthentication: 'Sign-in failed.', InvalidRequest: 'The request was not right.', RequestFailed: 'The sign-in cannot be judged right now.' }
  return write(envelope([], element('s:Fault', {},
    element('s:Code', {}, element('s:Value', {}, fault === 'RequestFailed' ? 's:Receiver' : 's:Sender'), element('s:Subcode', {}, subcode)),
    element('s:Reason', {}, element('s:Text', { 'xml:lang': 'en-US' }, texts[fault])))))
}

function envelope(header: readonly XmlNode[], body: XmlNode): XmlNode {
  return element('s:Envelope', {}, ...(header.length === 0 ? [] : [element('s:Header', {}, ...header)]), element('s:Body', {}, body))
}
