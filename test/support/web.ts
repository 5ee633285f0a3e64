import { request, type IncomingHttpHeaders, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Visitor } from '../../src/http/context.ts'
import { createAssets, createCookieSigner, createCsrf, createLog, createMetrics, createRoutes, createViews, createWeb, drain, type Assets, type Csrf, type Middleware, type Routes, type Web } from '../../src/http/index.ts'
import { freePort } from './port.ts'

export interface WebOptions {
  readonly publicUrl?: string
  readonly trustedProxies?: readonly string[]
  readonly metricsToken?: string
  readonly visitor?: Visitor
  readonly checkReady?: () => Promise<void>
  readonly limits?: Partial<Parameters<Web['listen']>[2]>
  readonly early?: Middleware
  mount?(routes: Routes): void
}

export interface LogLine { readonly level: string; readonly msg: string; readonly requestId?: string; readonly [field: string]: unknown }

export interface Reply { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string; readonly raw: Buffer; readonly cookies: Readonly<Record<string, string>> }

export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Buffer
  /** Sends the body in pieces, without saying how long it is. */
  readonly chunked?: boolean
}

export interface TestWeb {
  readonly port: number
  readonly publicUrl: string
  readonly server: Server
  readonly assets: Assets
  readonly csrf: Csrf
  /** What was logged, as objects. */
  log(): LogLine[]
  readonly lines: string[]
  ask(path: string, ask?: Ask): Promise<Reply>
  /** Sends these very bytes and answers everything that comes back until the connection ends. */
  raw(bytes: string | Buffer, options?: { waitMilliseconds?: number }): Promise<string>
  open(): Promise<Socket>
  drain(seconds: number): Promise<void>
  close(): Promise<void>
}

const project = fileURLToPath(new URL('../..', import.meta.url))
const assets = createAssets({ assetFolder: `${project}views/assets`, browserFolder: `${project}src/browser` })
const views = createViews({ folder: `${project}views`, defaultLocale: 'en', assetUrl: (name) => assets.url(name), now: () => Date.now() })

/** The web plumbing with routes of the test's own, listening on loopback. */
export async function startTestWeb(options: WebOptions = {}): Promise<TestWeb> {
  const port = await freePort()
  const publicUrl = options.publicUrl ?? `http://localhost:${port}`
  const lines: string[] = []
  const csrf = createCsrf(Buffer.alloc(32, 3), new URL(publicUrl).origin)
  const web = createWeb({
    publicUrl, trustedProxies: options.trustedProxies ?? [], log: createLog('debug', { write: (line) => { lines.push(line) } }), assets, views, csrf,
    metrics: options.metricsToken === undefined ? undefined : createMetrics(options.metricsToken), cookieSigner: createCookieSigner(Buffer.alloc(32, 4)), findVisitor: () => Promise.resolve(options.visitor),
    checkReady: options.checkReady ?? (() => Promise.resolve()), defaultBrand: () => ({ name: 'Doorward', logoUrl: null, brandHref: null }), links: { help: null, privacy: null, terms: null }, banner: () => null,
  })
  if (options.early) web.useEarly(options.early)
  const { routes, answer } = createRoutes(() => Promise.resolve(true))
  options.mount?.(routes)
  web.use(answer)
  const server = await web.listen('127.0.0.1', port, { maxConnections: 100, ...options.limits })

  return {
    port, publicUrl, server, assets, csrf, lines,
    log: () => lines.map((line) => JSON.parse(line) as LogLine),
    ask: (path, ask) => send(port, path, ask),
    open: () => new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => { resolve(socket) })
      socket.once('error', reject)
    }),
    raw: (bytes, { waitMilliseconds = 5_000 } = {}) => new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => { socket.write(bytes) })
      let answer = ''
      const end = (): void => { socket.destroy(); resolve(answer) }
      socket.setTimeout(waitMilliseconds, end)
      socket.on('data', (part: Buffer) => { answer += part.toString('latin1') })
      socket.on('error', end)
      socket.on('close', end)
    }),
    drain: (seconds) => drain(server, seconds),
    close: () => new Promise((resolve) => { server.close(() => { resolve() }); server.closeAllConnections() }),
  }
}

function send(port: number, path: string, { method = 'GET', headers = {}, body, chunked = false }: Ask = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const length = body === undefined || chunked ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const sent = request({ host: '127.0.0.1', port, path, method, headers: { accept: 'text/html', ...length, ...headers } as Record<string, string>, agent: false }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const raw = Buffer.concat(parts)
        const cookies = Object.fromEntries((response.headers['set-cookie'] ?? []).map((line) => [line.split('=')[0] ?? '', line]))
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: raw.toString(), raw, cookies })
      })
    })
    sent.on('error', reject)
    const bytes = Buffer.from(body ?? '')
    if (chunked) for (let at = 0; at < bytes.length; at += 65_536) sent.write(bytes.subarray(at, at + 65_536))
    sent.end(chunked ? undefined : bytes)
  })
}

/** Fields as a form sends them. */
export function form(fields: Readonly<Record<string, string>> | string): Pick<Ask, 'method' | 'headers' | 'body'> {
  return { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: typeof fields === 'string' ? fields : new URLSearchParams(fields).toString() }
}
