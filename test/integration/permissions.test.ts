import { expect, it } from 'vitest'
import type { Access, DeclaredRoute, Role } from '../../src/http/index.ts'
import { roleMay } from '../../src/http/index.ts'
import { withApp, type Person } from '../support/app.ts'
import type { Answer, Browser } from '../support/browser.ts'
import { textOf } from '../support/pages.ts'

const roles = ['user', 'helpdesk', 'administrator', 'owner'] as const
const unlimited = {
  DOORWARD_SIGN_UP_ORGANIZATIONS: 'true', DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000', DOORWARD_LIMITS_SIGN_UPS_PER_ADDRESS: '100000', DOORWARD_LIMITS_CODES_PER_ADDRESS: '100000',
}
/** An address of the route where every parameter names nothing. */
const pathOf = (route: DeclaredRoute): string => route.path.replaceAll(/:\w+/g, 'AAAAAAAAAAAAAAAAAAAAAA')
const nameOf = (route: DeclaredRoute): string => `${route.method} ${route.path}`

type Entry = 'in' | 'sign in' | 'confirm' | 'add a key' | 'forbidden'

/** What the gatekeeper has answered; everything else is the page's own answer. */
function entryOf({ status, location = '', body, path }: Answer): Entry {
  if (status === 303 && location.startsWith('/signin?return=')) return 'sign in'
  if (status === 303 && /^\/signin\/[\w-]{22}$/.test(location)) return 'confirm'
  if (status === 303 && location === '/security' && path.startsWith('/admin')) return 'add a key'
  return status === 403 && textOf(body).includes('You may not do this') ? 'forbidden' : 'in'
}

