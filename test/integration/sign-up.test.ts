import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import type { Answer, Browser } from '../support/browser.ts'
import { askForCode, codeOf, enroll, signInWithKey, solvedCheck } from '../support/ceremonies.ts'
import { errorAt, fieldOf, masked, textOf } from '../support/pages.ts'
import { SecurityKey } from '../support/security-key.ts'

let count = 0
const address = (): string => `fresh${++count}@example.com`
const roomy = {
  DOORWARD_LIMITS_SIGN_UPS_PER_ADDRESS: '100000', DOORWARD_LIMITS_CODES_PER_ADDRESS: '100000', DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000', DOORWARD_SIGN_UP_ORGANIZATIONS: 'true',
  DOORWARD_LINKS_TERMS: '/terms', DOORWARD_LINKS_PRIVACY: '/privacy',
}

withApp('signing up', (current) => {
  async function fillIn(email: string, kind: 'personal' | 'work' = 'personal', browser = current().browser()): Promise<{ browser: Browser; page: Answer; base: string }> {
    await browser.get(`/signup/${kind}`)
    const page = await browser.post(`/signup/${kind}`, { email, given_name: 'Mary', family_name: 'Somerville', organization: 'Royal Society', consent: 'yes', ...solvedCheck(browser) })
    return { browser, page, base: page.path.replace(/\/code$/, '') }
  }
  const codeFor = async (email: string): Promise<string> => codeOf((await current().letters(email)).at(-1))
  const userOf = (email: string) => current().foundation.users.findByEmailKey(email)
  async function proven(email = address(), kind: 'personal' | 'work' = 'personal'): Promise<{ email: string; browser: Browser; base: string; page: Answer }> {
    const { browser, base } = await fillIn(email, kind)
    return { email, browser, base, page: await browser.post(`${base}/code`, { code: await codeFor(email) }) }
  }

  it('S41 S42 the sign-in page leads to a choice between work or school and personal, and back', async () => {
    const browser = current().browser()
    expect((await browser.get('/')).body).toContain('href="/signup">No account? Create one!')
    const { body } = await browser.get('/signup')
    expect(body).toMatch(/href="\/signup\/work"[\s\S]*Work or School[\s\S]*href="\/signup\/personal"[\s\S]*Personal/)
    expect(textOf(body)).toContain('Have an account? Sign in')
  })

  it('S44 the form asks for address, both names and consent, links what is agreed to, and leads back', async () => {
    const { body } = await current().browser().get('/signup/personal')
    for (const [name, label] of [['email', 'Email'], ['given_name', 'First name'], ['family_name', 'Last name']] as const) {
      expect(fieldOf(body, name)).toContain(' required')
      expect(body).toContain(`for="${name}">${label}</label>`)
    }
    expect(fieldOf(body, 'consent')).toContain(' required')
    for (const part of ['href="/terms"', 'href="/privacy"', 'href="/signup"']) expect(body).toContain(part)
    expect(textOf(body)).toMatch(/Security check .*Continue/)
  })

  it('S44 what is missing is said at its field, what was typed stays, and nothing is sent', async () => {
    const browser = current().browser()
    await browser.get('/signup/work')
    const { body, status } = await browser.post('/signup/work', { email: 'mary', given_name: '', family_name: 'Somerville', organization: '' })
    expect(status).toBe(422)
    expect(errorAt(body, 'email')).toBe('Enter an email address like name@example.com')
    expect(errorAt(body, 'given_name')).toBe('Enter your first name, at most 100 characters, without < > or invisible characters')
    expect(errorAt(body, 'family_name')).toBe('')
    expect(errorAt(body, 'organization')).toBe('Enter the name of your organization, at most 100 characters, without < > or invisible characters')
    expect(body).toContain('<p class="field__error">Agree to the terms to go on</p>')
    expect(body).toContain('<p class="field__error">The security check was not passed. Try it again.</p>')
    expect(fieldOf(body, 'family_name')).toContain('value="Somerville"')
    expect(await current().letters('mary')).toEqual([])
  })

  it('S33 S34 S45 S51 SEC-72 a personal account exists once its address is proven; the key may wait', async () => {
    const email = address()
    const { browser, page, base } = await fillIn(email)
    expect(page.path).toMatch(/^\/signup\/[\w-]{22}\/code$/)
    expect(textOf(page.body)).toContain(`Check your email We sent a code to ${email}.`)
    expect((await browser.get(`${base}/key`)).path).toBe(`${base}/code`)
    expect((await browser.post(`${base}/skip`)).path).toBe(`${base}/code`)
    expect(await userOf(email)).toBeUndefined()
    expect(await current().letters(email)).toMatchObject([{ template: 'signup-code', subject: 'Confirm your email address for Analytical Engines' }])
    expect((await browser.post(`${base}/code`, { code: await codeFor(email) })).path).toBe(`${base}/key`)
    expect(await userOf(email)).toBeUndefined()
    const home = await browser.post(`${base}/skip`)
    expect(home.path).toBe('/')
    expect(textOf(home.body)).toMatch(/My Security Key .*Pending.*Your account works with codes by email\./)
    expect(await userOf(email)).toMatchObject({ status: 'active', role: 'user', emailVerified: true, name: 'Mary Somerville' })
    const later = current().browser()
    const { signIn } = await askForCode(later, email)
    expect((await later.post(`${signIn}/code`, { code: await codeFor(email) })).path).toBe('/')
  })

  it('S33 S34 a personal account that begins with a key is active at once and signs in with it', async () => {
    const { browser, base, page } = await proven()
    expect(textOf(page.body)).toContain('Add your security key')
    const key = new SecurityKey(current().url)
    expect((await enroll(browser, key, { options: `${base}/key/options`, action: `${base}/key` })).path).toBe('/security/recovery-codes')
    const home = await signInWithKey(current().browser(), key)
    expect(textOf(home.body)).toMatch(/My Security Key .*Active/)
  })

  it('S31 S33 S43 someone who brings an organization owns it, with a key and a first tile, and no way around the key', async () => {
    const { browser, base, page, email } = await proven(address(), 'work')
    expect(textOf(page.body)).not.toContain('Skip for now')
    expect((await browser.post(`${base}/skip`)).path).toBe(`${base}/key`)
    expect(await userOf(email)).toBeUndefined()
    expect((await enroll(browser, new SecurityKey(current().url), { options: `${base}/key/options`, action: `${base}/key` })).path).toBe('/security/recovery-codes')
    const home = textOf((await browser.get('/')).body)
    expect(home).toContain('Royal Society')
    expect(home).toContain('Microsoft 365')
    const owner = await userOf(email)
    expect(owner).toMatchObject({ role: 'owner', status: 'active' })
    expect(owner?.organizationId).not.toBe(current().organization.id)
  })

  it('S45 SEC-54 an address that has an account gets the same pages; its owner is told by mail, and nothing else happens', async () => {
    const { user } = await current().addPerson({ email: 'found1@example.com' })
    const pages = await Promise.all(['fresh0@example.com', user.email].map(async (email) => {
      const { browser, page, base } = await fillIn(email)
      const all = [page]
      for (let tries = 0; tries < 6; tries++) all.push(await browser.post(`${base}/code`, { code: 'wrong' }))
      // Only the address itself differs, which this browser has typed.
      return all.map(({ status, body }) => `${status} ${masked(body).replaceAll(email, '…')}`)
    }))
    expect(pages[1]).toEqual(pages[0])
    const [letter, ...others] = await current().letters(user.email)
    expect(others).toEqual([])
    expect(letter).toMatchObject({ template: 'signup-taken', subject: 'You already have an account' })
    expect(letter?.text).toMatch(/Hello Ada,[\s\S]*nothing was changed/)
    expect(letter?.text).not.toMatch(/\b\d{6}\b/)
  })

  it('S45 an address that was taken while the form was open makes no second account', async () => {
    const { browser, base, email } = await proven()
    await current().addPerson({ email })
    const late = await browser.post(`${base}/skip`)
    expect(late.path).toMatch(/^\/signin\//)
    expect(textOf(late.body)).toContain('There is an account with this address. Sign in with it.')
    expect((await userOf(email))?.name).toBe('Ada Lovelace')
  })

  it('S45 the code of a sign-up works once, ten minutes, five tries, in the browser that filled in the form', async () => {
    const late = await fillIn(address())
    const lateCode = await codeFor(`fresh${count}@example.com`)
    const email = address()
    const { browser, base } = await fillIn(email)
    const code = await codeFor(email)
    const stranger = current().browser()
    await stranger.get('/signup/personal')
    expect((await stranger.post(`${base}/code`, { code })).path).toBe('/signup')
    for (const left of ['4 tries left.', '3 tries left.', '2 tries left.', '1 try left.', 'That was wrong too often.']) expect(textOf((await browser.post(`${base}/code`, { code: 'wrong' })).body)).toContain(left)
    expect((await browser.post(`${base}/code`, { code })).status).toBe(422)
    current().advance(600_000)
    const expired = await late.browser.post(`${late.base}/code`, { code: lateCode })
    expect(textOf(expired.body)).toContain('That code has expired')
  })

  it('S45 another code comes after 30 seconds, once however often it is asked for, and ends the one before', async () => {
    const email = address()
    const { browser, base } = await fillIn(email)
    const first = await codeFor(email)
    expect(textOf((await browser.post(`${base}/code/again`)).body)).toContain('A code is on its way already. Wait a little')
    expect(await current().letters(email)).toHaveLength(1)
    current().advance(31_000)
    await Promise.all([1, 2, 3, 4].map(() => browser.post(`${base}/code/again`)))
    expect(await current().letters(email)).toHaveLength(2)
    const second = await codeFor(email)
    if (first !== second) expect((await browser.post(`${base}/code`, { code: first })).status).toBe(422)
    expect((await browser.post(`${base}/code`, { code: second })).path).toBe(`${base}/key`)
  })

  it('SEC-56 someone who begins anew each time gets ten tries an hour at an address, and five mails in ten minutes', async () => {
    const email = address()
    const statuses: number[] = []
    for (let round = 0; round < 6; round++) {
      const { browser, base } = await fillIn(email)
      const csrf = browser.csrf()
      for (let tries = 0; tries < 2; tries++) statuses.push((await browser.post(`${base}/code`, { code: 'wrong', csrf })).status)
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 422), 429, 429])
    expect(await current().letters(email)).toHaveLength(5)
  })

  it('S34 people who sign up for themselves at the same time live in one place, each seeing only themselves', async () => {
    const people = await Promise.all([1, 2, 3].map(() => proven()))
    const homes = await Promise.all(people.map(({ browser, base }) => browser.post(`${base}/skip`)))
    expect(homes.map(({ path }) => path)).toEqual(['/', '/', '/'])
    const places = new Set((await Promise.all(people.map(({ email }) => userOf(email)))).map((user) => user?.organizationId))
    expect(places.size).toBe(1)
    for (const [index, { browser }] of people.entries()) {
      const seen = (await browser.get('/activity')).body + (await browser.get('/')).body
      for (const [other, { email }] of people.entries()) expect(seen.includes(email)).toBe(other === index)
    }
  })

  it('SEC-66 whoever was signed in in this browser is signed out by the new account', async () => {
    const host = await current().addPerson({ email: address(), familyName: 'Hostess' })
    const browser = await current().signedIn(host)
    const email = address()
    const { base } = await fillIn(email, 'personal', browser)
    await browser.post(`${base}/code`, { code: await codeFor(email) })
    expect(textOf((await browser.get('/profile')).body)).toContain('Hostess')
    await browser.get(`${base}/key`)
    await browser.post(`${base}/skip`)
    expect(textOf((await browser.get('/profile')).body)).toContain('Mary Somerville')
    expect(await current().app.parts.sessions.list(host.user.id, '')).toEqual([])
  })
}, roomy)

