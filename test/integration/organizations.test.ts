import { expect, it } from 'vitest'
import type { Organization } from '../../src/directory/index.ts'
import type { DeclaredRoute } from '../../src/http/index.ts'
import { withApp, type Person } from '../support/app.ts'
import type { Browser } from '../support/browser.ts'
import { askForCode, codeOf, signInWithKey, touchKey } from '../support/ceremonies.ts'
import { textOf } from '../support/pages.ts'
import type { SecurityKey } from '../support/security-key.ts'

let count = 0
const address = (): string => `guest${++count}@example.com`
const roomy = { DOORWARD_LIMITS_CODES_PER_ADDRESS: '100000', DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000', DOORWARD_LIMITS_TRIES_PER_ACCOUNT_HOURLY: '1000' }

withApp('two organizations', (current) => {
  /** Everything of an organization that an address could name. */
  async function furnish(organization: Organization): Promise<{ person: Person; ids: string[] }> {
    const { storage, applications, groups, invite, access, outbox } = current().foundation
    const person = await current().addPerson({ email: address(), organization, givenName: 'Secret', familyName: 'Agent' })
    const guest = await current().addPerson({ email: address(), organization, withKey: false, status: 'new' })
    await current().signedIn(person)
    const made = await storage.write(async (tx) => {
      const application = await applications.create(tx, organization.id, {
        name: 'Secret App', description: '', protocol: 'link', launchUrl: 'https://secret.example/', access: 'everyone', trusted: true, requiredAssurance: null, oidc: null,
      })
      const group = await groups.create(tx, organization.id, { name: 'Secret Circle', description: '' })
      await groups.addMember(tx, organization.id, group, person.user.id)
      await access.assign(tx, organization.id, application, { kind: 'group', id: group })
      await invite(tx, { organization, user: guest.user, purpose: 'invitation', note: '', createdBy: null })
      return [application, group]
    })
    const rows = async (table: string): Promise<string[]> => (await storage.read.all<{ id: string }>(`SELECT id FROM ${table} WHERE organization_id = ?`, [organization.id])).map(({ id }) => id)
    const { messages } = await outbox.list({ organizationId: organization.id, limit: 1 })
    return { person, ids: [...made, person.user.id, ...await rows('passkeys'), ...await rows('sessions'), ...await rows('invitations'), ...messages.map(({ id }) => id), organization.id] }
  }

  /** All rows that belong to an organization, as they stand. */
  async function stateOf(organization: Organization): Promise<string> {
    const { read } = current().foundation.storage
    const tables = ['users', 'groups', 'group_members', 'invitations', 'applications', 'application_access', 'passkeys', 'recovery_codes', 'sessions', 'outbox_messages']
    const all = await Promise.all(tables.map((table) => read.all<Record<string, unknown>>(`SELECT * FROM ${table} WHERE organization_id = ?`, [organization.id])))
    return JSON.stringify(all.map((rows) => rows.map((row) => JSON.stringify(row)).toSorted()))
  }

  const parameters = (route: DeclaredRoute): string[] => route.path.match(/:\w+/g) ?? []
  /** Every way to put these ids into the address. */
  function pathsOf(route: DeclaredRoute, ids: readonly string[]): string[] {
    return parameters(route).reduce<string[]>((paths, name) => paths.flatMap((path) => ids.map((id) => path.replace(name, id))), [route.path])
  }

  it('SEC-73 nobody of one organization finds anything of the other by its id, at any address, and nothing of it changes', async () => {
    const [own, other] = [await current().addOrganization('Us'), await current().addOrganization('Them')]
    const { ids, person: theirs } = await furnish(other)
    // Something of one's own beside something of theirs: a colleague with a stranger's key, a group with a stranger in it.
    const { ids: [application = '', group = '', colleague = ''] } = await furnish(own)
    const us = { owner: await current().addPerson({ email: address(), organization: own, role: 'owner' }), user: await current().addPerson({ email: address(), organization: own }) }
    const before = await stateOf(other)
    const routes = current().app.routes.filter((route) => !('public' in route.access) && parameters(route).length > 0)
    expect(routes.map(({ path }) => path)).toEqual(expect.arrayContaining(['/apps/:id', '/security/keys/:id/edit', '/security/sessions/:id/removal']))
    for (const [role, person] of Object.entries(us)) {
      let panel: Browser = await current().signedIn(person)
      await panel.get('/security')
      for (const route of routes) {
        const outside = 'permission' in route.access && role === 'user'
        const mixed = parameters(route).length > 1 ? [application, group, colleague] : []
        for (const path of pathsOf(route, outside ? ids.slice(0, 1) : [...ids, ...mixed]).filter((each) => ids.some((id) => each.includes(id)))) {
          const answer = await (route.method === 'GET' ? panel.get(path, { follow: false }) : panel.post(path, {}, { follow: false }))
          const name = `${role}: ${route.method} ${path}`
          // The code of a new address that one has not asked for leads back to asking for one.
          if (/^\/profile\/(email|phone)\//.test(path)) expect(answer.location, name).toBe(path.slice(0, path.lastIndexOf('/')))
          else expect(answer.status, name).toBe(outside ? 403 : 404)
          expect(answer.body, name).not.toContain(theirs.user.email)
          if (answer.headers['set-cookie'] !== undefined) panel = await current().signedIn(person)
        }
      }
    }
    expect(await stateOf(other)).toBe(before)
  })

  it('SEC-73 its own people find all of that', async () => {
    const { person, ids: [application = ''] } = await furnish(await current().addOrganization('Insiders'))
    const panel = await current().signedIn(person)
    expect(textOf((await panel.get('/')).body)).toContain('Secret App')
    expect((await panel.get(`/apps/${application}`)).location).toBe('https://secret.example/')
    const [key] = await current().app.parts.passkeys.list(current().foundation.storage.read, person.user.id)
    expect((await panel.get(`/security/keys/${key?.id}/edit`)).status).toBe(200)
  })

  it('SEC-73 lists show one’s own organization only', async () => {
    await furnish(await current().addOrganization('Neighbours'))
    const owner = await current().addPerson({ email: address(), organization: await current().addOrganization('Hermits'), role: 'owner' })
    const panel = await current().signedIn(owner)
    for (const route of current().app.routes.filter(({ method, path, access }) => method === 'GET' && parameters({ method, path, access }).length === 0 && !('public' in access))) {
      const { body } = await panel.get(route.path, { headers: { accept: '*/*' } })
      expect(body, route.path).not.toMatch(/Secret (App|Circle|Agent)|Neighbours/)
    }
  })

  async function forApplicationOf(organization: Organization, browser: Browser): Promise<string> {
    await browser.get('/')
    const { storage, applications } = current().foundation
    const id = await storage.write((tx) => applications.create(tx, organization.id, {
      name: 'Payroll', description: '', protocol: 'link', launchUrl: 'https://payroll.example/', access: 'everyone', trusted: true, requiredAssurance: null, oidc: null,
    }))
    return current().app.parts.signIns.desk.begin(browser.cookies.get('__Host-doorward-browser') ?? '', {
      application: { id, organizationId: organization.id, name: 'Payroll' }, assurance: null, maxAgeSeconds: null, loginHint: null, userId: null, returnTo: '/signed-out?done={id}',
    })
  }
  const refusal = 'This application belongs to another organization than your account. Sign in with an account that may use it.'

  it('SEC-73 the key of someone of another organization opens no application here, and the page says why; the right key does', async () => {
    const [own, other] = [await current().addOrganization('Tenants'), await current().addOrganization('Landlords')]
    const [insider, outsider] = [await current().addPerson({ email: address(), organization: own }), await current().addPerson({ email: address(), organization: other })]
    const browser = current().browser()
    const path = await forApplicationOf(own, browser)
    const shown = await browser.get(path)
    expect(textOf(shown.body)).toMatch(/Tenants Sign in to continue to Payroll/)
    const refused = await touchKey(browser, outsider.key as SecurityKey, path)
    expect(refused.status).toBe(422)
    expect(textOf(refused.body)).toContain(refusal)
    expect((await browser.get('/')).path).toMatch(/^\/signin\//)
    expect((await touchKey(browser, insider.key as SecurityKey, path)).path).toBe(`/signed-out?done=${path.slice('/signin/'.length)}`)
  })

  it('SEC-73 nor does the code of someone of another organization', async () => {
    const [own, other] = [await current().addOrganization('Islanders'), await current().addOrganization('Sailors')]
    const { user } = await current().addPerson({ email: address(), organization: other, withKey: false })
    const browser = current().browser()
    const path = await forApplicationOf(own, browser)
    const { signIn } = await askForCode(browser, user.email, 'mail', path)
    expect(signIn).toBe(path)
    const refused = await browser.post(`${path}/code`, { code: codeOf((await current().letters(user.email)).at(-1)) })
    expect(refused.path).toBe(path)
    expect(textOf(refused.body)).toContain(refusal)
    expect(await current().app.parts.sessions.list(user.id, '')).toEqual([])
    const { events } = await current().foundation.audit.list({ organizationId: other.id, userId: user.id, action: 'signin.refused', limit: 5 })
    expect(events).toMatchObject([{ details: { reason: 'other_organization' } }])
  })

  it('SEC-73 someone who is signed in elsewhere is asked for an account of the right organization, and keeps their session meanwhile', async () => {
    const [own, other] = [await current().addOrganization('Guild'), await current().addOrganization('Union')]
    const outsider = await current().addPerson({ email: address(), organization: other })
    const browser = current().browser()
    await signInWithKey(browser, outsider.key as SecurityKey)
    const shown = await browser.get(await forApplicationOf(own, browser))
    expect(textOf(shown.body)).toContain('You are signed in with an account of another organization.')
    expect((await browser.get('/profile')).path).toBe('/profile')
  })
}, roomy)