withApp('who may enter', (current) => {
  let people = 0
  const person = (role: Role, withKey = true): Promise<Person> => current().addPerson({ email: `${role}${++people}@example.com`, role, withKey })

  async function ask(browser: Browser, route: DeclaredRoute): Promise<Answer> {
    if (browser.csrf() === '') await browser.get('/signed-out')
    if (browser.csrf() === '') await browser.get('/signup/personal')
    return route.method === 'GET' ? browser.get(pathOf(route), { follow: false }) : browser.post(pathOf(route), {}, { follow: false })
  }
  const isPublic = (access: Access): boolean => 'public' in access
  const gated = (): readonly DeclaredRoute[] => current().app.routes.filter(({ access }) => !isPublic(access))

  it('SEC-69 every address is declared once, and rooms have no other way to open one', () => {
    const names = current().app.routes.map(nameOf)
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThan(50)
    for (const { path } of current().app.routes) expect(path).toMatch(/^\/[a-z0-9/:.-]*$/)
  })

  it('SEC-69 what is public is the way in, and nothing else', () => {
    const open = current().app.routes.filter(({ access }) => isPublic(access)).map(({ path }) => path.split('/')[1])
    expect([...new Set(open)].toSorted()).toEqual(['apps', 'brand', 'downloads', 'eam', 'fed', 'help', 'invitation', 'oidc', 'phone', 'saml', 'setup', 'signed-out', 'signin', 'signup', 'wsfed'])
    expect(current().app.routes.filter(({ path, access }) => path.startsWith('/apps') && isPublic(access)).map(nameOf)).toEqual(['GET /apps/:id/icon'])
  })

  it('SEC-69 a stranger is sent to the sign-in page from everything else, and a script is told so', async () => {
    for (const route of current().app.routes) {
      const browser = current().browser()
      const entry = entryOf(await ask(browser, route))
      expect(entry === 'sign in' || entry === 'forbidden', nameOf(route)).toBe(!isPublic(route.access))
      if (isPublic(route.access)) continue
      const answer = await (route.method === 'GET' ? browser.get(pathOf(route), { headers: { accept: 'application/json' } }) : browser.post(pathOf(route), {}, { headers: { accept: 'application/json' } }))
      expect(answer.status, nameOf(route)).toBe(403)
      expect(answer.json<{ error: string }>().error).toBe('signed_out')
    }
  })

  it.each(roles)('SEC-69 the role %s gets in exactly where the declared access lets it', async (role) => {
    const someone = await person(role)
    for (const route of gated()) {
      // A session of its own for each: some of these routes end it.
      const entry = entryOf(await ask(await current().signedIn(someone), route))
      const expected: Entry = 'permission' in route.access && !roleMay(role, route.access.permission) ? 'forbidden' : 'in'
      expect(entry, nameOf(route)).toBe(expected)
    }
  })

  it('SEC-69 roles grow: each may what the one before may, people nothing, and the help desk changes no rule and no role', () => {
    const permissions = ['panel.open', 'users.read', 'users.invite', 'users.write', 'users.reset', 'users.delete', 'users.grant', 'groups.read', 'groups.write', 'applications.read', 'applications.write', 'audit.read', 'audit.export', 'settings.read', 'settings.write'] as const
    const of = (role: Role): string[] => permissions.filter((permission) => roleMay(role, permission))
    expect(of('user')).toEqual([])
    expect(of('helpdesk')).toEqual(['panel.open', 'users.read', 'users.invite', 'users.reset', 'groups.read', 'applications.read', 'audit.read'])
    expect(of('administrator')).toEqual(permissions)
    expect(of('owner')).toEqual(permissions)
    for (const { access, path } of gated()) if ('permission' in access) expect(permissions, path).toContain(access.permission)
    for (const { access, path } of gated()) expect('permission' in access, path).toBe(path === '/admin' || path.startsWith('/admin/'))
  })

  it('SEC-35 SEC-71 what asks for a fresh proof sends everyone else to confirm, and what changes the ways to sign in asks for one', async () => {
    const owner = await person('owner')
    for (const route of gated()) {
      const entry = entryOf(await ask(await current().signedIn(owner, { fresh: false }), route))
      expect(entry, nameOf(route)).toBe(!isPublic(route.access) && 'fresh' in route.access ? 'confirm' : 'in')
    }
    const mustBeFresh = /^\/(security\/(keys|recovery-codes)|profile\/(email|phone)|settings\/deletion)(\/|$)/
    for (const { path, access } of current().app.routes.filter((route) => mustBeFresh.test(route.path))) expect('fresh' in access, path).toBe(true)
  })

  it('SEC-71 administration opens to a key only: without one it asks to add one, after a code to touch it', async () => {
    const [without, recovered] = [await person('administrator', false), await person('administrator')]
    for (const route of gated().filter(({ access }) => 'permission' in access)) {
      expect(entryOf(await ask(await current().signedIn(without), route)), nameOf(route)).toBe('add a key')
      expect(entryOf(await ask(await current().signedIn({ user: recovered.user, key: undefined }), route)), nameOf(route)).toBe('confirm')
    }
  })

  it('SEC-67 every post refuses a missing, foreign or invented token, another origin and another site, for strangers and owners alike', async () => {
    const posts = current().app.routes.filter(({ method }) => method === 'POST')
    expect(posts.length).toBeGreaterThan(20)
    const other = current().browser()
    await other.get('/signup/personal')
    const owner = await current().signedIn(await person('owner'))
    const stranger = current().browser()
    for (const browser of [owner, stranger]) {
      await browser.get(browser === owner ? '/security' : '/signup/personal')
      const token = browser.csrf()
      expect(token).not.toBe('')
      for (const route of posts) {
        const path = pathOf(route)
        const refused = await Promise.all([
          browser.post(path, { csrf: '' }), browser.post(path, { csrf: 'x' }), browser.post(path, { csrf: other.csrf() }), browser.post(path, { csrf: [token, token] }),
          browser.post(path, { csrf: token }, { headers: { origin: 'https://evil.example' } }), browser.post(path, { csrf: token }, { headers: { origin: 'null' } }),
          browser.post(path, { csrf: token }, { headers: { 'sec-fetch-site': 'cross-site' } }), browser.post(path, { csrf: token }, { headers: { 'sec-fetch-site': 'same-site' } }),
        ])
        expect(refused.map(({ status }) => status), nameOf(route)).toEqual([403, 403, 403, 400, 403, 403, 403, 403])
        expect(textOf(refused[0]?.body ?? ''), nameOf(route)).toContain('This form is out of date')
      }
    }
    expect((await owner.get('/profile')).path).toBe('/profile')
  })

  it('SEC-67 a body that is no form is refused before anything is done with it', async () => {
    const owner = await current().signedIn(await person('owner'))
    await owner.get('/security')
    for (const type of ['text/plain', 'application/json', 'application/xml', '']) {
      expect((await owner.post('/signout', {}, { headers: { 'content-type': type } })).status, type).toBe(400)
    }
    for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE', 'OPTIONS']) expect((await owner.send(method, '/security')).status, method).toBe(405)
    expect((await owner.get('/profile')).path).toBe('/profile')
  })
}, unlimited)
