import { afterEach, beforeEach, expect, it } from 'vitest'
import { withApp, type Person } from '../support/app.ts'
import { changeSettings, errorAt, textOf } from '../support/pages.ts'
import { codeNow, giveAuthenticator, givePassword, nameAddress } from '../support/ways.ts'

const password = 'seven quiet otters swim'
let count = 0

withApp('passwords and apps in a person’s own panel', (current) => {
  beforeEach(async () => { await changeSettings(current(), { methods: { password: true, totp: true } }) })
  afterEach(async () => { await changeSettings(current(), { methods: { password: false, totp: false } }) })
  const someone = (more: Partial<Parameters<ReturnType<typeof current>['addPerson']>[0]> = {}): Promise<Person> => current().addPerson({ email: `person${++count}@example.com`, withKey: false, ...more })
  const actionsOf = async ({ user }: Person): Promise<string[]> => (await current().foundation.audit.list({ organizationId: user.organizationId, userId: user.id, limit: 20 })).events.map(({ action }) => action)

  it('a password is set, changed and deleted, each with a mail and a line in the log; where it was used is signed out', async () => {
    const person = await someone()
    const browser = await current().signedIn(person)
    expect(textOf((await browser.get('/security')).body)).toContain('Password Set a password You have none.')
    await browser.get('/security/password')
    expect((await browser.post('/security/password', { password, repeat: password })).path).toBe('/security')
    expect(textOf(browser.page)).toContain('Your password is set.')
    expect(await current().foundation.passwords.verify(person.user, password)).toBe('right')

    const elsewhere = current().browser()
    const { signIn } = await nameAddress(elsewhere, person.user.email)
    expect((await elsewhere.post(`${signIn}/password`, { password })).path).toBe('/')
    await browser.get('/security/password')
    await browser.post('/security/password', { password: 'nine brave badgers dig', repeat: 'nine brave badgers dig' })
    expect([await current().foundation.passwords.verify(person.user, password), await current().foundation.passwords.verify(person.user, 'nine brave badgers dig')]).toEqual(['wrong', 'right'])
    expect((await elsewhere.get('/profile')).path).toMatch(/^\/signin\//)

    await browser.get('/security/password/removal')
    await browser.post('/security/password/removal')
    expect(await current().foundation.passwords.verify(person.user, 'nine brave badgers dig')).toBe('none')
    expect((await browser.get('/security/password/removal')).status).toBe(404)
    expect(await actionsOf(person)).toEqual(expect.arrayContaining(['password.set', 'password.removed']))
    expect((await current().letters(person.user.email)).filter(({ template }) => template === 'way-changed').map(({ text }) => /a password was set|password of your account was deleted/.exec(text)?.[0])).toEqual(['a password was set', 'a password was set', 'password of your account was deleted'])
  })

  it.each([
    ['short', 'short', 'password', 'Too short. Enter at least 15 characters, for example four or five words'], ['passwordpassword1', 'passwordpassword1', 'password', expect.stringContaining('Too easy to guess: it is made of common words') as string],
    ['analytical engines!', 'analytical engines!', 'password', expect.stringContaining('your organization') as string], [password, 'seven quiet otters', 'repeat', 'The two passwords differ. Type the same one twice'],
  ])('SEC-52 refuses %j beside %j at the field, and never shows it again', async (typed, repeat, field, message) => {
    const person = await someone()
    const browser = await current().signedIn(person)
    await browser.get('/security/password')
    const refused = await browser.post('/security/password', { password: typed, repeat })
    expect([refused.status, errorAt(refused.body, field)]).toEqual([422, message])
    expect(refused.body).not.toContain(`value="${typed}"`)
    expect(await current().foundation.passwords.verify(person.user, typed)).toBe('none')
  })

  it('SEC-35 asks for a fresh proof first, with the app of whoever has one', async () => {
    const person = await someone()
    const stale = await current().signedIn(person, { fresh: false })
    for (const page of ['/security/password', '/security/password/removal']) expect((await stale.get(page)).path).toMatch(/^\/signin\//)
    expect((await stale.post('/security/password', { password, repeat: password })).path).toMatch(/^\/signin\//)
    expect((await stale.post('/security/authenticators')).path).toMatch(/^\/signin\//)
    expect(await current().foundation.passwords.verify(person.user, password)).toBe('none')
    await givePassword(current(), person.user, password)
    const seed = await giveAuthenticator(current(), person.user)
    const browser = await current().signedIn(person)
    const confirm = await browser.get('/security/password')
    expect(textOf(confirm.body)).toContain('Use my authenticator app')
    expect(textOf(confirm.body)).not.toContain('Use my password')
    expect((await browser.post(`${confirm.path}/password`, { password })).path).not.toBe('/security/password')
    expect((await browser.post(`${confirm.path}/totp`, { code: codeNow(current(), seed) })).path).toBe('/security/password')
  })

  it('an app is set up by picture or text, counts only once a code has shown that it works, and is deleted again', async () => {
    const person = await someone()
    await givePassword(current(), person.user, password)
    const browser = await current().signedIn(person)
    await browser.get('/security')
    const page = await browser.post('/security/authenticators')
    expect(page.path).toMatch(/^\/security\/authenticators\/[\w-]+\/set-up$/)
    const seed = (/id="seed">([A-Z2-7 ]+)</.exec(page.body)?.[1] ?? '').replaceAll(' ', '')
    expect(seed).toHaveLength(32)
    const picture = await browser.get(/<img class="qr" src="([^"]+)"/.exec(page.body)?.[1] ?? '')
    expect([picture.status, picture.headers['content-type'], picture.headers['cache-control'], picture.body.startsWith('<svg')]).toEqual([200, 'image/svg+xml', 'no-store', true])
    await browser.get(page.path)
    const wrong = await browser.post(page.path, { code: '000000', name: '' })
    expect([wrong.status, errorAt(wrong.body, 'code')]).toEqual([422, expect.stringContaining('That code is not right.')])
    expect(await current().app.parts.authenticators.verify(person.user.id, codeNow(current(), seed))).toBe('wrong')
    const code = codeNow(current(), seed)
    expect((await browser.post(page.path, { code, name: 'Old phone' })).path).toBe('/security')
    expect(textOf(browser.page)).toContain('Old phone')
    // The code that showed it is used up, and the seed is not shown again.
    expect(await current().app.parts.authenticators.verify(person.user.id, code)).toBe('replayed')
    for (const path of [page.path, page.path.replace('set-up', 'qr.svg')]) expect((await browser.get(path)).status).toBe(404)
    const elsewhere = current().browser()
    const { signIn } = await nameAddress(elsewhere, person.user.email)
    expect((await elsewhere.post(`${signIn}/password`, { password })).path).toBe(`${signIn}/totp`)

    const removal = page.path.replace('set-up', 'removal')
    expect(textOf((await browser.get(removal)).body)).toContain('The codes of Old phone will no longer be accepted.')
    expect((await browser.post(removal)).path).toBe('/security')
    const again = current().browser()
    const second = await nameAddress(again, person.user.email)
    expect((await again.post(`${second.signIn}/password`, { password })).path).toBe('/')
    expect(await actionsOf(person)).toEqual(expect.arrayContaining(['authenticator.added', 'authenticator.removed']))
    expect((await current().letters(person.user.email)).map(({ text }) => /app Old phone was (set up|deleted)/.exec(text.replaceAll(/[\u2066-\u2069*]/g, ''))?.[1])).toEqual(['set up', 'deleted'])
  })

  it('is nothing of somebody else’s, and no more than five', async () => {
    const [ada, eve] = [await someone(), await someone()]
    const seedless = await current().foundation.storage.write((tx) => current().app.parts.authenticators.begin(tx, ada.user))
    const browser = await current().signedIn(eve)
    await browser.get('/security')
    for (const path of ['set-up', 'qr.svg', 'removal']) expect((await browser.get(`/security/authenticators/${seedless}/${path}`)).status).toBe(404)
    expect((await browser.post(`/security/authenticators/${seedless}/removal`)).status).toBe(404)
    for (let apps = 0; apps < 5; apps++) await giveAuthenticator(current(), ada.user)
    const five = await current().signedIn(await someone())
    const owner = (await five.get('/security')).status
    expect(owner).toBe(200)
    await expect(current().foundation.storage.write((tx) => current().app.parts.authenticators.begin(tx, ada.user))).rejects.toMatchObject({ code: 'too_many_authenticators' })
  })

  it('offers nothing that could not be used: to key holders, administrators, people of a directory, and where it is off', async () => {
    const pages = async (person: Person): Promise<number[]> => {
      const browser = await current().signedIn(person)
      await browser.get('/security')
      return [(await browser.get('/security/password')).status, (await browser.post('/security/password', { password, repeat: password })).status, (await browser.post('/security/authenticators')).status]
    }
    expect(await pages(await someone({ withKey: true }))).toEqual([404, 404, 404])
    expect(await pages(await someone({ role: 'administrator' }))).toEqual([404, 404, 404])
    const managed = await someone()
    await current().foundation.storage.execute(`UPDATE users SET managed_by = 'a directory' WHERE id = ? RETURNING id`, [managed.user.id])
    expect(await pages(managed)).toEqual([404, 404, 200])
    await changeSettings(current(), { methods: { password: false, totp: false } })
    expect(await pages(await someone())).toEqual([404, 404, 404])
  })
}, { DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000' })
