import { expect, it } from 'vitest'
import type { User, UserRole } from '../../src/directory/index.ts'
import { withApp, type Person, type TestApp } from '../support/app.ts'
import type { Answer, Browser } from '../support/browser.ts'
import { askForCode, touchKey } from '../support/ceremonies.ts'
import type { SecurityKey } from '../support/security-key.ts'

let count = 0
const address = (): string => `ada${++count}@example.com`
const someone = (app: TestApp, role: UserRole = 'user', more: { withKey?: boolean; phone?: string } = {}): Promise<Person> => app.addPerson({ email: address(), role, ...more })
const as = async (app: TestApp, role: UserRole, options: { fresh?: boolean } = {}): Promise<Browser> => app.signedIn(await someone(app, role), options)
const settingsOf = async (app: TestApp) => {
  const organization = await app.foundation.organizations.find(app.organization.id)
  if (!organization) throw new Error('the organization is not there')
  return organization
}
const newest = async (app: TestApp, action: string) => (await app.foundation.audit.list({ organizationId: app.organization.id, action, limit: 1 })).events[0]
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

const ways = { phone: 'yes', phone_code: 'yes', email_code: 'yes', recovery_codes: 'yes', user_verification: 'required', idle_minutes: '60', absolute_hours: '12', invitation_days: '7' }
const without = (name: keyof typeof ways): Record<string, string> => Object.fromEntries(Object.entries(ways).filter(([key]) => key !== name))

async function change(browser: Browser, fields: Record<string, string>): Promise<Answer> {
  await browser.get('/admin/settings/sign-in')
  return browser.post('/admin/settings/sign-in', fields)
}

/** Sends the form of the page that asks again. */
async function confirm(browser: Browser, asked: Answer): Promise<Answer> {
  const fields = Object.fromEntries([...asked.body.matchAll(/<input type="hidden" name="(\w+)" value="(\w*)">/g)].map(([, name = '', value = '']) => [name, value]))
  return browser.post('/admin/settings/sign-in/confirmation', fields)
}

