import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NotFound } from '../../src/errors.ts'
import { anyone, leadsToApplication } from '../../src/http/index.ts'
import { startTestWeb, type TestWeb } from '../support/web.ts'

let web: TestWeb
let ready = true

beforeAll(async () => {
  web = await startTestWeb({
    publicUrl: 'https://id.example.com', checkReady: () => (ready ? Promise.resolve() : Promise.reject(new Error('the database is away'))),
    mount(routes) {
      routes.get('/page', anyone, (ctx) => { ctx.page('welcome/signup-closed', { kind: 'work' }) })
      routes.get('/leading', anyone, async (ctx) => { await leadsToApplication(ctx); ctx.page('welcome/signup-closed', { kind: 'work' }) })
      routes.get('/json', anyone, (ctx) => { ctx.body = { fine: true } })
      routes.get('/gone', anyone, () => { throw new NotFound('link_used') })
      routes.get('/broken', anyone, () => { throw new TypeError('the secret reason') })
      routes.get('/moved', anyone, (ctx) => { ctx.redirectTo('/page', { key: 'account.notice.saved' }) })
      routes.post('/page', anyone, (ctx) => { ctx.redirectTo('/page') })
    },
  })
})
afterAll(() => web.close())

const everywhere = ['/page', '/leading', '/json', '/gone', '/broken', '/moved', '/nowhere', '/health/live', '/health/ready', '/metrics', '/assets/nothing.css', '/favicon.ico', '/page?lang=de', '/%ff', '/%']

describe('every answer', () => {
  it.each(everywhere)('SEC-13 %s carries the security headers', async (path) => {
    for (const ask of [{}, { headers: { accept: 'application/json' } }, { method: 'HEAD' }, { method: 'POST' }, { method: 'PUT' }]) {
      const { headers, status } = await web.ask(path, ask)
      const told = `${JSON.stringify(ask)} ${status}`
      const policy = String(headers['content-security-policy'])
      for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"]) expect(policy, told).toContain(part)
      expect(policy, told).not.toMatch(/unsafe-|\*|https?:|data:(?!;)(?<!img-src 'self' data:)/)
      expect(headers, told).toMatchObject({
        'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'same-origin', 'cross-origin-opener-policy': 'same-origin', 'cross-origin-resource-policy': 'same-origin',
        'strict-transport-security': 'max-age=63072000; includeSubDomains',
      })
      expect(headers['x-powered-by'] ?? headers['server'], told).toBeUndefined()
      expect(headers['x-request-id'], told).toMatch(/^[\w-]{12}$/)
    }
  })

  it('SEC-13 forbids forms to leave, except on pages that lead to an application', async () => {
    for (const path of everywhere) {
      const { headers } = await web.ask(path)
      expect(String(headers['content-security-policy']).includes("form-action 'self'"), path).toBe(path !== '/leading')
    }
  })

  it('SEC-13 keeps pages and errors out of caches', async () => {
    for (const path of ['/page', '/gone', '/broken', '/nowhere', '/health/ready']) {
      expect((await web.ask(path)).headers['cache-control'], path).toBe('no-store')
      expect((await web.ask(path, { headers: { accept: 'application/json' } })).headers['cache-control'], path).toBe('no-store')
    }
  })

  it('SEC-13 does not promise https on an installation without it', async () => {
    const plain = await startTestWeb()
    expect((await plain.ask('/health/live')).headers['strict-transport-security']).toBeUndefined()
    await plain.close()
  })

  it('SEC-66 sets only cookies that belong to this host alone, to https and to no script', async () => {
    const { cookies } = await web.ask('/moved?lang=de')
    const all = { ...cookies, ...(await web.ask('/moved')).cookies, ...(await web.ask('/page?theme=dark')).cookies }
    expect(Object.keys(all).sort()).toEqual(['__Host-doorward-browser', '__Host-doorward-locale', '__Host-doorward-notice', '__Host-doorward-theme'])
    for (const line of Object.values(all)) {
      expect(line).toMatch(/^__Host-[\w-]+=[\w.~-]*; Path=\/; Secure; HttpOnly; SameSite=Lax(; Max-Age=\d+)?$/)
    }
  })
})

