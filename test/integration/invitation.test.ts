import { expect, it } from 'vitest'
import type { Organization, UserRole, UserStatus } from '../../src/directory/index.ts'
import { withApp, type Person } from '../support/app.ts'
import type { Answer } from '../support/browser.ts'
import { askChallenge, askForCode, codeOf, enroll, signInWithKey } from '../support/ceremonies.ts'
import { changeSettings, errorAt, textOf } from '../support/pages.ts'
import { SecurityKey, type Tampering } from '../support/security-key.ts'

let count = 0
const address = (): string => `guest${++count}@example.com`
const roomy = { DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000' }
const names = { given_name: 'Grace', family_name: 'Hopper' }

withApp('invitations', (current) => {
  async function invited(order: { purpose?: 'invitation' | 'reset'; note?: string; role?: UserRole; status?: UserStatus; organization?: Organization; person?: Person } = {}): Promise<{ person: Person; path: string }> {
    const person = order.person ?? await current().addPerson({ email: address(), withKey: false, status: order.status ?? 'new', ...(order.role ? { role: order.role } : {}) })
    const organization = order.organization ?? (await current().foundation.organizations.find(person.user.organizationId)) ?? current().organization
    const { link } = await current().foundation.storage.write((tx) => current().foundation.invite(tx, {
      organization, user: person.user, purpose: order.purpose ?? 'invitation', note: order.note ?? '', createdBy: { id: person.user.id, name: 'Charles Babbage' },
    }))
    return { person, path: link.slice(current().url.length) }
  }

  async function accept(path: string, key = new SecurityKey(current().url), browser = current().browser(), change: Tampering = {}): Promise<Answer> {
    await browser.get(path)
    await browser.post(path, names)
    return enroll(browser, key, { options: `${path}/key/options`, action: `${path}/key` }, change)
  }

  const statusOf = async ({ user }: Person): Promise<string | undefined> => (await current().foundation.users.findById(user.id))?.status
  const isDead = async (path: string): Promise<boolean> => {
    const { status, body } = await current().browser().get(path)
    return status === 404 && textOf(body).includes('This link no longer works')
  }

  it('S97 S98 the mail names the organization, who invites, the note and the end, and has a button and a printed link', async () => {
    const { person, path } = await invited({ note: 'Welcome aboard!\nYour desk is by the window.' })
    const [letter] = await current().letters(person.user.email)
    expect(letter).toMatchObject({ template: 'invitation', subject: 'You are invited to Analytical Engines' })
    for (const content of [letter?.text ?? '', textOf(letter?.html ?? '')]) {
      for (const part of ['Hello Ada,', 'Charles Babbage has given you an account at Analytical Engines.', 'Welcome aboard!', 'Your desk is by the window.', `${current().url}${path}`, 'The link works once, until']) expect(content).toContain(part)
    }
    expect(letter?.html).toMatch(new RegExp(`<a href="${current().url}${path}"[^>]*>Activate</a>`))
    expect(letter?.text).toContain(new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' }).format(current().foundation.clock.now() + 7 * 86_400_000))
  })

  it('S99 S102 SEC-35 the key that is enrolled uses the link up; the account goes from new to pending to active', async () => {
    const { person, path } = await invited()
    const browser = current().browser()
    expect(textOf((await browser.get(path)).body)).toContain(`Welcome to Analytical Engines Your account ${person.user.email} is ready. Check your name, then add a security key.`)
    expect(await statusOf(person)).toBe('new')
    expect((await browser.post(path, names)).path).toBe(`${path}/key`)
    expect(await statusOf(person)).toBe('pending')
    const key = new SecurityKey(current().url)
    const done = await enroll(browser, key, { options: `${path}/key/options`, action: `${path}/key` })
    expect(done.path).toBe('/security/recovery-codes')
    expect(await statusOf(person)).toBe('active')
    expect(await current().foundation.users.findById(person.user.id)).toMatchObject({ name: 'Grace Hopper', emailVerified: true, passkeys: 1 })
    expect(await isDead(path)).toBe(true)
    expect((await signInWithKey(current().browser(), key)).path).toBe('/')
    const { events } = await current().foundation.audit.list({ organizationId: person.user.organizationId, userId: person.user.id, limit: 10 })
    expect(events.map(({ action }) => action)).toEqual(expect.arrayContaining(['invitation.opened', 'invitation.accepted', 'passkey.added', 'session.opened']))
  })

  it('S99 mail scanners that look at the link, with GET or HEAD, do not use it up', async () => {
    const { person, path } = await invited()
    for (const page of [path, `${path}/key`]) {
      for (let look = 0; look < 3; look++) {
        const scanner = current().browser('Mozilla/5.0 (compatible; LinkScanner)')
        expect((await scanner.get(page)).status).toBe(200)
        expect((await scanner.head(page)).status).toBe(200)
      }
    }
    expect(await statusOf(person)).toBe('new')
    expect((await accept(path)).path).toBe('/security/recovery-codes')
  })

  it('S99 of two who finish at the same time with one link one is let in', async () => {
    const { person, path } = await invited()
    const rivals = await Promise.all([1, 2, 3, 4].map(async () => {
      const browser = current().browser()
      await browser.get(`${path}/key`)
      const { challengeId, options } = await askChallenge(browser, `${path}/key/options`)
      return () => browser.post(`${path}/key`, { challenge_id: challengeId, response: new SecurityKey(current().url).register(options), transports: 'usb' }, { follow: false })
    }))
    const statuses = (await Promise.all(rivals.map((finish) => finish()))).map(({ status }) => status)
    expect(statuses.toSorted((a, b) => a - b)).toEqual([303, 404, 404, 404])
    expect((await current().foundation.users.findById(person.user.id))?.passkeys).toBe(1)
  })

  it('S99 the link ends after the days that the organization sets', async () => {
    await changeSettings(current(), { invitationDays: 2 })
    const { path } = await invited()
    await changeSettings(current(), { invitationDays: 7 })
    current().advance(2 * 86_400_000 - 1_000)
    expect((await current().browser().get(path)).status).toBe(200)
    current().advance(1_000)
    expect(await isDead(path)).toBe(true)
  })

  it('S99 a link that was sent again or cancelled no longer works', async () => {
    const { person, path } = await invited()
    const again = await invited({ person })
    expect(await isDead(path)).toBe(true)
    expect((await current().browser().get(again.path)).status).toBe(200)
    await current().foundation.storage.write((tx) => current().foundation.invitations.cancel(tx, person.user.organizationId, person.user.id))
    expect(await isDead(again.path)).toBe(true)
    expect(await statusOf(person)).toBe('new')
  })

  it.each([['suspended', 'suspend'], ['deleted', 'remove']] as const)('S1 S99 the link of someone who was %s meanwhile lets nobody in', async (_status, act) => {
    const { person, path } = await invited()
    const browser = current().browser()
    await browser.get(`${path}/key`)
    const { challengeId, options } = await askChallenge(browser, `${path}/key/options`)
    await current().app.parts.personAccess[act]({ organizationId: person.user.organizationId, id: person.user.id }, () => Promise.resolve())
    const answer = await browser.post(`${path}/key`, { challenge_id: challengeId, response: new SecurityKey(current().url).register(options), transports: 'usb' })
    expect(answer.status).toBe(404)
    expect(await isDead(path)).toBe(true)
    expect((await browser.get('/')).path).toMatch(/^\/signin\//)
  })

  it('SEC-66 whoever was signed in in this browser is signed out, once the guest is in', async () => {
    const host = await current().addPerson({ email: address(), givenName: 'Hosted', familyName: 'Herself' })
    const { person, path } = await invited()
    const browser = await current().signedIn(host)
    const before = browser.cookies.get('__Host-doorward') ?? ''
    await browser.get(path)
    await browser.post(path, names)
    expect(textOf((await browser.get('/profile')).body)).toContain('Hosted Herself')
    await browser.get(`${path}/key`)
    await enroll(browser, new SecurityKey(current().url), { options: `${path}/key/options`, action: `${path}/key` })
    expect(textOf((await browser.get('/profile')).body)).toContain(person.user.email)
    const stolen = current().browser()
    stolen.cookies.set('__Host-doorward', before)
    expect((await stolen.get('/profile')).path).toMatch(/^\/signin\//)
  })

  it('SEC-66 a link that is over leaves the session of this browser alone', async () => {
    const { path } = await invited()
    const browser = await current().signedIn(await current().addPerson({ email: address() }))
    await browser.get(`${path}/key`)
    const { challengeId, options } = await askChallenge(browser, `${path}/key/options`)
    await accept(path)
    expect((await browser.post(`${path}/key`, { challenge_id: challengeId, response: new SecurityKey(current().url).register(options), transports: 'usb' })).status).toBe(404)
    expect((await browser.get('/profile')).path).toBe('/profile')
  })

  it('S51 S99 someone without a key at hand skips, is in, and comes back with a code', async () => {
    const { person, path } = await invited()
    const browser = current().browser()
    await browser.get(path)
    expect(textOf((await browser.post(path, names)).body)).toContain('Skip for now')
    const skipped = await browser.post(`${path}/skip`)
    expect(skipped.path).toBe('/')
    expect(textOf(skipped.body)).toContain('Add a security key when you have one')
    expect(await statusOf(person)).toBe('active')
    expect(await isDead(path)).toBe(true)
    const later = current().browser()
    const { signIn } = await askForCode(later, person.user.email)
    expect((await later.post(`${signIn}/code`, { code: codeOf((await current().letters(person.user.email)).at(-1)) })).path).toBe('/')
  })

  it.each(['helpdesk', 'administrator', 'owner'] as const)('S99 SEC-59 the role %s cannot skip the key', async (role) => {
    const { person, path } = await invited({ role })
    const browser = current().browser()
    await browser.get(path)
    expect(textOf((await browser.post(path, names)).body)).not.toContain('Skip for now')
    expect((await browser.post(`${path}/skip`)).path).toBe(`${path}/key`)
    expect(await statusOf(person)).toBe('pending')
  })

  it('S99 nobody skips where codes are off: they could not come back', async () => {
    await changeSettings(current(), { methods: { emailCode: false } })
    const { person, path } = await invited()
    const browser = current().browser()
    await browser.get(path)
    const page = await browser.post(path, names)
    const skipped = await browser.post(`${path}/skip`)
    await changeSettings(current(), { methods: { emailCode: true } })
    expect(textOf(page.body)).not.toContain('Skip for now')
    expect(skipped.path).toBe(`${path}/key`)
    expect(await statusOf(person)).toBe('pending')
  })

  it('S99 both names are asked for at their fields; those of a directory stand fast', async () => {
    const { person, path } = await invited()
    const browser = current().browser()
    await browser.get(path)
    const refused = await browser.post(path, { given_name: '', family_name: '\u202eevil' })
    expect(refused.status).toBe(422)
    expect(errorAt(refused.body, 'given_name')).toBe('Enter your first name, at most 100 characters, without < > or invisible characters')
    expect(errorAt(refused.body, 'family_name')).toBe('Enter your last name, at most 100 characters, without < > or invisible characters')
    await current().foundation.storage.write((tx) => tx.run(`UPDATE users SET managed_by = 'ldap' WHERE id = ?`, [person.user.id]))
    expect((await browser.get(path)).body).not.toContain('name="given_name"')
    expect((await browser.post(path, names)).path).toBe(`${path}/key`)
    expect((await current().foundation.users.findById(person.user.id))?.name).toBe('Ada Lovelace')
  })

  it('a key that is registered already is refused, by its name to its owner only', async () => {
    const host = await current().addPerson({ email: address() })
    const { storage } = current().foundation
    const [suspended] = await current().app.parts.passkeys.list(storage.read, host.user.id)
    await storage.write((tx) => current().app.parts.passkeys.setSuspended(tx, host.user.organizationId, host.user.id, suspended?.id ?? '', true))
    const again = await invited({ person: host })
    const own = await accept(again.path, host.key as SecurityKey)
    expect(own.status).toBe(422)
    expect(textOf(own.body)).toContain('This key is already registered. It is registered as Security key .')
    const { person, path } = await invited()
    const foreign = await accept(path, host.key as SecurityKey)
    expect(textOf(foreign.body)).toContain('This key is already registered.')
    expect(textOf(foreign.body)).not.toContain('It is registered as')
    expect(await statusOf(person)).toBe('pending')
    expect((await accept(path)).path).toBe('/security/recovery-codes')
  })

  it('SEC-60 after a reset the link gives a new start, in its own words', async () => {
    const person = await current().addPerson({ email: address() })
    await current().app.parts.personAccess.reset({ organizationId: person.user.organizationId, id: person.user.id }, () => Promise.resolve())
    const { path } = await invited({ purpose: 'reset', person })
    expect((await current().letters(person.user.email)).at(-1)).toMatchObject({ template: 'access-reset', subject: 'A new start for your account at Analytical Engines' })
    expect(textOf((await current().browser().get(path)).body)).toContain('A new start for your account')
    expect((await signInWithKey(current().browser(), person.key as SecurityKey)).status).toBe(422)
    expect((await accept(path)).path).toBe('/security/recovery-codes')
  })

  it('SEC-37 a link to a new start is over once the person has a key again, on every one of its pages', async () => {
    const person = await current().addPerson({ email: address(), withKey: false })
    const { path } = await invited({ purpose: 'reset', person })
    const guest = current().browser()
    await guest.get(path)
    await guest.post(path, names)
    const { challengeId, options } = await askChallenge(guest, `${path}/key/options`)
    const owner = await current().signedIn(person)
    await owner.get('/security/keys/new')
    const key = new SecurityKey(current().url)
    expect((await enroll(owner, key, { options: '/security/keys/new/options', action: '/security/keys' })).path).toMatch(/\/edit/)
    const late = await guest.post(`${path}/key`, { challenge_id: challengeId, response: new SecurityKey(current().url).register(options), transports: 'usb' })
    expect(late.status).toBe(404)
    expect((await guest.post(`${path}/skip`)).status).toBe(404)
    expect(await isDead(path)).toBe(true)
    expect((await current().foundation.users.findById(person.user.id))?.passkeys).toBe(1)
    expect((await signInWithKey(current().browser(), key)).path).toBe('/')
  })

  it('SEC-35 a link in the old mailbox is over once the person has another address', async () => {
    const person = await current().addPerson({ email: address(), withKey: false })
    const { path } = await invited({ purpose: 'reset', person })
    const panel = await current().signedIn(person)
    const email = address()
    await panel.get('/profile/email')
    const asked = await panel.post('/profile/email', { value: email })
    expect((await current().browser().get(path)).status).toBe(200)
    expect((await panel.post(asked.path, { code: codeOf((await current().letters(email)).at(-1)) })).path).toBe('/profile')
    expect(await isDead(path)).toBe(true)
  })

  it('S127 SEC-84 the token is in the mail only', async () => {
    const { path } = await invited()
    const token = path.slice('/invitation/'.length)
    expect(token).toMatch(/^[\w-]{43}$/)
    await accept(path)
    expect(JSON.stringify(await current().foundation.storage.read.all('SELECT * FROM invitations'))).not.toContain(token)
    expect(current().logLines.join('\n')).not.toContain(token)
  })
}, roomy)
