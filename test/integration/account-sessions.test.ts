import { expect, it } from 'vitest'
import { withApp, type Person } from '../support/app.ts'
import type { Browser } from '../support/browser.ts'
import { askChallenge, signInWithKey, touchKey } from '../support/ceremonies.ts'
import { changeSettings, textOf } from '../support/pages.ts'
import type { SecurityKey } from '../support/security-key.ts'

let count = 0
const address = (): string => `seated${++count}@example.com`
const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'
const minute = 60_000

withApp('sessions', (current, kind) => {
  const cookie = '__Host-doorward'
  async function signedInAnew(person: Person, userAgent?: string): Promise<Browser> {
    const browser = current().browser(userAgent)
    expect((await signInWithKey(browser, person.key as SecurityKey)).path).toBe('/')
    return browser
  }
  /** What somebody sees who has this secret. */
  async function withSecret(secret: string | undefined): Promise<string> {
    const thief = current().browser()
    if (secret !== undefined) thief.cookies.set(cookie, secret)
    return (await thief.get('/profile')).path
  }
  const isOut = (path: string): boolean => /^\/signin\/[\w-]{22}$/.test(path)

  it('SEC-66 the cookie is for this host only, over a secure channel, out of reach of scripts', async () => {
    const { key } = await current().addPerson({ email: address() })
    const browser = current().browser()
    const first = await browser.get('/', { follow: false })
    const { path } = await browser.get('/')
    const { challengeId, options } = await askChallenge(browser, `${path}/passkey/options`)
    const opened = await browser.post(`${path}/passkey`, { challenge_id: challengeId, response: (key as SecurityKey).sign(options) }, { follow: false })
    const cookies = [first, opened].flatMap(({ headers }) => headers['set-cookie'] ?? [])
    expect(cookies).toHaveLength(2)
    for (const line of cookies) expect(line).toMatch(/^__Host-doorward(-browser)?=[\w-]{22,43}; Path=\/; Secure; HttpOnly; SameSite=Lax(; Max-Age=\d+)?$/)
  })

  it('SEC-66 every sign-in has a secret of its own, also where one was planted, and the database keeps only its hash', async () => {
    const person = await current().addPerson({ email: address() })
    const planted = 'A'.repeat(43)
    const browser = current().browser()
    browser.cookies.set(cookie, planted)
    await signInWithKey(browser, person.key as SecurityKey)
    const secret = browser.cookies.get(cookie)
    expect(secret).not.toBe(planted)
    expect(isOut(await withSecret(planted))).toBe(true)
    expect(await withSecret(secret)).toBe('/profile')
    expect((await signedInAnew(person)).cookies.get(cookie)).not.toBe(secret)
    expect(JSON.stringify(await current().foundation.storage.read.all('SELECT * FROM sessions'))).not.toContain(secret)
  })

  it('SEC-66 a confirmation gives the session a new secret, and the old one opens nothing', async () => {
    const person = await current().addPerson({ email: address() })
    const browser = await current().signedIn(person, { fresh: false })
    const before = browser.cookies.get(cookie)
    const asked = await browser.get('/security/keys/new')
    expect((await touchKey(browser, person.key as SecurityKey, asked.path)).path).toBe('/security/keys/new')
    expect(browser.cookies.get(cookie)).not.toBe(before)
    expect(isOut(await withSecret(before))).toBe(true)
    expect(await current().app.parts.sessions.list(person.user.id, '')).toHaveLength(1)
  })

  it('SEC-66 whoever signs in in a browser where someone else is signed in ends that session', async () => {
    const [ada, grace] = [await current().addPerson({ email: address() }), await current().addPerson({ email: address(), givenName: 'Grace' })]
    const browser = await signedInAnew(ada)
    const before = browser.cookies.get(cookie)
    await touchKey(browser, grace.key as SecurityKey, (await browser.get(await current().app.parts.signIns.desk.begin(browser.cookies.get('__Host-doorward-browser') ?? '', {
      application: null, assurance: null, maxAgeSeconds: 0, loginHint: null, userId: grace.user.id, returnTo: '/profile',
    }))).path)
    expect(textOf((await browser.get('/profile')).body)).toContain('Grace Lovelace')
    expect(isOut(await withSecret(before))).toBe(true)
    expect(await current().app.parts.sessions.list(ada.user.id, '')).toEqual([])
  })

  it('SEC-68 the list names device, address and times of every session, and marks this one', async () => {
    const person = await current().addPerson({ email: address() })
    await signedInAnew(person, firefox)
    const here = await signedInAnew(person)
    const text = textOf((await here.get('/security')).body)
    expect(text).toContain('Where you are signed in Sign out everywhere else')
    expect(text).toMatch(/Chrome, Linux 127\.0\.0\.1 · since .* · last seen this minute This device/)
    expect(text).toMatch(/Firefox, Windows 127\.0\.0\.1 · since .* Sign out Firefox, Windows/)
  })

  it('SEC-68 one session is ended from another, the others from one; nobody ends a stranger’s', async () => {
    const person = await current().addPerson({ email: address() })
    const [here, there, elsewhere] = [await signedInAnew(person), await signedInAnew(person, firefox), await signedInAnew(person)]
    const sessions = await current().app.parts.sessions.list(person.user.id, '')
    const idOf = (agent: string): string => sessions.find(({ device }) => device === agent)?.id ?? ''
    const stranger = await signedInAnew(await current().addPerson({ email: address() }))
    await stranger.get('/security')
    for (const { id } of sessions) expect((await stranger.post(`/security/sessions/${id}/removal`)).status).toBe(404)
    await here.get('/security')
    expect(textOf((await here.post(`/security/sessions/${idOf('Firefox, Windows')}/removal`)).body)).toContain('That session is ended.')
    expect(isOut((await there.get('/profile')).path)).toBe(true)
    expect((await elsewhere.get('/profile')).path).toBe('/profile')
    expect(textOf((await here.post('/security/sessions/removal')).body)).toContain('All other sessions are ended.')
    expect(isOut((await elsewhere.get('/profile')).path)).toBe(true)
    expect((await here.get('/profile')).path).toBe('/profile')
    const [own] = await current().app.parts.sessions.list(person.user.id, '')
    expect(textOf((await here.post(`/security/sessions/${own?.id}/removal`)).body)).toContain('To end this session, use Logout in the menu.')
    expect(textOf((await here.get('/activity')).body)).toContain('Logout')
  })

  it('SEC-68 a session that is not used for an hour is over; each use within it begins it anew', async () => {
    const person = await current().addPerson({ email: address() })
    const browser = await signedInAnew(person)
    for (const wait of [59, 59]) {
      current().advance(wait * minute)
      expect((await browser.get('/profile')).path).toBe('/profile')
    }
    current().advance(61 * minute)
    expect(isOut((await browser.get('/profile')).path)).toBe(true)
  })

  it('SEC-68 after twelve hours it is over however much it was used', async () => {
    const person = await current().addPerson({ email: address() })
    const browser = await signedInAnew(person)
    for (let half = 1; half < 24; half++) {
      current().advance(30 * minute)
      expect((await browser.get('/profile')).path, `half hour ${half}`).toBe('/profile')
    }
    current().advance(29 * minute)
    expect((await browser.get('/profile')).path).toBe('/profile')
    current().advance(minute)
    expect(isOut((await browser.get('/profile')).path)).toBe(true)
  })

  it('SEC-68 an organization sets both limits', async () => {
    await changeSettings(current(), { session: { idleMinutes: 15, absoluteHours: 1 } })
    const person = await current().addPerson({ email: address() })
    const [used, unused] = [await signedInAnew(person), await signedInAnew(person)]
    await changeSettings(current(), { session: { idleMinutes: 60, absoluteHours: 12 } })
    for (const wait of [14, 14, 14, 14]) {
      current().advance(wait * minute)
      expect((await used.get('/profile')).path).toBe('/profile')
    }
    expect(isOut((await unused.get('/profile')).path)).toBe(true)
    current().advance(4 * minute)
    expect(isOut((await used.get('/profile')).path)).toBe(true)
  })

  it('SEC-68 who is suspended, reset or deleted, or whose session is ended, is a stranger on every node with the next request', async () => {
    const node = kind === 'postgres' ? (await current().anotherNode()).address : current().url
    for (const act of ['suspend', 'reset', 'remove', 'signOut'] as const) {
      const person = await current().addPerson({ email: address() })
      const browser = (await signedInAnew(person)).through(node)
      expect((await browser.get('/profile')).path).toBe('/profile')
      await current().app.parts.personAccess[act]({ organizationId: person.user.organizationId, id: person.user.id }, () => Promise.resolve())
      expect(isOut((await browser.get('/profile')).path), act).toBe(true)
    }
  })

  it('S73 Logout ends the session here and on the server; neither the old cookie nor the back button shows anything', async () => {
    const person = await current().addPerson({ email: address() })
    const [browser, other] = [await signedInAnew(person), await signedInAnew(person)]
    const secret = browser.cookies.get(cookie)
    expect((await browser.get('/profile')).headers['cache-control']).toBe('no-store')
    const out = await browser.post('/signout', {}, { follow: false })
    expect(out).toMatchObject({ status: 303, location: '/signed-out' })
    expect(out.headers['clear-site-data']).toBe('"cache"')
    expect(browser.cookies.has(cookie)).toBe(false)
    const page = await browser.get('/signed-out')
    expect(textOf(page.body)).toContain('You are signed out')
    expect(page.body).toContain('href="/signin">Sign in')
    expect(isOut(await withSecret(secret))).toBe(true)
    expect((await other.get('/profile')).path).toBe('/profile')
    const { events } = await current().foundation.audit.list({ organizationId: person.user.organizationId, userId: person.user.id, action: 'session.ended', limit: 5 })
    expect(events).toHaveLength(1)
  })

  it('S73 SEC-67 a link or form of another site signs nobody out', async () => {
    const browser = await signedInAnew(await current().addPerson({ email: address() }))
    expect((await browser.get('/signout')).status).toBe(404)
    expect((await browser.post('/signout', { csrf: 'x' })).status).toBe(403)
    expect((await browser.post('/signout', {}, { headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } })).status).toBe(403)
    expect((await browser.get('/profile')).path).toBe('/profile')
  })

  it.each(['', 'x', 'A'.repeat(43), 'A'.repeat(600), '%00', 'a"b', '../..', `${'A'.repeat(42)};`])('SEC-66 SEC-86 the cookie %j is a stranger’s', async (secret) => {
    expect(isOut(await withSecret(secret))).toBe(true)
  })
})
