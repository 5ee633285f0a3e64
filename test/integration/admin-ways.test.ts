import { expect, it } from 'vitest'
import { countReach } from '../../src/directory/index.ts'
import { withApp, type Person } from '../support/app.ts'
import type { Browser } from '../support/browser.ts'
import { changeSettings, textOf } from '../support/pages.ts'
import { codeNow, giveAuthenticator, givePassword, nameAddress } from '../support/ways.ts'

const password = 'seven quiet otters swim'
let count = 0

withApp('other ways in, for administrators', (current) => {
  const someone = (more: Partial<Parameters<ReturnType<typeof current>['addPerson']>[0]> = {}): Promise<Person> => current().addPerson({ email: `person${++count}@example.com`, withKey: false, ...more })
  const as = async (role: 'helpdesk' | 'administrator' | 'owner', options = {}): Promise<Browser> => current().signedIn(await someone({ role, withKey: true }), options)
  const newest = async ({ user }: Person) => (await current().foundation.audit.list({ organizationId: user.organizationId, userId: user.id, limit: 1 })).events[0]
  const usePassword = async ({ user }: Person): Promise<string> => {
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, user.email)
    return (await browser.post(`${signIn}/password`, { password })).path.replace(signIn, '')
  }

  it('the help desk gives a pass that is shown once, listed, told by mail and taken back', async () => {
    await changeSettings(current(), { methods: { accessPass: true } })
    const person = await someone()
    const browser = await as('helpdesk')
    const page = `/admin/users/${person.user.id}`
    expect(textOf((await browser.get(page)).body)).toContain('Give an access pass')
    expect(textOf((await browser.get(`${page}/access-pass`)).body)).toContain('Make sure that you really speak with this person')
    const shown = await browser.post(`${page}/access-pass`, { uses: 'once', minutes: '10' })
    const pass = /id="pass">([0-9A-Z-]{19})</.exec(shown.body)?.[1] ?? ''
    expect([shown.status, pass.length]).toEqual([200, 19])
    expect(await newest(person)).toMatchObject({ action: 'access_pass.issued', details: { once: true, minutes: 10 } })
    expect((await current().letters(person.user.email)).at(-1)?.text).toContain('an access pass was issued for your account')
    const listed = (await browser.get(page)).body
    expect(textOf(listed)).toMatch(/Access pass For one use · Good until .* given by Ada Lovelace/)
    expect(listed).not.toContain(pass)

    const theirs = current().browser()
    const { signIn } = await nameAddress(theirs, person.user.email)
    expect((await browser.post(`${page}/access-pass/revocation`)).path).toBe(page)
    expect((await theirs.get(`${signIn}/access-pass`)).status).toBe(200)
    expect((await theirs.post(`${signIn}/access-pass`, { pass })).status).toBe(422)
    expect(await newest(person)).toMatchObject({ action: 'signin.refused', details: { reason: 'access_pass_wrong' } })
    await browser.get(page)
    const second = /id="pass">([0-9A-Z-]{19})</.exec((await browser.post(`${page}/access-pass`, { uses: 'many', minutes: '480' })).body)?.[1] ?? ''
    expect((await theirs.post(`${signIn}/access-pass`, { pass: second })).path).toBe('/security/keys/new')
    await changeSettings(current(), { methods: { accessPass: false } })
  })

  it('SEC-37 SEC-59 SEC-69 no pass for key holders, administrators, oneself, where it is off, or from anybody without the right', async () => {
    const person = await someone()
    const helpdesk = await as('helpdesk')
    const giveTo = async (browser: Browser, { user }: Person): Promise<string> => {
      await browser.get(`/admin/users/${user.id}`)
      const answer = await browser.post(`/admin/users/${user.id}/access-pass`, { uses: 'once', minutes: '10' })
      return answer.body.includes('id="pass"') ? 'given' : `${answer.status} ${/notice--warning" role="status"><p>([^<]*)/.exec(answer.body)?.[1] ?? ''}`
    }
    expect(await giveTo(helpdesk, person)).toContain('Access passes are switched off for this person.')
    await changeSettings(current(), { methods: { accessPass: true } })
    expect(await giveTo(helpdesk, await someone({ withKey: true }))).toContain('This person has a security key')
    expect(await giveTo(helpdesk, await someone({ role: 'administrator' }))).toMatch(/^403/)
    expect(await giveTo(await as('owner'), await someone({ role: 'helpdesk' }))).toContain('get no pass')
    const myself = await someone({ role: 'helpdesk', withKey: true })
    expect(await giveTo(await current().signedIn(myself), myself)).toContain('That is your own account.')
    const other = await current().addOrganization('Navy')
    expect(await giveTo(helpdesk, await someone({ organization: other }))).toMatch(/^404/)
    const stale = await as('helpdesk', { fresh: false })
    await stale.get(`/admin/users/${person.user.id}`)
    expect((await stale.post(`/admin/users/${person.user.id}/access-pass`, { uses: 'once' })).path).toMatch(/^\/signin\//)
    const nobody = await current().signedIn(await someone({ withKey: true }))
    await nobody.get('/profile')
    expect((await nobody.post(`/admin/users/${person.user.id}/access-pass`, { uses: 'once' })).status).toBe(403)
    expect(await current().app.parts.accessPasses.current(person.user)).toBeUndefined()
    expect(await giveTo(helpdesk, person)).toBe('given')
    await changeSettings(current(), { methods: { accessPass: false } })
  })

  it('takes a password and an app away, signs the person out with it, and never sets one', async () => {
    await changeSettings(current(), { methods: { password: true, totp: true } })
    const person = await someone()
    await givePassword(current(), person.user, password)
    const seed = await giveAuthenticator(current(), person.user)
    const theirs = current().browser()
    const { signIn } = await nameAddress(theirs, person.user.email)
    await theirs.post(`${signIn}/password`, { password })
    expect((await theirs.post(`${signIn}/totp`, { code: codeNow(current(), seed) })).path).toBe('/')
    const browser = await as('helpdesk')
    const page = `/admin/users/${person.user.id}`
    expect(textOf((await browser.get(page)).body)).toMatch(/Other ways in Password Set .* Phone Authenticator app/)
    const [app] = await current().app.parts.authenticators.list(current().foundation.storage.read, person.user.id)
    expect(textOf((await browser.get(`${page}/authenticators/${app?.id}/removal`)).body)).toContain('The codes of Phone will no longer be accepted, nor asked for.')
    expect((await browser.post(`${page}/authenticators/${app?.id}/removal`)).path).toBe(page)
    expect((await theirs.get('/profile')).path).toMatch(/^\/signin\//)
    expect(await newest(person)).toMatchObject({ action: 'authenticator.removed' })
    expect(await usePassword(person)).toBe('/')
    await browser.get(`${page}/password/removal`)
    expect((await browser.post(`${page}/password/removal`)).path).toBe(page)
    expect((await browser.get(`${page}/password/removal`)).status).toBe(404)
    expect(await newest(person)).toMatchObject({ action: 'password.removed' })
    expect(await usePassword(person)).toBe('/password')
    expect((await current().letters(person.user.email)).filter(({ template }) => template === 'way-changed').map(({ text }) => text.includes('Done by Ada Lovelace'))).toEqual([true, true])
    expect(current().app.routes.filter(({ path }) => /^\/admin\/.*password/.test(path)).map(({ path }) => path)).toEqual(['/admin/users/:id/password/removal', '/admin/users/:id/password/removal'])
    await changeSettings(current(), { methods: { password: false, totp: false } })
  })

  it('a group gives its people ways that the others do not have, added up over groups, and takes none away', async () => {
    const { groups, storage, groupMethods } = current().foundation
    const [inside, outside] = [await someone(), await someone()]
    for (const { user } of [inside, outside]) await givePassword(current(), user, password)
    const group = await storage.write((tx) => groups.create(tx, current().organization.id, { name: 'Warehouse', description: '' }))
    const second = await storage.write((tx) => groups.create(tx, current().organization.id, { name: 'Night shift', description: '' }))
    for (const id of [group, second]) await storage.write((tx) => groups.addMember(tx, current().organization.id, id, inside.user.id))
    expect([await usePassword(inside), await usePassword(outside)]).toEqual(['', ''])

    const browser = await as('administrator')
    expect(textOf((await browser.get(`/admin/groups/${group}`)).body)).toContain('The same as for the whole organization.')
    await browser.get(`/admin/groups/${group}/methods`)
    expect((await browser.post(`/admin/groups/${group}/methods`, { password: 'yes' })).path).toBe(`/admin/groups/${group}`)
    expect(textOf(browser.page)).toMatch(/Ways to sign in of this group Edit .* Passwords/)
    const { events } = await current().foundation.audit.list({ organizationId: current().organization.id, limit: 1 })
    expect(events[0]).toMatchObject({ action: 'group.methods_changed', target: { name: 'Warehouse' }, details: { 'password.before': false, 'password.after': true } })
    // Both get the same page, and only one is let in (SEC-54).
    expect([await usePassword(inside), await usePassword(outside)]).toEqual(['/', '/password'])

    await browser.get(`/admin/groups/${second}/methods`)
    await browser.post(`/admin/groups/${second}/methods`, { totp: 'yes' })
    expect((await groupMethods.settings(current().organization.id, inside.user.id)).settings.methods).toMatchObject({ password: true, totp: true, accessPass: false })
    expect((await groupMethods.settings(current().organization.id, outside.user.id)).settings.methods).toMatchObject({ password: false, totp: false })
    await changeSettings(current(), { methods: { password: true } })
    await browser.get(`/admin/groups/${group}/methods`)
    await browser.post(`/admin/groups/${group}/methods`, {})
    expect(await usePassword(inside)).toBe('/')
    await changeSettings(current(), { methods: { password: false } })
    expect(await usePassword(inside)).not.toBe('/')
    await browser.get(`/admin/groups/${second}/deletion`)
    await browser.post(`/admin/groups/${second}/deletion`)
    expect((await groupMethods.settings(current().organization.id, inside.user.id)).settings.methods).toMatchObject({ totp: false })
  })

  it('SEC-73 SEC-69 ways of a group are for administrators of its own organization, and asked for freshly', async () => {
    const { groups, storage, groupMethods } = current().foundation
    const navy = await current().addOrganization('Other navy')
    const [ours, theirs] = [await storage.write((tx) => groups.create(tx, current().organization.id, { name: 'Ours', description: '' })), await storage.write((tx) => groups.create(tx, navy.id, { name: 'Theirs', description: '' }))]
    const administrator = await as('administrator')
    await administrator.get(`/admin/groups/${ours}`)
    expect((await administrator.post(`/admin/groups/${theirs}/methods`, { password: 'yes' })).status).toBe(404)
    const helpdesk = await as('helpdesk')
    await helpdesk.get(`/admin/users`)
    expect((await helpdesk.post(`/admin/groups/${ours}/methods`, { password: 'yes' })).status).toBe(403)
    const stale = await as('administrator', { fresh: false })
    await stale.get(`/admin/groups/${ours}`)
    expect((await stale.post(`/admin/groups/${ours}/methods`, { password: 'yes' })).path).toMatch(/^\/signin\//)
    for (const [organization, group] of [[current().organization, ours], [navy, theirs]] as const) expect(await groupMethods.ofGroup(organization.id, group)).toEqual({ password: false, totp: false, accessPass: false, passwordEnrolsFirstKey: false })
  })

  it('whoever has a password or an app is not counted as locked out while that way stays on', async () => {
    const navy = await current().addOrganization('Counted navy')
    const people = [await someone({ organization: navy }), await someone({ organization: navy }), await someone({ organization: navy }), await someone({ organization: navy, role: 'helpdesk' })]
    const [withPassword, withApp, fromDirectory, desk] = people
    for (const person of [withPassword, desk]) if (person) await givePassword(current(), person.user, password)
    if (withApp) await giveAuthenticator(current(), withApp.user)
    await current().foundation.storage.execute(`UPDATE users SET managed_by = 'a directory' WHERE id = ? RETURNING id`, [fromDirectory?.user.id ?? ''])
    const before = navy.settings.methods
    const lockedOut = async (more: Partial<typeof before>): Promise<number> => (await countReach(current().foundation.storage.read, navy.id, { ...before, ...more }, { ...before, emailCode: false, recoveryCodes: false, ...more })).lockedOut
    expect([await lockedOut({}), await lockedOut({ password: true }), await lockedOut({ totp: true }), await lockedOut({ password: true, totp: true })]).toEqual([3, 1, 2, 0])
  })

  it('the settings switch each way on for everybody, after naming what it means', async () => {
    const browser = await as('owner')
    await browser.get('/admin/settings/sign-in')
    const asked = await browser.post('/admin/settings/sign-in', {
      email_code: 'yes', recovery_codes: 'yes', password: 'yes', totp: 'yes', access_pass: 'yes', password_enrols_first_key: 'yes', user_verification: 'required', idle_minutes: '60', absolute_hours: '12', invitation_days: '7',
    })
    expect(textOf(asked.body)).toContain('Passwords can be phished and guessed.')
    expect(textOf(asked.body)).toContain('The help desk can let people without a key in.')
    const fields = Object.fromEntries([...asked.body.matchAll(/<input type="hidden" name="([a-z_]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]).filter(([name]) => name !== 'csrf'))
    await browser.post('/admin/settings/sign-in/confirmation', fields)
    expect(textOf(browser.page)).toMatch(/Passwords\s+On/)
    expect((await current().foundation.organizations.find(current().organization.id))?.settings.methods).toMatchObject({ password: true, totp: true, accessPass: true, passwordEnrolsFirstKey: true })
  })
}, { DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000' })
