import { randomBytes, randomFillSync } from 'node:crypto'
import type { Server } from 'node:http'
import Koa from 'koa'
import { NotFound } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Assets } from './assets.ts'
import type { Context, Helpers, State, Visitor } from './context.ts'
import type { CookieSigner } from './cookie-signer.ts'
import { readCookie, setCookie } from './cookies.ts'
import { csrfField, type Csrf } from './csrf.ts'
import { answerErrors } from './errors.ts'
import { readForm, type Form } from './form.ts'
import { securityHeaders } from './headers.ts'
import { listen, type ListenLimits } from './listen.ts'
import { withRequestId } from './log.ts'
import type { Metrics } from './metrics.ts'
import { createClientAddress } from './proxy.ts'
import { chooseLocale, createHelpers, localeOf, type RenderNeeds } from './render.ts'

export interface WebNeeds extends RenderNeeds {
  readonly publicUrl: string
  readonly trustedProxies: readonly string[]
  readonly log: Log
  readonly assets: Assets
  readonly csrf: Csrf
  readonly metrics: Metrics | undefined
  /** One statement; undefined for a stranger. */
  readonly findVisitor: (ctx: Context) => Promise<Visitor | undefined>
  /** Throws when this node should not get traffic: database away, stopping. */
  readonly checkReady: () => Promise<void>
  readonly cookieSigner: CookieSigner
  /** How large the body of this post may be, when it is the upload of somebody who may; undefined for all others, who get a megabyte. */
  readonly uploadBytes?: (ctx: Context) => number | undefined
}

export type Middleware = (ctx: Context, next: () => Promise<unknown>) => Promise<unknown>

export interface Web {
  /** Middleware that answers before sessions, languages and forms are looked at: protocol endpoints. */
  useEarly(middleware: Middleware): void
  use(middleware: Middleware): void
  readonly koa: Koa
  listen(host: string, port: number, limits: ListenLimits): Promise<Server>
}

const browserCookie = '__Host-doorward-browser'
const yearSeconds = 31_536_000
const formBytes = 1_048_576

/** The plumbing that every request runs through, in this order. */
export function createWeb(needs: WebNeeds): Web {
  const koa = new Koa({ proxy: true })
  koa.keys = needs.cookieSigner
  const clientAddress = createClientAddress(needs.publicUrl, needs.trustedProxies)
  const helpers = createHelpers(needs)
  const early: Middleware[] = []
  koa.silent = true

  koa.use(async (plain, next) => {
    const ctx = plain as unknown as Context
    const started = performance.now()
    const ip = clientAddress(ctx.req)
    const id = newRequestId()
    Object.assign(ctx.state, {
      request: { id, ip, userAgent: ctx.get('user-agent').slice(0, 400) },
      log: withRequestId(needs.log, id),
      browser: '', visitor: undefined, brand: undefined, locale: 'en', nav: [], navLabel: null, leavesFormActionOpen: false, frames: [], framedByUs: false,
    } satisfies State)
    let form: Promise<Form> | undefined
    Object.assign(ctx, helpers(ctx), { form: () => (form ??= readForm(ctx.req, needs.uploadBytes?.(ctx) ?? formBytes)) } satisfies Pick<Helpers, 'form'>)
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
  use(async (ctx, next) => {
    if (answerAsset(ctx, needs.assets) || (await answerHealth(ctx, needs))) return
    // Protocol endpoints answer with pages before anyone is looked up.
    ctx.state.locale = localeOf(ctx, needs.views)
    await next()
  })
  use((ctx, next) => {
    const run = (index: number): Promise<unknown> => {
      const middleware = early[index]
      return middleware ? middleware(ctx, () => run(index + 1)) : next()
    }
    return run(0)
  })
  use(refuseNul)
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
    listen: (host, port, limits) => listen(koa.callback(), host, port, limits),
  }
}

/** No address of ours has a NUL in it; PostgreSQL takes none in a text, so whatever asked for one would look like a fault of ours (SEC-88). */
async function refuseNul(ctx: Context, next: () => Promise<unknown>): Promise<void> {
  if (/%00/.test(ctx.url)) throw new NotFound('not_found', 'the address holds a NUL')
  await next()
}

const randomness = Buffer.alloc(9 * 512)
let used = randomness.length

/** 72 random bits, drawn for many requests at once: a draw for each took an eighth of the time of a static file. */
function newRequestId(): string {
  if (used === randomness.length) {
    randomFillSync(randomness)
    used = 0
  }
  return randomness.toString('base64url', used, (used += 9))
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
  // Browsers list gzip first and rank none; the order is ours.
  const encoding = found.encodings.find((name) => ctx.acceptsEncodings(name) === name)
  if (encoding) ctx.set('Content-Encoding', encoding)
  ctx.body = encoding ? found.packed(encoding) : found.body
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
