import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createOutbound, OutboundRefused } from '../../src/http/outbound/index.ts'
import { OperatorError } from '../../src/errors.ts'
import { aCertificate } from '../support/certificate.ts'

const { cert, key } = aCertificate('keys.example', '127.0.0.1')
const folder = mkdtempSync(join(tmpdir(), 'doorward-'))
const caFile = join(folder, 'ca.pem')
let hits: string[] = []
let answer: RequestListener = (_request, response) => { response.end('hello') }
const listener: RequestListener = (request, response) => {
  hits.push(`${request.method} ${request.headers.host} ${request.url}`)
  answer(request, response)
}
const http = createHttpServer(listener)
const https = createHttpsServer({ cert, key }, listener)
const portOf = (server: typeof http): number => (server.address() as AddressInfo).port
const toLoopback = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }])

beforeAll(async () => {
  writeFileSync(caFile, cert)
  await Promise.all([http, https].map((server) => new Promise<void>((done) => { server.listen(0, '127.0.0.1', done) })))
})
afterEach(() => {
  hits = []
  answer = (_request, response) => { response.end('hello') }
})
afterAll(() => {
  for (const server of [http, https]) { server.closeAllConnections(); server.close() }
  rmSync(folder, { recursive: true })
})

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'answered'
  } catch (error) {
    return error instanceof OutboundRefused ? error.reason : `fault: ${String(error)}`
  }
}