withApp('signing up where it is closed', (current) => {
  it.each([['personal', 'Personal accounts are switched off on this server.'], ['work', 'Organizations on this server are set up by its operator.']])('S33 S43 %s accounts: the page says how to get one, and the form is refused', async (kind, text) => {
    const browser = current().browser()
    expect((await browser.get('/')).body).not.toContain('/signup')
    expect(textOf((await browser.get(`/signup/${kind}`)).body)).toContain(text)
    await browser.get('/')
    const refused = await browser.post(`/signup/${kind}`, { email: 'mary@example.com', given_name: 'Mary', family_name: 'Somerville', organization: 'Royal Society', consent: 'yes' })
    expect(refused.status).toBe(403)
    expect(await current().letters('mary@example.com')).toEqual([])
  })
}, { DOORWARD_SIGN_UP_PERSONAL: 'false' })

withApp('how many may sign up', (current) => {
  it('S20 SEC-55 ten forms in ten minutes from one network address, then later again', async () => {
    const browser = current().browser()
    await browser.get('/signup/personal')
    const csrf = browser.csrf()
    for (let forms = 0; forms < 10; forms++) expect((await browser.post('/signup/personal', { email: 'x', csrf })).status).toBe(422)
    expect((await browser.post('/signup/personal', { email: 'x', csrf })).status).toBe(429)
    current().advance(601_000)
    expect((await browser.post('/signup/personal', { email: 'x', csrf })).status).toBe(422)
  })
})
