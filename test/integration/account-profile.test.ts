import { beforeAll, expect, it } from 'vitest'
import { withApp, type Person } from '../support/app.ts'
import type { Browser } from '../support/browser.ts'
import { codeOf, signInWithKey } from '../support/ceremonies.ts'
import { errorAt, fieldOf, linkOf, masked, textOf } from '../support/pages.ts'
import type { SecurityKey } from '../support/security-key.ts'

let count = 0
const address = (): string => `me${++count}@example.com`
const roomy = { DOORWARD_SMS_URL: 'file:///dev/null' }

withApp('profile and settings', (current) => {
  // Messages stay where tests can read them.
  beforeAll(async () => { await current().app.parts.jobs.stop() })

  async function someone(withKey = true): Promise<{ person: Person; panel: Browser }> {
    const person = await current().addPerson({ email: address(), withKey })
    return { person, panel: await current().signedIn(person) }
  }
  async function somePersonal(withKey: boolean): Promise<{ person: Person; panel: Browser }> {
    const organization = await current().foundation.storage.write((tx) => current().foundation.organizations.personal(tx))
    const person = await current().addPerson({ email: address(), organization, withKey })
    return { person, panel: await current().signedIn(person) }
  }
  const mailsTo = async (email: string): Promise<string[]> => (await current().letters(email)).map(({ template }) => template)

  it('S93 Profile Info shows name, address and telephone, or a dash, with a pencil at each', async () => {
    const { panel, person } = await someone()
    const { body } = await panel.get('/profile')
    expect(textOf(body)).toMatch(new RegExp(`Your Info Full Name Ada Lovelace Edit .*Contact Info Email ${person.user.email} Edit .*Phone Number - Edit`))
    for (const path of ['/profile/name', '/profile/email', '/profile/phone', '/profile/preferences']) expect(body).toContain(`href="${path}"`)
    await current().foundation.storage.write((tx) => current().foundation.users.update(tx, person.user.organizationId, person.user.id, { phone: '+4915112345678', phoneVerified: true }))
    expect(textOf((await panel.get('/profile')).body)).toContain('Phone Number +4915112345678 Verified')
  })

  it('S94 the name is changed in the panel, and errors stand at the fields', async () => {
    const { panel } = await someone()
    await panel.get('/profile/name')
    const refused = await panel.post('/profile/name', { given_name: '', family_name: 'x'.repeat(101) })
    expect(refused.status).toBe(422)
    expect(errorAt(refused.body, 'given_name')).toBe('Enter your first name, at most 100 characters, without < > or invisible characters')
    expect(errorAt(refused.body, 'family_name')).toBe('Enter your last name, at most 100 characters, without < > or invisible characters')
    const saved = await panel.post('/profile/name', { given_name: 'Augusta Ada', family_name: 'King' })
    expect(textOf(saved.body)).toMatch(/Saved\. .*Full Name Augusta Ada King/)
    expect(saved.body).toContain('class="user-menu__name">Augusta Ada King<')
  })

  it('S94 SEC-72 a new address counts from its code on; the old one is told, and no longer signs in', async () => {
    const { panel, person } = await someone(false)
    const [before, after] = [person.user.email, address()]
    await panel.get('/profile/email')
    const asked = await panel.post('/profile/email', { value: after.toUpperCase().replace('ME', 'me') })
    expect(textOf(asked.body)).toContain(`We sent a code to ${after}.`)
    expect(await mailsTo(before)).toEqual([])
    const [letter] = await current().letters(after)
    expect(letter).toMatchObject({ template: 'email-change-code', subject: 'Confirm your new email address' })
    expect(textOf((await panel.get('/profile')).body)).toContain(before)
    expect(textOf((await panel.post(asked.path, { code: 'wrong' })).body)).toContain('4 tries left.')
    expect(textOf((await panel.get('/profile')).body)).toContain(before)
    expect(textOf((await panel.post(asked.path, { code: codeOf(letter) })).body)).toMatch(new RegExp(`Your email address is changed\\. .*${after}`))
    const [notice] = await current().letters(before)
    expect(notice).toMatchObject({ template: 'email-changed', subject: 'The email address of your account was changed' })
    expect(notice?.text).toContain('your account now uses the address m•••@e•••.com.')
    expect(await current().foundation.users.findByEmailKey(before)).toBeUndefined()
    expect(await current().foundation.users.findByEmailKey(after)).toMatchObject({ id: person.user.id, emailVerified: true })
    expect(textOf((await panel.get('/activity')).body)).toContain('Email changed')
  })

  it('S94 the code of a new address works once, for ten minutes, five tries, in this session', async () => {
    const { panel, person } = await someone()
    const ask = async (): Promise<{ path: string; code: string }> => {
      const email = address()
      await panel.get('/profile/email')
      const { path } = await panel.post('/profile/email', { value: email })
      return { path, code: codeOf((await current().letters(email)).at(-1)) }
    }
    const first = await ask()
    const elsewhere = await current().signedIn(person)
    await elsewhere.get('/profile/email')
    expect((await elsewhere.post(first.path, { code: first.code })).path).toBe('/profile/email')
    const second = await ask()
    expect((await panel.post(first.path, { code: first.code })).status).toBe(422)
    for (let tries = 0; tries < 5; tries++) await panel.post(second.path, { code: 'wrong' })
    expect((await panel.post(second.path, { code: second.code })).status).toBe(422)
    current().advance(3_601_000)
    const fresh = await current().signedIn(person)
    await fresh.get('/profile/email')
    const email = address()
    const { path } = await fresh.post('/profile/email', { value: email })
    const code = codeOf((await current().letters(email)).at(-1))
    expect((await fresh.post(path, { code })).path).toBe('/profile')
    expect((await fresh.post(path, { code })).status).toBe(422)
    expect((await current().foundation.users.findById(person.user.id))?.email).toBe(email)
  })

  it('S94 SEC-54 someone else’s address gets the same page, and its owner a mail; nothing changes', async () => {
    const { person: owner } = await someone()
    const { panel, person } = await someone()
    await panel.get('/profile/email')
    const [taken, free] = [await panel.post('/profile/email', { value: owner.user.email }), await panel.post('/profile/email', { value: address() })]
    expect(masked(taken.body).replaceAll(owner.user.email, '…')).toBe(masked(free.body).replaceAll(`me${count}@example.com`, '…'))
    const [letter] = await current().letters(owner.user.email)
    expect(letter).toMatchObject({ template: 'signup-taken' })
    expect(letter?.text).not.toMatch(/\b\d{6}\b/)
    expect((await current().foundation.users.findById(person.user.id))?.email).toBe(person.user.email)
  })

  it.each([['email', 'ada@'], ['email', 'a@example.com, b@example.com'], ['phone', '0151 123'], ['phone', 'call me']])('S94 SEC-84 refuses %s %j at the field', async (kind, value) => {
    const { panel } = await someone()
    await panel.get(`/profile/${kind}`)
    const refused = await panel.post(`/profile/${kind}`, { value })
    expect(refused.status).toBe(422)
    expect(errorAt(refused.body, 'value')).toMatch(/^Enter (an email address|a phone number)/)
    expect(fieldOf(refused.body, 'value')).toContain(value.slice(0, 4))
  })

  it('S23 S94 a telephone number counts from its code on, is told by mail, and can be taken away', async () => {
    const { panel, person } = await someone()
    await panel.get('/profile/phone')
    const asked = await panel.post('/profile/phone', { value: '+49 151 2345 6701' })
    expect(textOf((await panel.get('/profile')).body)).toContain('Phone Number - Edit')
    await panel.get(asked.path)
    await panel.post(asked.path, { code: codeOf((await current().letters('+4915123456701')).at(-1)) })
    expect(await current().foundation.users.findById(person.user.id)).toMatchObject({ phone: '+4915123456701', phoneVerified: true })
    expect(await mailsTo(person.user.email)).toEqual(['phone-changed'])
    await panel.get('/profile/phone')
    expect(textOf((await panel.post('/profile/phone', { value: '' })).body)).toContain('Your phone number is removed.')
    expect(await current().foundation.users.findById(person.user.id)).toMatchObject({ phone: null, phoneVerified: false })
    expect(await mailsTo(person.user.email)).toEqual(['phone-changed', 'phone-changed'])
  })

  it('S94 what a directory manages is read-only, with the reason, whatever is posted', async () => {
    const { panel, person } = await someone()
    await panel.get('/profile/name')
    await current().foundation.storage.write((tx) => tx.run(`UPDATE users SET managed_by = 'ldap' WHERE id = ?`, [person.user.id]))
    const { body } = await panel.get('/profile')
    expect(textOf(body)).toContain('Your name and addresses come from your organization\'s directory and are changed there.')
    for (const kind of ['name', 'email', 'phone']) {
      expect(body).not.toContain(`href="/profile/${kind}"`)
      expect((await panel.get(`/profile/${kind}`)).path).toBe('/profile')
      expect(textOf((await panel.post(`/profile/${kind}`, { given_name: 'Eve', family_name: 'Eve', value: address() })).body)).toContain('This is changed in your organization\'s directory.')
    }
    expect(linkOf(body, '/profile/preferences')).toBe('/profile/preferences')
    expect(await current().foundation.users.findById(person.user.id)).toMatchObject({ name: 'Ada Lovelace', email: person.user.email })
    expect(await current().letters(`me${count}@example.com`)).toEqual([])
  })

  it('S125 language and time zone are the person’s own, and pages and mails follow', async () => {
    const { panel, person } = await someone()
    await panel.get('/profile/preferences')
    const saved = await panel.post('/profile/preferences', { language: 'de', time_zone: 'Asia/Tehran' })
    expect(saved.body).toContain('<html lang="de"')
    expect(saved.body).toContain('Asia/Tehran')
    await panel.post('/profile/preferences', { language: 'xx', time_zone: 'Mars/Olympus' })
    expect(await current().foundation.users.findById(person.user.id)).toMatchObject({ locale: null, timeZone: null })
  })

  it('S65 S66 S68 Settings of a personal account send the activation mail; its link survives a scanner and makes a phone the key', async () => {
    const { panel, person } = await somePersonal(false)
    expect(textOf((await panel.get('/settings')).body)).toMatch(/Security Key Activation Pending .*Send an Activation Email/)
    expect((await panel.get('/settings')).body).toContain('action="/security/phones/mail"')
    const sent = await panel.post('/security/phones/mail')
    expect(sent.path).toBe('/settings')
    expect(textOf(sent.body)).toContain('The mail is on its way.')
    const [letter] = await current().letters(person.user.email)
    expect(letter).toMatchObject({ template: 'activation', subject: 'Activate your phone' })
    const link = linkOf(letter?.html ?? '', 'Activate')
    expect(link.startsWith(`${current().url}/phone/activate/`)).toBe(true)
    const scanner = current().browser()
    await scanner.head(new URL(link).pathname)
    expect((await scanner.get(new URL(link).pathname)).status).toBe(200)
    expect((await current().browser().get(new URL(link).pathname)).status).toBe(200)
    expect(textOf((await (await somePersonal(true)).panel.get('/settings')).body)).toContain('Security Key Activation Active')
  })

  it('S66 five activation mails in ten minutes are enough', async () => {
    const { panel, person } = await somePersonal(true)
    await panel.get('/settings')
    const statuses: number[] = []
    for (let sent = 0; sent < 7; sent++) statuses.push((await panel.post('/security/phones/mail', {}, { follow: false })).status)
    expect(statuses).toEqual([303, 303, 303, 303, 303, 429, 429])
    expect(await mailsTo(person.user.email)).toHaveLength(5)
  })

  it('SEC-35 a personal account is deleted after a fresh touch, with all it has, and the address is free again', async () => {
    const { person, panel } = await somePersonal(true)
    const stale = await current().signedIn(person, { fresh: false })
    expect(textOf((await stale.get('/settings/deletion')).body)).toContain('Confirm that it is you')
    await stale.post('/settings/deletion')
    expect(await current().foundation.users.findById(person.user.id)).toBeDefined()
    expect(textOf((await panel.get('/settings/deletion')).body)).toContain(`The account ${person.user.email} is deleted with its keys, recovery codes and sessions. This cannot be undone.`)
    expect((await panel.post('/settings/deletion')).path).toBe('/signed-out')
    for (const browser of [panel, stale]) expect((await browser.get('/')).path).toMatch(/^\/signin\//)
    expect((await signInWithKey(current().browser(), person.key as SecurityKey)).status).toBe(422)
    for (const table of ['passkeys', 'sessions', 'recovery_codes']) expect(await current().foundation.storage.read.all(`SELECT * FROM ${table} WHERE user_id = ?`, [person.user.id])).toEqual([])
    expect(await current().addPerson({ email: person.user.email })).toBeDefined()
  })

  it('S65 someone of an organization has no such settings, and cannot delete the account', async () => {
    const { panel, person } = await someone()
    await panel.get('/security')
    for (const path of ['/settings', '/settings/deletion']) expect((await panel.get(path)).status).toBe(404)
    expect((await panel.post('/settings/deletion')).status).toBe(404)
    expect(await current().foundation.users.findById(person.user.id)).toBeDefined()
  })
}, roomy)
