import { prefixes, attribute, child, childrenOf, onlyChild, textOf, XmlRefused, type XmlElement } from '../xml/index.ts'
import { trustVersions, type TrustVersion } from './names.ts'

/** A client's wish for a token in exchange for a name and a password (WS-Trust, "usernamemixed"). */
export interface TrustRequest {
  readonly messageId: string
  readonly username: string
  readonly password: string
  /** Whom the token is for. */
  readonly appliesTo: string
}

const skewMilliseconds = 5 * 60_000
const longestName = 320
const longestPassword = 256

/**
 * Reads a SOAP 1.2 envelope with a RequestSecurityToken. What is not known is passed over, as clients differ; what decides is
 * asked for exactly (microsoft365 §2.7).
 * @param endpoint our address that it came to
 */
export function readTrustRequest(envelope: XmlElement, version: TrustVersion, endpoint: string, now: number): TrustRequest | { readonly problem: string } {
  try {
    return read(envelope, version, endpoint, now)
  } catch (error) {
    if (error instanceof XmlRefused) return { problem: error.message }
    throw error
  }
}

function read(envelope: XmlElement, version: TrustVersion, endpoint: string, now: number): TrustRequest | { readonly problem: string } {
  const { namespace, action, issue } = trustVersions[version]
  if (envelope.namespace !== prefixes.s || envelope.name !== 'Envelope') return { problem: 'expected a SOAP 1.2 envelope' }
  const header = onlyChild(envelope, prefixes.s, 'Header')
  const asked = textOf(onlyChild(header, prefixes.wsa, 'Action'))
  if (asked !== action) return { problem: `the action is ${quote(asked)}, expected ${quote(action)}` }
  const to = textOf(onlyChild(header, prefixes.wsa, 'To'))
  if (to !== endpoint) return { problem: `the request is for ${quote(to)}, expected ${quote(endpoint)}` }
  const messageId = textOf(onlyChild(header, prefixes.wsa, 'MessageID'))
  if (messageId === '' || messageId.length > 200) return { problem: 'the message id is empty or too long' }

  const security = onlyChild(header, prefixes.o, 'Security')
  const timestamp = onlyChild(security, prefixes.wsu, 'Timestamp')
  const [created, expires] = [child(timestamp, prefixes.wsu, 'Created'), child(timestamp, prefixes.wsu, 'Expires')].map((time) => (time ? Date.parse(textOf(time)) : Number.NaN))
  if (!(created !== undefined && created <= now + skewMilliseconds) || !(expires !== undefined && expires > now - skewMilliseconds)) return { problem: 'the timestamp is not of now; set the clock of the client' }
  const token = onlyChild(security, prefixes.o, 'UsernameToken')
  const passwordElement = onlyChild(token, prefixes.o, 'Password')
  // A digest could not be compared with what a directory knows.
  const type = attribute(passwordElement, 'Type')
  if (type !== undefined && !type.endsWith('#PasswordText')) return { problem: `the password is a ${quote(type)}, expected text` }
  const [username, password] = [textOf(onlyChild(token, prefixes.o, 'Username')), exactText(passwordElement)]
  if (username.length > longestName || password.length > longestPassword) return { problem: 'the name or the password is too long' }

  const body = onlyChild(envelope, prefixes.s, 'Body')
  const request = onlyChild(body, namespace, 'RequestSecurityToken')
  if (body.children.length !== 1) return { problem: 'expected one request in the body' }
  const requestType = textOf(onlyChild(request, namespace, 'RequestType'))
  if (requestType !== issue) return { problem: `the request type is ${quote(requestType)}, expected ${quote(issue)}` }
  const [policy] = childrenOf(request, prefixes.wsp, 'AppliesTo')
  if (!policy) return { problem: 'the request does not say whom the token is for' }
  const appliesTo = textOf(onlyChild(onlyChild(policy, prefixes.wsa, 'EndpointReference'), prefixes.wsa, 'Address'))
  return { messageId, username, password, appliesTo }
}

/** A blank at the end of a password is part of it. */
function exactText(element: XmlElement): string {
  textOf(element)
  return element.text
}

const quote = (text: string): string => JSON.stringify(text.slice(0, 200))
