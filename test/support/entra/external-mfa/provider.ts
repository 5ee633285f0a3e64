import { createPublicKey, X509Certificate, type JsonWebKey, type KeyObject } from 'node:crypto'
import { request as plainRequest, type IncomingMessage } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { refusal, type Check, type Failure, type Refusal } from '../aadsts.ts'
import type { Application, ExternalMethod } from '../tenant.ts'
import type { World } from '../world.ts'

/** How the simulator reaches the provider that is tested. */
export interface Reach {
  /** PEM of the authorities that the provider's certificate may come from; the simulator's own is always among them. */
  readonly ca?: readonly string[]
  /**
   * Ports of loopback for host names. `tls: false` stands for a proxy that takes TLS away in front of the provider: the URL
   * must be https all the same.
   */
  readonly hosts?: Readonly<Record<string, { readonly port: number; readonly tls?: boolean }>>
}

/** What was read, as far as the checks have come. */
interface Reading {
  readonly method: ExternalMethod
  readonly application: Application
  discovery: Fetched
  document: Readonly<Record<string, unknown>>
  keyAnswer: Fetched
  keys: readonly unknown[]
}

type Fetched = { readonly outcome: 'answered'; readonly status: number; readonly length: string | undefined; readonly body: Buffer } | { readonly outcome: 'failed'; readonly reason: string }

export interface Provider { readonly issuer: string; readonly authorizationEndpoint: string; readonly keys: ReadonlyMap<string, KeyObject>; readonly readAt: number }

export type Asking = { readonly outcome: 'known'; readonly provider: Provider } | { readonly outcome: 'refused'; readonly failure: Failure }

export interface Providers { ask(method: ExternalMethod, application: Application): Promise<Asking> }

const suffix = '/.well-known/openid-configuration'
const limitBytes = 16 * 1024
const cacheMilliseconds = 24 * 3_600_000

const number = (rule: string): string => `7.4 ${rule}`

/** D-1: what stands in the configuration, before anything is fetched. Graph asks it too. */
export function refuseDiscoveryUrl(url: string): Refusal | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const isRight = parsed?.protocol === 'https:' && url.endsWith(suffix) && !/[?#]/.test(url) && parsed.username === '' && !/^https:\/\/[^/]*:443\//.test(url)
  return isRight ? undefined : refusal(50166, `the discovery URL is "${url}"`)
}

