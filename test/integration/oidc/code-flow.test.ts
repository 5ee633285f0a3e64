import * as client from 'openid-client'
import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { registerParty, returned, walk } from '../../support/relying-party.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`
const allScopes = ['openid', 'profile', 'email', 'phone', 'groups'] as const

withApp('signing in to an application', (current) => {
  it('S4 S123 goes the whole way, from the link to every claim of every scope', async () => {
    const { storage, groups, users } = current().foundation
    const ada = await current().addPerson({ email: email(), phone: '+442079460000' })
    await storage.write(async (tx) => {
      const group = await groups.create(tx, ada.user.organizationId, { name: 'Engineers', description: '' })
      await groups.addMember(tx, ada.user.organizationId, group, ada.user.id)
      await users.update(tx, ada.user.organizationId, ada.user.id, { locale: 'en', timeZone: 'Europe/London' })
    })
    const party = await registerParty(current(), { settings: { scopes: [...allScopes] } })
    const tokens = await party.signIn(current().browser(), ada, { scope: allScopes.join(' ') })
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: allScopes.join(' '), expires_in: 900 })
    expect(tokens.claims()).toMatchObject({ iss: current().url, aud: party.clientId, sub: ada.user.id, acr: 'phrh', amr: ['hwk', 'pop', 'mfa', 'user'] })
    expect(await client.fetchUserInfo(party.configuration, tokens.access_token, ada.user.id)).toEqual({
      sub: ada.user.id, name: 'Ada Lovelace', given_name: 'Ada', family_name: 'Lovelace', preferred_username: ada.user.email, locale: 'en', zoneinfo: 'Europe/London',
      updated_at: expect.any(Number), email: ada.user.email, email_verified: true, phone_number: '+442079460000', phone_number_verified: true, groups: ['Engineers'],
    })
  })

  it.each([
    ['openid', ['sub']], ['openid email', ['email', 'email_verified', 'sub']], ['openid phone', ['phone_number', 'phone_number_verified', 'sub']], ['openid groups', ['groups', 'sub']],
    ['openid profile', ['family_name', 'given_name', 'name', 'preferred_username', 'sub', 'updated_at']],
  ])('tells for "%s" nothing but what the scope is for', async (scope, claims) => {
    const ada = await current().addPerson({ email: email(), phone: '+442079460000' })
    const party = await registerParty(current(), { settings: { scopes: [...allScopes] } })
    const tokens = await party.signIn(current().browser(), ada, { scope })
    expect(Object.keys(await client.fetchUserInfo(party.configuration, tokens.access_token, ada.user.id)).sort()).toEqual(claims)
  })

  it('refuses a scope that the application was not given', async () => {
    const party = await registerParty(current(), { settings: { scopes: ['openid'] } })
    const begun = await party.begin({ scope: 'openid email' })
    expect(returned(await current().browser().get(begun.path))).toMatchObject({ error: 'invalid_scope', state: begun.state })
  })

  it.each(['RS256', 'ES256', 'EdDSA'] as const)('signs the ID token with %s where the application asks for it', async (idTokenAlg) => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { settings: { idTokenAlg } })
    const { id_token: idToken = '' } = await party.signIn(current().browser(), ada)
    expect(JSON.parse(Buffer.from(idToken.split('.')[0] ?? '', 'base64url').toString())).toEqual({ alg: idTokenAlg, kid: expect.stringMatching(/^[\w-]{43}$/) })
  })

  it.each([
    ['client_secret_basic', 'web'], ['client_secret_post', 'web'], ['private_key_jwt', 'web'], ['none', 'public'],
  ] as const)('works for an application that proves itself with %s', async (authMethod, kind) => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { kind, settings: { authMethod } })
    expect((await party.signIn(current().browser(), ada)).claims()?.sub).toBe(ada.user.id)
  })

  it('S32 lets a person in a second time, and to the next application, without a page', async () => {
    const ada = await current().addPerson({ email: email() })
    const [payroll, wiki] = [await registerParty(current()), await registerParty(current())]
    const browser = current().browser()
    const first = await payroll.signIn(browser, ada)
    for (const party of [payroll, wiki]) {
      const again = await party.signIn(browser)
      expect(again.claims()).toMatchObject({ sub: ada.user.id, auth_time: first.claims()?.['auth_time'] })
    }
  })

  it('S32 a tile tells the application to begin, and the person lands in it without a question', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { launchUrl: 'https://payroll.example/start', settings: { initiateLoginUri: 'https://payroll.example/login?from=doorward' } })
    const browser = await current().signedIn(ada)
    expect((await browser.get('/')).body).toContain(`href="/apps/${party.application.id}"`)
    const told = new URL((await browser.get(`/apps/${party.application.id}`)).location ?? '')
    expect(told.origin + told.pathname).toBe('https://payroll.example/login')
    expect(Object.fromEntries(told.searchParams)).toEqual({ from: 'doorward', iss: current().url, target_link_uri: 'https://payroll.example/start' })
    expect((await party.signIn(browser)).claims()?.sub).toBe(ada.user.id)
  })

  it('S32 a tile without login initiation opens the application’s own page, which begins by itself', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { launchUrl: 'https://payroll.example/start' })
    const browser = await current().signedIn(ada)
    expect((await browser.get(`/apps/${party.application.id}`)).location).toBe('https://payroll.example/start')
  })

  it('S4 names the application on the sign-in page, and leads back to no other', async () => {
    const ada = await current().addPerson({ email: email() })
    const [payroll, wiki] = [await registerParty(current(), { name: `Payroll of ${current().url}` }), await registerParty(current())]
    const browser = current().browser()
    const [first, second] = [await payroll.begin(), await wiki.begin({ state: 'second' })]
    expect((await browser.get(first.path)).body).toContain(payroll.application.name)
    const answer = returned(await walk(browser, second.path, ada))
    expect(answer).toMatchObject({ state: 'second', iss: current().url })
    expect((await party(answer['code'])).status).toBe(400)

    function party(code = ''): Promise<Response> {
      return fetch(`${current().url}/oidc/token`, {
        method: 'POST', headers: { authorization: `Basic ${Buffer.from(`${payroll.clientId}:${payroll.secret}`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: payroll.redirectUri, code_verifier: first.verifier }),
      })
    }
  })

  it('takes a question that is posted, and asks no more of it than of a link', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { settings: { postLogoutRedirectUris: ['https://payroll.example/bye'] } })
    const browser = await current().signedIn(ada)
    const post = (path: string, fields: Readonly<Record<string, string>>, follow = true) => browser.post(path, { csrf: '', ...fields }, { follow, headers: { origin: 'https://payroll.example', 'sec-fetch-site': 'cross-site' } })
    const begun = await party.begin()
    const asked = Object.fromEntries(new URL(begun.path, current().url).searchParams)
    expect((await post('/oidc/auth', asked, false)).status).toBe(303)
    const tokens = await party.redeem((await post('/oidc/auth', asked)).location, begun)
    expect((await post('/oidc/auth', { ...asked, redirect_uri: 'https://evil.example/' })).status).toBe(400)
    expect((await post('/oidc/auth', { ...asked, state: 'x'.repeat(20_000) })).status).toBe(400)
    const page = await post('/oidc/logout', { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: 'https://payroll.example/bye' })
    expect(page.body).toContain(`${party.application.name} asks to sign you out`)
    expect((await browser.get('/', { follow: false })).status).toBe(200)
  })

  it('S35 the old link of a finished authorization begins nothing, and says so', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current())
    const browser = current().browser()
    const begun = await party.begin()
    const { path } = await browser.get(begun.path, { follow: false }).then((answer) => browser.get(answer.location ?? ''))
    await walk(browser, path, ada)
    const old = await browser.get('/oidc/interaction/AAAAAAAAAAAAAAAAAAAAA')
    expect(old.status).toBe(404)
    expect(old.body).toContain('<h1')
  })
})
