import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anyone } from '../../src/http/index.ts'
import { startTestWeb, type TestWeb, type WebOptions } from '../support/web.ts'

const routes: WebOptions = {
  mount(routes) {
    routes.get('/page', anyone, (ctx) => { ctx.page('welcome/signup-closed', { kind: 'work' }) })
    routes.get('/slow', anyone, async (ctx) => {
      await sleep(Number(ctx.query['for']))
      ctx.body = 'done'
    })
    routes.post('/page', anyone, (ctx) => { ctx.redirectTo('/page') })
  },
}

describe('malformed requests', () => {
  let web: TestWeb
  beforeAll(async () => { web = await startTestWeb(routes) })
  afterAll(() => web.close())

  const head = (line: string, ...headers: string[]): string => `${line}\r\n${headers.map((header) => `${header}\r\n`).join('')}Connection: close\r\n\r\n`
  const names = '__Host-doorward-browser __Host-doorward __Host-doorward-locale __Host-doorward-theme __Host-doorward-notice'.split(' ')

  it.each<[string, string]>([
    ...[
      '=', ';', '=;=;=', 'a', '__Host-doorward', '__Host-doorward=', '__Host-doorward==x', '__Host-doorward="quoted"', '__Host-doorward=%ff', '__Host-doorward=%', '__Host-doorward=\\x00', '__Host-doorward=é', `a=${'x'.repeat(20_000)}`,
      `${'a=b; '.repeat(3_000)}`, '__Host-doorward-locale=../../etc', '__Host-doorward-locale=__proto__', '__Host-doorward-locale=constructor', '__Host-doorward-theme=purple', '__Host-doorward-notice=bm8', '__Host-doorward-notice=bnVsbA',
      `__Host-doorward-notice=${Buffer.from('{"key":"no.such.key"}').toString('base64url')}`, `__Host-doorward-notice=${Buffer.from('{"key":"common.next","params":{"x":{}}}').toString('base64url')}`,
      `__Host-doorward-notice=${Buffer.from('{"key":"signin.why"}').toString('base64url')}`, `__Host-doorward-notice=${Buffer.from('[1]').toString('base64url')}`, '__Host-doorward=a; __Host-doorward=b', '{"a":1}', '$Version=1; a=b',
      ...names.map((name) => `${name}=${'~'.repeat(600)}`),
    ].map((cookie): [string, string] => [`cookie ${cookie.slice(0, 60)}`, head('GET /page HTTP/1.1', 'Host: x', `Cookie: ${cookie}`)]),
    ...['/%', '/%ff', '/%c0%af', '/%E0%A4%A', '/page%00', '/page?%', '/page?%ff=%fe', '/page?lang=%ff', '/page?lang=a&lang=b', '/page?lang[]=de', '/page?theme=%00', '/%2e%2e/%2e%2e/etc/passwd', '/page;a=b', `/${'a'.repeat(20_000)}`, '/page?'.padEnd(20_000, 'a'), '//', '/\\', '/:', '/page#x', '*', '/page?__proto__[x]=1',
    ].map((target): [string, string] => [`target ${target.slice(0, 60)}`, head(`GET ${target} HTTP/1.1`, 'Host: x')]),
    ...['', ' ', ':', 'a:b:c', 'x y', 'id.example.com/path', '[::1', '%ff', '\u00e9', 'x'.repeat(5_000), 'x@y', 'x#y', 'x?y'].map((host): [string, string] => [`host ${host.slice(0, 40)}`, head('GET /page HTTP/1.1', `Host: ${host}`)]),
    ...[
      'X-Forwarded-For: not an address', 'X-Forwarded-For: 1.2.3.4, ,,', 'Forwarded: for="', 'X-Forwarded-Proto: javascript', 'X-Forwarded-Host: evil.example', 'Accept: ;q=', 'Accept: */*;q=nan', 'Accept-Language: \u00ff;;q=1,,,', 'Accept-Encoding: ;;',
      'Accept-Encoding: *;q=0', 'Origin: %', 'Sec-Fetch-Site: \u00ff', `User-Agent: ${'x'.repeat(20_000)}`, 'User-Agent: \u00ff\u00fe', 'If-None-Match: "', 'If-Modified-Since: never', 'Range: bytes=5-1', 'Expect: 200-ok', 'Content-Length: 0', 'Authorization: \u00ff', 'X-HTTP-Method-Override: PUT', 'Upgrade: websocket',
    ].map((header): [string, string] => [header.slice(0, 60), head('GET /page HTTP/1.1', 'Host: x', header)]),
  ])('SEC-86 %s is answered, and never by a fault of ours', async (_title, bytes) => {
    const before = web.lines.length
    const answer = await web.raw(Buffer.from(bytes, 'latin1'))
    expect(answer).toMatch(/^HTTP\/1\.1 (200|303|400|404|405|417|431) /)
    expect(web.log().slice(before).filter(({ level }) => level === 'error')).toEqual([])
  })

  it.each<[string, string]>([
    ['a body of two lengths', 'POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd'],
    ['a length and chunks', 'POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['chunks by another name', 'POST /page HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'], ['a negative length', 'POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    ['a bare line feed', 'GET /page HTTP/1.1\nHost: x\n\n'], ['a folded header', 'GET /page HTTP/1.1\r\nHost: x\r\nX-A: a\r\n b\r\n\r\n'], ['a blank before the colon', 'GET /page HTTP/1.1\r\nHost: x\r\nX-A : b\r\n\r\n'],
    ['no host', 'GET /page HTTP/1.1\r\n\r\n'], ['another protocol', 'GET /page HTTP/3.7\r\nHost: x\r\n\r\n'], ['a handshake', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001'],
    ['headers without end', `GET /page HTTP/1.1\r\nHost: x\r\n${'X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(2_000)}`], ['a blank in the address', 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('SEC-86 %s ends the connection', async (_title, bytes) => {
    const answer = await web.raw(Buffer.from(bytes, 'latin1'))
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d |^$/)
    expect(answer).not.toMatch(/smuggled|HTTP\/1\.1 200/)
    expect(web.log().map(({ path }) => path)).not.toContain('/smuggled')
    expect((await web.ask('/page')).status).toBe(200)
  })
})

describe('a slow client', () => {
  it('SEC-86 is cut off when its headers take too long, even when it does not listen, and others are served meanwhile', async () => {
    const web = await startTestWeb({ ...routes, limits: { headersMilliseconds: 500, requestMilliseconds: 1_500 } })
    const sockets = await Promise.all(Array.from({ length: 50 }, () => web.open()))
    const started = performance.now()
    const ends = sockets.map((socket) => new Promise<number>((resolve) => {
      // It neither reads nor closes: the server has to end the connection on its own.
      socket.pause()
      socket.on('error', () => undefined)
      socket.write('GET /page HTTP/1.1\r\nHost: x\r\n')
      const drip = setInterval(() => { if (socket.writable) socket.write('X-A: b\r\n') }, 100)
      socket.on('close', () => { clearInterval(drip); resolve(performance.now() - started) })
    }))
    expect((await web.ask('/page')).status).toBe(200)
    for (const milliseconds of await Promise.all(ends)) {
      expect(milliseconds).toBeGreaterThan(400)
      expect(milliseconds).toBeLessThan(5_000)
    }
    await web.close()
  })

  it('SEC-86 is cut off when its body takes too long', async () => {
    const web = await startTestWeb({ ...routes, limits: { headersMilliseconds: 500, requestMilliseconds: 1_000 } })
    const started = performance.now()
    const answer = await web.raw('POST /page HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ncsrf=', { waitMilliseconds: 10_000 })
    expect(performance.now() - started).toBeLessThan(6_000)
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d |^$/)
    await web.close()
  })

  it('SEC-86 takes no more connections than are set', async () => {
    const web = await startTestWeb({ ...routes, limits: { maxConnections: 5 } })
    const kept = await Promise.all(Array.from({ length: 5 }, () => web.open()))
    await sleep(50)
    expect(await web.raw('GET /page HTTP/1.1\r\nHost: x\r\n\r\n', { waitMilliseconds: 500 })).toBe('')
    kept[0]?.destroy()
    await sleep(50)
    expect(await web.raw('GET /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /)
    for (const socket of kept) socket.destroy()
    await web.close()
  })
})

describe('draining', () => {
  /** Over a connection that the client would like to keep. */
  const slowly = (web: TestWeb, milliseconds: number, agent: Agent): Promise<string> => new Promise((resolve, reject) => {
    request({ port: web.port, host: '127.0.0.1', path: `/slow?for=${milliseconds}`, agent }, (response) => {
      let body = ''
      response.on('data', (part: Buffer) => { body += part.toString() })
      response.on('end', () => { resolve(body) })
    }).on('error', reject).end()
  })

  it('R-10 lets a request in flight finish, takes no new one, and is over with the last', async () => {
    const web = await startTestWeb(routes)
    const agent = new Agent({ keepAlive: true })
    expect(await slowly(web, 1, agent)).toBe('done')
    const idle = await web.open()
    const running = slowly(web, 600, agent)
    await sleep(100)
    const started = performance.now()
    const drained = web.drain(20)
    await sleep(50)
    await expect(web.open()).rejects.toThrow('ECONNREFUSED')
    expect(await running).toBe('done')
    await drained
    expect(performance.now() - started).toBeGreaterThan(400)
    expect(performance.now() - started).toBeLessThan(3_000)
    agent.destroy()
    idle.destroy()
  })

  it('R-10 cuts what does not finish in time', async () => {
    const web = await startTestWeb(routes)
    const agent = new Agent({ keepAlive: true })
    const hanging = slowly(web, 30_000, agent).catch((error: unknown) => error)
    await sleep(100)
    const started = performance.now()
    await web.drain(1)
    expect(performance.now() - started).toBeGreaterThan(900)
    expect(performance.now() - started).toBeLessThan(3_000)
    expect(await hanging).toBeInstanceOf(Error)
    agent.destroy()
  })
})
