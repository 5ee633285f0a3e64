import { expect, it } from 'vitest'
import { withApp, type Person } from '../support/app.ts'
import type { Answer, Browser } from '../support/browser.ts'
import { askForCode, codeOf, enroll, signInWithKey, solvedCheck, touchKey } from '../support/ceremonies.ts'
import { changeSettings, fieldOf, textOf } from '../support/pages.ts'
import { SecurityKey } from '../support/security-key.ts'
import type { Assurance } from '../../src/authentication/proof.ts'

let count = 0
const address = (): string => `lost${++count}@example.com`
const roomy = { DOORWARD_LIMITS_CODES_PER_ADDRESS: '100000', DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000' }
const wrong = 'Email and code do not fit together, or the code was already used.'

withApp('recovery codes', (current) => {
  async function withCodes(email = address()): Promise<{ person: Person; codes: string[]; panel: Browser; page: Answer }> {
    const person = await current().addPerson({ email })
    const panel = await current().signedIn(person)
    await panel.get('/security/recovery-codes')
    const page = await panel.post('/security/recovery-codes')
    return { person, panel, page, codes: [...page.body.matchAll(/<li>([0-9A-Z-]{19})<\/li>/g)].map(([, code = '']) => code) }
  }

  async function recover(email: string, code: string, browser = current().browser()): Promise<Answer> {
    const signIn = (await browser.get('/')).path
    await browser.get(`${signIn}/recovery`)
    return browser.post(`${signIn}/recovery`, { email, recovery_code: code, ...solvedCheck(browser) })
  }

  it('SEC-60 ten codes of 80 random bits are shown once, and kept only as hashes', async () => {
    const { codes, panel, page, person } = await withCodes()
    expect(new Set(codes).size).toBe(10)
    for (const code of codes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/)
    expect(textOf(page.body)).toContain('These codes are shown only now')
    expect(page.body).toContain('href="/">I have saved them<')
    expect(page.headers['cache-control']).toBe('no-store')
    const later = await panel.get('/security/recovery-codes')
    for (const code of codes) expect(later.body).not.toContain(code)
    expect(textOf(later.body)).toContain('Your remaining 10 codes stop working.')
    const rows = JSON.stringify(await current().foundation.storage.read.all('SELECT * FROM recovery_codes WHERE user_id = ?', [person.user.id]))
    for (const code of codes) expect(rows).not.toContain(code.replaceAll('-', ''))
    expect(await current().letters(person.user.email)).toMatchObject([{ template: 'recovery-codes-made', subject: 'New recovery codes for your account' }])
  })

  it('SEC-60 a code opens the account once, typed as it stands or carelessly, and the owner is told', async () => {
    const { codes: [first = '', second = ''], person: { user } } = await withCodes()
    const recovered = await recover(user.email, first)
    expect(recovered.path).toBe('/')
    expect(textOf(recovered.body)).toContain('You signed in with a recovery code, which is used up now. Add a new key under Security.')
    const again = await recover(user.email, first)
    expect(again.status).toBe(422)
    expect(textOf(again.body)).toContain(wrong)
    expect((await recover(user.email.toUpperCase(), ` ${second.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')} `)).path).toBe('/')
    const letters = (await current().letters(user.email)).filter(({ template }) => template === 'recovery-used')
    expect(letters).toHaveLength(2)
    expect(letters[0]).toMatchObject({ subject: 'A recovery code was used to sign in' })
    expect(letters[0]?.text).toContain('address 127.0.0.1')
    const { events } = await current().foundation.audit.list({ organizationId: user.organizationId, userId: user.id, action: 'recovery.code_used', limit: 5 })
    expect(events.map(({ details }) => details['left'])).toEqual([8, 9])
  })

  it('S16 SEC-69 an administrator who recovered begins in their own panel: the administration asks for the key that is lost', async () => {
    const person = await current().addPerson({ email: address(), role: 'administrator' })
    const panel = await current().signedIn(person)
    await panel.get('/security/recovery-codes')
    const [, code = ''] = /<li>([0-9A-Z-]{19})<\/li>/.exec((await panel.post('/security/recovery-codes')).body) ?? []
    const browser = current().browser()
    expect((await recover(person.user.email, code, browser)).path).toBe('/')
    expect((await browser.get('/security/keys/new')).path).toBe('/security/keys/new')
  })

  it('SEC-60 of parallel uses of one code one opens a session', async () => {
    const { codes: [code = ''], person: { user } } = await withCodes()
    const browsers = Array.from({ length: 6 }, () => current().browser())
    const answers = await Promise.all(browsers.map((browser) => recover(user.email, code, browser)))
    expect(answers.map(({ path }) => path).filter((path) => path === '/')).toHaveLength(1)
  })

  it('SEC-60 a code is used up only by the session it opens: when that fails, it is still good', async () => {
    const { codes: [code = ''], person: { user } } = await withCodes()
    const { storage } = current().foundation
    await storage.write((tx) => tx.run('ALTER TABLE sessions RENAME TO sessions_away', []))
    const failed = await recover(user.email, code).finally(() => storage.write((tx) => tx.run('ALTER TABLE sessions_away RENAME TO sessions', [])))
    expect(failed.status).toBe(500)
    expect((await current().letters(user.email)).map(({ template }) => template)).not.toContain('recovery-used')
    expect((await recover(user.email, code)).path).toBe('/')
    expect((await recover(user.email, code)).status).toBe(422)
  })

  it('SEC-60 a code belongs to one person, and new codes end the old ones', async () => {
    const { codes, panel, person } = await withCodes()
    const other = await withCodes()
    expect((await recover(other.person.user.email, codes[0] ?? '')).status).toBe(422)
    await panel.get('/security/recovery-codes')
    const next = await panel.post('/security/recovery-codes')
    expect((await recover(person.user.email, codes[0] ?? '')).status).toBe(422)
    expect((await recover(person.user.email, /<li>([0-9A-Z-]{19})<\/li>/.exec(next.body)?.[1] ?? '')).path).toBe('/')
  })

  it('SEC-55 SEC-60 after ten tries in an hour the right code waits, and the key does not', async () => {
    const { codes: [code = ''], person: { user, key } } = await withCodes()
    for (let tries = 0; tries < 10; tries++) expect((await recover(user.email, 'AAAA-BBBB-CCCC-DDDD')).status).toBe(422)
    expect(textOf((await recover(user.email, code)).body)).toContain(wrong)
    expect((await signInWithKey(current().browser(), key as SecurityKey)).path).toBe('/')
    current().advance(3_601_000)
    expect((await recover(user.email, code)).path).toBe('/')
  })

  it.each(['', 'AAAA', 'AAAA-BBBB-CCCC-DDD!', `${'A'.repeat(300)}`])('SEC-60 refuses %j, which is no code, and asks for the security check each time', async (typed) => {
    const { user } = await current().addPerson({ email: address() })
    expect(textOf((await recover(user.email, typed)).body)).toContain(wrong)
    const browser = current().browser()
    const signIn = (await browser.get('/')).path
    await browser.get(`${signIn}/recovery`)
    const unchecked = await browser.post(`${signIn}/recovery`, { email: user.email, recovery_code: typed })
    expect(unchecked.status).toBe(422)
    expect(textOf(unchecked.body)).toContain('The security check was not passed.')
  })

  it('SEC-60 SEC-59 SEC-35 whoever recovered is in, adds a key, and reaches what asks for more only with that key', async () => {
    const { codes: [code = ''], person: { user } } = await withCodes()
    const browser = current().browser()
    await recover(user.email, code, browser)
    const ask = (assurance: Assurance): Promise<string> => current().app.parts.signIns.desk.begin(browser.cookies.get('__Host-doorward-browser') ?? '', {
      application: null, assurance, maxAgeSeconds: null, loginHint: null, userId: null, returnTo: '/profile',
    })
    expect((await browser.get(await ask('urn:doorward:acr:code'))).path).toBe('/profile')
    for (const assurance of ['urn:doorward:acr:multi', 'phr', 'phrh'] as const) expect(textOf((await browser.get(await ask(assurance))).body)).toContain('Confirm that it is you')

    const key = new SecurityKey(current().url)
    await browser.get('/security/keys/new')
    const added = await enroll(browser, key, { options: '/security/keys/new/options', action: '/security/keys' })
    expect(added.path).toMatch(/^\/security\/keys\/[\w-]+\/edit\?new=1$/)
    for (const assurance of ['urn:doorward:acr:multi', 'phr', 'phrh'] as const) expect((await browser.get(await ask(assurance))).path).toBe('/profile')
    expect((await signInWithKey(current().browser(), key)).path).toBe('/')
  })

  it('SEC-35 making codes asks for a key that was touched in the last five minutes', async () => {
    const person = await current().addPerson({ email: address() })
    const browser = await current().signedIn(person, { fresh: false })
    const asked = await browser.get('/security/recovery-codes')
    expect(textOf(asked.body)).toContain('Confirm that it is you')
    expect((await browser.post('/security/recovery-codes')).path).toMatch(/^\/signin\//)
    expect(await current().app.parts.recoveryCodes.left(person.user.id)).toBe(0)
    expect((await touchKey(browser, person.key as SecurityKey, asked.path)).path).toBe('/security/recovery-codes')
    await browser.post('/security/recovery-codes')
    expect(await current().app.parts.recoveryCodes.left(person.user.id)).toBe(10)
  })

  it('SEC-60 codes are offered right after the first key, and not after the second', async () => {
    const person = await current().addPerson({ email: address(), withKey: false })
    const browser = current().browser()
    const { signIn } = await askForCode(browser, person.user.email)
    await browser.post(`${signIn}/code`, { code: codeOf((await current().letters(person.user.email)).at(-1)) })
    const add = async (): Promise<Answer> => {
      await browser.get('/security/keys/new')
      const { path } = await enroll(browser, new SecurityKey(current().url), { options: '/security/keys/new/options', action: '/security/keys' })
      return browser.post(path.replace('?new=1', ''), { name: 'Blue key' })
    }
    const first = await add()
    expect(first.path).toBe('/security/recovery-codes')
    expect(textOf(first.body)).toContain('Ten codes on paper let you in on the day your key is lost')
    expect((await add()).path).toBe('/security')
  })

  it('SEC-60 where they are switched off there is no page, no link, and the codes of before do not open', async () => {
    const { codes: [code = ''], panel, person: { user } } = await withCodes()
    const browser = current().browser()
    const signIn = (await browser.get('/')).path
    await browser.get(`${signIn}/recovery`)
    const solved = solvedCheck(browser)
    await changeSettings(current(), { methods: { recoveryCodes: false } })
    const posted = await browser.post(`${signIn}/recovery`, { email: user.email, recovery_code: code, ...solved })
    const [page, own, security, email] = [await browser.get(`${signIn}/recovery`), await panel.get('/security/recovery-codes'), await panel.get('/security'), await browser.get(`${signIn}/email`)]
    await changeSettings(current(), { methods: { recoveryCodes: true } })
    expect(posted.path).toBe(signIn)
    expect(page.path).toBe(signIn)
    expect(own.status).toBe(404)
    expect(textOf(security.body)).not.toContain('Recovery codes')
    expect(email.body).not.toContain('/recovery')
    expect((await recover(user.email, code)).path).toBe('/')
  })

  it('S1 SEC-60 a suspended person does not come back with a code', async () => {
    const { codes: [code = ''], person: { user } } = await withCodes()
    await current().app.parts.personAccess.suspend({ organizationId: user.organizationId, id: user.id }, () => Promise.resolve())
    const refused = await recover(user.email, code)
    expect(refused.status).toBe(422)
    expect(fieldOf(refused.body, 'recovery_code')).toContain('aria-invalid="true"')
    await current().app.parts.personAccess.resume({ organizationId: user.organizationId, id: user.id }, () => Promise.resolve())
    expect((await recover(user.email, code)).path).toBe('/')
  })
}, roomy)
