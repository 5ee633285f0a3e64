import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { registerParty, walk, type RelyingParty } from '../../support/relying-party.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`

withApp('which pages of other sites may read an answer', (current) => {
  const [own, foreign] = ['https://spa.example', 'https://evil.example']
  const single = () => registerParty(current(), { kind: 'public', settings: { authMethod: 'none', redirectUris: [`${own}/callback`, 'com.example.app:/callback'] } })
  const send = (path: string, origin: string, fields?: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${current().url}${path}`, { redirect: 'manual', headers: { origin, ...headers }, ...(fields ? { method: 'POST', body: new URLSearchParams(fields) } : {}) })
  const named = (answer: Response): string | null => answer.headers.get('access-control-allow-origin')

  async function accessToken(party: RelyingParty): Promise<string> {
    const begun = await party.begin()
    const { location } = await walk(await current().signedIn(await current().addPerson({ email: email() })), begun.path)
    const code = new URL(location ?? '').searchParams.get('code') ?? ''
    const answer = await send('/oidc/token', own, { grant_type: 'authorization_code', client_id: party.clientId, code, redirect_uri: party.redirectUri, code_verifier: begun.verifier })
    expect([answer.status, named(answer)]).toEqual([200, own])
    return (await answer.json() as { access_token: string }).access_token
  }

  it('SEC-17 an application in the browser reads its own answers, from its own origin', async () => {
    const token = await accessToken(await single())
    const answer = await send('/oidc/userinfo', own, undefined, { authorization: `Bearer ${token}` })
    expect([answer.status, named(answer)]).toEqual([200, own])
    expect(answer.headers.get('vary')?.toLowerCase()).toContain('origin')
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
  })

  it.each([foreign, 'null', `${own}.evil.example`, 'https://evil.example/https://spa.example', 'http://spa.example', 'https://spa.example:8443', 'com.example.app:'])('SEC-17 nobody reads them from %s', async (origin) => {
    const party = await single()
    const token = await accessToken(party)
    const answers = [
      await send('/oidc/userinfo', origin, undefined, { authorization: `Bearer ${token}` }), await send('/oidc/token', origin, { grant_type: 'refresh_token', refresh_token: 'x', client_id: party.clientId }),
      await send('/oidc/introspection', origin, { token, client_id: party.clientId }), await send('/oidc/par', origin, { client_id: party.clientId, response_type: 'code' }),
    ]
    for (const answer of answers) expect([answer.status, named(answer), (await answer.text()).includes('@example.com')]).toEqual([400, null, false])
  })

  it('SEC-17 an application with a server is nobody’s business in a browser', async () => {
    const party = await registerParty(current(), { settings: { redirectUris: [`${own}/callback`] } })
    const answer = await send('/oidc/token', own, { grant_type: 'refresh_token', refresh_token: 'x' }, { authorization: `Basic ${Buffer.from(`${party.clientId}:${party.secret}`).toString('base64')}` })
    expect([answer.status, named(answer)]).toEqual([400, null])
  })

  it('SEC-17 repeats no origin before it knows the application', async () => {
    for (const origin of [foreign, own, 'null']) {
      const answers = [
        await send('/oidc/userinfo', origin, undefined, { authorization: 'Bearer invented' }), await send('/oidc/userinfo', origin), await send('/oidc/token', origin, { grant_type: 'authorization_code', client_id: 'invented' }),
        await send('/oidc/token', origin, {}), await send('/oidc/revocation', origin, { token: 'x', client_id: 'invented' }),
      ]
      for (const answer of answers) expect([null, '*']).toContain(named(answer))
      if (origin === 'null') for (const answer of answers) expect(named(answer)).toBeNull()
    }
  })

  it('SEC-17 a preflight names no origin, and refuses null', async () => {
    const ask = (path: string, origin: string) => fetch(`${current().url}${path}`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,dpop' } })
    for (const path of ['/oidc/token', '/oidc/userinfo', '/oidc/revocation', '/oidc/introspection', '/oidc/par']) {
      const answer = await ask(path, foreign)
      expect([answer.status, named(answer), answer.headers.get('access-control-allow-credentials')], path).toEqual([204, '*', null])
      expect(answer.headers.get('access-control-allow-headers')).toContain('authorization')
      expect([...(await ask(path, 'null')).headers.keys()].filter((name) => name.startsWith('access-control-')), path).toEqual([])
    }
    for (const path of ['/oidc/auth', '/oidc/logout', '/signin', '/']) expect(named(await ask(path, own)), path).toBeNull()
  })

  it('SEC-17 what is public may be read from anywhere, what is a page from nowhere', async () => {
    for (const path of ['/.well-known/openid-configuration', '/oidc/jwks']) {
      for (let round = 0; round < 2; round++) expect(named(await send(path, foreign)), path).toBe('*')
    }
    for (const path of ['/oidc/auth', '/oidc/logout', '/oidc/logout/success', '/signin', '/signed-out']) expect(named(await send(path, foreign)), path).toBeNull()
  })
})
