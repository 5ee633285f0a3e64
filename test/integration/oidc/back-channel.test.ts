import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { afterEach, expect, it } from 'vitest'
import { withApp, type Person } from '../../support/app.ts'
import type { Browser } from '../../support/browser.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { registerParty, type RelyingParty, type Tokens } from '../../support/relying-party.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`

withApp('telling applications that someone has signed out', (current) => {
  const receivers: Receiver[] = []
  afterEach(async () => { await Promise.all(receivers.splice(0).map((receiver) => receiver.close())) })

  interface Taking { readonly party: RelyingParty; readonly receiver: Receiver }
  async function application(): Promise<Taking> {
    const receiver = await startReceiver()
    receivers.push(receiver)
    return { receiver, party: await registerParty(current(), { settings: { backchannelLogoutUri: receiver.url, postLogoutRedirectUris: ['https://payroll.example/bye'] } }) }
  }
  async function scene(): Promise<Taking & { ada: Person; browser: Browser; tokens: Tokens }> {
    const ada = await current().addPerson({ email: email() })
    const browser = await current().signedIn(ada)
    const taking = await application()
    return { ...taking, ada, browser, tokens: await taking.party.signIn(browser) }
  }
  const ours = async (browser: Browser): Promise<void> => {
    await browser.get('/')
    await browser.post('/signout')
  }
  const theirs = async (browser: Browser, party: RelyingParty, tokens: Tokens, choice: 'yes' | 'no' = 'yes'): Promise<void> => {
    const url = client.buildEndSessionUrl(party.configuration, { id_token_hint: tokens.id_token ?? '' })
    const page = await browser.get(url.pathname + url.search)
    await browser.post('/oidc/logout/confirm', { xsrf: /name="xsrf" value="([^"]+)"/.exec(page.body)?.[1] ?? '', csrf: '', ...(choice === 'yes' ? { logout: 'yes' } : {}) }, { follow: false })
  }

  it('SEC-15 S73 sends a token that says who and which session, signed, typed, and good for nothing else', async () => {
    const { ada, party, receiver, browser, tokens } = await scene()
    await ours(browser)
    await current().app.parts.oidc.settled()
    expect(receiver.tokens).toHaveLength(1)
    const { payload, protectedHeader } = await jwtVerify(receiver.tokens[0] ?? '', createRemoteJWKSet(new URL(`${current().url}/oidc/jwks`)), { issuer: current().url, audience: party.clientId, typ: 'logout+jwt' })
    expect(protectedHeader).toMatchObject({ alg: 'RS256', kid: expect.any(String) })
    expect(payload).toEqual({
      iss: current().url, aud: party.clientId, sub: ada.user.id, sid: tokens.claims()?.['sid'], iat: expect.any(Number), exp: expect.any(Number), jti: expect.any(String),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })
    expect(tokens.claims()?.['sid']).toMatch(/^[\w-]{20,}$/)
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(120)
    const { events } = await current().foundation.audit.list({ organizationId: ada.user.organizationId, userId: ada.user.id, limit: 5 })
    expect(events.map(({ action }) => action)).toContain('logout.delivered')
  })

  it.each([
    ['our button', async ({ browser }: { browser: Browser }) => ours(browser)],
    ['a sign-out that an application asked for', async ({ browser, party, tokens }: { browser: Browser; party: RelyingParty; tokens: Tokens }) => theirs(browser, party, tokens)],
    ['suspending the person', async ({ ada }: { ada: Person }) => current().app.parts.personAccess.suspend(ada.user, () => Promise.resolve())],
    ['an administrator who signs the person out', async ({ ada }: { ada: Person }) => current().app.parts.personAccess.signOut(ada.user, () => Promise.resolve())],
    ['resetting the keys', async ({ ada }: { ada: Person }) => current().app.parts.personAccess.reset(ada.user, () => Promise.resolve())],
    ['deleting the person', async ({ ada }: { ada: Person }) => current().app.parts.personAccess.remove(ada.user, () => Promise.resolve())],
  ])('SEC-15 SEC-68 %s tells every application once', async (_what, end) => {
    const before = await scene()
    const [wiki, calendar] = [await application(), await application()]
    const sids = [before.tokens, await wiki.party.signIn(before.browser), await wiki.party.signIn(before.browser), await calendar.party.signIn(before.browser)].map((tokens) => tokens.claims()?.['sid'])
    await end(before)
    await current().app.parts.oidc.settled()
    for (const { party, receiver } of [before, wiki, calendar]) {
      expect(receiver.tokens, party.application.name).toHaveLength(1)
      expect(decodeJwt(receiver.tokens[0] ?? '')).toMatchObject({ aud: party.clientId, sub: before.ada.user.id })
      expect(sids).toContain(decodeJwt(receiver.tokens[0] ?? '')['sid'])
    }
  })

  it('SEC-15 SEC-66 someone else who signs in at the same browser ends the first person’s applications', async () => {
    const { receiver, browser, ada } = await scene()
    const grace = await current().addPerson({ email: email(), givenName: 'Grace' })
    const wiki = await application()
    const { id_token: hint = '' } = await wiki.party.signIn(current().browser(), grace)
    expect((await wiki.party.signIn(browser, grace, { id_token_hint: hint })).claims()?.sub).toBe(grace.user.id)
    await current().app.parts.oidc.settled()
    expect(receiver.tokens.map((token) => decodeJwt(token).sub)).toEqual([ada.user.id])
    expect(wiki.receiver.tokens).toEqual([])
  })

  it('SEC-15 leaves the other sessions of the person alone', async () => {
    const before = await scene()
    const elsewhere = await before.party.signIn(await current().signedIn(before.ada))
    await ours(before.browser)
    await current().app.parts.oidc.settled()
    expect(before.receiver.tokens.map((token) => decodeJwt(token)['sid'])).toEqual([before.tokens.claims()?.['sid']])
    expect(await client.tokenIntrospection(before.party.configuration, elsewhere.access_token)).toMatchObject({ active: true })
  })

  it('SEC-15 staying signed in tells only the application that asked', async () => {
    const before = await scene()
    const wiki = await application()
    await wiki.party.signIn(before.browser)
    await theirs(before.browser, before.party, before.tokens, 'no')
    await current().app.parts.oidc.settled()
    expect([before.receiver.tokens.length, wiki.receiver.tokens.length]).toEqual([1, 0])
    await ours(before.browser)
    await current().app.parts.oidc.settled()
    expect([before.receiver.tokens.length, wiki.receiver.tokens.length]).toEqual([1, 1])
  })

  it.each(['ours', 'theirs'])('SEC-15 nobody waits for a slow application, and a failure is written down (%s)', async (which) => {
    const { ada, party, receiver, browser, tokens } = await scene()
    receiver.behaviour = { status: 500, delayMilliseconds: 1_500 }
    const started = performance.now()
    await (which === 'ours' ? ours(browser) : theirs(browser, party, tokens))
    expect(performance.now() - started).toBeLessThan(1_400)
    await current().app.parts.oidc.settled()
    const { events } = await current().foundation.audit.list({ organizationId: ada.user.organizationId, userId: ada.user.id, limit: 5 })
    expect(events.find(({ action }) => action === 'logout.failed')).toMatchObject({ outcome: 'failure', application: { name: party.application.name } })
    expect(await client.tokenIntrospection(party.configuration, tokens.access_token)).toEqual({ active: false })
  })
}, { DOORWARD_OUTBOUND_ALLOW: '127.0.0.1' })

withApp('an application inside that nobody has allowed', (current) => {
  it('SEC-81 is not called, and that is written down', async () => {
    const receiver = await startReceiver()
    try {
      const ada = await current().addPerson({ email: email() })
      const browser = await current().signedIn(ada)
      const party = await registerParty(current(), { settings: { backchannelLogoutUri: receiver.url } })
      await party.signIn(browser)
      await browser.get('/')
      await browser.post('/signout')
      await current().app.parts.oidc.settled()
      expect(receiver.tokens).toEqual([])
      const { events } = await current().foundation.audit.list({ organizationId: ada.user.organizationId, userId: ada.user.id, limit: 5 })
      expect(events.map(({ action }) => action)).toContain('logout.failed')
    } finally {
      await receiver.close()
    }
  })
})
