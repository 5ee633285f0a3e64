import { element, write, type QName, type XmlNode } from '../xml/index.ts'
import { trustVersions, type TrustVersion } from './names.ts'

/** By the names that AD FS gives them: clients in the field were built against those (microsoft365 §2.6). */
const names: Readonly<Record<TrustVersion, { readonly policy: string; readonly portType: string; readonly operation: string; readonly binding: string }>> = {
  '13': { policy: 'UserNameWSTrustBinding_IWSTrust13Async_policy', portType: 'IWSTrust13Async', operation: 'Trust13IssueAsync', binding: 'UserNameWSTrustBinding_IWSTrust13Async' },
  '2005': { policy: 'UserNameWSTrustBinding_IWSTrustFeb2005Async_policy', portType: 'IWSTrustFeb2005Async', operation: 'TrustFeb2005IssueAsync', binding: 'UserNameWSTrustBinding_IWSTrustFeb2005Async' },
}
const versions: readonly TrustVersion[] = ['13', '2005']
const transport = 'http://schemas.xmlsoap.org/soap/http'

export const trustEndpoint = (publicUrl: string, version: TrustVersion): string => `${publicUrl}/adfs/services/trust/${version}/usernamemixed`

/** The description that clients fetch to learn where and how passwords are taken (WS-MetadataExchange; WSDL 1.1). */
export function writeMex(publicUrl: string): string {
  return write({
    // Its own names are referred to by a prefix in values only.
    name: 'wsdl:definitions', declares: ['tns', ...versions.map((version) => trustVersions[version].prefix)], attributes: { name: 'SecurityTokenService', targetNamespace: 'http://schemas.microsoft.com/ws/2008/06/identity/securitytokenservice' },
    children: [
      ...versions.map(policy), element('wsdl:types'), ...versions.flatMap(messages), ...versions.map(portType), ...versions.map(binding),
      element('wsdl:service', { name: 'SecurityTokenService' }, ...versions.map((version) => port(version, trustEndpoint(publicUrl, version)))),
    ],
  })
}

/** TLS, a timestamp, and a name with a password in the clear inside it. */
function policy(version: TrustVersion): XmlNode {
  const sp = version === '13' ? 'sp' : 'sp2005'
  const wrapped = (name: string, ...children: XmlNode[]): XmlNode => element(`${sp}:${name}` as QName, {}, element('wsp:Policy', {}, ...children))
  const bare = (name: string): XmlNode => element(`${sp}:${name}` as QName)
  const include = version === '13' ? 'http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702/IncludeToken/AlwaysToRecipient' : 'http://schemas.xmlsoap.org/ws/2005/07/securitypolicy/IncludeToken/AlwaysToRecipient'
  const transportToken = wrapped('TransportToken', version === '13' ? bare('HttpsToken') : element('sp2005:HttpsToken', { RequireClientCertificate: 'false' }))
  const usernameToken = { ...wrapped('UsernameToken', bare('WssUsernameToken10')), attributes: { [`${sp}:IncludeToken`]: include } }
  return element('wsp:Policy', { 'wsu:Id': names[version].policy }, element('wsp:ExactlyOne', {}, element('wsp:All', {},
    wrapped('TransportBinding', transportToken, wrapped('AlgorithmSuite', bare('Basic256')), wrapped('Layout', bare('Strict')), bare('IncludeTimestamp')),
    wrapped(version === '13' ? 'SignedEncryptedSupportingTokens' : 'SignedSupportingTokens', usernameToken),
    element('wsaw:UsingAddressing'))))
}

function messages(version: TrustVersion): XmlNode[] {
  const { prefix } = trustVersions[version]
  const message = (name: string, part: string, type: string): XmlNode => element('wsdl:message', { name }, element('wsdl:part', { name: part, element: `${prefix}:${type}` }))
  return [
    message(`${names[version].operation}Request`, 'request', 'RequestSecurityToken'),
    message(`${names[version].operation}Response`, 'result', version === '13' ? 'RequestSecurityTokenResponseCollection' : 'RequestSecurityTokenResponse'),
  ]
}

function portType(version: TrustVersion): XmlNode {
  const { operation, portType: name } = names[version]
  return element('wsdl:portType', { name }, element('wsdl:operation', { name: operation },
    element('wsdl:input', { 'wsaw:Action': trustVersions[version].action, message: `tns:${operation}Request` }),
    element('wsdl:output', { 'wsaw:Action': trustVersions[version].answer, message: `tns:${operation}Response` })))
}

function binding(version: TrustVersion): XmlNode {
  const { operation, binding: name, policy: id, portType: type } = names[version]
  const body = element('soap12:body', { use: 'literal' })
  return element('wsdl:binding', { name, type: `tns:${type}` }, element('wsp:PolicyReference', { URI: `#${id}` }), element('soap12:binding', { transport }),
    element('wsdl:operation', { name: operation }, element('soap12:operation', { soapAction: trustVersions[version].action, style: 'document' }),
      element('wsdl:input', {}, body), element('wsdl:output', {}, body)))
}

function port(version: TrustVersion, address: string): XmlNode {
  const { binding: name } = names[version]
  return element('wsdl:port', { name, binding: `tns:${name}` }, element('soap12:address', { location: address }), element('wsa:EndpointReference', {}, element('wsa:Address', {}, address)))
}
