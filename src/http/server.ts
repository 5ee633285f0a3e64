import { createServer, type Server } from 'node:http'
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import Koa from 'koa'
import type { Log } from '../log.ts'
import type { Assets } from './assets.ts'
import type { Context, Helpers, State, Visitor } from './context.ts'
import { readCookie, setCookie } from './cookies.ts'
import { csrfField, type Csrf } from './csrf.ts'
import { answerErrors } from './errors.ts'
import { readForm, type Form } from './form.ts'
import { securityHeaders } from './headers.ts'
import type { Metrics } from './metrics.ts'
import { createClientAddress } from './proxy.ts'
import { chooseLocale, createHelpers, localeOf, type RenderNeeds } from './render.ts'

export interface WebNeeds extends RenderNeeds {
  readonly publicUrl: string
  readonly trustedProxies: readonly string[]
  readonly log: Log & { child(fields: Readonly<Record<string, unknown>>): Log }
  readonly assets: Assets
  readonly csrf: Csrf
  readonly metrics: Metrics | undefined
  /** One statement; undefined for a stranger. */
  readonly findVisitor: (ctx: Context) => Promise<Visitor | undefined>
  /** Throws when this node should not get traffic: database away, stopping. */
  readonly checkReady: () => Promise<void>
  readonly cookieKeys: readonly string[]
}

export type Middleware = (ctx: Context, next: () => Promise<unknown>) => Promise<unknown>

export interface Web {
  /** Middleware that answers before sessions, languages and forms are looked at: protocol endpoints. */
  useEarly(middleware: Middleware): void
  use(middleware: Middleware): void
  readonly koa: Koa
  listen(host: string, port: number, maxConnections: number): Promise<Server>
}

const browserCookie = '__Host-doorward-browser'
const yearSeconds = 31_536_000
const formBytes = 1_048_576

/** The plumbing that every request runs through, in this order. */
export function createWeb(needs: WebNeeds): Web {
  const koa = new Koa({ proxy: true, keys: [...needs.cookieKeys] })
  const clientAddress = createClientAddress(needs.publicUrl, needs.trustedProxies)
  const helpers = createHelpers(needs)
  const early: Middleware[] = []
  koa.silent = true

  koa.use(async (plain, next) => {
    const ctx = plain as unknown as Context
    const started = performance.now()
    const ip = clientAddress(ctx.req)
    const id = randomBytes(9).toString('base64url')
    Object.assign(ctx.state, {
      request: { id, ip, userAgent: ctx.get('user-agent').slice(0, 400) },
      log: needs.log.child({ requestId: id }),
      browser: '', visitor: undefined, brand: undefined, locale: 'en', nav: [], navLabel: null, leavesFormActionOpen: false,
    } satisfies State)
    // Protocol endpoints answer with pages before anyone is looked up.
    ctx.state.locale = localeOf(ctx, needs.views)
    let form: Promise<Form> | undefined
    Object.assign(ctx, helpers(ctx), { form: () => (form ??= readForm(ctx.req, formBytes)) } satisfies Pick<Helpers, 'form'>)
    ctx.set('X-Request-Id', id)
    await next()
    const seconds = (performance.now() - started) / 1_000
    needs.metrics?.observe(ctx, seconds)
    ctx.state.log.info('request', {
      method: ctx.method, path: withoutSecrets(ctx.path), status: ctx.status, ms: Math.round(seconds * 10_000) / 10, ip,
      ...(ctx.state.visitor ? { userId: ctx.state.visitor.userId } : {}),
    })
  })
  use(securityHeaders(needs.publicUrl))
  use(answerErrors)
  use(async (ctx, next) => (answerAsset(ctx, needs.assets) || (await answerHealth(ctx, needs)) ? undefined : next()))
  use((ctx, next) => {
    const run = (index: number): Promise<unknown> => {
      const middleware = early[index]
      return middleware ? middleware(ctx, () => run(index + 1)) : next()
    }
    return run(0)
  })
  use(async (ctx, next) => {
    ctx.state.browser = readCookie(ctx, browserCookie) ?? ''
    if (ctx.state.browser === '' && ctx.method === 'GET') {
      ctx.state.browser = randomBytes(16).toString('base64url')
      setCookie(ctx, browserCookie, ctx.state.browser, { maxAgeSeconds: yearSeconds })
    }
    ctx.state.visitor = await needs.findVisitor(ctx)
    if (chooseLocale(ctx, needs.views)) return
    if (!['GET', 'HEAD', 'POST'].includes(ctx.method)) {
      ctx.status = 405
      ctx.set('Allow', 'GET, HEAD, POST')
      return
    }
    if (ctx.method === 'POST') needs.csrf.check(ctx, (await ctx.form()).text(csrfField))
    await next()
  })

  function use(middleware: Middleware): void {
    koa.use(middleware as unknown as Koa.Middleware)
  }

  return {
    koa,
    use,
    useEarly: (middleware) => { early.push(middleware) },
    listen: (host, port, maxConnections) => listen(koa, host, port, maxConnections),
  }
}

