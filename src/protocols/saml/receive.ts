import { networkOf } from '../../authentication/throttle/index.ts'
import { InvalidRequest } from '../../errors.ts'
import type { Context } from '../../http/index.ts'
import { createRefusals } from '../exchange/index.ts'
import { attribute, child, createTurns, decodeBase64Message, inflateMessage, isSigned, textOf, verifyQuery, XmlRefused, type XmlElement } from '../xml/index.ts'
import { assertionNamespace, protocolNamespace } from './names.ts'
import type { SamlNeeds } from './needs.ts'
import type { Providers } from './providers.ts'
import type { ServiceProvider } from './service-provider.ts'

export type MessageName = 'AuthnRequest' | 'LogoutRequest' | 'LogoutResponse'

/** A message whose sender is known and whose signature, where there must be one, is right. */
export interface Received {
  readonly provider: ServiceProvider
  readonly name: MessageName
  /** Only what was signed, where it was signed. */
  readonly message: XmlElement
  readonly signed: boolean
  readonly relayState: string | null
  /** Our address that it came to, in full. */
  readonly destination: string
}

/** A message as the browser brought it. */
export interface RawMessage {
  readonly binding: 'redirect' | 'post'
  readonly kind: 'SAMLRequest' | 'SAMLResponse'
  readonly value: string
  readonly relayState: string | null
  /** Redirect binding only: the query as it came. */
  readonly query: string
}

/** Bindings §3.4.3: more may not be sent. Software in the field sends more, so a little more is taken. */
const longestRelayState = 4_096

export type Receive = ReturnType<typeof createReceive>

export function createReceive(needs: Pick<SamlNeeds, 'reader' | 'publicUrl' | 'storage' | 'throttle' | 'record'>, providers: Providers) {
  const inTurn = createTurns()
  const noted = createRefusals(needs, 'saml')

  async function judge(ctx: Context, raw: RawMessage, expected: readonly MessageName[], domainKey: string | undefined): Promise<Received> {
    const text = raw.binding === 'post' ? decodeBase64Message(raw.value) : inflateMessage(raw.value)
    const outer = await needs.reader.read(text)
    // A request in the field of responses is somebody's attempt to have it read by other rules.
    const name = expected.find((known) => known === outer.name && outer.namespace === protocolNamespace && known.endsWith('Request') === (raw.kind === 'SAMLRequest'))
    if (name === undefined) throw new InvalidRequest('application_request', `the message in ${raw.kind} is a ${outer.name.slice(0, 100)}, expected ${expected.join(' or ')}`)
    const entityId = issuerOf(outer)
    const provider = domainKey === undefined ? await providers.byEntityId(entityId) : await providers.byKey(domainKey)
    if (!provider || provider.entityId !== entityId) throw new InvalidRequest('application_unknown', `no service provider is registered here as ${JSON.stringify(entityId.slice(0, 200))}`)

    return noted(ctx, provider, () => readable(() => believe(provider, name, outer, text, raw, needs.publicUrl + ctx.path)))
  }

  /** What is left of a message when its signature was judged. */
  async function believe(provider: ServiceProvider, name: MessageName, outer: XmlElement, text: string, raw: RawMessage, destination: string): Promise<Received> {
    const { entityId, settings: { signingCertificates: certificates, allowSha1, signedRequests } } = provider
    const detached = raw.binding === 'redirect' && /(^|&)Signature=/.test(raw.query)
    const signed = detached || (raw.binding === 'post' && isSigned(outer))
    // A sign-out that anybody could send would be a nuisance at most; one from somebody who signs must be signed.
    const mustBe = name === 'AuthnRequest' ? signedRequests : certificates.length > 0 && !provider.microsoft
    if (!signed || certificates.length === 0) {
      if (mustBe) throw new InvalidRequest('application_request', `${entityId} must sign its ${name}${certificates.length === 0 ? ', and no certificate of it is registered' : ''}`)
      return { provider, name, message: outer, signed: false, relayState: raw.relayState, destination }
    }
    if (raw.binding === 'post') {
      const message = await needs.reader.verify(text, { root: { namespace: protocolNamespace, name }, idAttribute: 'ID', certificates, allowSha1 })
      if (issuerOf(message) !== entityId) throw new InvalidRequest('application_request', 'the signed part names another issuer')
      requireDestination(message)
      return { provider, name, message, signed: true, relayState: raw.relayState, destination }
    }
    if (!verifySignedQuery(raw, certificates, allowSha1)) throw new InvalidRequest('application_request', `the signature of ${name} fits no certificate that is registered for ${entityId}`)
    requireDestination(outer)
    return { provider, name, message: outer, signed: true, relayState: raw.relayState, destination }
  }

  return {
    readQuery(ctx: Context): RawMessage {
      return toRaw('redirect', new URLSearchParams(ctx.querystring), ctx.querystring)
    },

    async readForm(ctx: Context): Promise<RawMessage> {
      return toRaw('post', new URLSearchParams((await ctx.form()).pairs()), '')
    },

    /**
     * Finds the sender and judges the signature before anything else is read of the message (SEC-20, SEC-22).
     * @param domainKey the federated domain whose address it came to, if it is one's
     * @throws InvalidRequest `application_unknown`, `application_request`: the browser sees a page of ours and goes nowhere
     */
    async message(ctx: Context, raw: RawMessage, expected: readonly MessageName[], domainKey: string | undefined): Promise<Received> {
      return inTurn(networkOf(ctx.state.request.ip), () => readable(() => judge(ctx, raw, expected, domainKey)))
    },

    noted,
  }
}