describe('errors', () => {
  it('show the number under which the log has them', async () => {
    for (const [path, status] of [['/gone', 404], ['/broken', 500], ['/nowhere', 404]] as const) {
      const page = await web.ask(path)
      expect(page.status).toBe(status)
      expect(page.headers['content-type']).toContain('text/html')
      const reference = /Reference number:\s*<span[^>]*>([\w-]+)</.exec(page.body)?.[1]
      expect(reference).toBe(page.headers['x-request-id'])
      expect(web.log().filter(({ requestId }) => requestId === reference).map(({ msg }) => msg)).toContain('request')

      const json = await web.ask(path, { headers: { accept: 'application/json' } })
      expect(json.status).toBe(status)
      const content = JSON.parse(json.body) as { error: string; reference: string }
      expect(content).toEqual({ error: path === '/gone' ? 'link_used' : path === '/broken' ? 'fault' : 'not_found', reference: json.headers['x-request-id'] })
    }
  })

  it('keep the reason of a fault for the log', async () => {
    const page = await web.ask('/broken')
    expect(page.body).toContain('Something went wrong on our side')
    expect(page.body).not.toMatch(/TypeError|secret reason|\.ts\b|at \//)
    const line = web.log().find(({ requestId, level }) => requestId === page.headers['x-request-id'] && level === 'error')
    expect(line).toMatchObject({ msg: 'request failed', error: { type: 'TypeError', message: 'the secret reason' } })
  })

  it('do not blame us for what was refused', async () => {
    const page = await web.ask('/gone')
    expect(page.body).toContain('This link no longer works')
    expect(web.log().find(({ requestId, msg }) => requestId === page.headers['x-request-id'] && msg === 'request refused')).toMatchObject({ level: 'info', refusal: 'link_used', status: 404 })
  })
})

describe('methods', () => {
  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])('SEC-90 %s is not allowed', async (method) => {
    const { status, headers, body } = await web.ask('/page', { method })
    expect(status).toBe(405)
    expect(headers['allow']).toBe('GET, HEAD, POST')
    expect(body).not.toContain('account')
  })

  it('HEAD answers as GET does, without the page', async () => {
    const [head, get] = [await web.ask('/page', { method: 'HEAD' }), await web.ask('/page')]
    expect(head).toMatchObject({ status: 200, body: '' })
    expect(head.headers['content-type']).toBe(get.headers['content-type'])
    expect((await web.ask('/nowhere', { method: 'HEAD' })).status).toBe(404)
  })

  it('are asked of addresses as they are written', async () => {
    for (const path of ['/Page', '/page/x', '/pag', '//page']) expect((await web.ask(path)).status, path).toBe(404)
  })
})