/** One-time links carry 43 characters; neither they nor a query ever reach the log (SEC-84). */
function withoutSecrets(path: string): string {
  return path.slice(0, 300).replaceAll(/[\w-]{40,}/g, '…')
}

function answerAsset(ctx: Context, assets: Assets): boolean {
  if (!ctx.path.startsWith('/assets/') && ctx.path !== '/favicon.ico') return false
  const found = assets.find(ctx.path)
  if (!found || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return false
  ctx.set('Cache-Control', 'public, max-age=31536000, immutable')
  ctx.set('Vary', 'Accept-Encoding')
  ctx.set('ETag', found.etag)
  ctx.type = found.contentType
  ctx.status = 200
  if (ctx.fresh) {
    ctx.status = 304
    return true
  }
  const encoding = ctx.acceptsEncodings(['br', 'gzip', 'identity'])
  const encoded = encoding === 'br' ? found.brotli : encoding === 'gzip' ? found.gzip : undefined
  if (encoded && encoding) ctx.set('Content-Encoding', encoding)
  ctx.body = encoded ?? found.body
  return true
}

/** `/health/live`: the process answers. `/health/ready`: it should get traffic. Neither says anything about the inside. */
async function answerHealth(ctx: Context, needs: WebNeeds): Promise<boolean> {
  if (ctx.path === '/metrics' && needs.metrics) {
    await needs.metrics.answer(ctx)
    return true
  }
  if (ctx.path !== '/health/live' && ctx.path !== '/health/ready') return false
  ctx.set('Cache-Control', 'no-store')
  ctx.type = 'text'
  if (ctx.path === '/health/live') ctx.body = 'live\n'
  else {
    try {
      await needs.checkReady()
      ctx.body = 'ready\n'
    } catch (error) {
      ctx.state.log.warn('not ready', { error })
      ctx.status = 503
      ctx.body = 'not ready\n'
    }
  }
  return true
}

/** Limits of SEC-86: slow headers, slow bodies and too many connections are cut off before they cost anything. */
function listen(koa: Koa, host: string, port: number, maxConnections: number): Promise<Server> {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000, maxHeaderSize: 32_768 }, koa.callback())
  server.maxConnections = maxConnections
  server.maxRequestsPerSocket = 10_000
  server.on('clientError', (_error: Error, socket: Socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve(server)
    })
  })
}

/** Stops taking connections, lets requests finish, and after `drainSeconds` cuts what is left. */
export async function drain(server: Server, drainSeconds: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => { server.closeAllConnections() }, drainSeconds * 1_000)
    // A connection whose last request ends during the drain is kept alive for the next one, which will not come.
    const sweep = setInterval(() => { server.closeIdleConnections() }, 100)
    server.close(() => {
      clearTimeout(timer)
      clearInterval(sweep)
      resolve()
    })
    server.closeIdleConnections()
  })
}
