import { afterEach, describe, expect, it } from 'vitest'
import { anyone } from '../../src/http/index.ts'
import { startTestWeb, type TestWeb, type WebOptions } from '../support/web.ts'

let web: TestWeb | undefined
afterEach(() => web?.close())
const started = async (options: WebOptions = {}): Promise<TestWeb> => (web = await startTestWeb({
  ...options,
  mount(routes) {
    routes.get('/who', anyone, (ctx) => { ctx.body = { ip: ctx.ip, seen: ctx.state.request.ip, host: ctx.host, href: ctx.href, protocol: ctx.protocol, secure: ctx.secure } })
    routes.get('/page', anyone, (ctx) => { ctx.page('welcome/signup-closed', { kind: 'work' }) })
    routes.get('/to', anyone, (ctx) => { ctx.redirectTo(String(ctx.query['target'])) })
    routes.get('/logged/:secret', anyone, (ctx) => {
      ctx.state.log.info(String(ctx.query['name']), { name: ctx.query['name'], token: 'canary-token', code: 'canary-code', nested: { secret: 'canary-secret', password: 'canary-password' }, cookie: 'canary-cookie' })
      ctx.body = 'ok'
    })
  },
}))
interface Seen { readonly ip: string; readonly seen: string; readonly host: string; readonly href: string; readonly protocol: string; readonly secure: boolean }
const seen = (answer: { body: string }): Seen => JSON.parse(answer.body) as Seen

describe('the address of a client', () => {
  it.each(['1.2.3.4', '10.0.0.1, 1.2.3.4', '127.0.0.1', '::1', 'unknown'])('SEC-86 is the peer, whatever the peer writes about itself: %j', async (value) => {
    const { ask } = await started()
    for (const headers of [{ 'x-forwarded-for': value }, { forwarded: `for=${value}` }, { 'x-real-ip': value }, { 'x-client-ip': value }] as Record<string, string>[]) {
      expect(seen(await ask('/who', { headers }))).toMatchObject({ ip: '127.0.0.1', seen: '127.0.0.1' })
    }
  })

  it.each([
    ['203.0.113.7', '203.0.113.7'], ['198.51.100.1, 203.0.113.7', '203.0.113.7'], ['203.0.113.7, 10.0.0.2', '203.0.113.7'], ['1.1.1.1, 203.0.113.7, 10.0.0.2, 10.0.0.3', '203.0.113.7'], ['2001:db8::7', '2001:db8::7'],
    ['::ffff:203.0.113.7', '203.0.113.7'], ['10.0.0.2', '10.0.0.2'], ['', '127.0.0.1'], ['garbage', '127.0.0.1'], ['1.1.1.1, garbage', '127.0.0.1'], ['garbage, 203.0.113.7', '203.0.113.7'], ['203.0.113.7:4711', '127.0.0.1'],
    ['"203.0.113.7"', '127.0.0.1'], ['<script>', '127.0.0.1'], ['127.0.0.1', '127.0.0.1'],
  ])('SEC-86 behind a proxy of ours is the last one that is not ours: %j is %s', async (value, address) => {
    const { ask, log } = await started({ trustedProxies: ['127.0.0.1', '10.0.0.0/8'] })
    expect(seen(await ask('/who', { headers: { 'x-forwarded-for': value } }))).toMatchObject({ ip: address, seen: address })
    expect(log().findLast(({ msg }) => msg === 'request')).toMatchObject({ ip: address })
  })

  it('SEC-86 finds it at the end of a long chain', async () => {
    const { ask } = await started({ trustedProxies: ['127.0.0.1'] })
    expect(seen(await ask('/who', { headers: { 'x-forwarded-for': `${'1.1.1.1, '.repeat(500)}203.0.113.7` } }))).toMatchObject({ seen: '203.0.113.7' })
  })

  it('SEC-86 reads several headers of the same name as one', async () => {
    const { ask } = await started({ trustedProxies: ['127.0.0.1'] })
    expect(seen(await ask('/who', { headers: { 'x-forwarded-for': ['1.1.1.1', '203.0.113.7'] } }))).toMatchObject({ seen: '203.0.113.7' })
  })

  it('SEC-86 trusts networks of both families, and nobody when none is named', async () => {
    expect(seen(await (await started({ trustedProxies: ['127.0.0.0/8', '::1', 'fd00::/8'] })).ask('/who', { headers: { 'x-forwarded-for': '203.0.113.7, fd00::5' } })).seen).toBe('203.0.113.7')
    await web?.close()
    expect(seen(await (await started({ trustedProxies: ['10.0.0.0/8'] })).ask('/who', { headers: { 'x-forwarded-for': '203.0.113.7' } })).seen).toBe('127.0.0.1')
  })
})