describe('static files', () => {
  const styles = (): string => web.assets.url('styles/app.css')

  it('have the hash of their content in the address, and may be kept for ever', async () => {
    expect(styles()).toMatch(/^\/assets\/[0-9a-f]{12}\/styles\/app\.css$/)
    const answer = await web.ask(styles())
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({ 'content-type': 'text/css; charset=utf-8', 'cache-control': 'public, max-age=31536000, immutable', vary: 'Accept-Encoding' })
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect((await web.ask('/favicon.ico')).headers['content-type']).toBe('image/svg+xml')
    expect((await web.ask(web.assets.url('elements/main.js'))).headers['content-type']).toBe('text/javascript; charset=utf-8')
  })

  it('are not sent again to who has them', async () => {
    const { headers } = await web.ask(styles())
    const again = await web.ask(styles(), { headers: { 'if-none-match': String(headers.etag) } })
    expect(again).toMatchObject({ status: 304, body: '' })
    expect(again.headers.etag).toBe(headers.etag)
    expect((await web.ask(styles(), { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
  })

  it('come packed for who asks for it', async () => {
    const plain = await web.ask(styles(), { headers: { 'accept-encoding': 'identity' } })
    const brotli = await web.ask(styles(), { headers: { 'accept-encoding': 'gzip, deflate, br' } })
    const gzip = await web.ask(styles(), { headers: { 'accept-encoding': 'gzip' } })
    expect([plain, brotli, gzip].map(({ headers }) => headers['content-encoding'])).toEqual([undefined, 'br', 'gzip'])
    expect(brotliDecompressSync(brotli.raw).equals(plain.raw)).toBe(true)
    expect(gunzipSync(gzip.raw).equals(plain.raw)).toBe(true)
    expect(brotli.raw.length).toBeLessThan(plain.raw.length / 2)
  })

  it.each([
    '/../package.json', '/..%2fpackage.json', '/%2e%2e/package.json', '/../../../../etc/passwd', '/styles/../../../package.json', '/styles/app.css%00.svg', '/styles\\..\\..\\package.json', '//styles/app.css', '/styles/',
    '', '/', '/styles/tokens.css', '/elements/main.ts', '/constructor', '/__proto__', '/elements/../main.ts',
  ])('are found by their name only: %j is none', async (rest) => {
    const prefix = styles().slice(0, -'/styles/app.css'.length)
    for (const path of [`${prefix}${rest}`, `/assets${rest}`]) {
      const answer = await web.raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nConnection: close\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1\.1 (404|400) /)
      expect(answer).not.toMatch(/"dependencies"|root:|HTMLElement/)
    }
  })

  it('cannot be posted to', async () => {
    expect((await web.ask(styles(), { method: 'POST' })).status).toBeGreaterThanOrEqual(400)
  })
})

describe('health', () => {
  it('is live while the process answers, and ready while it should get traffic', async () => {
    expect(await web.ask('/health/live')).toMatchObject({ status: 200, body: 'live\n' })
    expect(await web.ask('/health/ready')).toMatchObject({ status: 200, body: 'ready\n' })
    ready = false
    const answer = await web.ask('/health/ready')
    expect(answer).toMatchObject({ status: 503, body: 'not ready\n' })
    expect((await web.ask('/health/live')).status).toBe(200)
    expect(web.log().find(({ requestId, msg }) => requestId === answer.headers['x-request-id'] && msg === 'not ready')).toMatchObject({ level: 'warn' })
    ready = true
    expect((await web.ask('/health/ready')).status).toBe(200)
  })

  it('sets no cookie and says nothing of the inside', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      const { headers, body } = await web.ask(path)
      expect(headers['set-cookie']).toBeUndefined()
      expect(body).toMatch(/^\w+\n$/)
    }
  })
})

describe('metrics', () => {
  it('are off unless a token is set', async () => {
    for (const headers of [{}, { authorization: 'Bearer ' }, { authorization: 'Bearer undefined' }]) expect((await web.ask('/metrics', { headers })).status).toBe(404)
  })

  it('are for the holder of the token', async () => {
    const measured = await startTestWeb({ metricsToken: 'a-token-of-32-characters-or-more' })
    await measured.ask('/nowhere')
    for (const headers of [{}, { authorization: 'Bearer' }, { authorization: 'Bearer wrong' }, { authorization: 'a-token-of-32-characters-or-more' }, { authorization: 'Basic YTpi' }]) {
      const refused = await measured.ask('/metrics', { headers })
      expect(refused.status).toBe(401)
      expect(refused.headers['www-authenticate']).toBe('Bearer')
      expect(refused.body).not.toContain('doorward_')
    }
    const { status, body } = await measured.ask('/metrics', { headers: { authorization: 'Bearer a-token-of-32-characters-or-more' } })
    expect(status).toBe(200)
    expect(body).toContain('doorward_http_requests_total{method="GET",status="404"} 1')
    expect(body).toContain('doorward_http_request_seconds_bucket')
    await measured.close()
  })
})
