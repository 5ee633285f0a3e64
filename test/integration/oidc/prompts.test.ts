import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { askChallenge, touchKey } from '../../support/ceremonies.ts'
import { registerParty, returned, walk } from '../../support/relying-party.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`
const seconds = (): number => Math.floor(Date.now() / 1_000)

withApp('what an application may ask of a sign-in', (current) => {
  it('SEC-19 prompt=none answers at once: with a code in a session, with login_required without one', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current())
    const begun = await party.begin({ prompt: 'none' })
    const stranger = await current().browser().get(begun.path, { follow: false })
    expect(stranger.status).toBe(303)
    expect(returned(stranger)).toMatchObject({ error: 'login_required', state: begun.state, iss: current().url })
    const known = await (await current().signedIn(ada)).get(begun.path, { follow: false })
    expect((await party.redeem(known.location, begun)).claims()?.sub).toBe(ada.user.id)
  })

  it.each([['consent_required', { trusted: false }], ['access_denied', { access: 'assigned' as const }], ['login_required', { requiredAssurance: 'phr' as const }]])(
    'SEC-19 prompt=none answers %s rather than show a page', async (error, settings) => {
      const ada = await current().addPerson({ email: email(), withKey: error !== 'login_required' })
      const party = await registerParty(current(), settings)
      const answer = await (await current().signedIn(ada)).get((await party.begin({ prompt: 'none' })).path, { follow: false })
      expect(returned(answer)).toMatchObject({ error })
    })

  it('SEC-19 prompt=login asks again, and auth_time is the new one', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current())
    const browser = await current().signedIn(ada, { fresh: false })
    const before = (await party.signIn(browser)).claims()?.['auth_time'] as number
    const begun = await party.begin({ prompt: 'login' })
    const page = await browser.get(begun.path)
    expect(page.path).toMatch(/^\/signin\//)
    expect(page.body).toContain(ada.user.email)
    if (!ada.key) throw new Error('Ada has a key')
    const tokens = await party.redeem((await touchKey(browser, ada.key, page.path)).location, begun)
    expect(tokens.claims()?.['auth_time']).toBeGreaterThanOrEqual(before + 599)
    expect(tokens.claims()?.['auth_time']).toBeLessThanOrEqual(seconds())
  })

  it('SEC-19 prompt=login cannot be answered with a sign-in that was asked for something else', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current())
    const browser = await current().signedIn(ada, { fresh: false })
    // Our own panel takes the live session, so this sign-in is done without any touch.
    const own = await browser.get('/signin?return=/', { follow: false })
    expect((await browser.get(own.location ?? '')).path).toBe('/')
    const begun = await party.begin({ prompt: 'login' })
    const { location = '' } = await browser.get(begun.path, { follow: false })
    const answer = await browser.get(`${location}/complete?signin=${(own.location ?? '').split('/').at(-1)}`)
    expect(answer.location).toBeUndefined()
    expect(answer.path).toMatch(/^\/signin\//)
  })

  it('SEC-19 max_age asks again when the proof is older, and not when it is younger', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current())
    const browser = await current().signedIn(ada, { fresh: false })
    expect((await party.signIn(browser, {}, { max_age: '660' })).claims()?.['auth_time']).toBeLessThan(seconds() - 590)
    const begun = await party.begin({ max_age: '300' })
    const page = await browser.get(begun.path)
    expect(page.path).toMatch(/^\/signin\//)
    const tokens = await party.redeem((await walk(browser, page.path, ada)).location, begun)
    expect(tokens.claims()?.['auth_time']).toBeGreaterThan(seconds() - 30)
    expect(returned(await browser.get((await party.begin({ max_age: '0', prompt: 'none' })).path))['error']).toMatch(/^(login_required|invalid_request)$/)
    expect((await browser.get((await party.begin({ max_age: '0' })).path)).path).toMatch(/^\/signin\//)
  })

  it('max_age that is no number of seconds is refused', async () => {
    const party = await registerParty(current())
    for (const value of ['-1', 'soon', '1.5', '9007199254740993']) {
      expect(returned(await current().browser().get((await party.begin({ max_age: value })).path))).toMatchObject({ error: 'invalid_request' })
    }
  })

  it('login_hint fills in the address, and is text on the page', async () => {
    const party = await registerParty(current())
    const browser = current().browser()
    const { path } = await browser.get((await party.begin({ login_hint: 'grace"><script>@navy.example' })).path)
    const page = await browser.get(`${path}/email`)
    expect(page.body).toContain('grace&quot;&gt;&lt;script&gt;@navy.example')
    expect(page.body).not.toContain('"><script>@')
  })

  it('id_token_hint asks for that very person: the same goes through, another one is asked to change', async () => {
    const [ada, grace] = [await current().addPerson({ email: email() }), await current().addPerson({ email: email(), givenName: 'Grace' })]
    const party = await registerParty(current())
    const hint = (await party.signIn(current().browser(), ada)).id_token ?? ''
    const same = await current().signedIn(ada)
    expect((await party.signIn(same, {}, { id_token_hint: hint })).claims()?.sub).toBe(ada.user.id)

    const other = await current().signedIn(grace)
    expect(returned(await other.get((await party.begin({ id_token_hint: hint, prompt: 'none' })).path))).toMatchObject({ error: 'login_required' })
    const begun = await party.begin({ id_token_hint: hint })
    const page = await other.get(begun.path)
    expect(page.path).toMatch(/^\/signin\//)
    if (!ada.key || !grace.key) throw new Error('both have keys')
    expect((await touchKey(other, grace.key, page.path)).status).toBe(422)
    expect((await party.redeem((await touchKey(other, ada.key, page.path)).location, begun)).claims()?.sub).toBe(ada.user.id)
  })

  it('SEC-18 a sign-in whose session ended before the last step gives no code', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current())
    const browser = current().browser()
    const page = await browser.get((await party.begin()).path)
    if (!ada.key) throw new Error('Ada has a key')
    const { challengeId, options } = await askChallenge(browser, `${page.path}/passkey/options`)
    let answer = await browser.post(`${page.path}/passkey`, { challenge_id: challengeId, response: ada.key.sign(options) }, { follow: false })
    while (!(answer.location ?? '').startsWith('/oidc/auth/')) answer = await browser.get(answer.location ?? '', { follow: false })
    const { storage } = current().foundation
    await storage.write((tx) => current().app.parts.sessions.endAll(tx, ada.user.id))
    expect(returned(await browser.get(answer.location ?? '', { follow: false }))).toMatchObject({ error: 'login_required' })
  })
})
