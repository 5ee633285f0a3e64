import { request } from 'node:http'
import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import { registerParty } from '../support/relying-party.ts'

/** What no page of ours ever sends: a NUL, bytes that are no text, names that every object has, blanks of a header, far too much. */
const strange = ['%00', 'a%00b', '%ff', '%ED%A0%80', 'constructor', '__proto__', '%0d%0aX-Injected:%20yes', '%F0%9F%98%80', 'x'.repeat(3_000)]
const queries = [
  'text', 'status', 'role', 'group', 'keys', 'after', 'before', 'person', 'from', 'to', 'size', 'action', 'outcome', 'state', 'return', 'login_hint', 'act', 'user', 'signin', 'format', 'lang', 'theme', 'idle_minutes',
  'client_id', 'redirect_uri', 'request_uri', 'id_token_hint', 'response_type', 'scope', 'code_challenge',
]

withApp('what no page of ours sends', (current) => {
  const owner = async () => current().signedIn(await current().addPerson({ email: `owner${Math.random()}@example.com`, role: 'owner' }))
  const faults = (): string[] => current().logLines.filter((line) => line.includes('request failed'))

  it('SEC-88 SEC-83 is refused in every address, and is a fault of ours in none', async () => {
    const browser = await owner()
    await browser.get('/security')
    for (const route of current().app.routes.filter(({ path }) => path.includes(':'))) {
      for (const value of strange) {
        const path = route.path.replaceAll(/:\w+/g, value)
        const answer = await (route.method === 'GET' ? browser.get(path, { follow: false }) : browser.post(path, {}, { follow: false }))
        expect(answer.status, `${route.method} ${path.slice(0, 80)}`).toBeLessThan(500)
        expect(answer.headers['x-injected']).toBeUndefined()
      }
    }
    expect(faults()).toEqual([])
  })

  it('SEC-88 SEC-83 is refused in every question, and is a fault of ours in none', async () => {
    const browser = await owner()
    const pages = current().app.routes.filter(({ method, path }) => method === 'GET' && !path.includes(':')).map(({ path }) => path)
    for (const page of [...pages, '/oidc/auth', '/oidc/logout', '/.well-known/openid-configuration']) {
      for (const value of strange) {
        const answer = await browser.get(`${page}?${queries.map((name) => `${name}=${value.slice(0, 200)}`).join('&')}`, { follow: false })
        expect(answer.status, `${page} ${value.slice(0, 20)}`).toBeLessThan(500)
        expect(answer.headers['x-injected']).toBeUndefined()
      }
    }
    for (const name of queries) expect((await browser.get(`/admin/users?${name}=constructor`)).status, name).toBe(200)
    expect((await browser.get('/admin/users?status=active&text=ada')).status).toBe(200)
    expect(faults()).toEqual([])
  })

  it('SEC-88 is refused in every form, and in an application’s requests', async () => {
    const browser = await owner()
    await browser.get('/security')
    for (const field of ['email', 'name', 'group', 'id', 'user', 'code', 'challenge_id', 'text\0']) {
      for (const path of ['/profile/name', '/admin/groups/new', '/admin/users/bulk', '/security/keys', '/profile/email', '/signout']) {
        expect((await browser.post(path, { [field]: 'a\0b' }, { follow: false })).status, `${path} ${field}`).toBe(400)
      }
    }
    expect((await browser.post('/admin/groups/new', { name: 'Engineers', description: '' })).path).toMatch(/^\/admin\/groups\/[\w-]{22}$/)

    const party = await registerParty(current(), {})
    const token = async (id: string): Promise<number> => (await fetch(`${current().url}/oidc/token`, {
      method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ grant_type: 'authorization_code', code: 'a\0b', client_id: id, client_secret: 'x', redirect_uri: 'https://a.example' }),
    })).status
    expect(await token('a\0b')).toBe(401)
    expect(await token(party.clientId)).toBeGreaterThanOrEqual(400)
    expect(await token(party.clientId)).toBeLessThan(500)
    expect(faults()).toEqual([])
  })

  it.each(['//evil.example/?lang=de', '///evil.example/?theme=dark', '/\\evil.example/?lang=de', '/\\/evil.example/?lang=fa'])('SEC-14 a choice of language or theme at %s stays on this host', async (target) => {
    const location = await new Promise<string | undefined>((resolve, reject) => {
      const { hostname, port } = new URL(current().url)
      request({ hostname, port, path: target, headers: { accept: 'text/html' } }, (answer) => {
        answer.resume()
        resolve(answer.headers.location)
      }).on('error', reject).end()
    })
    expect(location).toMatch(/^\/evil\.example/)
    expect(new URL(location ?? '', current().url).origin).toBe(current().url)
  })
})
