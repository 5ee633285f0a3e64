import { decodeJwt, decodeProtectedHeader, type JWK } from 'jose'
import * as client from 'openid-client'
import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { forgeriesOf } from '../../support/forgeries.ts'
import { startReceiver } from '../../support/receiver.ts'
import { refusal, registerParty, returned, walk, type RelyingParty } from '../../support/relying-party.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`

withApp('each token where it belongs', (current) => {
  const basic = (party: RelyingParty) => ({ authorization: `Basic ${Buffer.from(`${party.clientId}:${party.secret}`).toString('base64')}` })
  const post = (path: string, party: RelyingParty, fields: Readonly<Record<string, string>>) => fetch(`${current().url}${path}`, { method: 'POST', headers: basic(party), body: new URLSearchParams(fields) })

  async function scene() {
    const receiver = await startReceiver()
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { settings: { refreshTokens: true, backchannelLogoutUri: receiver.url, postLogoutRedirectUris: ['https://payroll.example/bye'] } })
    const browser = await current().signedIn(ada)
    const ended = await current().signedIn(ada)
    await party.signIn(ended)
    await ended.get('/')
    await ended.post('/signout')
    await current().app.parts.oidc.settled()
    await receiver.close()
    const tokens = await party.signIn(browser, { consent: 'allow' }, { scope: 'openid email offline_access', prompt: 'consent' })
    const begun = await party.begin()
    const code = returned(await walk(browser, begun.path))['code'] ?? ''
    const service = await registerParty(current(), { kind: 'service' })
    return {
      ada, party, browser, begun,
      tokens: {
        'access token': tokens.access_token, 'refresh token': tokens.refresh_token ?? '', 'ID token': tokens.id_token ?? '', 'logout token': receiver.tokens[0] ?? '', code,
        'service’s token': (await client.clientCredentialsGrant(service.configuration)).access_token, 'session cookie': browser.cookies.get('__Host-doorward') ?? '',
      },
    }
  }
  type Scene = Awaited<ReturnType<typeof scene>>

  const places: readonly (readonly [place: string, right: readonly string[], tried: (scene: Scene, token: string) => Promise<boolean>])[] = [
    ['userinfo', ['access token'], async (_scene, token) => (await fetch(`${current().url}/oidc/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status === 200],
    ['introspection', ['access token', 'refresh token'], async ({ party }, token) => ((await (await post('/oidc/introspection', party, { token })).json()) as { active?: boolean }).active === true],
    ['introspection with a wrong hint', ['access token', 'refresh token'], async ({ party }, token) => ((await (await post('/oidc/introspection', party, { token, token_type_hint: 'refresh_token' })).json()) as { active?: boolean }).active === true],
    ['id_token_hint of a sign-in', ['ID token'], async ({ party, browser }, token) => returned(await browser.get((await party.begin({ id_token_hint: token, prompt: 'none' })).path))['code'] !== undefined],
    ['id_token_hint of a sign-out', ['ID token'], async ({ browser }, token) => (await browser.get(`/oidc/logout?id_token_hint=${token}&post_logout_redirect_uri=https%3A%2F%2Fpayroll.example%2Fbye`, { follow: false })).status === 200],
    ['client assertion', [], async ({ party }, token) => (await post('/oidc/token', party, { grant_type: 'authorization_code', client_assertion: token, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' })).status === 200],
    ['request_uri', [], async ({ party, browser }, token) => (await browser.get(`/oidc/auth?client_id=${party.clientId}&request_uri=urn:ietf:params:oauth:request_uri:${token}`, { follow: false })).status < 400],
    ['code', ['code'], async ({ party, begun }, token) => (await post('/oidc/token', party, { grant_type: 'authorization_code', code: token, redirect_uri: party.redirectUri, code_verifier: begun.verifier })).status === 200],
    ['refresh', ['refresh token'], async ({ party }, token) => (await post('/oidc/token', party, { grant_type: 'refresh_token', refresh_token: token })).status === 200],
  ]

  it('SEC-10 opens its own door and no other: the matrix of all tokens at all places', async () => {
    const all = await scene()
    expect(decodeProtectedHeader(all.tokens['logout token'])['typ']).toBe('logout+jwt')
    for (const [place, right, tried] of places) {
      for (const [name, token] of Object.entries(all.tokens)) {
        expect(token.length, name).toBeGreaterThan(30)
        expect(await tried(all, token), `${name} as ${place}`).toBe(right.includes(name))
      }
    }
  })

  it('SEC-10 names the application it was made for, and one application’s ID token is no hint for another', async () => {
    const { ada, tokens } = await scene()
    const other = await registerParty(current())
    expect(decodeJwt(tokens['ID token'])).toMatchObject({ aud: expect.any(String), iss: current().url, sub: ada.user.id })
    const browser = await current().signedIn(ada)
    expect(returned(await browser.get((await other.begin({ id_token_hint: tokens['ID token'] })).path))).toMatchObject({ error: 'invalid_request' })
    const answer = await browser.get(`/oidc/logout?client_id=${other.clientId}&id_token_hint=${tokens['ID token']}`, { follow: false })
    expect([answer.status, answer.location]).toEqual([400, undefined])
  })

  it('SEC-11 no forged ID token is taken as a hint, at sign-in or sign-out', async () => {
    const { tokens, party, browser } = await scene()
    const { alg = '', kid } = decodeProtectedHeader(tokens['ID token'])
    const { keys } = await (await fetch(`${current().url}/oidc/jwks`)).json() as { keys: JWK[] }
    const publicJwk = keys.find((key) => key.kid === kid)
    if (!publicJwk) throw new Error('the key of the ID token is not published')
    for (const [trick, forged] of await forgeriesOf({ header: { alg, kid }, claims: decodeJwt(tokens['ID token']), publicJwk }, 'http://127.0.0.1:9')) {
      expect(returned(await browser.get((await party.begin({ id_token_hint: forged })).path, { follow: false })), trick).toMatchObject({ error: 'invalid_request' })
      const answer = await browser.get(`/oidc/logout?id_token_hint=${forged}&post_logout_redirect_uri=https%3A%2F%2Fpayroll.example%2Fbye`, { follow: false })
      expect([answer.status, answer.location], trick).toEqual([400, undefined])
    }
    for (const key of keys) expect(Object.keys(key).filter((name) => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].includes(name))).toEqual([])
  })

  it('SEC-18 an application learns nothing of another one’s tokens, and cannot take them back', async () => {
    const { ada, party, tokens } = await scene()
    const [other, everybody] = [await registerParty(current()), await registerParty(current(), { kind: 'public', settings: { authMethod: 'none' } })]
    for (const name of ['access token', 'refresh token'] as const) {
      for (const stranger of [other, everybody]) {
        expect(await client.tokenIntrospection(stranger.configuration, tokens[name])).toEqual({ active: false })
        await client.tokenRevocation(stranger.configuration, tokens[name])
      }
      expect(await client.tokenIntrospection(party.configuration, tokens[name])).toMatchObject({ active: true, sub: ada.user.id })
    }
    for (const path of ['/oidc/introspection', '/oidc/revocation']) {
      expect((await fetch(`${current().url}${path}`, { method: 'POST', body: new URLSearchParams({ token: tokens['access token'] }) })).status).toBe(400)
      expect((await post(path, { ...party, secret: 'wrong' }, { token: tokens['access token'] })).status).toBe(401)
    }
    await client.tokenRevocation(party.configuration, tokens['access token'])
    expect(await refusal(client.fetchUserInfo(party.configuration, tokens['access token'], ada.user.id))).toBe('invalid_token')
  })

  it('SEC-84 takes no token from an address', async () => {
    const { tokens } = await scene()
    expect((await fetch(`${current().url}/oidc/userinfo?access_token=${tokens['access token']}`)).status).toBe(400)
    expect(current().logLines.join('')).not.toContain(tokens['access token'])
  })

  it.each(['/oidc/reg', '/oidc/register', '/oidc/registration', '/reg', '/register', '/oidc/device/auth', '/oidc/device', '/oidc/backchannel', '/oidc/credential', '/oidc/challenge'])('SEC-16 SEC-51 nothing answers at %s', async (path) => {
    const metadata = JSON.stringify({ redirect_uris: ['https://evil.example/callback'], client_name: 'Mallory' })
    for (const method of ['POST', 'GET', 'PUT', 'DELETE']) {
      const answer = await fetch(`${current().url}${path}`, { method, redirect: 'manual', headers: { 'content-type': 'application/json', accept: 'application/json' }, ...(method === 'GET' ? {} : { body: metadata }) })
      expect([400, 403, 404, 405], `${method} ${path}`).toContain(answer.status)
      expect(await answer.text()).not.toMatch(/client_id|registration_access_token|user_code|device_code/)
    }
  })
}, { DOORWARD_OUTBOUND_ALLOW: '127.0.0.1' })
