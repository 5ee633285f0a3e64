import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface GraphDomain { id: string; authenticationType: 'Managed' | 'Federated'; isDefault: boolean; isRoot: boolean; isVerified: boolean; configuration: Record<string, unknown> | null }
export interface GraphUser { id: string; userPrincipalName: string; onPremisesImmutableId: string | null; accountEnabled: boolean }
export interface Seen { readonly method: string; readonly path: string; readonly body: string; readonly authorization: string }

/** A small Graph with its token endpoint, for tests of the calls and the guide; what it refuses, it refuses as section 3.2 says. */
export class SmallGraph {
  readonly domains = new Map<string, GraphDomain>()
  users: GraphUser[] = []
  administrators: string[] = ['root@corp.onmicrosoft.com', 'spare@corp.onmicrosoft.com']
  policies: Record<string, unknown>[] = []
  readonly seen: Seen[] = []
  /** Answers to give before any others, for tests of refusals and retries. */
  readonly next: { status: number; headers?: Record<string, string>; body?: unknown; only?: RegExp; meanwhile?: () => void }[] = []
  /** What the person at Entra does with the code. */
  device: 'pending' | 'signed_in' | 'declined' | 'expired' | 'slow_down' = 'signed_in'
  pageSize = 2
  interval = 5
  url = ''
  readonly #server = createServer((request, response) => { void this.#answer(request, response) })
  #ids = 0

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return this
  }

  async stop(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  addDomain(id: string, changes: Partial<GraphDomain> = {}): GraphDomain {
    const domain: GraphDomain = { id, authenticationType: 'Managed', isDefault: false, isRoot: true, isVerified: true, configuration: null, ...changes }
    this.domains.set(id, domain)
    return domain
  }

  /** Requests that change something. */
  get changes(): string[] { return this.seen.filter(({ method, path }) => method !== 'GET' && path.startsWith('/v1.0')).map(({ method, path }) => `${method} ${path}`) }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const url = new URL(request.url ?? '/', this.url)
    const seen = { method: request.method ?? '', path: url.pathname + url.search, body, authorization: request.headers.authorization ?? '' }
    this.seen.push(seen)
    const say = (status: number, value?: unknown, headers: Record<string, string> = {}): void => { response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(value === undefined ? '' : JSON.stringify(value)) }
    const refuse = (status: number, code: string, message: string): void => { say(status, { error: { code, message, innerError: { 'request-id': 'request-1' } } }) }
    const planned = this.next.findIndex(({ only }) => only === undefined || only.test(`${seen.method} ${seen.path}`))
    if (planned !== -1) {
      const [answer] = this.next.splice(planned, 1)
      answer?.meanwhile?.()
      return say(answer?.status ?? 500, answer?.body, answer?.headers)
    }
    if (url.pathname.endsWith('/oauth2/v2.0/devicecode')) return say(200, { device_code: 'device-1', user_code: 'ABCD1234', verification_uri: 'https://microsoft.example/devicelogin', expires_in: 900, interval: this.interval, message: '' })
    if (url.pathname.endsWith('/oauth2/v2.0/token')) return this.#token(new URLSearchParams(body), say)
    if (seen.authorization !== 'Bearer token-1') return refuse(401, 'InvalidAuthenticationToken', 'Access token is empty.')
    const [, upn] = /^\/v1\.0\/users\/([^/]+)\/revokeSignInSessions$/.exec(url.pathname) ?? []
    if (upn !== undefined) return this.users.some(({ userPrincipalName }) => userPrincipalName === decodeURIComponent(upn)) ? say(200, { value: true }) : refuse(404, 'Request_ResourceNotFound', 'Resource does not exist.')
    if (url.pathname === '/v1.0/users') return say(200, this.#page(this.users, url))
    if (url.pathname === '/v1.0/domains') return say(200, { value: [...this.domains.values()].map(withoutConfiguration) })
    if (url.pathname.startsWith('/v1.0/directoryRoles(roleTemplateId=')) return say(200, { value: this.administrators.map((userPrincipalName) => ({ userPrincipalName, accountEnabled: true })) })
    if (url.pathname === '/v1.0/identity/conditionalAccess/policies') return say(200, { value: this.policies })
    const [, name = '', federation, id] = /^\/v1\.0\/domains\/([^/]+)(\/federationConfiguration)?(?:\/([^/]+))?$/.exec(url.pathname) ?? []
    const domain = this.domains.get(decodeURIComponent(name))
    if (!domain) return refuse(404, 'Request_ResourceNotFound', 'Resource does not exist.')
    if (federation === undefined) return this.#domain(domain, seen, say, refuse)
    this.#federation(domain, seen, id, say, refuse)
  }

  #token(fields: URLSearchParams, say: (status: number, value?: unknown) => void): void {
    if (fields.get('grant_type') === 'client_credentials' || this.device === 'signed_in') return say(200, { access_token: 'token-1', expires_in: 3_600, token_type: 'Bearer' })
    const errors = { pending: 'authorization_pending', declined: 'authorization_declined', expired: 'expired_token', slow_down: 'slow_down' }
    say(400, { error: errors[this.device], error_description: 'AADSTS70016: …' })
  }

  #page(all: readonly GraphUser[], url: URL): object {
    const start = Number(url.searchParams.get('$skiptoken') ?? 0)
    const more = start + this.pageSize < all.length ? { '@odata.nextLink': `${this.url}/v1.0/users?$skiptoken=${start + this.pageSize}` } : {}
    return { value: all.slice(start, start + this.pageSize), ...more }
  }

  #domain(domain: GraphDomain, { method, body }: Seen, say: (status: number, value?: unknown) => void, refuse: (status: number, code: string, message: string) => void): void {
    if (method === 'GET') return say(200, withoutConfiguration(domain))
    const { authenticationType } = JSON.parse(body) as { authenticationType?: string }
    if (authenticationType === 'Federated') return refuse(400, 'Request_BadRequest', 'Changing authenticationType from Managed to Federated is currently not supported')
    domain.authenticationType = 'Managed'
    say(204)
  }

  #federation(domain: GraphDomain, { method, body }: Seen, id: string | undefined, say: (status: number, value?: unknown) => void, refuse: (status: number, code: string, message: string) => void): void {
    if (method === 'GET') return say(200, { value: domain.configuration ? [domain.configuration] : [] })
    if (method === 'DELETE') {
      domain.configuration = null
      return say(204)
    }
    const values = JSON.parse(body) as Record<string, unknown>
    if (method === 'PATCH') {
      if (!domain.configuration || domain.configuration['id'] !== id) return refuse(404, 'Request_ResourceNotFound', 'no such configuration')
      Object.assign(domain.configuration, values)
      return say(200, domain.configuration)
    }
    if (domain.isDefault) return refuse(400, 'Request_BadRequest', 'The default domain cannot be federated')
    if (domain.configuration) return refuse(400, 'Request_BadRequest', 'Domain already has Federation Configuration set')
    if (!values['federatedIdpMfaBehavior']) return refuse(400, 'Request_BadRequest', 'FederatedIdpMfaBehavior cannot be empty')
    if (!values['signingCertificate']) return refuse(500, 'Service_InternalServerError', 'internal error')
    if ([...this.domains.values()].some((other) => other.configuration?.['issuerUri'] === values['issuerUri'])) return refuse(409, 'Request_MultipleObjectsWithSameKeyValue', 'Another object with the same value for property issuerUri already exists.')
    domain.configuration = { id: `configuration-${++this.#ids}`, ...values }
    domain.authenticationType = 'Federated'
    say(201, domain.configuration)
  }
}

function withoutConfiguration({ configuration: _configuration, ...domain }: GraphDomain): object {
  return { ...domain, isInitial: false, isAdminManaged: true, supportedServices: [] }
}
