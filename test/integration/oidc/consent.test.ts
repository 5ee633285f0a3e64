import * as client from 'openid-client'
import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { registerParty, returned, walk } from '../../support/relying-party.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`

withApp('agreeing to what an application asks for', (current) => {
  it('asks once, in words, who the person is and what for; then remembers, also in another session', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { name: `Survey ${count}`, trusted: false, settings: { scopes: ['openid', 'profile', 'email', 'groups'] } })
    const browser = await current().signedIn(ada)
    const begun = await party.begin()
    const page = await browser.get(begun.path)
    expect(page.body).toContain(`Allow ${party.application.name}?`)
    expect(page.body).toContain(ada.user.email)
    expect(page.body).toContain('See your email address')
    expect(page.body).not.toContain('See which groups you belong to')
    const tokens = await party.redeem((await walk(browser, page.path, { consent: 'allow' })).location, begun)
    expect(tokens.claims()?.sub).toBe(ada.user.id)
    expect((await party.signIn(browser)).claims()?.sub).toBe(ada.user.id)
    expect((await party.signIn(await current().signedIn(ada))).claims()?.sub).toBe(ada.user.id)
  })

  it('asks again when the application asks for more, and only then', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { trusted: false, settings: { scopes: ['openid', 'profile', 'email', 'groups'] } })
    const browser = await current().signedIn(ada)
    await party.signIn(browser, { consent: 'allow' }, { scope: 'openid email' })
    expect((await party.signIn(browser, {}, { scope: 'openid' })).scope).toBe('openid')
    const page = await browser.get((await party.begin({ scope: 'openid email groups' })).path)
    expect(page.body).toContain('See which groups you belong to')
  })

  it('tells the application that the person did not agree, and gives nothing', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { trusted: false })
    const browser = await current().signedIn(ada)
    const begun = await party.begin()
    const answer = returned(await walk(browser, begun.path, { consent: 'deny' }))
    expect(answer).toEqual({ error: 'access_denied', error_description: expect.any(String), state: begun.state, iss: current().url })
    expect((await browser.get((await party.begin()).path)).body).toContain('Allow ')
    const { events } = await current().foundation.audit.list({ organizationId: ada.user.organizationId, userId: ada.user.id, limit: 5 })
    expect(events.map(({ action }) => action)).toContain('consent.denied')
  })

  it('does not ask for a trusted application, unless the application itself wants it', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { trusted: true })
    const browser = await current().signedIn(ada)
    expect((await party.signIn(browser)).claims()?.sub).toBe(ada.user.id)
    expect((await browser.get((await party.begin({ prompt: 'consent' })).path)).body).toContain('Allow ')
  })

  it('prompt=consent asks although the person has agreed before', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { trusted: false })
    const browser = await current().signedIn(ada)
    await party.signIn(browser, { consent: 'allow' })
    expect((await browser.get((await party.begin({ prompt: 'consent' })).path)).body).toContain('Allow ')
  })

  it('offline_access gives a refresh token only to an application that may have one, and only after consent', async () => {
    const ada = await current().addPerson({ email: email() })
    const [may, mayNot] = [await registerParty(current(), { settings: { refreshTokens: true } }), await registerParty(current(), { settings: { scopes: ['openid', 'offline_access'] } })]
    const browser = await current().signedIn(ada)
    const asked = { scope: 'openid offline_access', prompt: 'consent' }
    expect((await may.signIn(browser, { consent: 'allow' }, asked)).refresh_token).toBeDefined()
    expect((await mayNot.signIn(browser, { consent: 'allow' }, asked)).refresh_token).toBeUndefined()
    expect((await may.signIn(browser, { consent: 'allow' }, { scope: 'openid offline_access' })).refresh_token).toBeUndefined()
  })

  it('SEC-67 consent is given by a post from our own page, never by a link or from elsewhere', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { trusted: false })
    const browser = await current().signedIn(ada)
    const page = await browser.get((await party.begin()).path)
    const action = /action="(\/oidc\/interaction\/[\w-]+\/consent)"/.exec(page.body)?.[1] ?? ''
    expect((await browser.get(`${action}?decision=allow`)).status).toBe(404)
    expect((await browser.post(action, { decision: 'allow', csrf: 'wrong' })).status).toBe(403)
    expect((await browser.post(action, { decision: 'allow', csrf: /name="csrf" value="([^"]*)"/.exec(page.body)?.[1] ?? '' }, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403)
  })

  it('SEC-66 the question belongs to the browser and to the person it was put to', async () => {
    const [ada, grace] = [await current().addPerson({ email: email() }), await current().addPerson({ email: email(), givenName: 'Grace' })]
    const party = await registerParty(current(), { trusted: false })
    const browser = await current().signedIn(ada)
    const page = await browser.get((await party.begin()).path)
    expect((await (await current().signedIn(grace)).get(page.path)).status).toBe(404)
    const { storage } = current().foundation
    await storage.write((tx) => current().app.parts.sessions.endAll(tx, ada.user.id))
    for (const [name, value] of (await current().signedIn(grace)).cookies) browser.cookies.set(name, value)
    expect((await browser.get(page.path)).status).toBe(404)
  })

  it('asks for consent after a sign-in in the same journey', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { trusted: false })
    const tokens = await party.signIn(current().browser(), { ...ada, consent: 'allow' })
    expect(await client.fetchUserInfo(party.configuration, tokens.access_token, ada.user.id)).toMatchObject({ email: ada.user.email })
  })

  it('RFC 8252 §8.6 asks each time for an application on a device that is not vouched for', async () => {
    const ada = await current().addPerson({ email: email() })
    const settings = { authMethod: 'none' as const, redirectUris: ['com.example.app:/callback'] }
    const party = await registerParty(current(), { kind: 'public', trusted: false, settings })
    const browser = await current().signedIn(ada)
    for (let round = 0; round < 2; round++) {
      const page = await browser.get((await party.begin()).path)
      expect(page.body).toContain('Allow ')
      expect((await walk(browser, page.path, { consent: 'allow' })).location).toMatch(/^com\.example\.app:\/callback\?code=/)
    }
    const vouched = await registerParty(current(), { kind: 'public', trusted: true, settings })
    expect((await browser.get((await vouched.begin()).path)).location).toMatch(/^com\.example\.app:\/callback\?code=/)
  })
})
