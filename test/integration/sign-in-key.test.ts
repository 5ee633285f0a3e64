import { expect, it } from 'vitest'
import { withApp, type Person } from '../support/app.ts'
import { askChallenge, signInWithKey, touchKey } from '../support/ceremonies.ts'
import { SecurityKey, type Tampering } from '../support/security-key.ts'

let count = 0
const address = (): string => `ada${++count}@example.com`

withApp('signing in with a key', (current) => {
  it('says that no key was asked when the button was pressed before the script was there', async () => {
    const browser = current().browser()
    const page = await browser.get('/signin')
    const answer = await browser.post(`${page.path}/passkey`, { challenge_id: '', response: '', transports: '' })
    expect(answer.status).toBe(422)
    expect(answer.body).toContain('The page was not ready to ask for your key.')
  })

  it('S3 sends whoever has no session to the sign-in page', async () => {
    const answer = await current().browser().get('/')
    expect(answer.path).toMatch(/^\/signin\/[\w-]{22}$/)
    expect(answer.body).toContain('Sign in with a security key')
  })

  it('S7 S15 S16 a touch of the key opens the panel, without typing a name', async () => {
    const { key } = await current().addPerson({ email: address() })
    const browser = current().browser()
    const answer = await signInWithKey(browser, key as SecurityKey)
    expect(answer.path).toBe('/')
    expect(answer.body).toContain('What application do you want to use today?')
  })

  it('S16 an administrator’s touch opens the administration; the own panel is one address away', async () => {
    const { key } = await current().addPerson({ email: address(), role: 'administrator' })
    const browser = current().browser()
    expect((await signInWithKey(browser, key as SecurityKey)).path).toBe('/admin')
    expect((await browser.get('/')).path).toBe('/')
  })

  it('S7 the challenge names no key and no person, and asks for the PIN or finger', async () => {
    const browser = current().browser()
    const { path } = await browser.get('/')
    const { options } = await askChallenge(browser, `${path}/passkey/options`)
    expect(options).toMatchObject({ allowCredentials: [], userVerification: 'required', rpId: 'localhost' })
  })

  const tamperings: readonly [string, Tampering][] = [
    ['another type', { type: 'webauthn.create' }], ['another challenge', { challenge: Buffer.alloc(32, 1).toString('base64url') }], ['an empty challenge', { challenge: '' }],
    ['another origin', { origin: 'https://evil.example' }], ['http on another port', { origin: 'http://localhost:1' }], ['a frame of another site', { crossOrigin: true }],
    ['a top origin', { topOrigin: 'https://evil.example' }], ['another RP ID', { rpId: 'evil.example' }], ['nobody present', { userPresent: false }],
    ['nobody verified', { userVerified: false }], ['a broken signature', { breakSignature: true }], ['no owner', { userHandle: null }], ['an empty owner', { userHandle: '' }],
    ['another owner', { userHandle: Buffer.from('someone-else').toString('base64url') }], ['an unknown key', { id: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    ['backup eligibility that changed', { backupEligible: true }], ['backed up but not eligible', { backedUp: true }],
  ]
  it.each(tamperings)('SEC-33 S15 refuses an answer with %s, and the next right one is accepted', async (_name, change) => {
    const { key } = await current().addPerson({ email: address() })
    const browser = current().browser()
    const refused = await signInWithKey(browser, key as SecurityKey, '/', change)
    expect(refused.status).toBe(422)
    expect((await browser.get('/')).path).toMatch(/^\/signin\//)
    expect((await signInWithKey(browser, key as SecurityKey)).path).toBe('/')
  })

  it('S125 the page that refused a key can change its language and be returned to', async () => {
    const { key } = await current().addPerson({ email: address() })
    const browser = current().browser()
    const refused = await signInWithKey(browser, key as SecurityKey, '/', { challenge: 'AAAA' })
    expect(refused.path).toMatch(/^\/signin\/[\w-]{22}\/passkey$/)
    const german = await browser.get(`${refused.path}?lang=de`)
    expect([german.status, german.path]).toEqual([200, refused.path.replace('/passkey', '')])
    expect(german.body).toContain('Mit Sicherheitsschlüssel anmelden')
  })

  it('SEC-33 takes the same answer once', async () => {
    const { key } = await current().addPerson({ email: address() })
    const browser = current().browser()
    const { path } = await browser.get('/')
    const { challengeId, options } = await askChallenge(browser, `${path}/passkey/options`)
    const response = (key as SecurityKey).sign(options)
    const post = () => browser.post(`${path}/passkey`, { challenge_id: challengeId, response }, { follow: false })
    const answers = await Promise.all([post(), post(), post(), post()])
    expect(answers.filter((answer) => answer.status === 303 && answer.location === path)).toHaveLength(1)
  })

  it('SEC-33 refuses a signature counter that does not grow', async () => {
    const { key } = await current().addPerson({ email: address() })
    expect((await signInWithKey(current().browser(), key as SecurityKey, '/', { counter: 9 })).path).toBe('/')
    expect((await signInWithKey(current().browser(), key as SecurityKey, '/', { counter: 9 })).status).toBe(422)
    expect((await signInWithKey(current().browser(), key as SecurityKey, '/', { counter: 10 })).path).toBe('/')
  })

  it('SEC-33 a challenge is good for five minutes', async () => {
    const { key } = await current().addPerson({ email: address() })
    const browser = current().browser()
    const { path } = await browser.get('/')
    const { challengeId, options } = await askChallenge(browser, `${path}/passkey/options`)
    current().advance(301_000)
    const answer = await browser.post(`${path}/passkey`, { challenge_id: challengeId, response: (key as SecurityKey).sign(options) })
    expect(answer.status).toBe(422)
    expect(answer.body).toContain('took too long')
  })

  it('SEC-66 a sign-in belongs to the browser that began it', async () => {
    const { key } = await current().addPerson({ email: address() })
    const { path } = await current().browser().get('/')
    const other = current().browser()
    await other.get('/')
    const shown = await other.get(path)
    expect(shown.path).not.toBe(path)
    await expect(touchKey(other, key as SecurityKey, path)).rejects.toThrow()
  })

  it('S35 an old or invented sign-in address begins a new sign-in', async () => {
    const answer = await current().browser().get('/signin/AAAAAAAAAAAAAAAAAAAAAA')
    expect(answer.status).toBe(200)
    expect(answer.body).toContain('Sign in with a security key')
  })

  it.each(['new', 'pending', 'suspended'] as const)('S1 S2 keeps someone out whose account is %s, with the words for an unknown key', async (status) => {
    const { key, user } = await current().addPerson({ email: address(), status })
    const unknown = await signInWithKey(current().browser(), new SecurityKey(current().url))
    const refused = await signInWithKey(current().browser(), key as SecurityKey)
    expect(refused.status).toBe(unknown.status)
    const plain = (body: string) => body.replaceAll(/[\w-]{22,}/g, '…')
    expect(plain(refused.body)).toBe(plain(unknown.body))
    const { events } = await current().foundation.audit.list({ organizationId: user.organizationId, userId: user.id, limit: 5 })
    expect(events[0]).toMatchObject({ action: 'signin.refused', details: { reason: 'not_active' } })
  })

  it('S128 a copied key and a suspended one stand in the log of their person; what a stranger makes up stands nowhere', async () => {
    const { key, user } = await current().addPerson({ email: address() })
    const own = key as SecurityKey
    const refusals = async () => (await current().foundation.audit.list({ organizationId: user.organizationId, userId: user.id, action: 'signin.refused', limit: 9 })).events
    await signInWithKey(current().browser(), own, '/', { counter: 9 })
    await signInWithKey(current().browser(), own, '/', { breakSignature: true })
    await signInWithKey(current().browser(), own, '/', { origin: 'https://evil.example' })
    expect(await refusals()).toEqual([])
    expect((await signInWithKey(current().browser(), own, '/', { counter: 9 })).status).toBe(422)
    const { storage } = current().foundation
    const [stored] = await current().app.parts.passkeys.list(storage.read, user.id)
    await storage.write((tx) => current().app.parts.passkeys.setSuspended(tx, user.organizationId, user.id, stored?.id ?? '', true))
    expect((await signInWithKey(current().browser(), own, '/', { counter: 10, breakSignature: true })).status).toBe(422)
    expect((await signInWithKey(current().browser(), own, '/', { counter: 11 })).status).toBe(422)
    expect((await refusals()).map(({ details, outcome, actor }) => [details['reason'], outcome, actor.name])).toEqual([['key_suspended', 'failure', user.email], ['key_replayed', 'failure', user.email]])
  })

  it.each([
    ['the person is suspended', async ({ user }: Person) => { await current().app.parts.personAccess.suspend(user, () => Promise.resolve()) }],
    ['the key is taken away', async ({ user }: Person) => {
      const { passkeys, personAccess } = current().app.parts
      await personAccess.signOut(user, async (tx) => { await passkeys.removeAll(tx, user.id) })
    }],
  ] as const)('SEC-68 opens no session when, between the touch and its session, %s', async (_what, shutOut) => {
    const ada = await current().addPerson({ email: address() })
    const { groupMethods, storage } = current().foundation
    const { settings } = groupMethods
    const browser = current().browser()
    const { path } = await browser.get('/')
    const { challengeId, options } = await askChallenge(browser, `${path}/passkey/options`)
    // The rules of the organization are the last thing that is looked up before the session is written.
    let once = true
    groupMethods.settings = async (...question) => {
      if (once && question[0] === ada.user.organizationId) {
        once = false
        await shutOut(ada)
      }
      return settings(...question)
    }
    try {
      expect((await browser.post(`${path}/passkey`, { challenge_id: challengeId, response: (ada.key as SecurityKey).sign(options) })).status).toBe(422)
    } finally {
      groupMethods.settings = settings
    }
    expect(await storage.read.all('SELECT id FROM sessions WHERE user_id = ?', [ada.user.id])).toEqual([])
  })

  it('S17 S62 the sign-in stands in the person’s own activity, and in nobody else’s', async () => {
    const ada = await current().addPerson({ email: address() })
    const grace = await current().addPerson({ email: `grace${++count}@example.com`, givenName: 'Grace', familyName: 'Hopper' })
    const browser = current().browser()
    await signInWithKey(browser, ada.key as SecurityKey)
    const own = await browser.get('/activity')
    expect(own.body).toContain('localhost')
    expect(own.body).toContain(ada.user.email)
    const others = await (await current().signedIn(grace)).get('/activity')
    expect(others.body).not.toContain(ada.user.email)
  })

  it('SEC-55 a key signs in however many others have failed from the same network', async () => {
    const { key } = await current().addPerson({ email: address() })
    const stranger = new SecurityKey(current().url)
    const browser = current().browser()
    for (let attempt = 0; attempt < 120; attempt++) await signInWithKey(browser, stranger)
    expect((await signInWithKey(browser, key as SecurityKey)).path).toBe('/')
  })
})