async function readable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof XmlRefused) throw new InvalidRequest('application_request', `${error.fault}: ${error.message}`)
    throw error
  }
}

function toRaw(binding: RawMessage['binding'], fields: URLSearchParams, query: string): RawMessage {
  const single = (name: string): string | null => {
    const values = fields.getAll(name)
    if (values.length > 1) throw new InvalidRequest('application_request', `${name} came ${values.length} times`)
    return values[0] ?? null
  }
  const [request, response, relayState] = [single('SAMLRequest'), single('SAMLResponse'), single('RelayState')]
  const value = request ?? response
  if (value === null || value === '' || (request !== null && response !== null)) throw new InvalidRequest('application_request', 'expected one of SAMLRequest and SAMLResponse')
  const encoding = single('SAMLEncoding')
  if (encoding !== null && encoding !== 'urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE') throw new InvalidRequest('application_request', 'the SAMLEncoding is not known')
  if (relayState !== null && relayState.length > longestRelayState) throw new InvalidRequest('application_request', `RelayState has ${relayState.length} characters, at most ${longestRelayState} are kept`)
  return { binding, kind: request === null ? 'SAMLResponse' : 'SAMLRequest', value, relayState, query }
}

function issuerOf(message: XmlElement): string {
  const issuer = child(message, assertionNamespace, 'Issuer')
  if (!issuer) throw new InvalidRequest('application_request', 'the message names no issuer')
  return textOf(issuer)
}

/** SAML Bindings §3.4.5.2, §3.5.5.2: or it could be sent on to somebody whom it was not meant for. */
function requireDestination(message: XmlElement): void {
  if (!attribute(message, 'Destination')) throw new InvalidRequest('application_request', 'a signed message must name its Destination')
}

/** The octets as they were signed: `SAMLRequest=…&RelayState=…&SigAlg=…`, each exactly as it stands in the query (SEC-23). */
function verifySignedQuery(raw: RawMessage, certificates: readonly string[], allowSha1: boolean): boolean {
  const parts = raw.query.split('&')
  const part = (name: string): string | undefined => parts.find((text) => text.startsWith(`${name}=`))
  const [algorithm, signature] = [part('SigAlg'), part('Signature')].map((text) => (text === undefined ? undefined : new URLSearchParams(text).values().next().value))
  if (algorithm === undefined || signature === undefined) return false
  // A name in another spelling (Relay%53tate) is read but would not be among what was signed.
  if (part(raw.kind) === undefined || (raw.relayState !== null && part('RelayState') === undefined)) return false
  const octets = [part(raw.kind), part('RelayState'), part('SigAlg')].filter((text) => text !== undefined).join('&')
  return verifyQuery(octets, algorithm, signature, certificates, { allowSha1 })
}