describe('a forged host', () => {
  const forgeries: readonly [string, string, string[]][] = [
    ['Host', '/who', ['Host: evil.example']], ['X-Forwarded-Host', '/who', ['Host: x', 'X-Forwarded-Host: evil.example']], ['X-Forwarded-Proto', '/who', ['Host: x', 'X-Forwarded-Proto: evil.example']],
    ['X-Forwarded-Server and Port', '/who', ['Host: x', 'X-Forwarded-Server: evil.example', 'X-Forwarded-Port: 666']], ['Forwarded', '/who', ['Host: x', 'Forwarded: host=evil.example;proto=http']],
    ['an absolute address', 'http://evil.example/who', ['Host: evil.example']], ['an absolute https address', 'https://evil.example/who', ['Host: x']], ['an absolute address with a name', 'http://a:b@evil.example/who', ['Host: x']],
    ['an odd scheme', 'HTTP://evil.example/who', ['Host: x']],
  ]

  it.each(forgeries)('SEC-59 in %s never comes back', async (_title, target, headers) => {
    for (const trustedProxies of [[], ['127.0.0.1']]) {
      const { raw, close } = await started({ publicUrl: 'https://id.example.com', trustedProxies })
      const answer = await raw(`GET ${target} HTTP/1.1\r\n${headers.join('\r\n')}\r\nAccept: application/json\r\nConnection: close\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1\.1 200 /)
      expect(answer).not.toContain('evil.example')
      expect(seen({ body: answer.split('\r\n\r\n')[1] ?? '' })).toMatchObject({ host: 'id.example.com', href: 'https://id.example.com/who', protocol: 'https', secure: true })
      await close()
    }
  })

  it('SEC-59 is not in pages, redirects and errors either', async () => {
    const { raw } = await started({ publicUrl: 'https://id.example.com' })
    for (const path of ['/page', '/page?lang=de', '/nowhere', '/to?target=/page', 'http://evil.example/page?theme=dark', 'http://evil.example//evil.example/?lang=de', 'evil.example:80', '*']) {
      for (const accept of ['text/html', 'application/json']) {
        const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nAccept: ${accept}\r\nConnection: close\r\n\r\n`)
        expect(answer, path).toMatch(/^HTTP\/1\.1 \d{3} /)
        expect(answer.replace(/href="\/evil\.example/g, ''), path).not.toMatch(/\/\/[^/\s]*evil\.example/)
      }
    }
  })
})

describe('choosing a language or a theme', () => {
  const bases = ['/page', '//evil.example', '///evil.example/', '/\\evil.example', '//\\evil.example', '/.//evil.example', '/%2e//evil.example', '/x/..//evil.example', '/%5cevil.example', '/%2f%2fevil.example', '/;//evil.example', '/@evil.example', '/page//evil.example', '/:80@evil.example', '/http://evil.example', '/%09/evil.example']
  it.each(bases)('SEC-14 comes back to the same host from %s', async (path) => {
    const { raw, publicUrl } = await started({ publicUrl: 'https://id.example.com' })
    for (const query of ['lang=de', 'theme=dark', 'lang=xx', 'lang=de&next=//evil.example', 'theme=system&lang=fa']) {
      const answer = await raw(`GET ${path}?${query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1\.1 303 /)
      const location = /\r\nLocation: ([^\r]*)\r\n/i.exec(answer)?.[1] ?? ''
      expect(location).toMatch(/^\/(?![/\\])/)
      expect(new URL(location, publicUrl).origin).toBe(publicUrl)
      expect(location).not.toMatch(/[?&](lang|theme)=/)
    }
  })

  it('keeps what else was asked for, and stores only what there is', async () => {
    const { ask } = await started()
    const chosen = await ask('/page?a=1&lang=de&b=%26&theme=dark')
    expect(chosen.headers.location).toBe('/page?a=1&b=%26')
    expect(chosen.cookies['__Host-doorward-locale']).toContain('=de;')
    expect(chosen.cookies['__Host-doorward-theme']).toContain('=dark;')
    for (const query of ['lang=xx', 'lang=../de', 'lang=__proto__', 'theme=purple', 'lang=', 'theme=']) {
      const { cookies, status } = await ask(`/page?${query}`)
      expect(status).toBe(303)
      expect(Object.keys(cookies), query).toEqual(['__Host-doorward-browser'])
    }
    expect((await ask('/page?theme=system')).cookies['__Host-doorward-theme']).toContain('Max-Age=0')
    expect((await ask('/page', { headers: { cookie: '__Host-doorward-locale=fa; __Host-doorward-theme=light' } })).body).toContain('<html lang="fa" dir="rtl" data-theme="light">')
  })

  it('does not lose a post that carries such a name', async () => {
    const { ask } = await started()
    expect((await ask('/page?lang=de', { method: 'POST' })).status).not.toBe(303)
  })
})

describe('redirecting', () => {
  it.each(['//evil.example', '/\\evil.example', '\\\\evil.example', '///evil.example', '/\\/evil.example', '//evil.example/%2f..'])('SEC-14 takes %j for a path of ours', async (target) => {
    const { ask, publicUrl } = await started({ publicUrl: 'https://id.example.com' })
    const { headers, status } = await ask(`/to?target=${encodeURIComponent(target)}`)
    expect(status).toBe(303)
    expect(new URL(headers.location ?? '', publicUrl).origin).toBe(publicUrl)
  })

  it('SEC-12 answers 303 and carries no other header along', async () => {
    const { ask } = await started()
    expect(await ask('/to?target=/page%3Fa=b')).toMatchObject({ status: 303, headers: { location: '/page?a=b' } })
    const split = await ask('/to?target=/page%0d%0aSet-Cookie:%20evil=1')
    expect(split.cookies).not.toHaveProperty('evil')
    expect(split.headers.location).toBe('/page%0D%0ASet-Cookie:%20evil=1')
  })
})

describe('the log', () => {
  const names = ['Ada\nLevel', 'Ada\r\n{"level":"error","msg":"forged"}', '\u001b[31mred\u001b[0m', '\u202Egnp.exe', '\u2066isolated\u2069', 'a\u2028b\u2029c', '\u0085next', '\u200fmark', '"quoted"', '\\backslash', '\ud800lone', 'Zoë 🗝']

  it.each(names)('SEC-79 keeps %j in one line of plain JSON', async (name) => {
    const { ask, lines, log } = await started()
    await ask(`/logged/x?name=${encodeURIComponent(name.isWellFormed() ? name : name.toWellFormed())}`)
    const written = log().filter(({ name: logged }) => logged !== undefined)
    expect(written).toHaveLength(1)
    expect(written[0]).toMatchObject({ level: 'info', name: name.toWellFormed(), msg: name.toWellFormed() })
    for (const line of lines) {
      expect(line.endsWith('\n')).toBe(true)
      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u)
    }
    expect(log().some(({ msg }) => msg === 'forged')).toBe(false)
  })

  it('SEC-79 has what an operator needs of each request, in UTC, and one number for all its lines', async () => {
    const { ask, log } = await started({ trustedProxies: ['127.0.0.1'] })
    const { headers } = await ask('/logged/x?name=ada&token=abc', { headers: { 'user-agent': 'test', 'x-forwarded-for': '203.0.113.7' } })
    const mine = log().filter(({ requestId }) => requestId === headers['x-request-id'])
    expect(mine.map(({ msg }) => msg)).toEqual(['ada', 'request'])
    expect(mine[1]).toMatchObject({ level: 'info', method: 'GET', path: '/logged/x', status: 200, ip: '203.0.113.7', ms: expect.any(Number) as number })
    expect(mine[1]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('SEC-79 SEC-84 holds no secret: neither of paths, nor of queries, nor of fields named so', async () => {
    const { ask, lines } = await started()
    const secret = 'aW52aXRhdGlvbi1mb3ItZ3JhY2UtaG9wcGVyLTAwMDAwMQ'
    await ask(`/logged/${secret}?name=x&code=${secret}`, { headers: { cookie: `__Host-doorward=${secret}`, authorization: `Bearer ${secret}`, referer: `https://x/${secret}` } })
    await ask(`/nowhere/${secret}/more`)
    const text = lines.join('')
    expect(text).not.toContain(secret)
    expect(text).not.toContain('canary')
    expect(text).toContain('"path":"/logged/…"')
    expect(text).toContain('"path":"/nowhere/…/more"')
  })

  it('SEC-79 is not filled by a single request', async () => {
    const { raw, lines } = await started()
    await raw(`GET /${'a/'.repeat(7_000)} HTTP/1.1\r\nHost: x\r\nUser-Agent: ${'b'.repeat(8_000)}\r\nAccept: application/json\r\nConnection: close\r\n\r\n`)
    for (const line of lines) expect(line.length).toBeLessThan(2_000)
  })
})
