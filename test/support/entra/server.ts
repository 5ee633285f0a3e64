import { randomUUID } from 'node:crypto'
import { createServer as createPlainServer, request as plainRequest, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { CertificateAndKey } from './authority.ts'

export type Face = 'login' | 'graph' | 'nexus'

export interface Ask {
  readonly method: string
  readonly face: Face
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly isForm: boolean
  /** Empty unless the body is a form. */
  readonly form: URLSearchParams
  readonly cookies: ReadonlyMap<string, string>
  /** Named parts of the path, percent-decoded. */
  readonly parts: Readonly<Record<string, string>>
}

export interface Answer { readonly status: number; readonly headers?: Readonly<Record<string, string | string[]>>; readonly body?: string | Buffer }

export interface Route { readonly face: Face; readonly method: string; readonly path: string; answer(ask: Ask): Answer | Promise<Answer> }

export interface Listening {
  readonly port: number
  serve(routes: readonly Route[]): void
  close(): Promise<void>
}

/** A body larger than this is nobody's honest sign-in. */
const bodyLimit = 2_000_000

/**
 * Serves every face of Entra from one port of loopback; the Host header tells which is meant, 127.0.0.1 means whichever has the path.
 * @param tls undefined for plain HTTP
 */
export async function listen(hosts: Readonly<Record<Face, string>>, tls: CertificateAndKey | undefined, note: (ask: Ask, answer: Answer) => void): Promise<Listening> {
  let compiled: { route: Route; pattern: RegExp }[] = []
  const compile = (routes: readonly Route[]): typeof compiled => routes.map((route) => ({ route, pattern: new RegExp(`^${route.path.replaceAll(/[.()$]/g, '\\$&').replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`, 'i') }))
  const answer = async (incoming: IncomingMessage): Promise<Answer> => {
    const url = new URL(incoming.url ?? '/', 'https://host.invalid')
    const host = (incoming.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
    const faces = (Object.keys(hosts) as Face[]).filter((face) => hosts[face].toLowerCase() === host || host === '127.0.0.1')
    const found = compiled.flatMap(({ route, pattern }) => {
      const match = faces.includes(route.face) ? pattern.exec(url.pathname) : null
      return match ? [{ route, parts: match.groups ?? {} }] : []
    })
    const chosen = found.find(({ route }) => route.method === incoming.method)
    if (!chosen) return { status: found.length > 0 ? 405 : 404, body: 'nothing here' }
    const body = await bodyOf(incoming)
    const isForm = /^application\/x-www-form-urlencoded\b/i.test(incoming.headers['content-type'] ?? '')
    const ask: Ask = {
      method: chosen.route.method, face: chosen.route.face, path: url.pathname, query: url.searchParams, body, isForm, form: new URLSearchParams(isForm ? body : ''),
      headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value ?? ''])),
      cookies: cookiesOf(incoming.headers.cookie ?? ''), parts: Object.fromEntries(Object.entries(chosen.parts).map(([name, value]) => [name, decodeURIComponent(value ?? '')])),
    }
    const answered = await chosen.route.answer(ask)
    note(ask, answered)
    return answered
  }
  const serve: RequestListener = (incoming, outgoing) => {
    answer(incoming).then((answered) => { send(outgoing, answered) }, (error: unknown) => {
      // A fault of the simulator itself: the test that runs into it shall see the reason at once.
      send(outgoing, { status: 500, body: `simulator fault: ${error instanceof Error ? error.stack ?? error.message : String(error)}` })
    })
  }
  const server: Server = tls ? createServer({ cert: tls.cert, key: tls.key }, serve) : createPlainServer(serve)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return { port: (server.address() as AddressInfo).port, serve: (routes) => { compiled = compile(routes) }, close: () => close(server) }
}

export interface WireAnswer { readonly status: number; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly body: string; json(): unknown }

export interface Wire { readonly method?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string; readonly ca: string; readonly port: number }

/** A request to loopback under the URL's own host name, over TLS if the URL says so; follows nothing. */
export function wire(url: string, { method = 'GET', headers = {}, body, ca, port }: Wire): Promise<WireAnswer> {
  const { protocol, hostname, host, pathname, search } = new URL(url)
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const common = { host: '127.0.0.1', port, method, path: pathname + search, agent: false, timeout: 10_000, headers: { host, ...length, ...headers } } as const
    const take = (response: IncomingMessage): void => {
      bodyOf(response).then((text) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, json: () => JSON.parse(text) as unknown })
      }, reject)
    }
    const sent = protocol === 'http:' ? plainRequest(common, take) : request({ ...common, servername: hostname === '127.0.0.1' ? '' : hostname, ca }, take)
    sent.on('timeout', () => sent.destroy(new Error(`no answer from ${host}`)))
    sent.on('error', reject)
    sent.end(body)
  })
}

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', 'request-id': randomUUID(), ...headers }, body: JSON.stringify(body) }
}

function send(outgoing: ServerResponse, { status, headers = {}, body = '' }: Answer): void {
  outgoing.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...headers, 'content-length': String(Buffer.byteLength(body)) })
  outgoing.end(body)
}

async function bodyOf(stream: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of stream as AsyncIterable<Buffer>) {
    size += part.length
    if (size > bodyLimit) throw new Error('body too large')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function cookiesOf(header: string): Map<string, string> {
  return new Map(header.split(';').flatMap((pair) => {
    const at = pair.indexOf('=')
    return at === -1 ? [] : [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const]
  }))
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => { resolve() })
    server.closeAllConnections()
  })
}
