import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { postedBy } from '../../support/service-provider.ts'
import { registerRealm } from '../../support/relying-realm.ts'

let count = 0
const email = (): string => `grace${++count}@navy.example`
const methodIn = (answer: Parameters<typeof postedBy>[0]): string | undefined => /AuthenticationMethod="([^"]*)"/.exec(postedBy(answer)?.fields['wresult'] ?? '')?.[1]
const claims = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims'

withApp('signing in to a WS-Federation application', (current) => {
  it('S123 tells an application that others wrote who is there', async () => {
    const grace = await current().addPerson({ email: email(), givenName: 'Grace', familyName: 'Hopper' })
    const realm = await registerRealm(current(), { settings: { attributes: [{ name: `${claims}/name`, friendlyName: null, expression: 'name' }, { name: `${claims}/emailaddress`, friendlyName: null, expression: 'email' }] } })
    const browser = await current().signedIn(grace)
    expect(await realm.signIn(browser)).toMatchObject({ issuer: `${current().url}/wsfed`, [`${claims}/name`]: 'Grace Hopper', [`${claims}/emailaddress`]: grace.user.email, [`${claims}/nameidentifier`]: grace.user.email })
    const { events } = await current().foundation.audit.list({ organizationId: current().organization.id, userId: grace.user.id, limit: 1 })
    expect(events[0]).toMatchObject({ action: 'application.opened', details: { protocol: 'wsfed', issued: expect.stringMatching(/^_[\w-]{22}$/) as string, method: 'http://schemas.microsoft.com/claims/multipleauthn' } })
  })

  it('SEC-61 has a stranger sign in first, and returns wctx as it came', async () => {
    const grace = await current().addPerson({ email: email() })
    const realm = await registerRealm(current())
    const browser = current().browser()
    const context = `LoginOptions=3&estsredirect=2&estsrequest=${'rQQIAR'.repeat(700)}"<script>`
    const page = await browser.get(realm.path({ wctx: context, username: 'grace@navy.example' }))
    expect(page.path).toMatch(/^\/signin\//)
    const signedIn = await current().signedIn(grace)
    browser.cookies.set('__Host-doorward', signedIn.cookies.get('__Host-doorward') ?? '')
    const answer = await browser.get(page.path)
    expect(postedBy(answer)?.fields).toMatchObject({ wa: 'wsignin1.0', wctx: context })
    expect(answer.body).not.toContain('<script>"')
    await realm.accept(answer)
  })

  it('takes a question that another site posts', async () => {
    const grace = await current().addPerson({ email: email() })
    const realm = await registerRealm(current())
    const posted = await current().browser().post('/wsfed', { csrf: '', wa: 'wsignin1.0', wtrealm: realm.realm, wctx: 'x' }, { follow: false, headers: { 'sec-fetch-site': 'cross-site', origin: 'https://intranet.example' } })
    expect([posted.status, posted.location]).toEqual([303, expect.stringMatching(/^\/wsfed\/requests\/[\w-]{22}$/)])
    const browser = await current().signedIn(grace)
    await realm.accept(await browser.get(posted.location ?? ''))
    expect((await browser.get(posted.location ?? '')).status).toBe(404)
  })

  it('SEC-30 sends the token to a registered address, chosen by its whole text', async () => {
    const grace = await current().addPerson({ email: email() })
    const realm = await registerRealm(current(), { settings: { replyUrls: ['https://intranet.example/a', 'https://intranet.example/b?x=1'] } })
    const browser = await current().signedIn(grace)
    expect(postedBy(await browser.get(realm.path()))?.action).toBe('https://intranet.example/a')
    expect(postedBy(await browser.get(realm.path({ wreply: 'https://intranet.example/b?x=1' })))?.action).toBe('https://intranet.example/b?x=1')
  })

  it('SEC-30 sends no token to an address that was taken out while the person signed in', async () => {
    const grace = await current().addPerson({ email: email() })
    const realm = await registerRealm(current())
    const { applications, storage } = current().foundation
    const browser = current().browser()
    const page = await browser.get(realm.path())
    const found = await applications.findByRealm('wsfed', realm.realm)
    if (!found?.wsfed) throw new Error('the realm is not there')
    const { id, wsfed } = found
    await storage.write((tx) => applications.update(tx, current().organization.id, id, { wsfed: { ...wsfed, replyUrls: ['https://new.example/'] } }))
    browser.cookies.set('__Host-doorward', (await current().signedIn(grace)).cookies.get('__Host-doorward') ?? '')
    const answer = await browser.get(page.path)
    expect([answer.status, postedBy(answer)]).toEqual([400, undefined])
  })

  it.each([
    'https://intranet.example/ab', 'https://intranet.example/a/', 'https://intranet.example/a?x', 'https://intranet.example/a#x', 'https://intranet.example:443/a', 'http://intranet.example/a', 'https://INTRANET.example/a', 'https://intranet.example.evil.example/a',
    'https://intranet.example@evil.example/a', 'https://evil.example/https://intranet.example/a', '//intranet.example/a', 'javascript:alert(1)', 'https://intranet.example/%61',
  ])('SEC-30 sends nothing to %s', async (reply) => {
    const grace = await current().addPerson({ email: email() })
    const realm = await registerRealm(current(), { settings: { replyUrls: ['https://intranet.example/a'] } })
    const answer = await (await current().signedIn(grace)).get(realm.path({ wreply: reply }))
    expect([answer.status, postedBy(answer)]).toEqual([400, undefined])
  })

  it.each([['an unknown realm', 'urn:intranet:none'], ['the beginning of one', 'urn:intranet:'], ['one in other letters', 'URN:intranet:1'], ['none', '']])('SEC-30 knows no application by %s', async (_case, name) => {
    const grace = await current().addPerson({ email: email() })
    await registerRealm(current())
    const answer = await (await current().signedIn(grace)).get(`/wsfed?${new URLSearchParams({ wa: 'wsignin1.0', wtrealm: name })}`)
    expect([answer.status, postedBy(answer)]).toEqual([400, undefined])
  })

  it.each([['wa', 'wsignin2.0'], ['wa', ''], ['wfresh', '-1'], ['wfresh', 'x'], ['wctx', 'x'.repeat(16_385)]])('refuses %s=%s with a page of ours', async (name, value) => {
    const grace = await current().addPerson({ email: email() })
    const realm = await registerRealm(current())
    const answer = await (await current().signedIn(grace)).get(realm.path({ [name]: value }))
    expect([answer.status, postedBy(answer)]).toEqual([400, undefined])
  })

  it.each([
    ['wfresh=0', { wfresh: '0' }, true], ['a proof of the last minute', { wfresh: '1' }, true], ['a proof of the last half hour', { wfresh: '30' }, false], ['prompt=login', { prompt: 'login' }, true],
    ['a password anew', { wauth: 'http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password', wfresh: '0' }, true], ['two factors', { wauth: 'http://schemas.microsoft.com/claims/multipleauthn' }, false],
  ])('SEC-30 honours %s', async (_case, parameters, asks) => {
    const grace = await current().addPerson({ email: email() })
    const realm = await registerRealm(current())
    const browser = await current().signedIn(grace, { fresh: false })
    const answer = await browser.get(realm.path(parameters as Record<string, string>))
    expect(answer.path.startsWith('/signin/')).toBe(asks)
    if (asks) return
    await realm.accept(answer)
    expect(methodIn(answer)).toBe('http://schemas.microsoft.com/claims/multipleauthn')
  })

  it('SEC-31 calls a code no second factor, and does not let it pass for one', async () => {
    const grace = await current().addPerson({ email: email(), withKey: false })
    const realm = await registerRealm(current())
    const browser = await current().signedIn(grace)
    const code = await browser.get(realm.path())
    await realm.accept(code)
    expect(methodIn(code)).toBe('urn:oasis:names:tc:SAML:1.0:am:unspecified')
    const answer = await browser.get(realm.path({ wauth: 'http://schemas.microsoft.com/claims/multipleauthn' }))
    expect(postedBy(answer)).toBeUndefined()
  })

  it('SEC-31 does not call a new code two factors because of an old key, where wfresh asks for a new proof', async () => {
    const grace = await current().addPerson({ email: email() })
    const realm = await registerRealm(current())
    const browser = await current().signedIn(grace, { fresh: false })
    const at = Date.now()
    const key = { method: 'passkey', at: at - 600_000, credentialId: 'k', factors: ['possession', 'inherence'], amr: ['hwk'], phishingResistant: true, deviceBound: true }
    const code = { method: 'recovery-code', at: at - 30_000, credentialId: 'r', factors: ['possession'], amr: ['otp'], phishingResistant: false, deviceBound: false }
    await current().foundation.storage.write((tx) => tx.run('UPDATE sessions SET proofs = ?, authenticated_at = ? WHERE user_id = ?', [JSON.stringify([key, code]), code.at, grace.user.id]))
    expect(methodIn(await browser.get(realm.path({ wfresh: '5' })))).toBe('urn:oasis:names:tc:SAML:1.0:am:unspecified')
    expect(methodIn(await browser.get(realm.path({ wfresh: '30' })))).toBe('http://schemas.microsoft.com/claims/multipleauthn')
  })

  it('SEC-18 keeps out whoever may not use the application', async () => {
    const grace = await current().addPerson({ email: email() })
    const realm = await registerRealm(current(), { access: 'assigned' })
    const answer = await (await current().signedIn(grace)).get(realm.path())
    expect([answer.status, postedBy(answer)]).toEqual([403, undefined])
  })

  it('S123 signs out where an application of the session asks so, tells the others, and asks the person otherwise', async () => {
    const grace = await current().addPerson({ email: email() })
    const [first, second, never] = [await registerRealm(current(), { settings: { signOutUrl: 'https://first.example/out?x=1' } }), await registerRealm(current()), await registerRealm(current())]
    const browser = await current().signedIn(grace)
    expect((await browser.get('/wsfed?wa=wsignout1.0')).body).toContain('action="/signout"')
    await first.signIn(browser)
    await second.signIn(browser)
    expect((await browser.get(`/wsfed?wa=wsignout1.0&wtrealm=${never.realm}`)).body).toContain('action="/signout"')
    const page = await browser.get(`/wsfed?wa=wsignout1.0&wa=wsignout1.0&wtrealm=${second.realm}&wreply=${encodeURIComponent(second.reply)}`)
    expect(page.path).toMatch(/^\/signed-out\//)
    expect(page.body).toContain('<iframe class="visually-hidden" src="https://first.example/out?x&#x3D;1&amp;wa&#x3D;wsignoutcleanup1.0"')
    expect(page.body).toContain(`href="${second.reply}"`)
    expect(page.headers['content-security-policy']).toContain(`frame-src 'self' https: https://first.example`)
    expect((await browser.get('/', { follow: false })).status).toBe(303)
    expect((await browser.get(`/wsfed?wa=wsignoutcleanup1.0&wreply=https://evil.example/`, { follow: false })).location).toBe('/signed-out')
  })

  it('publishes federation metadata under the addresses that software knows, with the next certificate', async () => {
    const browser = current().browser()
    const keys = current().app.parts.keys
    await keys.rotate('wsfed')
    const { published } = await keys.certificates('wsfed')
    for (const path of ['/FederationMetadata/2007-06/FederationMetadata.xml', '/federationmetadata/2007-06/federationmetadata.xml']) {
      const { status, headers, body } = await browser.get(path)
      expect([status, headers['content-type']]).toEqual([200, 'application/samlmetadata+xml; charset=utf-8'])
      expect(published.filter(({ certificate }) => body.includes(certificate)).map(({ state }) => state)).toEqual(['active', 'upcoming'])
      expect(body).toContain('xsi:type="fed:SecurityTokenServiceType"')
      expect(body).toContain(`<wsa:Address>${current().url}/wsfed</wsa:Address>`)
    }
  })
})
