import { afterEach, beforeEach, expect, it } from 'vitest'
import { withApp, type Person } from '../support/app.ts'
import type { Browser } from '../support/browser.ts'
import { solvedCheck } from '../support/ceremonies.ts'
import { changeSettings, errorAt, fieldOf, textOf } from '../support/pages.ts'
import { codeNow, giveAuthenticator, givePassword, nameAddress } from '../support/ways.ts'

const password = 'seven quiet otters swim'
let count = 0

withApp('signing in with an authenticator app', (current, kind) => {
  beforeEach(async () => { await changeSettings(current(), { methods: { totp: true, password: true } }) })
  afterEach(async () => { await changeSettings(current(), { methods: { totp: false, password: false, passwordEnrolsFirstKey: false, codesForKeyHolders: false } }) })

  async function someone(more: Partial<Parameters<ReturnType<typeof current>['addPerson']>[0]> = {}): Promise<Person & { seed: string }> {
    const person = await current().addPerson({ email: `person${++count}@example.com`, withKey: false, ...more })
    await givePassword(current(), person.user, password)
    return { ...person, seed: await giveAuthenticator(current(), person.user) }
  }
  const begin = (browser: Browser, strength: 'urn:doorward:acr:multi' | 'phr') => current().app.parts.signIns.desk.begin(browser.cookies.get('__Host-doorward-browser') ?? '', {
    application: null, assurance: strength, maxAgeSeconds: null, loginHint: null, userId: null, returnTo: '/profile?strong=yes',
  })

  it('is asked for after the password of whoever has one: neither page nor application opens before, and both together are two factors', async () => {
    const { user, seed } = await someone()
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, user.email)
    const asked = await browser.post(`${signIn}/password`, { password })
    expect(asked.path).toBe(`${signIn}/totp`)
    expect(textOf(asked.body)).toContain('Your password is right.')
    expect(fieldOf(asked.body, 'code')).toMatch(/autocomplete="one-time-code"/)
    for (const page of ['/', '/profile', '/security', '/security/keys/new', '/security/password']) expect((await browser.get(page)).path, page).toMatch(/^\/signin\/.*\/totp$/)
    expect(await current().app.parts.sessions.findById((await current().app.parts.sessions.find(browser.cookies.get('__Host-doorward') ?? ''))?.id ?? '')).toBeUndefined()
    expect((await browser.post(`${signIn}/totp`, { code: '000000' })).status).toBe(422)
    expect((await browser.post(`${signIn}/totp`, { code: codeNow(current(), seed) })).path).toBe('/')
    expect((await browser.get(await begin(browser, 'urn:doorward:acr:multi'))).path).toBe('/profile?strong=yes')
    expect((await browser.get(await begin(browser, 'phr'))).status).toBe(403)
  })

  it('SEC-37 no other way goes around the app once the password was right', async () => {
    const { user } = await someone()
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, user.email)
    await browser.post(`${signIn}/password`, { password })
    expect(textOf(browser.page)).toContain('Not you? Sign out')
    for (const page of ['email', 'channel', 'code', 'password', 'access-pass']) expect((await browser.get(`${signIn}/${page}`)).path, page).toBe(`${signIn}/totp`)
    await browser.post(`${signIn}/channel`, { channel: 'mail' })
    expect(await current().letters(user.email)).toEqual([])
    expect((await browser.get('/profile')).path).toMatch(/totp$/)
    await browser.post('/signout')
    expect(browser.cookies.get('__Host-doorward') ?? '').toBe('')
    expect((await browser.get('/profile')).path).toMatch(/^\/signin\/[\w-]+$/)
  })

  it('SEC-60 a recovery code stands in for an app that is lost', async () => {
    const { user } = await someone()
    const [code = ''] = await current().foundation.storage.write((tx) => current().app.parts.recoveryCodes.replace(tx, user))
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, user.email)
    const asked = await browser.post(`${signIn}/password`, { password })
    expect(asked.body).toContain(`href="${signIn}/recovery"`)
    await browser.get(`${signIn}/recovery`)
    expect((await browser.post(`${signIn}/recovery`, { email: user.email, recovery_code: code, ...solvedCheck(browser) })).path).toBe('/')
    expect((await browser.get(await begin(browser, 'urn:doorward:acr:multi'))).path).toBe('/profile?strong=yes')
  })

  it('alone is worth no more than a code, and a password makes it two factors', async () => {
    const { user, seed } = await someone()
    const browser = current().browser()
    const { signIn, answer } = await nameAddress(browser, user.email)
    expect(answer.body).toContain(`href="${signIn}/totp"`)
    expect((await browser.post(`${signIn}/totp`, { code: codeNow(current(), seed) })).path).toBe('/')
    const stronger = await begin(browser, 'urn:doorward:acr:multi')
    const confirm = await browser.get(stronger)
    expect(textOf(confirm.body)).toMatch(/Confirm that it is you .*Use my password/)
    expect((await browser.post(`${stronger}/password`, { password })).path).toBe('/profile?strong=yes')
  })

  it('SEC-57 a code works once, and none before it afterwards; the ones next to it may be late or early', async () => {
    const { user, seed } = await someone()
    const post = async (code: string): Promise<string | number> => {
      const browser = current().browser()
      const { signIn } = await nameAddress(browser, user.email)
      const { status, path, body } = await browser.post(`${signIn}/totp`, { code })
      return status === 422 ? errorAt(body, 'code') : path
    }
    const refused = 'That code is not right, or was already used. Wait for the next one and try again.'
    const [before, now, after] = [codeNow(current(), seed, -1), codeNow(current(), seed), codeNow(current(), seed, 1)]
    expect([await post(before), await post(before), await post(now), await post(before), await post(after), await post(now), await post(codeNow(current(), seed, 2))]).toEqual(['/', refused, '/', refused, '/', refused, refused])
    const { events } = await current().foundation.audit.list({ organizationId: user.organizationId, userId: user.id, limit: 10 })
    expect(events.filter(({ action }) => action === 'signin.refused').map(({ details }) => details['reason'])).toEqual(['totp_wrong', 'totp_replayed', 'totp_replayed', 'totp_replayed'])
  })

  it('SEC-57 of twenty answers with the same code at the same moment one holds, on whatever node', async () => {
    const { user, seed } = await someone()
    const nodes = [current().app.parts.authenticators, ...(kind === 'postgres' ? [(await current().anotherNode()).app.parts.authenticators] : [])]
    const code = codeNow(current(), seed)
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => nodes[index % nodes.length]?.verify(user.id, code)))
    expect(answers.filter((answer) => typeof answer !== 'string')).toHaveLength(1)
    expect(answers.filter((answer) => answer === 'replayed')).toHaveLength(19)
  })

  it('takes the digits of a Persian keyboard, and blanks', async () => {
    const { user, seed } = await someone()
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, user.email)
    const typed = [...codeNow(current(), seed)].map((digit) => String.fromCodePoint(0x06f0 + Number(digit))).join('')
    expect((await browser.post(`${signIn}/totp`, { code: `${typed.slice(0, 3)} ${typed.slice(3)}` })).path).toBe('/')
  })

  it('SEC-55 SEC-57 counts tries before it looks, and thirty wrong ones in a row switch the app off', async () => {
    const { user, seed } = await someone()
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, user.email)
    const csrf = browser.csrf()
    const statuses: number[] = []
    for (let tries = 0; tries < 11; tries++) statuses.push((await browser.post(`${signIn}/totp`, { code: '000000', csrf })).status)
    expect(statuses).toEqual([422, 422, 422, 422, 422, 422, 422, 422, 422, 422, 429])
    const { authenticators } = current().app.parts
    for (let tries = 10; tries < 30; tries++) expect(await authenticators.verify(user.id, '000000')).toBe('wrong')
    expect(await authenticators.verify(user.id, codeNow(current(), seed))).toBe('wrong')
    expect(await authenticators.list(current().foundation.storage.read, user.id)).toMatchObject([{ blocked: true }])
  })

  it('SEC-59 SEC-37 opens nothing for administrators and key holders', async () => {
    for (const more of [{ role: 'helpdesk' }, { role: 'owner' }, { withKey: true }] as const) {
      const { user, seed } = await someone(more)
      const browser = current().browser()
      const { signIn } = await nameAddress(browser, user.email)
      expect((await browser.post(`${signIn}/totp`, { code: codeNow(current(), seed) })).status).toBe(422)
      expect((await browser.get('/')).path).toMatch(/^\/signin\//)
    }
  })

  it('where apps are off it signs nobody in by itself, and is still asked for after a password', async () => {
    const { user, seed } = await someone()
    await changeSettings(current(), { methods: { totp: false } })
    const alone = current().browser()
    const first = await nameAddress(alone, user.email)
    expect((await alone.post(`${first.signIn}/totp`, { code: codeNow(current(), seed) })).path).toBe(first.signIn)
    expect((await alone.get('/')).path).toMatch(/^\/signin\//)
    const both = current().browser()
    const { signIn } = await nameAddress(both, user.email)
    expect((await both.post(`${signIn}/password`, { password })).path).toBe(`${signIn}/totp`)
    expect((await both.post(`${signIn}/totp`, { code: codeNow(current(), seed) })).path).toBe('/')
  })

  it('SEC-74 the seed is not to be read in the database', async () => {
    const { user, seed } = await someone()
    const row = await current().foundation.storage.read.one<Record<string, unknown>>('SELECT * FROM totp_authenticators WHERE user_id = ?', [user.id])
    expect(String(row?.['sealed_seed'])).toMatch(/^v1\./)
    expect(JSON.stringify(row)).not.toContain(seed)
  })
}, { DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000', DOORWARD_LIMITS_CODES_PER_ADDRESS: '100000' })
