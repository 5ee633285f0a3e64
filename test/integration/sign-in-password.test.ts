import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { withApp, type Person } from '../support/app.ts'
import { askForCode, codeOf, signInWithKey } from '../support/ceremonies.ts'
import { changeSettings, errorAt, fieldOf, masked, textOf } from '../support/pages.ts'
import type { SecurityKey } from '../support/security-key.ts'
import { givePassword, nameAddress } from '../support/ways.ts'

const password = 'seven quiet otters swim'
const wrong = 'Email and password do not fit together, or this account signs in another way.'
let count = 0
const off = { password: false, totp: false, accessPass: false, passwordEnrolsFirstKey: false, codesForKeyHolders: false }

withApp('signing in with a password', (current) => {
  beforeEach(async () => { await changeSettings(current(), { methods: { password: true } }) })
  afterEach(async () => { await changeSettings(current(), { methods: off }) })

  async function someone(more: Partial<Parameters<ReturnType<typeof current>['addPerson']>[0]> = {}): Promise<Person> {
    const person = await current().addPerson({ email: `person${++count}@example.com`, withKey: false, ...more })
    await givePassword(current(), person.user, password)
    return person
  }

  it('lets in who knows it, at the level of a code, and the log says how', async () => {
    const { user } = await someone()
    const browser = current().browser()
    const { signIn, answer } = await nameAddress(browser, user.email)
    expect(answer.path).toBe(`${signIn}/password`)
    expect(fieldOf(answer.body, 'password')).toMatch(/type="password".*autocomplete="current-password"/)
    expect(fieldOf(answer.body, 'email')).toMatch(new RegExp(`value="${user.email}".*readonly`))
    expect((await browser.post(`${signIn}/password`, { password })).path).toBe('/')
    expect(textOf((await browser.get('/profile')).body)).toContain(user.email)
    const { events } = await current().foundation.audit.list({ organizationId: user.organizationId, userId: user.id, limit: 1 })
    expect(events[0]).toMatchObject({ action: 'session.opened', outcome: 'success', details: { method: 'password', amr: 'pwd' } })
    for (const assurance of ['urn:doorward:acr:multi', 'phr'] as const) {
      const path = await current().app.parts.signIns.desk.begin(browser.cookies.get('__Host-doorward-browser') ?? '', { application: null, assurance, maxAgeSeconds: null, loginHint: null, userId: null, returnTo: '/profile' })
      expect((await browser.get(path)).status).toBe(403)
    }
  })

  it.each(['seven quiet otters swin', 'Seven Quiet Otters Swim', ' seven quiet otters swim', 'seven quiet otters swim ', 'x'.repeat(2_000)])('refuses %j, with a message at the field', async (typed) => {
    const { user } = await someone()
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, user.email)
    const refused = await browser.post(`${signIn}/password`, { password: typed })
    expect([refused.status, errorAt(refused.body, 'password')]).toEqual([422, wrong])
    expect(refused.body).not.toContain('quiet otters')
    expect((await browser.get('/')).path).toMatch(/^\/signin\//)
    const { events } = await current().foundation.audit.list({ organizationId: user.organizationId, userId: user.id, limit: 1 })
    expect(events[0]).toMatchObject({ action: 'signin.refused', outcome: 'failure', actor: { kind: 'anonymous' }, details: { reason: 'password_wrong', method: 'password' } })
  })

  it('SEC-64 asks nobody about an empty password', async () => {
    const { user } = await someone()
    const asked = vi.spyOn(current().foundation.passwords, 'verify')
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, user.email)
    const refused = await browser.post(`${signIn}/password`, { password: '' })
    expect([refused.status, errorAt(refused.body, 'password'), asked.mock.calls.length]).toEqual([422, 'Enter your password', 0])
    await browser.post(`${signIn}/password`, { password: ' ' })
    expect(asked).toHaveBeenCalledTimes(1)
    asked.mockRestore()
  })

  it('SEC-54 S2 the page is the same for everyone, byte for byte, and no way is missing from it', async () => {
    await changeSettings(current(), { methods: { totp: true, accessPass: true } })
    const kinds: Readonly<Record<string, string>> = {
      stranger: 'nobody@example.com', active: (await someone()).user.email, suspended: (await someone({ status: 'suspended' })).user.email, pending: (await someone({ status: 'pending' })).user.email,
      administrator: (await someone({ role: 'administrator' })).user.email, keyHolder: (await someone({ withKey: true })).user.email, withoutPassword: (await current().addPerson({ email: `person${++count}@example.com`, withKey: false })).user.email,
    }
    const pages = new Map<string, string[]>()
    for (const [kind, email] of Object.entries(kinds)) {
      const browser = current().browser()
      const { signIn, answer } = await nameAddress(browser, email)
      const steps = [answer]
      for (const way of ['password', 'totp', 'access-pass']) steps.push(await browser.get(`${signIn}/${way}`), await browser.post(`${signIn}/${way}`, { password: 'wrong password here', code: '123456', pass: 'AAAA-BBBB-CCCC-DDDD' }))
      pages.set(kind, steps.map(({ status, path, body }) => `${status} ${masked(path)}\n${masked(body).replaceAll(email, 'email').replaceAll(email.replace('@', '&#x40;'), 'email')}`))
    }
    expect(pages.get('stranger')?.[0]).toContain('I have an access pass from the help desk')
    for (const [kind, steps] of pages) expect(steps, kind).toEqual(pages.get('stranger'))
  })

  it('SEC-55 counts tries before it looks, per person however the address is written, and strangers alike; a key is never in the way of it', async () => {
    const { user, key } = await someone({ withKey: true })
    for (const email of [user.email, 'stranger@example.com']) {
      const statuses: number[] = []
      for (const written of [email, email.toUpperCase()]) {
        const browser = current().browser()
        const { signIn } = await nameAddress(browser, written)
        for (let tries = 0; tries < 6; tries++) statuses.push((await browser.post(`${signIn}/password`, { password: 'wrong password here', csrf: browser.csrf() })).status)
      }
      expect(statuses, email).toEqual([422, 422, 422, 422, 422, 422, 422, 422, 422, 422, 429, 429])
    }
    expect((await signInWithKey(current().browser(), key as SecurityKey)).path).toBe('/')
  })

  it('SEC-55 of many guesses at once none beyond the limit is looked at', async () => {
    const { user } = await someone()
    const asked = vi.spyOn(current().foundation.passwords, 'verify')
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, user.email)
    const csrf = browser.csrf()
    const statuses = await Promise.all(Array.from({ length: 30 }, async (_, index) => (await browser.post(`${signIn}/password`, { password: `guess number ${index}`, csrf })).status))
    expect([asked.mock.calls.length, statuses.filter((status) => status === 422).length, statuses.filter((status) => status === 429).length]).toEqual([10, 10, 20])
    asked.mockRestore()
    expect((await browser.post(`${signIn}/password`, { password, csrf })).status).toBe(429)
    current().advance(3_600_000)
    const later = current().browser()
    const again = await nameAddress(later, user.email)
    expect((await later.post(`${again.signIn}/password`, { password })).path).toBe('/')
  })

  it('SEC-55 a hundred wrong ones in a row switch the password off until it is set anew', async () => {
    const { user } = await someone()
    const { localPasswords } = current().app.parts
    await current().foundation.storage.execute('UPDATE local_passwords SET failures = 99 WHERE user_id = ? RETURNING user_id', [user.id])
    expect(await localPasswords.verify(user, password)).toBe('right')
    await current().foundation.storage.execute('UPDATE local_passwords SET failures = 99 WHERE user_id = ? RETURNING user_id', [user.id])
    expect([await localPasswords.verify(user, 'wrong password here'), await localPasswords.verify(user, password), (await localPasswords.find(user.id))?.blocked]).toEqual(['wrong', 'wrong', true])
    await givePassword(current(), user, password)
    expect([await localPasswords.verify(user, password), (await localPasswords.find(user.id))?.blocked]).toEqual(['right', false])
  })

  it('SEC-53 a password hashed with yesterday’s parameters is hashed anew when it is used', async () => {
    const { user } = await someone()
    const { storage } = current().foundation
    const { hash } = await import('@node-rs/argon2')
    await storage.execute('UPDATE local_passwords SET hash = ? WHERE user_id = ? RETURNING user_id', [await hash(password, { memoryCost: 8_192, timeCost: 1, parallelism: 1 }), user.id])
    expect(await current().app.parts.localPasswords.verify(user, password)).toBe('right')
    expect(await storage.read.one('SELECT hash FROM local_passwords WHERE user_id = ?', [user.id])).toMatchObject({ hash: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/) as string })
    expect(await current().app.parts.localPasswords.verify(user, password)).toBe('right')
  })

  it.each(['helpdesk', 'administrator', 'owner'] as const)('SEC-59 the role %s is not let in by a right password, whatever is allowed', async (role) => {
    await changeSettings(current(), { methods: { codesForKeyHolders: true } })
    const { user } = await someone({ role })
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, user.email)
    expect((await browser.post(`${signIn}/password`, { password })).status).toBe(422)
    expect((await browser.get('/')).path).toMatch(/^\/signin\//)
  })

  it('SEC-37 a right password lets nobody in who has a key, unless key holders may use less', async () => {
    const { user } = await someone({ withKey: true })
    const browser = current().browser('Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1)')
    const { signIn } = await nameAddress(browser, user.email)
    expect((await browser.post(`${signIn}/password`, { password })).status).toBe(422)
    await changeSettings(current(), { methods: { codesForKeyHolders: true } })
    expect((await browser.post(`${signIn}/password`, { password })).path).toBe('/')
    // What changes the account still asks for the key (SEC-35).
    expect((await browser.get('/security/keys/new')).path).toMatch(/^\/signin\//)
    expect(textOf(browser.page)).not.toContain('Use my password')
  })

  it('where passwords are off there is no page, and a posted one opens nothing', async () => {
    const { user } = await someone()
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, user.email)
    await changeSettings(current(), { methods: { password: false } })
    expect((await browser.post(`${signIn}/password`, { password })).path).toBe(signIn)
    expect((await browser.get(`${signIn}/password`)).path).toBe(signIn)
    expect((await browser.get('/')).path).toMatch(/^\/signin\//)
  })

  it('a directory that cannot be reached lets nobody in and says so to everyone; other ways go on', async () => {
    const { user } = await current().addPerson({ email: `person${++count}@example.com`, withKey: false })
    const { passwords } = current().foundation
    passwords.add({ verify: ({ id }) => Promise.resolve(id === user.id ? 'unavailable' : 'none') })
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, user.email)
    const refused = await browser.post(`${signIn}/password`, { password })
    expect([refused.status, errorAt(refused.body, 'password')]).toEqual([503, expect.stringContaining('The directory cannot be reached')])
    const stranger = current().browser()
    const other = await nameAddress(stranger, 'nobody@example.com')
    expect(errorAt((await stranger.post(`${other.signIn}/password`, { password })).body, 'password')).toBe(errorAt(refused.body, 'password'))
    await browser.post(`${signIn}/channel`, { channel: 'mail' })
    expect((await browser.post(`${signIn}/code`, { code: codeOf((await current().letters(user.email)).at(-1)) })).path).toBe('/')
    current().advance(61_000)
  })

  it('a keeper that does not answer is given five seconds', async () => {
    const { user } = await current().addPerson({ email: `person${++count}@example.com`, withKey: false })
    current().foundation.passwords.add({ verify: ({ id }) => (id === user.id ? new Promise(() => undefined) : Promise.resolve('none')) })
    const started = performance.now()
    expect(await current().foundation.passwords.verify(user, password)).toBe('unavailable')
    expect(performance.now() - started).toBeLessThan(5_500)
  }, 10_000)

  it('SEC-61 a password proves only whom it was asked of: another address afterwards begins anew', async () => {
    const [ada, bob] = [await someone(), await someone()]
    await givePassword(current(), bob.user, 'nine brave badgers dig')
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, ada.user.email)
    expect((await browser.post(`${signIn}/password`, { password: 'nine brave badgers dig' })).status).toBe(422)
    expect((await browser.post(`${signIn}/password`, { password, email: bob.user.email })).path).toBe('/')
    expect(textOf((await browser.get('/profile')).body)).toContain(ada.user.email)
    const nobody = current().browser()
    const path = (await nobody.get('/')).path
    expect((await nobody.post(`${path}/password`, { password, csrf: (await nobody.get(`${path}/email`), nobody.csrf()) })).path).toBe(`${path}/email`)
  })

  it('S1 a person suspended while signing in gets no session, and a reset takes the password away', async () => {
    const { user } = await someone()
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, user.email)
    const who = { organizationId: user.organizationId, id: user.id }
    await current().app.parts.personAccess.suspend(who, () => Promise.resolve())
    expect((await browser.post(`${signIn}/password`, { password })).status).toBe(422)
    await current().app.parts.personAccess.resume(who, () => Promise.resolve())
    await current().app.parts.personAccess.reset(who, () => Promise.resolve())
    expect(await current().foundation.passwords.verify(user, password)).toBe('none')
    await askForCode(current().browser(), user.email)
  })
}, { DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000', DOORWARD_LIMITS_CODES_PER_ADDRESS: '100000' })
