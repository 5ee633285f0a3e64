import * as client from 'openid-client'
import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import type { Answer, Browser } from '../../support/browser.ts'
import { registerParty, type RelyingParty } from '../../support/relying-party.ts'
import { mutationsOf } from '../../support/uri-mutations.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`
const bye = 'https://payroll.example/bye'

withApp('signing out from an application', (current) => {
  async function scene() {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { settings: { postLogoutRedirectUris: [bye] } })
    const browser = await current().signedIn(ada)
    const tokens = await party.signIn(browser)
    return { ada, party, browser, tokens, hint: tokens.id_token ?? '' }
  }
  const logout = (browser: Browser, party: RelyingParty, parameters: Readonly<Record<string, string>>) => {
    const url = client.buildEndSessionUrl(party.configuration, parameters)
    return browser.get(url.pathname + url.search, { follow: false })
  }
  const signedIn = async (browser: Browser): Promise<boolean> => (await browser.get('/', { follow: false })).status === 200
  const confirm = (browser: Browser, page: Answer, choice: 'yes' | 'no') => browser.post('/oidc/logout/confirm', { xsrf: /name="xsrf" value="([^"]+)"/.exec(page.body)?.[1] ?? '', csrf: '', ...(choice === 'yes' ? { logout: 'yes' } : {}) }, { follow: false })

  it('SEC-15 asks before it ends anything, and then ends everything and leads back', async () => {
    const { ada, party, browser, tokens, hint } = await scene()
    const page = await logout(browser, party, { id_token_hint: hint, post_logout_redirect_uri: bye, state: 'abc' })
    expect(page.status).toBe(200)
    expect(page.body).toContain(`${party.application.name} asks to sign you out`)
    expect(page.headers['content-security-policy']).toContain(`frame-ancestors 'none'`)
    expect(await signedIn(browser)).toBe(true)
    const answer = await confirm(browser, page, 'yes')
    expect([answer.status, answer.location]).toEqual([303, `${bye}?state=abc`])
    expect(await signedIn(browser)).toBe(false)
    expect(await client.tokenIntrospection(party.configuration, tokens.access_token)).toEqual({ active: false })
    const { events } = await current().foundation.audit.list({ organizationId: ada.user.organizationId, userId: ada.user.id, limit: 1 })
    expect(events[0]).toMatchObject({ action: 'session.ended', actor: { name: ada.user.email }, details: { by: 'application' } })
  })

  it('SEC-15 the old session cookie is worth nothing afterwards', async () => {
    const { party, browser, hint } = await scene()
    const thief = current().browser()
    for (const [name, value] of browser.cookies) thief.cookies.set(name, value)
    await confirm(browser, await logout(browser, party, { id_token_hint: hint }), 'yes')
    expect(await signedIn(thief)).toBe(false)
  })

  it('SEC-15 ends nothing by a link from elsewhere, with or without a hint', async () => {
    const { party, browser, hint } = await scene()
    for (const path of ['/oidc/logout', `/oidc/logout?id_token_hint=${hint}`, `/oidc/logout?client_id=${party.clientId}`, '/oidc/logout?logout=yes', '/oidc/logout/confirm?logout=yes', '/oidc/logout/confirm', '/oidc/logout/success']) {
      await browser.get(path, { follow: false, headers: { 'sec-fetch-site': 'cross-site', referer: 'https://evil.example/' } })
      expect(await signedIn(browser), path).toBe(true)
    }
  })

  it('SEC-15 SEC-67 the confirmation cannot be sent from elsewhere, invented or sent twice', async () => {
    const { party, browser, hint } = await scene()
    const page = await logout(browser, party, { id_token_hint: hint })
    for (const xsrf of ['', 'invented', '0'.repeat(48)]) {
      expect((await browser.post('/oidc/logout/confirm', { xsrf, logout: 'yes', csrf: '' }, { follow: false })).status).toBe(400)
      expect(await signedIn(browser)).toBe(true)
    }
    const other = await current().signedIn(await current().addPerson({ email: email() }))
    await logout(other, party, { client_id: party.clientId })
    expect((await confirm(other, page, 'yes')).status).toBe(400)
    expect(await signedIn(other)).toBe(true)
    expect((await confirm(browser, page, 'yes')).status).toBe(303)
    expect((await confirm(browser, page, 'yes')).status).toBe(400)
  })

  it('SEC-15 someone who would rather stay is signed out of that application only', async () => {
    const { ada, party, browser, tokens, hint } = await scene()
    const wiki = await registerParty(current())
    const kept = await wiki.signIn(browser)
    const answer = await confirm(browser, await logout(browser, party, { id_token_hint: hint, post_logout_redirect_uri: bye }), 'no')
    expect([answer.status, answer.location]).toEqual([303, bye])
    expect(await signedIn(browser)).toBe(true)
    expect(await client.tokenIntrospection(party.configuration, tokens.access_token)).toEqual({ active: false })
    expect(await client.tokenIntrospection(wiki.configuration, kept.access_token)).toMatchObject({ active: true, sub: ada.user.id })
    expect((await party.signIn(browser)).claims()?.sub).toBe(ada.user.id)
  })

  it('SEC-15 without a hint or an address it ends on our own page', async () => {
    const { browser } = await scene()
    const page = await browser.get('/oidc/logout')
    expect(page.body).toContain('Sign out?')
    const answer = await confirm(browser, page, 'yes')
    expect(answer.location).toMatch(/\/oidc\/logout\/success$/)
    expect((await browser.get(answer.location ?? '')).path).toBe('/signed-out')
  })

  it('SEC-15 leads back at once when nobody is signed in, with a page that needs no script', async () => {
    const { party, hint } = await scene()
    const browser = current().browser()
    const page = await logout(browser, party, { id_token_hint: hint, post_logout_redirect_uri: bye, state: 's' })
    const action = /<form method="post" action="([^"]+)"/.exec(page.body)?.[1] ?? ''
    const fields = Object.fromEntries([...page.body.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(([, name = '', value = '']) => [name, value]))
    expect((await browser.post(action, { ...fields, csrf: '' }, { follow: false })).location).toBe(`${bye}?state=s`)
  })

  it(`SEC-14 leads back to no other address than the registered one`, async () => {
    const { party, browser, hint } = await scene()
    for (const named of [`id_token_hint=${hint}`, `client_id=${party.clientId}`]) {
      for (const uri of mutationsOf(bye)) {
        const answer = await browser.get(`/oidc/logout?${named}&post_logout_redirect_uri=${encodeURIComponent(uri)}`, { follow: false })
        expect([answer.status, answer.location], uri).toEqual([400, undefined])
        expect(answer.body, uri).not.toMatch(/evil|alert\(1\)/)
      }
    }
    expect(await signedIn(browser)).toBe(true)
  })

  it('SEC-14 an address without an application behind it is forgotten', async () => {
    const { browser } = await scene()
    for (const uri of ['https://evil.example/', bye, '//evil.example', 'javascript:alert(1)']) {
      const page = await browser.get(`/oidc/logout?post_logout_redirect_uri=${encodeURIComponent(uri)}&state=x`, { follow: false })
      expect(page.body).not.toMatch(/evil\.example|alert\(1\)|payroll\.example/)
      expect((await confirm(browser, page, 'no')).location).toMatch(new RegExp(`^${current().url}/oidc/logout/success$`))
    }
  })

  it('SEC-15 a hint that has expired still names the application, one of another issuer does not', async () => {
    const { party, browser, hint } = await scene()
    expect((await logout(browser, party, { id_token_hint: hint, post_logout_redirect_uri: bye })).status).toBe(200)
    const [head = '', claims = '', signature = ''] = hint.split('.')
    const changed = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(claims, 'base64url').toString()) as object, iss: 'https://evil.example' })).toString('base64url')
    expect((await logout(browser, party, { id_token_hint: `${head}.${changed}.${signature}` })).status).toBe(400)
    expect((await logout(browser, party, { id_token_hint: 'nonsense' })).status).toBe(400)
    expect((await browser.get('/oidc/logout?client_id=invented', { follow: false })).status).toBe(400)
  })
})