const documentChecks: readonly Check<Reading>[] = [
  { number: number('D-1'), is: 'an https discovery URL of the right end', refuse: ({ method }) => refuseDiscoveryUrl(method.openIdConnectSetting.discoveryUrl) },
  { number: number('D-2'), is: 'answered with 200 and the right Content-Length, without redirect', refuse: ({ discovery }) => refuseAnswer(discovery) },
  { number: number('D-9'), is: 'a small answer', refuse: ({ discovery }) => refuseSize(discovery) },
  {
    number: number('D-3'), is: 'the issuer is the URL without its end', refuse: (reading) => {
      reading.document = recordOf(reading.discovery)
      const [expected, actual] = [reading.method.openIdConnectSetting.discoveryUrl.slice(0, -suffix.length), reading.document['issuer']]
      return actual === expected ? undefined : refusal(500277, `the issuer is "${String(actual)}", expected "${expected}"`)
    },
  },
  { number: number('D-6'), is: 'the fields that an implicit provider must state', refuse: refuseFields },
  {
    number: number('D-4'), is: 'the authorization endpoint is a reply address of the application', refuse: ({ document, application }) => {
      const endpoint = String(document['authorization_endpoint'])
      return application.redirectUris.includes(endpoint) ? undefined : refusal(50161, `"${endpoint}" is none of ${application.redirectUris.join(', ')}`)
    },
  },
  {
    number: number('D-5'), is: 'an https address of the keys', refuse: ({ document }) => {
      const uri = document['jwks_uri']
      return typeof uri === 'string' && /^https:\/\/[^?#]+$/.test(uri) ? undefined : refusal(900612, `jwks_uri is "${String(uri)}"`)
    },
  },
]

const keyChecks: readonly Check<Reading>[] = [
  { number: number('D-2 keys'), is: 'answered with 200 and the right Content-Length, without redirect', refuse: ({ keyAnswer }) => refuseAnswer(keyAnswer) },
  { number: number('D-9 keys'), is: 'a small answer', refuse: ({ keyAnswer }) => refuseSize(keyAnswer) },
  {
    number: number('D-5 set'), is: 'a set of keys', refuse: (reading) => {
      const { keys } = recordOf(reading.keyAnswer)
      if (!Array.isArray(keys) || keys.length === 0) return refusal(900612, 'there is no array of keys')
      reading.keys = keys
      return undefined
    },
  },
  { number: number('D-5 key'), is: 'every key with kty, kid, n, e and the certificate of itself', refuse: ({ keys }) => firstOf(keys, refuseKey) },
  { number: number('D-5 size'), is: 'RSA keys of 2048 bits or more', refuse: ({ keys }) => firstOf(keys, (key) => ((keyOf(key).asymmetricKeyDetails?.modulusLength ?? 0) >= 2048 ? undefined : refusal(50032, `key "${String((key as { kid?: unknown }).kid)}"`))) },
]

export function createProviders(world: World, reach: Reach, ownAuthority: string): Providers {
  const cache = new Map<string, Provider>()
  const get = (url: string): Promise<Fetched> => fetchStrictly(url, { ca: [ownAuthority, ...(reach.ca ?? [])], hosts: reach.hosts ?? {} })

  const refusedBy = (checks: readonly Check<Reading>[], reading: Reading): Failure | undefined => {
    for (const check of checks) {
      const refused = check.refuse(reading)
      if (refused) return { check: check.number, refusal: refused }
    }
    return undefined
  }

  return {
    async ask(method, application) {
      const { discoveryUrl } = method.openIdConnectSetting
      const cached = cache.get(discoveryUrl)
      if (cached && world.now() < cached.readAt + cacheMilliseconds && application.redirectUris.includes(cached.authorizationEndpoint)) return { outcome: 'known', provider: cached }
      const unasked: Fetched = { outcome: 'failed', reason: 'not asked' }
      const isUrl = refuseDiscoveryUrl(discoveryUrl) === undefined
      const reading: Reading = { method, application, discovery: isUrl ? await get(discoveryUrl) : unasked, document: {}, keyAnswer: unasked, keys: [] }
      const wrongDocument = refusedBy(documentChecks, reading)
      if (wrongDocument) return { outcome: 'refused', failure: wrongDocument }
      reading.keyAnswer = await get(String(reading.document['jwks_uri']))
      const wrongKeys = refusedBy(keyChecks, reading)
      if (wrongKeys) return { outcome: 'refused', failure: wrongKeys }
      const provider: Provider = {
        issuer: String(reading.document['issuer']), authorizationEndpoint: String(reading.document['authorization_endpoint']), readAt: world.now(),
        keys: new Map(reading.keys.map((key) => [String((key as { kid: unknown }).kid), keyOf(key)])),
      }
      cache.set(discoveryUrl, provider)
      return { outcome: 'known', provider }
    },
  }
}

function refuseAnswer(fetched: Fetched): Refusal | undefined {
  if (fetched.outcome === 'failed') return refusal(50166, fetched.reason)
  if (fetched.status !== 200) return refusal(50166, `the status is ${fetched.status}`)
  return fetched.length === String(fetched.body.length) ? undefined : refusal(50166, `Content-Length is "${fetched.length ?? ''}", the body has ${fetched.body.length} bytes`)
}

function refuseSize(fetched: Fetched): Refusal | undefined {
  return fetched.outcome === 'answered' && fetched.body.length > limitBytes ? refusal(90050, `${fetched.body.length} bytes`) : undefined
}

function refuseFields({ document }: Reading): Refusal | undefined {
  const wanted = [['scopes_supported', 'openid'], ['response_types_supported', 'id_token'], ['subject_types_supported', undefined], ['id_token_signing_alg_values_supported', 'RS256'],
    ...('claim_types_supported' in document ? [['claim_types_supported', 'normal'] as const] : [])] as const
  for (const [field, value] of wanted) {
    const stated = document[field]
    if (!Array.isArray(stated) || stated.length === 0 || (value !== undefined && !stated.includes(value))) return refusal(50161, `${field} lacks ${value ?? 'a value'}`)
  }
  return undefined
}

function refuseKey(key: unknown): Refusal | undefined {
  const { kty, kid, n, e, x5c } = key as Record<string, unknown>
  if (kty !== 'RSA' || [kid, n, e].some((field) => typeof field !== 'string' || field === '')) return refusal(900612, 'a key lacks kty RSA, kid, n or e')
  if (!Array.isArray(x5c) || typeof x5c[0] !== 'string') return refusal(900612, `key "${String(kid)}" has no x5c`)
  try {
    const certified = new X509Certificate(Buffer.from(x5c[0], 'base64')).publicKey
    return certified.equals(keyOf(key)) ? undefined : refusal(900612, `the certificate of key "${String(kid)}" is of another key`)
  } catch (error) {
    return refusal(900612, `x5c of key "${String(kid)}": ${error instanceof Error ? error.message : ''}`)
  }
}

function keyOf(key: unknown): KeyObject {
  return createPublicKey({ key: key as JsonWebKey, format: 'jwk' })
}

function firstOf(keys: readonly unknown[], refuse: (key: unknown) => Refusal | undefined): Refusal | undefined {
  for (const key of keys) {
    const refused = refuse(key)
    if (refused) return refused
  }
  return undefined
}

function recordOf(fetched: Fetched): Record<string, unknown> {
  if (fetched.outcome === 'failed') return {}
  try {
    const parsed = JSON.parse(fetched.body.toString('utf8')) as unknown
    return typeof parsed === 'object' && parsed !== null ? parsed as Record<string, unknown> : {}
  } catch {
    return {}
  }
}

/** https only, no redirects, no decompression, five seconds; the Content-Length is handed on as it was sent. */
function fetchStrictly(url: string, { ca, hosts }: { ca: readonly string[]; hosts: NonNullable<Reach['hosts']> }): Promise<Fetched> {
  const { protocol, hostname, host, port, pathname } = new URL(url)
  if (protocol !== 'https:') return Promise.resolve({ outcome: 'failed', reason: `"${url}" is not https` })
  const mapped = hosts[hostname]
  const common = { host: mapped ? '127.0.0.1' : hostname, port: mapped?.port ?? Number(port || 443), path: pathname, headers: { host, accept: 'application/json' }, agent: false, timeout: 5000 } as const
  return new Promise((resolve) => {
    const failed = (error: Error): void => { resolve({ outcome: 'failed', reason: `${host}: ${error.message}` }) }
    const take = (answer: IncomingMessage): void => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => { parts.push(part) })
      answer.on('error', failed)
      answer.on('end', () => { resolve({ outcome: 'answered', status: answer.statusCode ?? 0, length: answer.headers['content-length'], body: Buffer.concat(parts) }) })
    }
    const sent = mapped?.tls === false ? plainRequest(common, take) : tlsRequest({ ...common, servername: hostname, ca: [...ca] }, take)
    sent.on('timeout', () => sent.destroy(new Error('no answer in five seconds')))
    sent.on('error', failed)
    sent.end()
  })
}
