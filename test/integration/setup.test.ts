import { expect, it } from 'vitest'
import { startTestApp, withApp, type TestApp } from '../support/app.ts'
import type { Answer, Browser } from '../support/browser.ts'
import { askChallenge, enroll, signInWithKey } from '../support/ceremonies.ts'
import { errorAt, textOf } from '../support/pages.ts'
import { SecurityKey, type Tampering } from '../support/security-key.ts'

const owner = { organization: 'Difference Engines', given_name: 'Charles', family_name: 'Babbage', email: 'charles@example.com' }

withApp('the first start', (_current, kind) => {
  /** An installation of its own, where nobody is yet, and the path of its link. */
  async function onNewInstallation(use: (app: TestApp, path: string) => Promise<void>): Promise<void> {
    const app = await startTestApp(kind)
    try {
      const link = await app.foundation.setupLinks.create()
      if (link === undefined) throw new Error('no link')
      expect(link).toMatch(new RegExp(`^${app.url}/setup/[\\w-]{43}$`))
      await use(app, link.slice(app.url.length))
    } finally {
      await app.close()
    }
  }

  async function fillIn(app: TestApp, path: string, values: Readonly<Record<string, string>> = owner): Promise<{ browser: Browser; page: Answer }> {
    const browser = app.browser()
    await browser.get(path)
    return { browser, page: await browser.post(path, values) }
  }

  const complete = (browser: Browser, key: SecurityKey, path: string, change: Tampering = {}): Promise<Answer> =>
    enroll(browser, key, { options: `${path}/key/options`, action: `${path}/key` }, change)
  const owners = (app: TestApp): Promise<unknown[]> => app.foundation.storage.read.all(`SELECT id FROM users WHERE role = 'owner'`)

  it('SEC-70 S31 the link makes one organization and its owner, who is signed in by a key and saves recovery codes next', () => onNewInstallation(async (app, path) => {
    const { browser, page } = await fillIn(app, path)
    expect(page.path).toBe(`${path}/key`)
    expect(textOf(page.body)).toContain('Administrators sign in with a key.')
    expect(await owners(app)).toEqual([])
    const key = new SecurityKey(app.url)
    const done = await complete(browser, key, path)
    expect(done.path).toBe('/security/recovery-codes')
    expect(textOf(done.body)).toContain('Doorward is set up and your key is added.')
    expect(done.body).toContain('href="/admin">Not now<')
    expect((await browser.post('/security/recovery-codes')).body).toContain('href="/admin">I have saved them<')
    expect((await browser.get('/security/recovery-codes')).body).toContain('href="/security">Not now<')
    const home = await browser.get('/')
    expect(textOf(home.body)).toContain('Difference Engines')
    expect(textOf(home.body)).toContain('Microsoft 365')
    expect((await signInWithKey(app.browser(), key)).path).toBe('/admin')
    expect(await owners(app)).toHaveLength(1)
  }))

  it('SEC-70 S11 before that the sign-in page says that nobody can sign in yet, and where the link is', () => onNewInstallation(async (app) => {
    const { storage, brands } = app.foundation
    const front = async (): Promise<string> => textOf((await app.browser().get('/')).body)
    await storage.write((tx) => tx.run(`UPDATE organizations SET kind = 'personal'`, []))
    await brands.refresh()
    expect(await front()).toContain('Sign in to Doorward Panel Doorward is not set up yet Open the set-up link that was printed when the server started')
    await storage.write((tx) => tx.run(`UPDATE organizations SET kind = 'business'`, []))
    await brands.refresh()
    expect(await front()).not.toContain('not set up')
  }))

  it('SEC-70 afterwards the pages are gone, with the same link, with a new one, and for good', () => onNewInstallation(async (app, path) => {
    const { browser } = await fillIn(app, path)
    await complete(browser, new SecurityKey(app.url), path)
    const visitor = app.browser()
    for (const page of [path, `${path}/key`]) {
      const gone = await visitor.get(page)
      expect(gone.status).toBe(404)
      expect(textOf(gone.body)).toContain('This set-up link no longer works Either this server is set up already, or the link is older than 30 minutes')
    }
    const csrf = browser.csrf()
    for (const page of [path, `${path}/key`, `${path}/key/options`, `${path}/skip`]) expect((await browser.post(page, { ...owner, csrf })).status).toBe(404)
    expect(await app.foundation.setupLinks.create()).toBeUndefined()
    await app.foundation.storage.write((tx) => tx.run(`UPDATE users SET role = 'user' WHERE role = 'owner'`))
    expect(await app.foundation.setupLinks.create()).toBeUndefined()
  }))

  it('SEC-70 where an owner exists already there is no link', () => onNewInstallation(async (app, path) => {
    await app.addPerson({ email: 'ada@example.com', role: 'owner' })
    expect(await app.foundation.setupLinks.create()).toBeUndefined()
    expect((await app.browser().get(path)).status).toBe(404)
  }))

  it('SEC-70 the link works for thirty minutes, and the newest one only', () => onNewInstallation(async (app, path) => {
    app.advance(1_799_000)
    expect((await app.browser().get(path)).status).toBe(200)
    app.advance(1_000)
    expect((await app.browser().get(path)).status).toBe(404)
    const first = (await app.foundation.setupLinks.create())?.slice(app.url.length) ?? ''
    expect((await app.browser().get(first)).status).toBe(200)
    const second = (await app.foundation.setupLinks.create())?.slice(app.url.length) ?? ''
    expect((await app.browser().get(first)).status).toBe(404)
    expect((await app.browser().get(second)).status).toBe(200)
  }))

  it.each(['', 'A'.repeat(43), '../setup', '%00'])('SEC-70 %j in place of the token opens nothing', (token) => onNewInstallation(async (app) => {
    expect((await app.browser().get(`/setup/${token}`)).status).toBe(404)
  }))

  it('SEC-70 without a key nothing is set up: there is no way to skip it, nor to use one that asks for no PIN', () => onNewInstallation(async (app, path) => {
    const { browser, page } = await fillIn(app, path)
    expect(page.body).not.toContain('/skip')
    expect((await browser.post(`${path}/skip`)).status).toBe(404)
    await browser.get(`${path}/key`)
    const refused = await complete(browser, new SecurityKey(app.url, { userVerified: false }), path)
    expect(refused.status).toBe(422)
    expect(textOf(refused.body)).toContain('It must ask for a PIN, a finger or a face.')
    expect((await browser.get('/')).path).toMatch(/^\/signin\//)
    expect(await owners(app)).toEqual([])
    expect((await complete((await fillIn(app, path)).browser, new SecurityKey(app.url), path)).path).toBe('/security/recovery-codes')
  }))

  it('SEC-70 the key page waits for the names, each of which is asked for at its field', () => onNewInstallation(async (app, path) => {
    expect((await app.browser().get(`${path}/key`)).path).toBe(path)
    const { page, browser } = await fillIn(app, path, { organization: ' ', given_name: '<b>', family_name: 'B'.repeat(101), email: 'charles' })
    expect(page.status).toBe(422)
    expect(errorAt(page.body, 'organization')).toBe('Enter the name of your organization, at most 100 characters, without < > or invisible characters')
    expect(errorAt(page.body, 'given_name')).toBe('Enter your first name, at most 100 characters, without < > or invisible characters')
    expect(errorAt(page.body, 'family_name')).toBe('Enter your last name, at most 100 characters, without < > or invisible characters')
    expect(errorAt(page.body, 'email')).toBe('Enter an email address like name@example.com')
    expect(page.body).toContain('value="charles"')
    expect((await browser.post(path, owner)).path).toBe(`${path}/key`)
    expect((await browser.get(path)).body).toContain('value="Difference Engines"')
  }))

  it('SEC-70 of set-ups that finish at the same time one wins', () => onNewInstallation(async (app, path) => {
    const nodes = [app.url, ...(kind === 'postgres' ? [(await app.anotherNode()).address] : [])]
    const rivals = await Promise.all(Array.from({ length: 6 }, async (_, index) => {
      const browser = (await fillIn(app, path)).browser.through(nodes[index % nodes.length] ?? app.url)
      await browser.get(`${path}/key`)
      const key = new SecurityKey(app.url)
      const { challengeId, options } = await askChallenge(browser, `${path}/key/options`)
      return () => browser.post(`${path}/key`, { challenge_id: challengeId, response: key.register(options), transports: 'usb' }, { follow: false })
    }))
    const statuses = (await Promise.all(rivals.map((finish) => finish()))).map(({ status }) => status)
    expect(statuses.toSorted((a, b) => a - b)).toEqual([303, 404, 404, 404, 404, 404])
    expect(await owners(app)).toHaveLength(1)
    expect(await app.foundation.storage.read.all('SELECT id FROM passkeys')).toHaveLength(1)
  }))

  it('SEC-70 S127 SEC-84 the token is nowhere in the database nor in the log', () => onNewInstallation(async (app, path) => {
    await fillIn(app, path)
    const token = path.slice('/setup/'.length)
    expect(JSON.stringify(await app.foundation.storage.read.all('SELECT * FROM installation'))).not.toContain(token)
    expect(app.logLines.join('\n')).toContain('/setup/…')
    expect(app.logLines.join('\n')).not.toContain(token)
  }))
})