describe('calls to other hosts', () => {
  const open = createOutbound({ allow: [], caFile: null })
  const allowing = createOutbound({ allow: ['127.0.0.0/8', 'localhost', 'gateway.internal'], caFile: null })
  const url = (path = '/'): string => `http://127.0.0.1:${portOf(http)}${path}`

  it.each(['127.0.0.1', '[::1]', 'localhost', '2130706433', '0x7f000001', '0177.0.0.1', '[::ffff:127.0.0.1]', '0.0.0.0'])(
    'SEC-81 never reaches this host as %s', async (host) => {
      expect(await refusal(open.fetch(`https://${host}:${portOf(https)}/`))).toBe('address')
      expect(await refusal(open.fetch(`http://${host}:${portOf(http)}/`))).toMatch(/address|scheme/)
      expect(hits).toEqual([])
    })

  it('SEC-81 reaches an allowed network and sends method, headers and body', async () => {
    answer = (request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => { body += chunk.toString() })
      request.on('end', () => { response.setHeader('x-kind', 'echo').end(JSON.stringify({ body, headers: request.headers })) })
    }
    const response = await allowing.fetch(url('/send?a=1'), { method: 'POST', headers: { 'Content-Type': 'text/plain', Host: 'evil.example', 'X-Empty': '' }, body: 'grüße' })
    const seen = JSON.parse(response.body.toString()) as { body: string; headers: Record<string, string> }
    expect(response).toMatchObject({ status: 200, headers: { 'x-kind': 'echo' } })
    expect(seen.body).toBe('grüße')
    expect(seen.headers).toMatchObject({ 'content-type': 'text/plain', host: `127.0.0.1:${portOf(http)}`, 'content-length': '7', 'accept-encoding': 'identity' })
    expect(seen.headers).not.toHaveProperty('x-empty')
    expect(hits).toEqual([`POST 127.0.0.1:${portOf(http)} /send?a=1`])
  })

  it('SEC-81 does not follow redirects', async () => {
    answer = (_request, response) => { response.writeHead(302, { location: 'http://169.254.169.254/' }).end() }
    expect(await allowing.fetch(url())).toMatchObject({ status: 302, headers: { location: 'http://169.254.169.254/' } })
    expect(hits).toHaveLength(1)
  })

  it('SEC-81 connects to the address that was checked, whatever the resolver says next', async () => {
    // The first address is allowed, and nobody listens there; the second is this server's, and not allowed.
    const answers = ['127.0.0.2', '127.0.0.1']
    let asked = 0
    const rebinding = createOutbound({
      allow: ['127.0.0.2'], caFile: null,
      resolve: () => Promise.resolve([{ address: answers[Math.min(asked++, 1)] ?? '', family: 4 }]),
    })
    expect(await refusal(rebinding.fetch(`http://rebind.example:${portOf(http)}/`, { timeoutMilliseconds: 500 }))).toMatch(/timeout|unreachable/)
    expect(asked).toBe(1)
    expect(await refusal(rebinding.fetch(`http://rebind.example:${portOf(http)}/`))).toBe('address')
    expect(hits).toEqual([])
  })

  it('SEC-81 stops reading at the size limit, announced or not', async () => {
    answer = (_request, response) => { response.end(Buffer.alloc(5_000)) }
    expect(await refusal(allowing.fetch(url(), { maxBytes: 4_999 }))).toBe('too_large')
    expect(await refusal(allowing.fetch(url(), { maxBytes: 5_000 }))).toBe('answered')
    answer = (_request, response) => {
      const drip = setInterval(() => response.write(Buffer.alloc(65_536)), 1)
      response.on('close', () => { clearInterval(drip) })
    }
    expect(await refusal(allowing.fetch(url(), { maxBytes: 1_000_000 }))).toBe('too_large')
  })

  it('SEC-81 gives up in bounded time on silence, slow headers, slow bodies and a slow resolver', async () => {
    const limits = { timeoutMilliseconds: 200 }
    const started = performance.now()
    answer = () => undefined
    expect(await refusal(allowing.fetch(url(), limits))).toBe('timeout')
    answer = (_request, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('.'), 20)
      response.on('close', () => { clearInterval(drip) })
    }
    expect(await refusal(allowing.fetch(url(), limits))).toBe('timeout')
    const slow = createOutbound({ allow: [], caFile: null, resolve: () => new Promise(() => undefined) })
    expect(await refusal(slow.fetch('https://slow.example/', limits))).toBe('timeout')
    expect(performance.now() - started).toBeLessThan(3_000)
  })

  it('says so when nobody answers', async () => {
    expect(await refusal(allowing.fetch('http://127.0.0.1:1/'))).toBe('unreachable')
  })

  it.each([['X-A', 'a\r\nX-B: b'], ['X A', 'b']])('SEC-81 refuses the header %j: %j', async (name, value) => {
    expect(await refusal(allowing.fetch(url(), { headers: { [name]: value } }))).toBe('header')
    expect(await refusal(allowing.fetch(url(), { method: 'GET / HTTP/1.1\r\nX: y' }))).toBe('header')
    expect(hits).toEqual([])
  })

  it('SEC-81 checks certificates, adds the own CA, and refuses the wrong name', async () => {
    const port = portOf(https)
    const needs = { allow: ['127.0.0.1'], resolve: toLoopback }
    expect(await refusal(createOutbound({ ...needs, caFile: null }).fetch(`https://keys.example:${port}/`))).toBe('unreachable')
    const trusting = createOutbound({ ...needs, caFile })
    expect((await trusting.fetch(`https://keys.example:${port}/`)).body.toString()).toBe('hello')
    expect((await trusting.fetch(`https://127.0.0.1:${port}/`)).status).toBe(200)
    expect(await refusal(trusting.fetch(`https://other.example:${port}/`))).toBe('unreachable')
    expect(hits).toEqual([`GET keys.example:${port} /`, `GET 127.0.0.1:${port} /`])
  })

  it('tells the operator about a CA file that cannot be used', () => {
    expect(() => createOutbound({ allow: [], caFile: join(folder, 'absent.pem') })).toThrow(OperatorError)
    writeFileSync(join(folder, 'empty.pem'), 'nothing')
    expect(() => createOutbound({ allow: [], caFile: join(folder, 'empty.pem') })).toThrow(/no certificate/)
  })

  it('SEC-81 offers the same rules as a fetch', async () => {
    const fetch = allowing.toFetch({ maxBytes: 100 })
    answer = (request, response) => { response.writeHead(request.method === 'POST' ? 204 : 200, { 'content-type': 'application/json' }).end(request.method === 'POST' ? '' : '{"keys":[]}') }
    const response = await fetch(url('/jwks'), { redirect: 'manual', headers: new Headers({ accept: 'application/json', 'user-agent': '' }) })
    expect(await response.json()).toEqual({ keys: [] })
    expect(response.headers.get('content-type')).toBe('application/json')
    expect((await fetch(new URL(url()), { method: 'POST', body: new URLSearchParams({ logout_token: 'x' }) })).status).toBe(204)
    await expect(open.toFetch()('http://127.0.0.1/')).rejects.toThrow(TypeError)
    await expect(fetch(url(), { signal: AbortSignal.abort() })).rejects.toThrow()
  })
})
