import { expect, it } from 'vitest'
import type { Application } from '../../src/applications/index.ts'
import { withApp, type Person } from '../support/app.ts'
import { linkOf, textOf } from '../support/pages.ts'

let count = 0
const address = (): string => `home${++count}@example.com`

withApp('the first page of the panel', (current) => {
  async function aTile(tile: Partial<Pick<Application, 'name' | 'launchUrl' | 'access'>> & { name: string }): Promise<Application['id']> {
    const { storage, applications } = current().foundation
    return storage.write((tx) => applications.create(tx, current().organization.id, {
      description: '', protocol: 'link', launchUrl: 'https://app.example/', access: 'everyone', trusted: true, requiredAssurance: null, oidc: null, ...tile,
    }))
  }
  async function aPersonalAccount(withKey: boolean): Promise<Person> {
    const organization = await current().foundation.storage.write((tx) => current().foundation.organizations.personal(tx))
    return current().addPerson({ email: address(), organization, withKey })
  }
  const home = async (person: Person): Promise<string> => (await (await current().signedIn(person)).get('/')).body

  it('S16 S30 people of an organization see My Apps: heading, sub-heading and a tile with name and letter', async () => {
    await aTile({ name: 'Zebra Mail' })
    const body = await home(await current().addPerson({ email: address() }))
    expect(body).toContain('<h1>What application do you want to use today?</h1>')
    expect(textOf(body)).toContain('Choose an application and we\'ll sign you in:')
    expect(body).toMatch(/<a class="tile" href="\/apps\/[\w-]{22}" target="_blank" rel="noopener"><bdi>Zebra Mail<\/bdi><span class="tile__letter" aria-hidden="true">Z<\/span>/)
  })

  it('S32 a tile leads on to its application, and the opening is noted', async () => {
    const id = await aTile({ name: 'Onward', launchUrl: 'https://onward.example/start?x=1' })
    const person = await current().addPerson({ email: address() })
    const panel = await current().signedIn(person)
    const opened = await panel.get(`/apps/${id}`)
    expect(opened).toMatchObject({ status: 303, location: 'https://onward.example/start?x=1' })
    const { events } = await current().foundation.audit.list({ organizationId: person.user.organizationId, userId: person.user.id, limit: 1 })
    expect(events[0]).toMatchObject({ action: 'application.opened', application: { id, name: 'Onward' } })
  })

  it('S30 S123 only who may use an application sees its tile and gets through it: everyone, those named, or their groups', async () => {
    const { storage, groups, access, applications } = current().foundation
    const id = await aTile({ name: 'Treasury', access: 'assigned' })
    const [named, grouped, other] = [await current().addPerson({ email: address() }), await current().addPerson({ email: address() }), await current().addPerson({ email: address() })]
    const place = current().organization.id
    await storage.write(async (tx) => {
      const group = await groups.create(tx, place, { name: `Treasurers ${count}`, description: '' })
      await groups.addMember(tx, place, group, grouped.user.id)
      await access.assign(tx, place, id, { kind: 'group', id: group })
      await access.assign(tx, place, id, { kind: 'user', id: named.user.id })
    })
    for (const [person, may] of [[named, true], [grouped, true], [other, false]] as const) {
      expect((await home(person)).includes('Treasury')).toBe(may)
      expect((await (await current().signedIn(person)).get(`/apps/${id}`)).status).toBe(may ? 303 : 404)
    }
    await storage.write(async (tx) => {
      const before = await applications.find(place, id, tx)
      if (before) await applications.update(tx, place, id, { ...before, enabled: false })
    })
    expect(await home(named)).not.toContain('Treasury')
    expect((await (await current().signedIn(named)).get(`/apps/${id}`)).status).toBe(404)
  })

  it('S30 without a key the page asks for one, and an administrator without tiles is told what to do', async () => {
    const place = await current().addOrganization('Empty Rooms')
    const user = textOf(await home(await current().addPerson({ email: address(), organization: place, withKey: false })))
    expect(user).toContain('You have no security key yet.')
    expect(user).toContain('There is no application for you yet.')
    expect(user).not.toContain('Add an application')
    const owner = textOf(await home(await current().addPerson({ email: address(), organization: place, role: 'owner' })))
    expect(owner).not.toContain('You have no security key yet.')
    expect(owner).toContain('Add an application')
  })

  it('S57 the sidebar of a personal account holds three items, the current one marked; that of an organization four', async () => {
    const personal = await current().signedIn(await aPersonalAccount(true))
    const items = (body: string): string[] => [.../<nav class="panel__nav"[\s\S]*?<\/nav>/.exec(body)?.[0].matchAll(/<a href="[^"]*"( aria-current="page")?>[\s\S]*?<\/svg>\s*([^<]*)<\/a>/g) ?? []].map(([, mark, label = '']) => `${label}${mark ? ' *' : ''}`)
    expect(items((await personal.get('/')).body)).toEqual(['My Security Key *', 'Activity Logs', 'Settings'])
    expect(items((await personal.get('/activity')).body)).toEqual(['My Security Key', 'Activity Logs *', 'Settings'])
    expect(items((await personal.get('/settings')).body)).toEqual(['My Security Key', 'Activity Logs', 'Settings *'])
    const business = await current().signedIn(await current().addPerson({ email: address() }))
    expect(items((await business.get('/security')).body)).toEqual(['My Apps', 'Security *', 'Activity', 'Profile Info'])
    expect((await business.get('/settings')).status).toBe(404)
  })

  it('S58 S59 S61 a personal account reads its plan and status, which follow what it has; nothing asks for a promo code', async () => {
    const without = await home(await aPersonalAccount(false))
    const withOne = await home(await aPersonalAccount(true))
    expect(textOf(without)).toMatch(/Your account Pending .*Current Plan Basic Set by the operator of this server\. .*Security keys No data/)
    expect(textOf(withOne)).toMatch(/Your account Active .*Security keys Security key Security key/)
    expect(textOf(withOne)).toContain('Last sign-in Never')
    for (const body of [without, withOne]) expect(body).not.toMatch(/promo|<input(?![^>]*type="hidden")/i)
  })

  it('S1 S59 from the moment of suspension nobody is there; afterwards everything is as before', async () => {
    const person = await aPersonalAccount(true)
    const panel = await current().signedIn(person)
    const who = { organizationId: person.user.organizationId, id: person.user.id }
    await current().app.parts.personAccess.suspend(who, () => Promise.resolve())
    expect((await panel.get('/')).path).toMatch(/^\/signin\//)
    await current().app.parts.personAccess.resume(who, () => Promise.resolve())
    expect((await panel.get('/')).path).toMatch(/^\/signin\//)
    expect(textOf(await home(person))).toContain('Active')
  })

  it('S70 S71 S72 the user menu shows name, box and arrow in one target, and Security, Profile Info, Logout in this order', async () => {
    const { body } = await (await current().signedIn(await current().addPerson({ email: address(), givenName: 'Ada', familyName: 'Lovelace' }))).get('/')
    const menu = /<details class="user-menu">[\s\S]*?<\/details>/.exec(body)?.[0] ?? ''
    expect(menu).toMatch(/<summary><bdi class="user-menu__name">Ada Lovelace<\/bdi><span class="user-menu__box" aria-hidden="true">AL<\/span>[\s\S]*#chevron[\s\S]*<\/summary>/)
    expect([...menu.matchAll(/<li>[\s\S]*?#(\w+)"[\s\S]*?<\/svg>\s*([^<]*)</g)].map(([, icon, label]) => `${icon} ${label}`)).toEqual(['shield Security', 'user Profile Info', 'logout Logout'])
    expect(linkOf(menu, 'Security')).toBe('/security')
    expect(menu).toContain('<form method="post" action="/signout">')
  })

  it.each([['', 'Lovelace', 'L'], ['', '', 'H'], ['Мария', '', 'М'], ['👩‍🚀', 'Ωmega', '👩‍🚀Ω']])('S70 the box of %j %j shows %s', async (givenName, familyName, initials) => {
    expect(await home(await current().addPerson({ email: address(), givenName, familyName }))).toContain(`aria-hidden="true">${initials}</span>`)
  })

  it('S3 S126 the panel names no other host, and forbids the browser to ask one', async () => {
    const person = await current().addPerson({ email: address(), role: 'owner' })
    const panel = await current().signedIn(person)
    for (const path of ['/', '/security', '/security/keys/new', '/security/recovery-codes', '/activity', '/profile', '/profile/name', '/profile/email', '/profile/preferences', '/signed-out', '/signin', '/signup', '/nowhere']) {
      const { body, headers } = await panel.get(path)
      for (const [, url = ''] of body.matchAll(/(?:src|href|action|srcset|data-[\w-]+)="([^"]*)"/g)) expect(url, `${path} ${url}`).not.toMatch(/^(?:[a-z]+:)?\/\//)
      expect(headers['content-security-policy']).toMatch(/default-src 'none'.*script-src 'self'.*connect-src 'self'/)
    }
  })
})
