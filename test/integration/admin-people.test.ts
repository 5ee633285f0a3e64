import { expect, it } from 'vitest'
import type { UserRole } from '../../src/directory/index.ts'
import { withApp, type NewPerson, type Person, type TestApp } from '../support/app.ts'
import type { Browser } from '../support/browser.ts'
import { enroll, signInWithKey } from '../support/ceremonies.ts'
import { SecurityKey } from '../support/security-key.ts'

let count = 0
const address = (name = 'grace'): string => `${name}${++count}@example.com`

withApp('the administration of people', (current) => {
  const add = (role: UserRole, change: Partial<NewPerson> = {}): Promise<Person> => current().addPerson({ email: address(), givenName: 'Grace', familyName: 'Hopper', role, ...change })
  const reload = async ({ user }: Person) => current().foundation.users.find(user.organizationId, user.id)
  const links = async (email: string): Promise<string[]> => (await current().letters(email)).flatMap(({ text }) => /\/invitation\/[\w-]{43}/.exec(text)?.[0] ?? [])
  /** The newest events of the organization, newest first. */
  const events = async (app: TestApp = current()) => (await app.foundation.audit.list({ organizationId: app.organization.id, limit: 20 })).events

  /** Somebody at a browser whose posts carry its token, whatever page it shows: a 403 is then never one of the form's. */
  async function seat(person: Person, options: { fresh?: boolean } = {}): Promise<Pick<Browser, 'get' | 'post'>> {
    const browser = await current().signedIn(person, options)
    await browser.get('/profile/name')
    const csrf = browser.csrf()
    return { get: browser.get.bind(browser), post: (path, fields = {}, how = {}) => browser.post(path, { csrf, ...fields }, how) }
  }
  const admin = async (role: UserRole = 'administrator') => seat(await add(role))
  const page = ({ user }: Person): string => `/admin/users/${user.id}`
  const invite = (browser: Pick<Browser, 'post'>, fields: Readonly<Record<string, string | readonly string[]>>) => browser.post('/admin/users/new', fields)
  const nextOf = (body: string): string | undefined => /rel="next" href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')
  const idOf = (path: string): string => path.split('/').at(-1) ?? ''

  it('S99 S102 S121 S128 an invited person goes from New over Pending to Active with a key', async () => {
    const browser = await admin()
    const email = address('katherine')
    const answer = await invite(browser, { email, given_name: 'Katherine', family_name: 'Johnson', role: 'user', note: 'For the wiki.' })
    expect(answer.path).toMatch(/^\/admin\/users\/[\w-]{22}$/)
    expect(answer.body).toContain('The mail waits in the outbox')
    const row = async () => (await browser.get(`/admin/users?text=${email}`)).body
    expect(await row()).toMatch(/New<\/span>[^]*No key/)
    const [letter] = await current().letters(email)
    expect(letter?.text).toContain('For the wiki.')
    expect(answer.body).not.toMatch(/\/invitation\/[\w-]{43}/)

    const guest = current().browser()
    const [link = ''] = await links(email)
    await guest.get(link)
    await guest.post(link, { given_name: 'Katherine', family_name: 'Johnson' })
    expect(await row()).toMatch(/Pending<\/span>[^]*No key/)
    expect((await browser.get(answer.path)).body).toContain('It was opened on')
    await enroll(guest, new SecurityKey(current().url), { options: `${link}/key/options`, action: `${link}/key` })
    expect(await row()).toMatch(/Active<\/span>[^]*1 key/)
    const event = (await events()).find(({ action }) => action === 'user.invited')
    expect(event).toMatchObject({ userId: idOf(answer.path), target: { kind: 'user', name: email }, details: { role: 'user' } })
  })

  it('SEC-54 SEC-73 says the same of an address that is taken here and in another organization', async () => {
    const browser = await admin()
    const here = await add('user')
    const there = await current().addPerson({ email: address('edsger'), organization: await current().addOrganization(`Elsewhere ${++count}`) })
    const bodies = await Promise.all([here, there].map(async ({ user }) => {
      const answer = await browser.post('/admin/users/new', { email: user.email.toUpperCase().replace('@EXAMPLE.COM', '@example.com'), role: 'user' })
      expect(answer.status).toBe(422)
      return answer.body.replaceAll(new RegExp(user.email, 'gi'), '')
    }))
    expect(bodies[0]).toBe(bodies[1])
    expect(bodies[0]).toContain('This address already has an account on this server')
  })

  it('S99 sending again ends the link before, and cancelling ends them all', async () => {
    const browser = await admin()
    const email = address()
    const { path } = await invite(browser, { email, role: 'user', note: 'For the wiki.' })
    await browser.post(`${path}/invitation`)
    const [first = '', second = ''] = await links(email)
    expect((await current().browser().get(first)).status).toBe(404)
    expect((await current().browser().get(second)).body).toContain('For the wiki.')
    expect((await browser.post(`${path}/invitation/cancellation`)).body).toContain('The link no longer works.')
    expect((await current().browser().get(second)).status).toBe(404)
    expect((await events()).slice(0, 2).map(({ action }) => action)).toEqual(['user.invitation_cancelled', 'user.reinvited'])
  })

  it('SEC-69 help desk invites users, and can give neither roles nor groups', async () => {
    const browser = await admin('helpdesk')
    const { storage, groups } = current().foundation
    const group = await storage.write((tx) => groups.create(tx, current().organization.id, { name: `Finance ${++count}`, description: '' }))
    for (const escalation of [{ role: 'administrator' }, { role: 'owner' }, { role: 'helpdesk' }, { role: 'user', group }]) {
      const email = address()
      expect((await invite(browser, { email, ...escalation })).status).toBe(403)
      expect(await current().foundation.users.findByEmailKey(email)).toBeUndefined()
    }
    const email = address()
    expect((await invite(browser, { email, role: 'user' })).status).toBe(200)
    expect(await current().foundation.users.findByEmailKey(email)).toMatchObject({ role: 'user', status: 'new' })
  })

  it('SEC-69 an administrator invites administrators, not owners', async () => {
    const browser = await admin()
    const email = address()
    expect((await invite(browser, { email, role: 'owner' })).status).toBe(403)
    await invite(browser, { email, role: 'administrator' })
    expect(await current().foundation.users.findByEmailKey(email)).toMatchObject({ role: 'administrator' })
  })

  it('names the field that is wrong and keeps what was typed', async () => {
    const browser = await admin()
    const answer = await invite(browser, { email: 'no address', given_name: '<script>', note: 'x'.repeat(501), role: 'user' })
    expect(answer.status).toBe(422)
    expect(answer.body).toContain('<a href="#email">')
    expect(answer.body).toContain('<a href="#given_name">')
    expect(answer.body).toContain('<a href="#note">')
    expect(answer.body).toContain('value="no address"')
    expect(answer.body).toContain('&lt;script&gt;')
  })

  it('SEC-55 an organization sends 500 invitations an hour and no more', async () => {
    const place = await current().addOrganization(`Mailers ${++count}`)
    const browser = await seat(await current().addPerson({ email: address(), role: 'administrator', organization: place }))
    const limit = { name: 'admin.invitations', attempts: 500, windowSeconds: 3_600 }
    for (let sent = 0; sent < 499; sent++) await current().app.parts.throttle.count(limit, place.id)
    expect((await invite(browser, { email: address(), role: 'user' })).path).toMatch(/\/admin\/users\/[\w-]{22}$/)
    const email = address()
    const refused = await invite(browser, { email, role: 'user' })
    expect(refused.body).toContain('as many invitations as it may within an hour')
    expect(await current().foundation.users.findByEmailKey(email)).toBeUndefined()
    expect((await invite(await admin(), { email, role: 'user' })).path).toMatch(/\/admin\/users\/[\w-]{22}$/)
  })

  it('SEC-68 S121 a suspended person is signed out with the next request, and back with the same key', async () => {
    const browser = await admin()
    const person = await add('user')
    const theirs = await current().signedIn(person)
    expect((await theirs.get('/')).path).toBe('/')
    expect((await browser.get(`${page(person)}/suspension`)).body).toContain('Every session ends, here and at the applications.')
    const answer = await browser.post(`${page(person)}/suspension`)
    expect(answer.body).toContain('Suspended</span>')
    expect((await theirs.get('/')).path).toMatch(/^\/signin\//)
    expect((await signInWithKey(current().browser(), person.key as SecurityKey)).path).toMatch(/^\/signin\//)
    await browser.post(`${page(person)}/resumption`)
    expect((await signInWithKey(current().browser(), person.key as SecurityKey)).path).toBe('/')
    expect((await events()).filter(({ userId }) => userId === person.user.id).map(({ action }) => action)).toEqual(expect.arrayContaining(['user.resumed', 'user.suspended']))
  })

  it('SEC-68 a reset takes every key, code and session, and sends a link for a new start', async () => {
    const browser = await admin('helpdesk')
    const person = await add('user')
    const { storage } = current().foundation
    const { recoveryCodes } = current().app.parts
    await storage.write((tx) => recoveryCodes.replace(tx, person.user))
    const theirs = await current().signedIn(person)
    expect((await browser.get(`${page(person)}/reset`)).body).toContain('1 security key and all recovery codes stop working.')
    await browser.post(`${page(person)}/reset`)
    expect((await theirs.get('/')).path).toMatch(/^\/signin\//)
    expect(await reload(person)).toMatchObject({ status: 'active', passkeys: 0 })
    expect(await recoveryCodes.left(person.user.id)).toBe(0)
    expect((await signInWithKey(current().browser(), person.key as SecurityKey)).path).toMatch(/^\/signin\//)
    expect((await current().letters(person.user.email)).map(({ template }) => template)).toEqual(['access-reset'])

    const [link = ''] = await links(person.user.email)
    const guest = current().browser()
    await guest.get(link)
    await guest.post(link, { given_name: 'Grace', family_name: 'Hopper' })
    await enroll(guest, new SecurityKey(current().url), { options: `${link}/key/options`, action: `${link}/key` })
    expect(await reload(person)).toMatchObject({ status: 'active', passkeys: 1 })
  })

  it('a reset of a suspended person sends no link, and the account stays closed', async () => {
    const browser = await admin()
    const person = await add('user')
    await browser.post(`${page(person)}/suspension`)
    await browser.post(`${page(person)}/reset`)
    expect(await reload(person)).toMatchObject({ status: 'suspended', passkeys: 0 })
    expect(await current().letters(person.user.email)).toEqual([])
  })

  it('S121 a deleted person is gone, the address is free, and the log still names who it was', async () => {
    const browser = await admin()
    const person = await add('user')
    const theirs = await current().signedIn(person)
    expect((await browser.get(`${page(person)}/deletion`)).body).toContain('The audit log keeps the name')
    expect((await browser.post(`${page(person)}/deletion`)).path).toBe('/admin/users')
    expect((await theirs.get('/')).path).toMatch(/^\/signin\//)
    expect((await browser.get(page(person))).status).toBe(404)
    expect((await events())[0]).toMatchObject({ action: 'user.deleted', target: { id: person.user.id, name: person.user.email }, details: { name: 'Grace Hopper' } })
    expect((await browser.post('/admin/users/new', { email: person.user.email, role: 'user' })).path).toMatch(/\/admin\/users\/[\w-]{22}$/)
  })

  const all = ['suspension', 'reset', 'deletion', 'sessions/removal', 'keys/removal', 'edit']
  const matrix: readonly [UserRole, UserRole, readonly string[]][] = [
    ['helpdesk', 'user', ['reset', 'sessions/removal', 'keys/removal']], ['helpdesk', 'helpdesk', []], ['helpdesk', 'administrator', []], ['helpdesk', 'owner', []],
    ['administrator', 'user', all], ['administrator', 'helpdesk', all], ['administrator', 'administrator', all], ['administrator', 'owner', []],
    ['owner', 'user', all], ['owner', 'helpdesk', all], ['owner', 'administrator', all], ['owner', 'owner', all], ['user', 'user', []],
  ]
  it.each(matrix)('SEC-69 what a %s can do to a %s', async (actor, target, allowed) => {
    const browser = await seat(await add(actor))
    const done: string[] = []
    for (const act of all) {
      const person = await add(target)
      await current().signedIn(person)
      const [key] = await current().app.parts.passkeys.list(current().foundation.storage.read, person.user.id)
      const path = act === 'keys/removal' ? `keys/${key?.id ?? ''}/removal` : act
      const before = await snapshot(person)
      const answer = await browser.post(`${page(person)}/${path}`, act === 'edit' ? { given_name: 'Changed', family_name: 'Hopper', email: person.user.email, role: target } : {}, { follow: false })
      const changed = (await snapshot(person)) !== before
      // Whatever is refused is refused by its status too, and whatever is done leads on.
      expect([answer.status, changed]).toEqual(changed ? [303, true] : [403, false])
      if (changed) done.push(act)
    }
    expect(done).toEqual(allowed)
  })
  const snapshot = async (person: Person): Promise<string> => {
    const { status, role, name, email, passkeys } = (await reload(person)) ?? {}
    return JSON.stringify({ status, role, name, email, passkeys, sessions: (await current().app.parts.sessions.list(person.user.id, '')).length })
  }

  it('SEC-69 an administrator gives roles up to their own, and help desk and users none', async () => {
    const person = await add('user')
    const change = (role: string) => ({ given_name: 'Grace', family_name: 'Hopper', email: person.user.email, role })
    const browser = await admin()
    await browser.post(`${page(person)}/edit`, change('helpdesk'))
    expect(await reload(person)).toMatchObject({ role: 'helpdesk' })
    expect((await browser.post(`${page(person)}/edit`, change('owner'))).status).toBe(403)
    await (await admin('helpdesk')).post(`${page(person)}/edit`, change('user'))
    expect(await reload(person)).toMatchObject({ role: 'helpdesk' })
    await (await admin('owner')).post(`${page(person)}/edit`, change('owner'))
    expect(await reload(person)).toMatchObject({ role: 'owner' })
    expect((await events()).filter(({ action }) => action === 'user.role_changed').slice(0, 2).map(({ details }) => details)).toEqual([
      { 'role.before': 'helpdesk', 'role.after': 'owner' }, { 'role.before': 'user', 'role.after': 'helpdesk' },
    ])
  })

  it('S122 pressing Continue with nobody chosen says so, and leaves the list filtered as it was', async () => {
    const browser = await seat(await add('owner'))
    const answer = await browser.get('/admin/users/bulk?act=suspend', { headers: { referer: `${current().url}/admin/users?text=ada&status=active` } })
    expect(answer.path).toBe('/admin/users?text=ada&status=active')
    expect(answer.body).toContain('Choose at least one person first.')
    expect((await browser.get('/admin/users/bulk?act=suspend', { headers: { referer: 'https://elsewhere.example/admin/users/x?a=b' } })).path).toBe('/admin/users')
  })

  it('SEC-69 nobody suspends, resets, deletes, demotes or readdresses themselves', async () => {
    await add('owner')
    const me = await add('owner')
    const browser = await seat(me)
    const before = await snapshot(me)
    for (const act of ['suspension', 'reset', 'deletion', 'sessions/removal']) {
      expect((await browser.post(`${page(me)}/${act}`)).body).toContain('That is your own account.')
    }
    await browser.post(`${page(me)}/edit`, { given_name: 'Grace', family_name: 'Hopper', email: address('other'), role: 'owner' })
    expect((await browser.post(`${page(me)}/edit`, { given_name: 'Grace', family_name: 'Hopper', role: 'user' })).status).toBe(403)
    expect(await snapshot(me)).toBe(before)
  })

  it('SEC-69 two owners who remove each other at the same moment leave one of them', async () => {
    for (const act of ['suspension', 'deletion', 'edit']) {
      const place = await current().addOrganization(`Twins ${++count}`)
      const twins = [await add('owner', { organization: place }), await add('owner', { organization: place })] as const
      const [first, second] = [await seat(twins[0]), await seat(twins[1])]
      const fields = act === 'edit' ? { given_name: 'Grace', family_name: 'Hopper', role: 'user' } : {}
      const email = (person: Person) => (act === 'edit' ? { email: person.user.email } : {})
      await Promise.all([
        first.post(`${page(twins[1])}/${act}`, { ...fields, ...email(twins[1]) }, { follow: false }), second.post(`${page(twins[0])}/${act}`, { ...fields, ...email(twins[0]) }, { follow: false }),
      ])
      expect(await current().foundation.users.owners(current().foundation.storage.read, place.id)).toBe(1)
    }
  })

  it('SEC-69 someone who has just lost the role cannot act with a page opened before', async () => {
    const actor = await add('administrator')
    const browser = await seat(actor)
    const person = await add('user')
    await browser.get(`${page(person)}/deletion`)
    const { storage, users } = current().foundation
    await storage.write((tx) => users.update(tx, actor.user.organizationId, actor.user.id, { role: 'user' }))
    expect((await browser.post(`${page(person)}/deletion`)).status).toBe(403)
    expect(await reload(person)).toMatchObject({ status: 'active' })
  })

  it('SEC-69 judges by the role that the transaction finds, not by the page before it', async () => {
    const browser = await admin()
    const { storage, users } = current().foundation
    for (const act of ['suspension', 'reset', 'deletion', 'edit', 'sessions/removal']) {
      const person = await add('user')
      await current().signedIn(person)
      const find = users.find
      // Between the look and the act, somebody makes this person an owner.
      users.find = async (organizationId, id, sql) => {
        const found = await find(organizationId, id, sql)
        if (id !== person.user.id || sql !== undefined) return found
        users.find = find
        await storage.write((tx) => users.update(tx, organizationId, person.user.id, { role: 'owner' }))
        return found
      }
      const answer = await browser.post(`${page(person)}/${act}`, { given_name: 'Other', family_name: 'Hopper', email: person.user.email, role: 'user' })
      expect([act, answer.status]).toEqual([act, 403])
      expect(JSON.parse(await snapshot(person))).toMatchObject({ status: 'active', role: 'owner', name: 'Grace Hopper', passkeys: 1, sessions: 1 })
    }
  })

  it('SEC-71 what changes how people sign in asks for the key again', async () => {
    const browser = await seat(await add('administrator'), { fresh: false })
    const person = await add('user')
    const [key] = await current().app.parts.passkeys.list(current().foundation.storage.read, person.user.id)
    for (const path of ['suspension', 'reset', 'deletion', 'edit', `keys/${key?.id ?? ''}/removal`, `keys/${key?.id ?? ''}/suspension`]) {
      const before = await snapshot(person)
      expect((await browser.get(`${page(person)}/${path}`)).path).toMatch(/^\/signin\//)
      expect((await browser.post(`${page(person)}/${path}`)).path).toMatch(/^\/signin\//)
      expect(await snapshot(person)).toBe(before)
    }
  })

  it('SEC-73 ids of another organization and unknown ids look alike, on every page of people and groups', async () => {
    const place = await current().addOrganization(`Elsewhere ${++count}`)
    const stranger = await add('user', { organization: place })
    await current().signedIn(stranger)
    const { storage, groups, users } = current().foundation
    const group = await storage.write((tx) => groups.create(tx, place.id, { name: 'Theirs', description: '' }))
    await storage.write((tx) => groups.addMember(tx, place.id, group, stranger.user.id))
    const [key] = await current().app.parts.passkeys.list(storage.read, stranger.user.id)
    const [session] = await current().app.parts.sessions.list(stranger.user.id, '')
    const own = await add('user')
    const ownGroup = await storage.write((tx) => groups.create(tx, current().organization.id, { name: `Ours ${++count}`, description: '' }))
    const browser = await admin('owner')
    const nobody = 'A'.repeat(22)
    const routes = current().app.routes.filter(({ path }) => /^\/admin\/(users|groups)\/.*:/.test(path))
    expect(routes.length).toBeGreaterThan(20)
    let tried = 0
    for (const { method, path } of routes) {
      const isGroup = path.startsWith('/admin/groups')
      const fill = (id: string, rest: (name: string) => string): string => path.replace(':id', id).replaceAll(/:(\w+)/g, (_whole, name: string) => rest(name))
      const theirs = (name: string): string => (name === 'key' ? key?.id : name === 'session' ? session?.id : stranger.user.id) ?? ''
      const addresses = [fill(isGroup ? group : stranger.user.id, theirs), fill(nobody, () => nobody)]
      // Their key, session or member behind an id of ours.
      if (/:id\/.*:/.test(path)) addresses.push(fill(isGroup ? ownGroup : own.user.id, theirs))
      for (const one of addresses) {
        const answer = await (method === 'GET' ? browser.get(one) : browser.post(one, { name: 'Taken over', given_name: 'Taken', family_name: 'Over', email: own.user.email, role: 'user' }))
        expect([method, path, answer.status]).toEqual([method, path, 404])
        tried++
      }
    }
    expect(tried).toBeGreaterThan(40)
    expect((await browser.get(`/admin/users/bulk?act=suspend&user=${stranger.user.id}`)).status).toBe(404)
    expect((await browser.post('/admin/users/bulk', { act: 'suspend', user: stranger.user.id })).status).toBe(404)
    expect((await browser.get('/admin/users')).body).not.toContain(stranger.user.email)
    expect(await users.find(place.id, stranger.user.id)).toMatchObject({ status: 'active', role: 'user', passkeys: 1, givenName: 'Grace' })
    expect(await groups.find(place.id, group)).toMatchObject({ name: 'Theirs', members: 1 })
    expect(await current().app.parts.sessions.list(stranger.user.id, '')).toHaveLength(1)
  })

  it('pages through 250 people without gaps or doubles, in the order of their names, while others are added', async () => {
    const place = await current().addOrganization(`Crowd ${++count}`)
    const { storage, users } = current().foundation
    const family = (index: number): string => ['Åström', 'Berg', 'Çelik', 'Dijkstra', 'Zuse'][index % 5] ?? ''
    await storage.write(async (tx) => {
      for (let index = 0; index < 250; index++) {
        const email = `crowd${index}.${count}@example.com`
        await users.create(tx, { organizationId: place.id, email: { email, key: email }, givenName: `Grace ${index % 7}`, familyName: family(index), role: 'user', status: 'new', emailVerified: false })
      }
    })
    const browser = await seat(await add('administrator', { organization: place, familyName: 'Aalto' }))
    const seen: string[] = []
    let next: string | undefined = '/admin/users?status=invited'
    for (let turn = 0; next !== undefined; turn++) {
      const { body } = await browser.get(next)
      seen.push(...[...body.matchAll(/<a href="\/admin\/users\/([\w-]{22})"/g)].map(([, id]) => id ?? ''))
      next = nextOf(body)
      // Somebody who comes in before the place where the reader is must not shift the pages.
      if (turn === 1) await add('user', { organization: place, status: 'new', familyName: 'Aaron' })
    }
    const expected = await storage.read.all<{ id: string }>(`SELECT id FROM users WHERE organization_id = ? AND family_name NOT IN ('Aalto', 'Aaron') ORDER BY search_key, id`, [place.id])
    expect(seen).toEqual(expected.map(({ id }) => id))
    expect(new Set(seen).size).toBe(250)
  })

  it('S102 finds people by name without accents, by status, role, group and by having no key', async () => {
    const place = await current().addOrganization(`Finders ${++count}`)
    const { storage, groups } = current().foundation
    const browser = await seat(await add('administrator', { organization: place, familyName: 'Admin' }))
    const zoe = await add('user', { organization: place, givenName: 'Zoë', familyName: 'Çelik', withKey: false })
    const alan = await add('helpdesk', { organization: place, givenName: 'Alan', familyName: 'Turing', status: 'suspended' })
    const group = await storage.write((tx) => groups.create(tx, place.id, { name: 'Night shift', description: '' }))
    await storage.write((tx) => groups.addMember(tx, place.id, group, alan.user.id))
    const found = async (query: string) => [...(await browser.get(`/admin/users?${query}`)).body.matchAll(/<a href="\/admin\/users\/([\w-]{22})"/g)].map(([, id]) => id)
    expect(await found('text=zoe+celik')).toEqual([zoe.user.id])
    expect(await found('status=suspended')).toEqual([alan.user.id])
    expect(await found('role=helpdesk')).toEqual([alan.user.id])
    expect(await found(`group=${group}`)).toEqual([alan.user.id])
    expect(await found('keys=none')).toEqual([zoe.user.id])
    expect(await found('text=%25')).toEqual([])
    expect(await found('status=nonsense')).toHaveLength(3)
  })

  it('S94 SEC-35 a new address starts unverified, the old one is told, and an open link moves to the new mailbox', async () => {
    const browser = await admin()
    const person = await add('user')
    const moved = address('moved')
    await browser.post(`${page(person)}/edit`, { given_name: 'Grace', family_name: 'Hopper', email: moved, role: 'user' })
    expect(await reload(person)).toMatchObject({ email: moved, emailVerified: false })
    const [notice] = await current().letters(person.user.email)
    expect(notice).toMatchObject({ template: 'email-changed' })
    expect(notice?.text).toContain('Grace Hopper, an administrator of Analytical Engines')

    const [old, fresh] = [address('old'), address('fresh')]
    const { path } = await invite(browser, { email: old, role: 'user', note: 'For the wiki.' })
    await browser.post(`${path}/edit`, { email: fresh, role: 'user' })
    const [stale = ''] = await links(old)
    expect((await current().browser().get(stale)).status).toBe(404)
    const [link = ''] = await links(fresh)
    expect((await current().browser().get(link)).body).toContain('For the wiki.')
  })

  it('changes names, language and groups, and says so when an address is taken', async () => {
    const browser = await admin()
    const person = await add('user')
    const other = await add('user')
    const { storage, groups } = current().foundation
    const [wiki, books] = await storage.write(async (tx) => [
      await groups.create(tx, current().organization.id, { name: `Wiki ${++count}`, description: '' }), await groups.create(tx, current().organization.id, { name: `Books ${++count}`, description: '' }),
    ])
    await storage.write((tx) => groups.addMember(tx, current().organization.id, books as never, person.user.id))
    const fields = { given_name: 'Amazing', family_name: 'Grace', email: person.user.email, role: 'user', language: 'fa', group: wiki as string }
    await browser.post(`${page(person)}/edit`, fields)
    expect(await reload(person)).toMatchObject({ name: 'Amazing Grace', locale: 'fa', emailVerified: true })
    expect((await groups.ofUser(current().organization.id, person.user.id)).map(({ id }) => id)).toEqual([wiki])
    expect((await events()).slice(0, 3).map(({ action }) => action).sort()).toEqual(['group.member_added', 'group.member_removed', 'user.changed'])
    const refused = await browser.post(`${page(person)}/edit`, { ...fields, email: other.user.email })
    expect(refused.status).toBe(422)
    expect(refused.body).toContain('<a href="#email">This address already has an account on this server')
  })

  it('S94 what a directory owns is not changed here, and its people are not deleted here', async () => {
    const browser = await admin()
    const person = await add('user')
    const { storage } = current().foundation
    await storage.execute(`UPDATE users SET managed_by = 'Active Directory' WHERE id = ?`, [person.user.id])
    expect((await browser.get(page(person))).body).toContain('Name and address come from Active Directory and are changed there.')
    await browser.post(`${page(person)}/edit`, { given_name: 'Other', family_name: 'Name', email: address('other'), role: 'user', language: 'de' })
    expect(await reload(person)).toMatchObject({ name: 'Grace Hopper', email: person.user.email, locale: 'de' })
    expect((await browser.post(`${page(person)}/deletion`)).body).toContain('This account comes from a directory.')
    expect(await reload(person)).toBeDefined()
  })

  it('SEC-35 S92 a key that help desk deletes closes what it opened, and its owner hears of it', async () => {
    const browser = await admin('helpdesk')
    const person = await add('user')
    const theirs = await current().signedIn(person)
    const [key] = await current().app.parts.passkeys.list(current().foundation.storage.read, person.user.id)
    const path = `${page(person)}/keys/${key?.id ?? ''}`
    expect((await browser.get(`${path}/removal`)).body).toContain('It is the last key of Grace Hopper.')
    expect((await browser.post(`${path}/removal`)).body).toContain('is deleted')
    expect((await theirs.get('/')).path).toMatch(/^\/signin\//)
    const [letter] = await current().letters(person.user.email)
    expect(letter).toMatchObject({ template: 'key-removed' })
    expect(letter?.text).toContain('Done by Grace Hopper, an administrator of Analytical Engines')
    expect(letter?.text).not.toContain('127.0.0.1')
    expect((await events())[0]).toMatchObject({ action: 'passkey.removed', userId: person.user.id, target: { kind: 'passkey', name: 'Security key' }, details: { person: person.user.email } })
  })

  it('S121 a suspended key signs nobody in until it is resumed', async () => {
    const browser = await admin()
    const person = await add('user')
    const [key] = await current().app.parts.passkeys.list(current().foundation.storage.read, person.user.id)
    const path = `${page(person)}/keys/${key?.id ?? ''}`
    await browser.post(`${path}/suspension`)
    expect((await signInWithKey(current().browser(), person.key as SecurityKey)).path).toMatch(/^\/signin\//)
    await browser.post(`${path}/resumption`)
    expect((await signInWithKey(current().browser(), person.key as SecurityKey)).path).toBe('/')
    expect((await events()).filter(({ target }) => target?.id === key?.id).map(({ action }) => action)).toEqual(['passkey.resumed', 'passkey.suspended'])
  })

  it('SEC-68 ends one session or all of them', async () => {
    const browser = await admin('helpdesk')
    const person = await add('user')
    const [one, two, three] = [await current().signedIn(person), await current().signedIn(person), await current().signedIn(person)]
    const sessions = await current().app.parts.sessions.list(person.user.id, '')
    await browser.post(`${page(person)}/sessions/${sessions[0]?.id ?? ''}/removal`)
    const alive = async () => (await Promise.all([one, two, three].map((each) => each.get('/')))).filter(({ path }) => path === '/').length
    expect(await alive()).toBe(2)
    await browser.post(`${page(person)}/sessions/removal`)
    expect(await alive()).toBe(0)
    expect((await events()).filter(({ action, userId }) => action === 'session.ended' && userId === person.user.id).map(({ details }) => details['count'])).toEqual([2, 1])
  })

  it('S121 names many people before it suspends them, and leaves out whom it may not', async () => {
    const me = await add('administrator')
    const browser = await seat(me)
    const [alan, tim, owner] = [await add('user', { givenName: 'Alan' }), await add('user', { givenName: 'Tim' }), await add('owner', { givenName: 'Mary' })]
    const ids = [alan, tim, owner, me].map(({ user }) => user.id)
    const asked = await browser.get(`/admin/users/bulk?act=suspend&${ids.map((id) => `user=${id}`).join('&')}`)
    expect(asked.body).toMatch(/2 people<\/h2>[^]*Alan Hopper[^]*Tim Hopper[^]*2 people are left out[^]*Mary Hopper[^]*role above yours[^]*your own account/)
    const answer = await browser.post('/admin/users/bulk', { act: 'suspend', user: ids })
    expect(answer.body).toContain('Done for 2; 2 people were left as before.')
    expect(await Promise.all([alan, tim, owner, me].map(async (person) => (await reload(person))?.status))).toEqual(['suspended', 'suspended', 'active', 'active'])
    await browser.post('/admin/users/bulk', { act: 'resume', user: [alan.user.id, tim.user.id] })
    expect(await reload(alan)).toMatchObject({ status: 'active' })
  })

  it('SEC-69 help desk may send many invitations again, and nothing else to many', async () => {
    const browser = await admin('helpdesk')
    const { storage, groups } = current().foundation
    const group = await storage.write((tx) => groups.create(tx, current().organization.id, { name: `Night ${++count}`, description: '' }))
    const newcomer = await add('user', { status: 'new', withKey: false })
    for (const act of ['suspend', 'resume', 'groups']) expect((await browser.post('/admin/users/bulk', { act, user: newcomer.user.id, group })).status).toBe(403)
    await browser.post('/admin/users/bulk', { act: 'invite', user: newcomer.user.id })
    expect(await links(newcomer.user.email)).toHaveLength(1)
    expect(await groups.find(current().organization.id, group)).toMatchObject({ members: 0 })
  })

  it('takes at most 100 people at once, and at least one', async () => {
    const browser = await admin()
    const many = Array.from({ length: 101 }, (_, index) => `user=${index}`).join('&')
    expect((await browser.get(`/admin/users/bulk?act=suspend&${many}`)).status).toBe(400)
    expect((await browser.get('/admin/users/bulk?act=suspend')).body).toContain('Choose at least one person first.')
  })

  it('makes, changes and fills a group, and says what ends before deleting it', async () => {
    const browser = await admin()
    const person = await add('user')
    const stranger = await add('user', { organization: await current().addOrganization(`Elsewhere ${++count}`) })
    const name = `Payroll ${++count}`
    const { path } = await browser.post('/admin/groups/new', { name, description: 'Who pays' })
    const id = idOf(path)
    expect((await browser.post('/admin/groups/new', { name: name.toUpperCase() })).body).toContain('<a href="#name">There is a group with this name already')
    await browser.post(`${path}/edit`, { name: `${name} people`, description: '' })
    await browser.post(`${path}/members`, { email: person.user.email })
    expect((await browser.get(path)).body).toContain(person.user.email)
    expect((await browser.post(`${path}/members`, { email: person.user.email })).body).toContain('This person is in the group already')
    for (const email of [stranger.user.email, address('unknown')]) {
      const refused = await browser.post(`${path}/members`, { email })
      expect([refused.status, refused.body.includes('Nobody in your organization has this address')]).toEqual([422, true])
    }
    const { storage, applications, access, groups } = current().foundation
    const application = await storage.write((tx) => applications.create(tx, current().organization.id, {
      name: `Books ${++count}`, description: '', protocol: 'link', launchUrl: 'https://books.example.com', access: 'assigned', trusted: true, requiredAssurance: null, oidc: null,
    }))
    await storage.write((tx) => access.assign(tx, current().organization.id, application, { kind: 'group', id }))
    expect(await access.mayUse(application, person.user.id)).toBe(true)
    expect((await browser.get(`${path}/deletion`)).body).toMatch(/Its 1 member keeps the account[^]*It opens this application[^]*Books/)
    await browser.post(`${path}/members/${person.user.id}/removal`)
    expect(await groups.find(current().organization.id, id)).toMatchObject({ name: `${name} people`, members: 0 })
    expect((await browser.post(`${path}/deletion`)).path).toBe('/admin/groups')
    expect(await access.assignments(current().organization.id, application)).toEqual([])
    expect((await events()).filter(({ target }) => target?.id === id).map(({ action }) => action)).toEqual([
      'group.deleted', 'group.member_removed', 'group.member_added', 'group.changed', 'group.created',
    ])
  })

  it('SEC-69 help desk sees groups and changes none', async () => {
    const browser = await admin('helpdesk')
    const { storage, groups } = current().foundation
    const group = await storage.write((tx) => groups.create(tx, current().organization.id, { name: `Locked ${++count}`, description: '' }))
    const person = await add('user')
    expect((await browser.get(`/admin/groups/${group}`)).status).toBe(200)
    for (const [path, fields] of [['new', { name: 'Mine' }], [`${group}/edit`, { name: 'Mine' }], [`${group}/members`, { email: person.user.email }], [`${group}/deletion`, {}]] as const) {
      expect((await browser.post(`/admin/groups/${path}`, fields)).status).toBe(403)
    }
    expect(await groups.find(current().organization.id, group)).toMatchObject({ name: expect.stringContaining('Locked') as string, members: 0 })
  })

  it('SEC-69 an administrator cannot move an owner in or out of groups', async () => {
    const browser = await admin()
    const owner = await add('owner')
    const { storage, groups } = current().foundation
    const group = await storage.write((tx) => groups.create(tx, current().organization.id, { name: `Board ${++count}`, description: '' }))
    expect((await browser.post(`/admin/groups/${group}/members`, { email: owner.user.email })).status).toBe(422)
    await storage.write((tx) => groups.addMember(tx, current().organization.id, group, owner.user.id))
    expect((await browser.post(`/admin/groups/${group}/members/${owner.user.id}/removal`)).status).toBe(403)
    expect(await groups.find(current().organization.id, group)).toMatchObject({ members: 1 })
  })

  it('pages through the members of a large group', async () => {
    const place = await current().addOrganization(`Large ${++count}`)
    const { storage, users, groups } = current().foundation
    const group = await storage.write(async (tx) => {
      const made = await groups.create(tx, place.id, { name: 'Everyone', description: '' })
      for (let index = 0; index < 120; index++) {
        const email = `member${index}.${count}@example.com`
        const user = await users.create(tx, { organizationId: place.id, email: { email, key: email }, givenName: 'Tim', familyName: `Member ${index}`, role: 'user', status: 'active', emailVerified: true })
        await groups.addMember(tx, place.id, made, user.id)
      }
      return made
    })
    const browser = await seat(await add('administrator', { organization: place }))
    const seen = new Set<string>()
    let turns = 0
    for (let next: string | undefined = `/admin/groups/${group}`; next !== undefined; turns++) {
      const { body } = await browser.get(next)
      for (const [, id = ''] of body.matchAll(/<a href="\/admin\/users\/([\w-]{22})"/g)) seen.add(id)
      next = nextOf(body)
    }
    expect([seen.size, turns]).toEqual([120, 3])
  })

  it('S16 the dashboard counts, ticks off first steps and shows what happened last', async () => {
    const place = await current().addOrganization(`Starters ${++count}`)
    const me = await add('owner', { organization: place })
    const browser = await seat(me)
    const done = (body: string): string[] => [...body.matchAll(/steps__item--done[^]*?<strong>([^<]*)/g)].map(([, title]) => title ?? '')
    expect(done((await browser.get('/admin')).body)).toEqual([])
    const { storage, organizations, applications } = current().foundation
    await invite(browser, { email: address(), role: 'user' })
    await storage.write((tx) => current().app.parts.recoveryCodes.replace(tx, me.user))
    await storage.write((tx) => organizations.update(tx, place.id, { hue: 150 }))
    for (const name of ['Wiki', 'Payroll']) {
      await storage.write((tx) => applications.create(tx, place.id, { name, description: '', protocol: 'link', launchUrl: 'https://wiki.example.com', access: 'everyone', trusted: true, requiredAssurance: null, oidc: null }))
    }
    const { body } = await browser.get('/admin')
    expect(done(body)).toEqual(['A second way in for yourself', 'The first person is invited', 'An application to sign in to', 'Your colour and logo'])
    expect([...body.matchAll(/numbers__value">(\d+)</g)].map(([, value]) => value)).toEqual(['1', '1', '0', '2', '1'])
    expect(body).toMatch(/Person invited<br>/)
    const helper = await seat(await add('helpdesk', { organization: place }))
    expect((await helper.get('/admin')).body).not.toContain('Your colour and logo')
  })
})