withApp('settings of an organization', (current) => {
  it('SEC-69 are for administrators: the help desk and other people neither see nor change them', async () => {
    for (const role of ['helpdesk', 'user'] as const) {
      const browser = await as(current(), role)
      await browser.get('/activity')
      const csrf = browser.csrf()
      for (const path of ['', '/organization', '/sign-in', '/sign-in/confirmation', '/mail', '/outbox', '/outbox/AAAAAAAAAAAAAAAAAAAAAA']) expect((await browser.get(`/admin/settings${path}`)).status).toBe(403)
      for (const path of ['/organization', '/sign-in', '/sign-in/confirmation', '/mail/test']) expect((await browser.post(`/admin/settings${path}`, { csrf, name: 'Taken over', ...without('email_code') })).status).toBe(403)
    }
    expect(await settingsOf(current())).toMatchObject({ name: 'Analytical Engines', settings: { methods: { emailCode: true } } })
  })

  it('name, language and colour act from the next page on, and what was before is written down', async () => {
    const app = current()
    const browser = await as(app, 'administrator')
    await browser.get('/admin/settings/organization')
    const saved = await browser.upload('/admin/settings/organization', { name: '  Babbage &  Sons ', language: 'de', hue: '150' })
    expect(saved.path).toBe('/admin/settings')
    expect(saved.body).toContain('Babbage &amp; Sons')
    expect(await settingsOf(app)).toMatchObject({ name: 'Babbage & Sons', defaultLocale: 'de', hue: 150 })
    const sheet = /href="(\/brand\/[\w-]+\/colour\.css\?v&#x3D;\d+)"/.exec((await app.browser().get('/signin')).body)?.[1]?.replace('&#x3D;', '=') ?? ''
    expect(await (await fetch(app.url + sheet)).text()).toContain('--hue: 150')
    expect((await newest(app, 'settings.changed'))?.details).toEqual({
      'name.before': 'Analytical Engines', 'name.after': 'Babbage & Sons', 'language.before': null, 'language.after': 'de', 'hue.before': null, 'hue.after': 150,
    })
    await browser.get('/admin/settings/organization')
    const refused = await browser.upload('/admin/settings/organization', { name: ' ', language: 'xx', hue: '999' })
    expect([refused.status, refused.body.includes('Enter a name, at most 100 characters, without &lt; &gt;')]).toEqual([422, true])
    await browser.upload('/admin/settings/organization', { name: 'Analytical Engines', language: '', hue: '999' })
    expect(await settingsOf(app)).toMatchObject({ name: 'Analytical Engines', defaultLocale: null, hue: null })
  })

  it('SEC-89 a logo is a picture by its bytes; drawings, pages and large files are refused and change nothing', async () => {
    const app = current()
    const browser = await as(app, 'administrator')
    const upload = async (bytes: Uint8Array<ArrayBuffer>, more: Record<string, string> = {}): Promise<Answer> => {
      await browser.get('/admin/settings/organization')
      return browser.upload('/admin/settings/organization', { name: 'Analytical Engines', language: '', hue: '', logo: new Blob([bytes], { type: 'image/png' }), ...more })
    }
    const accepted = await upload(new Uint8Array(png))
    const logo = /src="(\/brand\/[\w-]+\/logo\?v&#x3D;\d+)"/.exec(accepted.body)?.[1]?.replace('&#x3D;', '=') ?? ''
    const shown = await fetch(app.url + logo)
    expect([shown.headers.get('content-type'), shown.headers.get('content-security-policy')]).toEqual(['image/png', `default-src 'none'; sandbox`])
    const text = (content: string) => new Uint8Array(Buffer.from(content))
    for (const content of [text('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), text('<!doctype html><script>alert(1)</script>'), text('GIF')]) {
      const refused = await upload(content)
      expect([refused.status, refused.body.includes('not a PNG, JPEG, WebP or GIF picture')]).toEqual([422, true])
    }
    const large = await upload(new Uint8Array(Buffer.concat([png, Buffer.alloc(200_001)])))
    expect([large.status, large.body.includes('larger than 200 kB')]).toEqual([422, true])
    expect(Buffer.from(await (await fetch(app.url + logo)).arrayBuffer()).equals(png)).toBe(true)
    await upload(new Uint8Array(0), { remove_logo: 'yes' })
    expect((await fetch(app.url + logo)).status).toBe(404)
    expect((await newest(app, 'settings.changed'))?.details).toEqual({ logo: 'removed' })
  })

  it('S21 SEC-59 before codes by mail are switched off the page says for whom that was the only way, and then they are off', async () => {
    const app = current()
    const [browser, grace] = [await as(app, 'administrator'), await someone(app, 'user', { withKey: false })]
    await someone(app, 'user', { withKey: false, phone: '+491701234567' })
    const asked = await change(browser, without('email_code'))
    expect(asked.path).toMatch(/^\/admin\/settings\/sign-in\/confirmation\?/)
    const people = Number(/<strong>(\d+) (?:person|people)<\/strong> ha(?:s|ve) no key and could not sign in any more/.exec(asked.body)?.[1])
    const alone = await app.foundation.storage.read.one<{ people: number }>(
      `SELECT count(*) AS people FROM users u WHERE organization_id = ? AND status = 'active' AND role = 'user' AND NOT EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id)`, [app.organization.id])
    expect(people).toBe(alone?.people)
    expect(people).toBeGreaterThan(1)
    expect((await settingsOf(app)).settings.methods.emailCode).toBe(true)
    await askForCode(app.browser(), grace.user.email)
    expect(await app.letters(grace.user.email)).toMatchObject([{ template: 'code' }])

    expect((await confirm(browser, asked)).path).toBe('/admin/settings')
    expect((await settingsOf(app)).settings.methods).toEqual({ emailCode: false, smsCode: false, codesForKeyHolders: false, recoveryCodes: true, password: false, totp: false, accessPass: false, passwordEnrolsFirstKey: false, phone: true, phoneCode: true, phoneNear: false })
    expect((await newest(app, 'settings.changed'))?.details).toEqual({ 'emailCode.before': true, 'emailCode.after': false })
    await askForCode(app.browser(), grace.user.email)
    expect((await app.letters(grace.user.email)).filter((letter) => letter.template === 'code')).toHaveLength(1)
    await confirm(browser, await change(browser, ways))
    expect((await settingsOf(app)).settings.methods.emailCode).toBe(true)
  })

  it('whoever has unused recovery codes is not counted as locked out, unless these go too', async () => {
    const app = current()
    const browser = await as(app, 'administrator')
    const { user } = await someone(app, 'user', { withKey: false })
    const lockedOut = async (fields: Record<string, string>): Promise<number> => Number(/<strong>(\d+) \w+<\/strong> ha\w+ no key/.exec((await change(browser, fields)).body)?.[1] ?? 0)
    const before = await lockedOut(without('email_code'))
    await app.foundation.storage.write((tx) => app.app.parts.recoveryCodes.replace(tx, user))
    expect(await lockedOut(without('email_code'))).toBe(before - 1)
    const { email_code: _mail, recovery_codes: _paper, ...neither } = ways
    expect(await lockedOut(neither)).toBe(before)
    expect((await change(browser, without('recovery_codes'))).body).toMatch(/recovery codes of <strong>1 person<\/strong> stop working/)
  })

  it('SEC-71 ways to sign in change only after a fresh proof, which brings back what was typed', async () => {
    const app = current()
    const administrator = await someone(app, 'administrator')
    const browser = await app.signedIn(administrator, { fresh: false })
    const answer = await change(browser, { ...ways, codes_for_key_holders: 'yes' })
    expect(answer.path).toMatch(/^\/signin\//)
    const stale = await app.signedIn(administrator, { fresh: false })
    const back = await touchKey(stale, administrator.key as SecurityKey, (await change(stale, { ...ways, codes_for_key_holders: 'yes' })).path)
    expect(back.path).toMatch(/^\/admin\/settings\/sign-in\/confirmation\?.*codes_for_key_holders=yes/)
    expect(back.body).toContain('could also be signed in by whoever reads their mail')
    await browser.get('/admin/settings/sign-in')
    const direct = await browser.post('/admin/settings/sign-in/confirmation', { ...ways, codes_for_key_holders: 'yes' }, { follow: false })
    expect([direct.status, direct.location?.slice(0, 8)]).toEqual([303, '/signin/'])
    expect((await settingsOf(app)).settings.methods.codesForKeyHolders).toBe(false)

    const fresh = await as(app, 'administrator')
    const asked = await change(fresh, { ...ways, codes_for_key_holders: 'yes', user_verification: 'preferred' })
    expect(asked.body).toContain('could also be signed in by whoever reads their mail')
    expect(asked.body).toContain('without a PIN')
    expect((await settingsOf(app)).settings.userVerification).toBe('required')
  })

  it('how long sessions and invitations last is saved at once, within limits', async () => {
    const app = current()
    const browser = await as(app, 'administrator')
    expect((await change(browser, { ...ways, idle_minutes: '15', absolute_hours: '8', invitation_days: '3' })).path).toBe('/admin/settings')
    expect((await settingsOf(app)).settings).toMatchObject({ session: { idleMinutes: 15, absoluteHours: 8 }, invitationDays: 3 })
    const wrong: readonly (readonly [Record<string, string>, string])[] = [
      [{ idle_minutes: '4' }, 'between 5 and 10080'], [{ absolute_hours: '721' }, 'between 1 and 720'], [{ invitation_days: '1.5' }, 'between 1 and 60'], [{ idle_minutes: '600', absolute_hours: '8' }, 'longer than the hours'],
    ]
    for (const [fields, text] of wrong) {
      const answer = await change(browser, { ...ways, ...fields })
      expect([answer.status, answer.body.includes(text)]).toEqual([422, true])
    }
    expect((await settingsOf(app)).settings.session).toEqual({ idleMinutes: 15, absoluteHours: 8 })
  })

  it('S22 SEC-58 codes by SMS cannot be switched on where no gateway is, and the page says why', async () => {
    const app = current()
    const browser = await as(app, 'administrator')
    const page = await browser.get('/admin/settings/sign-in')
    expect(page.body).toMatch(/id="sms_code"[^>]* disabled/)
    expect(page.body).toContain('This server has no SMS gateway')
    await change(browser, { ...ways, sms_code: 'yes' })
    expect((await settingsOf(app)).settings.methods.smsCode).toBe(false)
  })

  it('S124 where no mail leaves the machine, the page says so and how to change it, and there is nothing to test', async () => {
    const app = current()
    const browser = await as(app, 'administrator')
    const page = await browser.get('/admin/settings/mail')
    for (const text of ['Not configured', 'DOORWARD_SMTP_URL', 'smtp.url']) expect(page.body).toContain(text)
    expect((await browser.post('/admin/settings/mail/test')).body).toContain('There is no mail server yet')
    expect((await app.letters()).filter((letter) => letter.template === 'test-mail')).toEqual([])
  })
})

withApp('mail that waits for a mail server', (current) => {
  async function write(app: TestApp, user: User, purpose: 'invitation' | 'reset'): Promise<string> {
    await app.foundation.storage.write((tx) => app.foundation.invite(tx, { organization: app.organization, user, purpose, note: '', createdBy: null }))
    return latestTo(app, user.email)
  }
  const latestTo = async (app: TestApp, recipient: string): Promise<string> => (await app.foundation.outbox.list({ limit: 500 })).messages.find((message) => message.recipient === recipient)?.id ?? ''
  const open = (browser: Browser, id: string): Promise<Answer> => browser.get(`/admin/settings/outbox/${id}`)

  it('S97 an administrator opens the invitation of a person, hands its link over, and the person sees that', async () => {
    const app = current()
    const administrator = await someone(app, 'administrator')
    const browser = await app.signedIn(administrator)
    const person = await someone(app, 'user', { withKey: false })
    const id = await write(app, person.user, 'invitation')
    expect((await browser.get('/admin/settings/outbox')).body).toContain(person.user.email)
    const answer = await open(browser, id)
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store'])
    const link = /id="the_link">([^<]+)</.exec(answer.body)?.[1] ?? ''
    expect((await app.browser().get(link)).body).toContain('Ada')
    expect(await newest(app, 'message.opened')).toMatchObject({ outcome: 'success', actor: { id: administrator.user.id }, userId: person.user.id, details: { to: person.user.email, template: 'invitation' } })
    expect(JSON.stringify(await newest(app, 'message.opened'))).not.toContain(link.slice(-43))
    expect((await (await app.signedIn(person)).get('/activity')).body).toContain('Waiting mail opened')
  })

  it('S21 a sign-in code waits there too, and lets its person in', async () => {
    const app = current()
    const { user } = await someone(app, 'user', { withKey: false })
    await askForCode(app.browser(), user.email)
    expect((await open(await as(app, 'administrator'), await latestTo(app, user.email))).body).toMatch(/\b\d{6}\b/)
  })

  it('SEC-69 an administrator cannot read what is for an owner; an owner can, and both are written down', async () => {
    const app = current()
    const id = await write(app, (await someone(app, 'owner')).user, 'reset')
    const refused = await open(await as(app, 'administrator'), id)
    expect(refused.path).toBe('/admin/settings/outbox')
    expect(refused.body).toContain('Only an owner may open it')
    expect(refused.body).not.toContain('/invitation/')
    expect(await newest(app, 'message.opened')).toMatchObject({ outcome: 'denied', details: { template: 'access-reset' } })
    expect((await open(await as(app, 'owner'), id)).body).toContain('/invitation/')
    expect(await newest(app, 'message.opened')).toMatchObject({ outcome: 'success' })
  })

  it('SEC-69 the link says whose mail it is, though the address belongs to somebody else by now', async () => {
    const app = current()
    const owner = await someone(app, 'owner')
    const id = await write(app, owner.user, 'reset')
    const { storage, users } = app.foundation
    const moved = address()
    await storage.write((tx) => users.update(tx, app.organization.id, owner.user.id, { email: { email: moved, key: moved } }))
    await app.addPerson({ email: owner.user.email })
    expect((await open(await as(app, 'administrator'), id)).body).toContain('Only an owner may open it')
    expect((await open(await as(app, 'owner'), id)).body).toContain('/invitation/')
  })

  it('SEC-69 a code to an address that is nobody’s counts as an owner’s', async () => {
    const app = current()
    const recipient = address()
    await app.foundation.storage.write((tx) => app.foundation.letters.mail(tx, {
      template: 'email-change-code', to: { organizationId: app.organization.id, email: recipient, givenName: 'Ada', locale: null }, expiresAt: app.foundation.clock.now() + 600_000,
      model: { code: '042137', ip: '192.0.2.7', device: 'Firefox', minutes: 10 },
    }))
    const id = await latestTo(app, recipient)
    expect((await open(await as(app, 'administrator'), id)).body).not.toContain('042137')
    expect((await open(await as(app, 'owner'), id)).body).toContain('042137')
  })

  it('SEC-71 SEC-73 it asks for a fresh proof, and is not found from another organization', async () => {
    const app = current()
    const id = await write(app, (await someone(app)).user, 'invitation')
    expect((await open(await as(app, 'owner', { fresh: false }), id)).path).toMatch(/^\/signin\//)
    const other = await app.addOrganization('Difference Engines')
    const stranger = await app.signedIn(await app.addPerson({ email: `babbage${++count}@example.net`, organization: other, role: 'owner' }))
    expect((await open(stranger, id)).status).toBe(404)
    expect((await stranger.get('/admin/settings/outbox')).body).toContain('Nothing has been sent yet')
  })

  it('what has run out shows as expired and cannot be opened', async () => {
    const app = current()
    const { user } = await someone(app)
    const id = await write(app, user, 'invitation')
    app.advance(8 * 86_400_000)
    const browser = await as(app, 'owner')
    expect((await browser.get('/admin/settings/outbox?state=expired')).body).toContain(user.email)
    expect((await browser.get('/admin/settings/outbox?state=waiting')).body).not.toContain(user.email)
    expect((await open(browser, id)).body).toContain('has left, has expired')
  })
})

withApp('mail and SMS with a server', (current) => {
  it('S124 the test mail goes to who asks for it, is written down, and not more than ten times in ten minutes', async () => {
    const app = current()
    const administrator = await someone(app, 'administrator')
    const browser = await app.signedIn(administrator)
    await browser.get('/admin/settings/mail')
    const answer = await browser.post('/admin/settings/mail/test', { email: 'stranger@example.net' })
    expect(answer.body).toContain(`The test mail to ${administrator.user.email} is on its way`)
    const { messages } = await app.foundation.outbox.list({ organizationId: app.organization.id, limit: 50 })
    expect(messages.filter((message) => message.template === 'test-mail')).toMatchObject([{ recipient: administrator.user.email, priority: 'urgent' }])
    expect(await newest(app, 'settings.test_mail_sent')).toMatchObject({ actor: { id: administrator.user.id } })
    const csrf = browser.csrf()
    const statuses: number[] = []
    for (let index = 0; index < 10; index++) statuses.push((await browser.post('/admin/settings/mail/test', { csrf }, { follow: false })).status)
    expect(statuses).toEqual([...Array.from({ length: 9 }, () => 303), 429])
  })

  it('SEC-69 nobody opens a message, not even an owner', async () => {
    const app = current()
    const { user } = await someone(app)
    await app.foundation.storage.write((tx) => app.foundation.invite(tx, { organization: app.organization, user, purpose: 'invitation', note: '', createdBy: null }))
    const id = (await app.foundation.outbox.list({ limit: 1 })).messages[0]?.id ?? ''
    const browser = await as(app, 'owner')
    expect((await browser.get('/admin/settings/outbox')).body).not.toContain(`/admin/settings/outbox/${id}`)
    expect((await browser.get(`/admin/settings/outbox/${id}`)).status).toBe(404)
  })

  it('S28 SEC-58 codes by SMS are switched on only after the page has said what they are', async () => {
    const app = current()
    const browser = await as(app, 'administrator')
    expect((await browser.get('/admin/settings/sign-in')).body).toContain('SMS is a restricted method')
    const asked = await change(browser, { ...ways, sms_code: 'yes' })
    expect(asked.body).toContain('numbers can be taken over')
    expect((await settingsOf(app)).settings.methods.smsCode).toBe(false)
    await confirm(browser, asked)
    expect((await settingsOf(app)).settings.methods.smsCode).toBe(true)
  })
}, { DOORWARD_SMTP_URL: 'smtp://127.0.0.1:9', DOORWARD_SMTP_ALLOW_PLAIN: 'true', DOORWARD_SMS_URL: 'file:///dev/null' })
