import { afterEach, beforeEach, expect, it } from 'vitest'
import { withApp, type Person } from '../support/app.ts'
import type { Browser } from '../support/browser.ts'
import { enroll, signInWithKey } from '../support/ceremonies.ts'
import { changeSettings, textOf } from '../support/pages.ts'
import { SecurityKey } from '../support/security-key.ts'
import { giveAuthenticator, givePassword, nameAddress } from '../support/ways.ts'

const password = 'seven quiet otters swim'
const newKey = { options: '/security/keys/new/options', action: '/security/keys' }
let count = 0

withApp('the way to a first key', (current) => {
  beforeEach(async () => { await changeSettings(current(), { methods: { accessPass: true, passwordEnrolsFirstKey: true } }) })
  afterEach(async () => { await changeSettings(current(), { methods: { accessPass: false, passwordEnrolsFirstKey: false, password: false, codesForKeyHolders: false } }) })

  const someone = (more: Partial<Parameters<ReturnType<typeof current>['addPerson']>[0]> = {}): Promise<Person> => current().addPerson({ email: `person${++count}@example.com`, withKey: false, ...more })
  const issue = ({ user }: Person, order: { once?: boolean; minutes?: number } = {}): Promise<string> =>
    current().foundation.storage.write(async (tx) => (await current().app.parts.accessPasses.issue(tx, user, { once: true, minutes: 60, createdBy: 'Help desk', ...order })).code)
  async function usePass(person: Person, pass: string): Promise<{ browser: Browser; status: number; path: string }> {
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, person.user.email)
    const { status, path } = await browser.post(`${signIn}/access-pass`, { pass })
    return { browser, status, path }
  }

  it('by an access pass: it opens the page for the key and nothing else, until there is one', async () => {
    const person = await someone()
    const { browser, path } = await usePass(person, (await issue(person)).toLowerCase().replaceAll('-', ' '))
    expect(path).toBe('/security/keys/new')
    for (const page of ['/', '/profile', '/security', '/activity', '/security/password', '/security/recovery-codes', '/security/authenticators/x/set-up', '/admin']) {
      const shown = await browser.get(page)
      expect([page, shown.path]).toEqual([page, '/security/keys/new'])
    }
    expect(textOf(browser.page)).toContain('Add your first security key now. Until then nothing else opens.')
    expect((await browser.post('/security/recovery-codes')).path).toBe('/security/keys/new')
    expect((await browser.post('/security/sessions/removal')).path).toBe('/security/keys/new')
    const waiting = await current().app.parts.sessions.find(browser.cookies.get('__Host-doorward') ?? '')
    expect([waiting?.opens, await current().app.parts.sessions.findById(waiting?.id ?? '')]).toEqual(['first_key', undefined])

    const key = new SecurityKey(current().url)
    await browser.get('/security/keys/new')
    expect((await enroll(browser, key, newKey)).path).toMatch(/^\/security\/keys\/[\w-]+\/edit\?new=1$/)
    expect((await browser.get('/profile')).path).toBe('/profile')
    expect((await signInWithKey(current().browser(), key)).path).toBe('/')
    const { events } = await current().foundation.audit.list({ organizationId: person.user.organizationId, userId: person.user.id, limit: 10 })
    expect(events.map(({ action }) => action)).toEqual(expect.arrayContaining(['access_pass.used', 'passkey.added']))
    const letter = (await current().letters(person.user.email)).find(({ template }) => template === 'way-changed')
    expect(letter?.text).toContain('an access pass was used to sign in to your account and add a security key')
    expect(letter?.text).toContain('127.0.0.1')
  })

  it('no application is answered with a pass, silently or otherwise, before there is a key', async () => {
    const person = await someone()
    const { browser } = await usePass(person, await issue(person))
    const begin = (change: { maxAgeSeconds?: number } = {}) => current().app.parts.signIns.desk.begin(browser.cookies.get('__Host-doorward-browser') ?? '', {
      application: null, assurance: null, maxAgeSeconds: null, loginHint: null, userId: null, returnTo: '/profile?application=yes', ...change,
    })
    for (const change of [{}, { maxAgeSeconds: 0 }]) expect((await browser.get(await begin(change))).path).toBe('/security/keys/new')
    const request = await begin()
    await browser.get('/security/keys/new')
    await enroll(browser, new SecurityKey(current().url), newKey)
    expect((await browser.get(request)).path).toBe('/profile?application=yes')
  })

  it('SEC-60 a pass for one use serves once, one for several until it ends, and neither after it was taken back or has expired', async () => {
    const once = await someone()
    const single = await issue(once)
    expect([(await usePass(once, single)).path, (await usePass(once, single)).status]).toEqual(['/security/keys/new', 422])
    const often = await someone()
    const many = await issue(often, { once: false, minutes: 30 })
    expect([(await usePass(often, many)).path, (await usePass(often, many)).path]).toEqual(['/security/keys/new', '/security/keys/new'])
    current().advance(30 * 60_000)
    expect((await usePass(often, many)).status).toBe(422)
    const replaced = await issue(often)
    const newest = await issue(often)
    expect([(await usePass(often, replaced)).status, (await usePass(often, newest)).path]).toEqual([422, '/security/keys/new'])
    const back = await issue(often)
    await current().foundation.storage.write((tx) => current().app.parts.accessPasses.revoke(tx, often.user))
    expect((await usePass(often, back)).status).toBe(422)
  })

  it('whoever came in with a pass can leave again', async () => {
    const person = await someone()
    const { browser } = await usePass(person, await issue(person))
    expect((await browser.post('/signout')).path).toMatch(/^\/signed-out/)
    expect((await browser.get('/security/keys/new')).path).toMatch(/^\/signin\//)
  })

  it('of ten uses of one pass at once a single one holds', async () => {
    const person = await someone()
    const pass = await issue(person)
    const browsers = await Promise.all(Array.from({ length: 10 }, async () => { const browser = current().browser(); return { browser, ...(await nameAddress(browser, person.user.email)) } }))
    const paths = await Promise.all(browsers.map(async ({ browser, signIn }) => (await browser.post(`${signIn}/access-pass`, { pass })).path))
    expect(paths.filter((path) => path === '/security/keys/new')).toHaveLength(1)
  })

  it('is nobody else’s: a pass fits only the person it was issued for', async () => {
    const [ada, bob] = [await someone(), await someone()]
    const pass = await issue(ada)
    await issue(bob)
    expect((await usePass(bob, pass)).status).toBe(422)
    expect((await usePass(ada, pass)).path).toBe('/security/keys/new')
  })

  it('SEC-37 SEC-59 never for somebody who holds a working key, nor for administrators, whatever is allowed', async () => {
    await changeSettings(current(), { methods: { codesForKeyHolders: true } })
    for (const more of [{ withKey: true }, { role: 'helpdesk' }, { role: 'administrator' }, { role: 'owner' }, { status: 'suspended' }] as const) {
      const person = await someone(more)
      expect((await usePass(person, await issue(person))).status, JSON.stringify(more)).toBe(422)
    }
    const late = await someone()
    const pass = await issue(late)
    await current().foundation.storage.write((tx) => current().app.parts.passkeys.add(tx, late.user, {
      credentialId: `late${count}`, publicKey: 'AAAA', algorithm: -7, counter: 0, transports: [], aaguid: '', attestationFormat: 'none', attestation: '', discoverable: true, backupEligible: false, backedUp: false,
    }, null))
    expect((await usePass(late, pass)).status).toBe(422)
  })

  it('SEC-35 two passes in two browsers end in one key, and a pass that waited five minutes asks for another proof', async () => {
    const person = await someone()
    const pass = await issue(person, { once: false })
    const [one, two] = [(await usePass(person, pass)).browser, (await usePass(person, pass)).browser]
    expect((await enroll(one, new SecurityKey(current().url), newKey)).path).toMatch(/edit/)
    expect((await two.post(newKey.options, {}, { headers: { accept: 'application/json' }, follow: false })).status).toBe(303)
    expect((await two.get('/security/keys/new')).path).toMatch(/^\/signin\//)
    const slow = await someone()
    const { browser } = await usePass(slow, await issue(slow))
    current().advance(5 * 60_000 + 1_000)
    expect((await browser.get('/security/keys/new')).path).toMatch(/^\/signin\//)
  })

  it('by a password that may do no more: once, wherever it is kept, and it signs nobody in', async () => {
    const person = await someone()
    await givePassword(current(), person.user, password)
    const usePassword = async () => {
      const browser = current().browser()
      const { signIn } = await nameAddress(browser, person.user.email)
      return { browser, answer: await browser.post(`${signIn}/password`, { password }) }
    }
    expect((await usePassword()).answer.path).toBe('/security/keys/new')
    const { browser, answer } = await usePassword()
    expect(answer.path).toBe('/security/keys/new')
    expect((await browser.get('/profile')).path).toBe('/security/keys/new')
    await enroll(browser, new SecurityKey(current().url), newKey)
    expect((await browser.get('/profile')).path).toBe('/profile')
    expect((await usePassword()).answer.status).toBe(422)
    // The key is lost and taken away, the password known for long: it does not enroll another one.
    const [key] = await current().app.parts.passkeys.list(current().foundation.storage.read, person.user.id)
    await current().foundation.storage.write((tx) => current().app.parts.passkeys.remove(tx, person.user.organizationId, person.user.id, key?.id ?? ''))
    expect((await usePassword()).answer.status).toBe(422)
  })

  it('SEC-35 a password alone enrolls no key for somebody with an authenticator app', async () => {
    const person = await someone()
    await givePassword(current(), person.user, password)
    await giveAuthenticator(current(), person.user)
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, person.user.email)
    expect((await browser.post(`${signIn}/password`, { password })).status).toBe(422)
  })

  it('SEC-74 a pass is not to be read in the database', async () => {
    const person = await someone()
    const pass = await issue(person)
    const row = await current().foundation.storage.read.one<Record<string, unknown>>('SELECT * FROM access_passes WHERE user_id = ?', [person.user.id])
    expect(JSON.stringify(row)).not.toContain(pass)
    expect(JSON.stringify(row)).not.toContain(pass.replaceAll('-', ''))
  })
}, { DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000', DOORWARD_LIMITS_RECOVERY_TRIES_HOURLY: '100' })
