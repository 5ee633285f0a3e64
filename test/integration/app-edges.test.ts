import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { startTestApp, withApp, type TestApp } from '../support/app.ts'
import { createTestDatabase, postgresMissing } from '../support/postgres.ts'
import { aWireTo } from '../support/wire.ts'

/** What comes back for these very bytes. */
function raw(url: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => { socket.write(bytes) })
    socket.on('data', (part: Buffer) => { answer += part.toString() })
    socket.on('close', () => { resolve(answer) })
  })
}
const pathOf = (pattern: string): string => pattern.replaceAll(/:[a-z]+/gi, 'AAAAAAAAAAAAAAAAAAAAAA').replaceAll(/\{[^}]*\}/g, '')
const library = ['/oidc/auth', '/oidc/token', '/oidc/me', '/oidc/jwks', '/oidc/session/end', '/.well-known/openid-configuration', '/oidc/auth/AAAAAAAAAAAAAAAAAAAAAA', '/oidc/nothing']

withApp('the whole application', (current) => {
  const everyGet = (app: TestApp): string[] => [...app.app.routes.filter(({ method }) => method === 'GET').map(({ path }) => pathOf(path)), ...library]
  const looksSafe = (path: string, { headers, status }: { headers: Readonly<Record<string, string | string[] | undefined>>; status: number }): void => {
    expect(status, path).toBeLessThan(500)
    expect(String(headers['content-security-policy']), path).toMatch(/^default-src 'none'; script-src 'self'/)
    expect(String(headers['content-security-policy']), path).not.toMatch(/unsafe-|\*/)
    expect(headers, path).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'cross-origin-opener-policy': 'same-origin', 'referrer-policy': 'same-origin' })
    for (const cookie of [headers['set-cookie'] ?? []].flat()) {
      if (cookie.startsWith('__Host-')) expect(cookie, path).toMatch(/; Path=\/; Secure; HttpOnly; SameSite=Lax/)
      else expect(cookie, path).toMatch(/httponly/i)
    }
  }

  it('SEC-13 SEC-66 guards every address that it has, for strangers, people and administrators, and none ends in a fault', async () => {
    const app = current()
    const person = await app.signedIn(await app.addPerson({ email: 'grace@example.com', givenName: 'Grace', familyName: 'Hopper' }))
    const owner = await app.signedIn(await app.addPerson({ email: 'ada@example.com', role: 'owner' }))
    const addresses = everyGet(app)
    expect(addresses.length).toBeGreaterThan(50)
    for (const browser of [app.browser(), person, owner]) {
      for (const path of addresses) looksSafe(path, await browser.get(path, { follow: false }))
    }
  })

  it('SEC-67 refuses every post that does not come from a page of ours', async () => {
    const app = current()
    const owner = await app.signedIn(await app.addPerson({ email: 'owner@example.com', role: 'owner' }))
    await owner.get('/')
    const posts = app.app.routes.filter(({ method }) => method === 'POST').map(({ path }) => pathOf(path))
    expect(posts.length).toBeGreaterThan(40)
    for (const path of posts) {
      expect((await owner.post(path, {}, { follow: false, headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' } })).status, path).toBe(403)
      expect((await owner.post(path, { csrf: 'AAAA' }, { follow: false })).status, path).toBe(403)
      expect((await app.browser().post(path, { csrf: owner.csrf() }, { follow: false })).status, path).toBe(403)
    }
  })

  it('SEC-59 never repeats a host that a client made up, nor remembers it for others', async () => {
    const { url } = current()
    for (const path of ['/.well-known/openid-configuration', '/oidc/auth?client_id=x', '/oidc/session/end', '/signin', '/signup', '/', '/admin', '/nowhere']) {
      for (const target of [path, `http://evil.example${path}`, `https://evil.example:443${path}`]) {
        const answer = await raw(url, `GET ${target} HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\nConnection: close\r\n\r\n`)
        expect(answer, target).toMatch(/^HTTP\/1\.1 \d{3} /)
        expect(answer, target).not.toContain('evil.example')
      }
    }
    const { body } = await current().browser().get('/.well-known/openid-configuration')
    const discovery = JSON.parse(body) as Record<string, unknown>
    expect(discovery['issuer']).toBe(url)
    for (const [name, value] of Object.entries(discovery)) if (name.endsWith('_endpoint') || name.endsWith('_uri')) expect(String(value), name).toMatch(new RegExp(`^${url}/`))
  })

  it('SEC-14 leads nobody to another host after signing in', async () => {
    const app = current()
    const person = await app.addPerson({ email: 'return@example.com' })
    for (const target of ['//evil.example', '/\\evil.example', 'https://evil.example', '/.//evil.example', '/%2e//evil.example', '/x/..//evil.example', '/..//evil.example', '\\\\evil.example', '/\t/evil.example', 'javascript:alert(1)', '///evil.example', '/signin/../..//evil.example']) {
      const browser = await app.signedIn(person)
      let answer = await browser.get(`/signin?return=${encodeURIComponent(target)}`, { follow: false })
      for (let hop = 0; hop < 5 && answer.location !== undefined; hop++) {
        expect(new URL(answer.location, app.url).origin, `${target}: ${answer.location}`).toBe(app.url)
        answer = await browser.get(new URL(answer.location, app.url).pathname, { follow: false })
      }
    }
  })

  it('is ready, and not any more while it stops', async () => {
    const app = await startTestApp('sqlite')
    expect((await app.browser().get('/health/ready')).status).toBe(200)
    // A connection that is open when stopping begins still gets its answer.
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
    await new Promise((done) => { socket.once('connect', done) })
    let answer = ''
    socket.on('data', (part: Buffer) => { answer += part.toString() })
    const closed = app.close()
    socket.write('GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    await new Promise((done) => { socket.once('close', done) })
    expect(answer).toMatch(/^HTTP\/1\.1 503 [\s\S]*not ready/)
    await closed
  })
})

describe.runIf(postgresMissing() === undefined)('when PostgreSQL is out of reach', () => {
  it.each(['cut', 'hold'] as const)('R-06 says 503 within seconds, hangs nowhere, and goes on by itself afterwards (%s)', async (how) => {
    const database = await createTestDatabase()
    const url = new URL(database.url)
    const wire = await aWireTo(url.hostname, Number(url.port))
    url.port = String(wire.port)
    const app = await startTestApp('sqlite', { DOORWARD_DATABASE_URL: url.href })
    try {
      const browser = app.browser()
      expect((await browser.get('/signin')).status).toBe(200)
      if (how === 'cut') await wire.cut()
      else wire.hold()
      for (const path of ['/health/ready', '/signin', '/signup', '/']) {
        const started = performance.now()
        const answer = await browser.get(path, { follow: false, headers: { cookie: '__Host-doorward=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' } })
        if (path !== '/signup') expect(answer.status, path).toBe(503)
        expect(answer.status, path).not.toBe(500)
        expect(performance.now() - started, path).toBeLessThan(path === '/health/ready' ? 3_500 : 6_500)
      }
      expect((await browser.get('/health/live')).status).toBe(200)
      await wire.mend()
      const healed = performance.now()
      while ((await browser.get('/health/ready')).status !== 200 && performance.now() - healed < 10_000) await new Promise((resolve) => setTimeout(resolve, 100))
      expect(performance.now() - healed).toBeLessThan(5_000)
      expect((await browser.get('/signin')).status).toBe(200)
    } finally {
      await wire.mend()
      await app.close()
      await wire.cut()
      await database.drop()
    }
  }, 120_000)
})
