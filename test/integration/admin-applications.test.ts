import { expect, it } from 'vitest'
import type { Application } from '../../src/applications/index.ts'
import type { UserRole } from '../../src/directory/index.ts'
import { withApp, type Person, type TestApp } from '../support/app.ts'
import type { Answer, Browser } from '../support/browser.ts'

let count = 0
const someone = (app: TestApp, role: UserRole = 'user'): Promise<Person> => app.addPerson({ email: `ada${++count}@example.com`, role })
const asAdministrator = async (app: TestApp, options: { fresh?: boolean } = {}): Promise<Browser> => app.signedIn(await someone(app, 'administrator'), options)

const webForm = (name: string, more: Record<string, string | string[]> = {}) => ({
  name, description: 'Salaries', launch_url: 'https://payroll.example.com/', access: 'everyone', redirect_uris: 'https://payroll.example.com/callback', auth_method: 'client_secret_post',
  shows: ['scopes', 'trusted', 'refresh_tokens', 'par_required', 'dpop_bound'], scopes: ['profile', 'email'], access_token_minutes: '15', refresh_token_days: '30', id_token_alg: 'RS256', required_assurance: '', ...more,
})
const freeName = (name: string): string => `${name} ${++count}`

async function create(browser: Browser, kind: string, fields: Record<string, string | string[]>): Promise<Answer> {
  await browser.get(`/admin/applications/new/${kind}`)
  return browser.post(`/admin/applications/new/${kind}`, fields)
}

async function byName(app: TestApp, name: string): Promise<Application> {
  const found = await app.foundation.applications.findByName(app.organization.id, name)
  if (!found) throw new Error(`${name} is not there`)
  return found
}

const secretIn = (answer: Answer): string => /id="the_secret">([\w-]{43})</.exec(answer.body)?.[1] ?? ''

/** The token endpoint tells a wrong proof (invalid_client) from a wrong code (invalid_grant). */
async function proves(app: TestApp, clientId: string, secret: string): Promise<boolean> {
  const answer = await fetch(`${app.url}/oidc/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'authorization_code', client_id: clientId, client_secret: secret, code: 'x'.repeat(43), redirect_uri: 'https://payroll.example.com/callback', code_verifier: 'v'.repeat(43) }),
  })
  const { error } = (await answer.json()) as { error: string }
  expect(['invalid_client', 'invalid_grant']).toContain(error)
  return error === 'invalid_grant'
}

const eventsOf = async (app: TestApp, action: string, name: string) =>
  (await app.foundation.audit.list({ organizationId: app.organization.id, action, limit: 50 })).events.filter((event) => event.target?.name === name)

withApp('administering applications', (current) => {
  it('SEC-69 S127 an administrator makes a web application, sees its secret in one answer, and it works at once', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const name = freeName('Payroll')
    const made = await create(browser, 'web', webForm(name))
    expect(made.status).toBe(200)
    expect(made.headers['cache-control']).toBe('no-store')
    const secret = secretIn(made)
    const { id, clientId, oidc, trusted } = await byName(app, name)
    expect(made.body).toContain(clientId)
    expect(made.body).toContain(`${app.url}/.well-known/openid-configuration`)
    expect(oidc).toMatchObject({ kind: 'web', redirectUris: ['https://payroll.example.com/callback'], scopes: ['openid', 'profile', 'email'], authMethod: 'client_secret_post' })
    expect(trusted).toBe(false)
    expect(await proves(app, clientId, secret)).toBe(true)
    expect(await proves(app, clientId, `${secret.slice(0, -1)}_`)).toBe(false)
    const page = await browser.get(`/admin/applications/${id}`)
    expect(page.body).not.toContain(secret)
    expect(page.body).toContain(`${secret.slice(0, 4)}…`)
    for (const action of ['application.created', 'application.secret_made']) {
      const [event] = await eventsOf(app, action, name)
      expect(event).toMatchObject({ outcome: 'success' })
      expect(JSON.stringify(event)).not.toContain(secret)
    }
  })

  it('a secret is rotated with an overlap: both work for a day, then only the new one', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const name = freeName('Payroll')
    const first = secretIn(await create(browser, 'web', webForm(name)))
    const { id, clientId } = await byName(app, name)
    await browser.get(`/admin/applications/${id}/secrets/new`)
    const answer = await browser.post(`/admin/applications/${id}/secrets`, { overlap: '24' })
    const second = secretIn(answer)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(second).not.toBe(first)
    expect([await proves(app, clientId, first), await proves(app, clientId, second)]).toEqual([true, true])
    app.advance(24 * 3_600_000 + 1_000)
    expect([await proves(app, clientId, first), await proves(app, clientId, second)]).toEqual([false, true])
  })

  it('a secret that was seen is replaced at once, and one can be taken away alone', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const name = freeName('Payroll')
    const first = secretIn(await create(browser, 'web', webForm(name)))
    const { id, clientId, organizationId } = await byName(app, name)
    await browser.get(`/admin/applications/${id}/secrets/new`)
    const second = secretIn(await browser.post(`/admin/applications/${id}/secrets`, { overlap: '0' }))
    expect([await proves(app, clientId, first), await proves(app, clientId, second)]).toEqual([false, true])
    const live = (await app.foundation.applications.secrets(organizationId, id)).find((secret) => secret.expiresAt === null)
    const asked = await browser.get(`/admin/applications/${id}/secrets/${live?.id ?? ''}/removal`)
    expect(asked.body).toContain('It is the only one')
    await browser.post(`/admin/applications/${id}/secrets/${live?.id ?? ''}/removal`)
    expect(await proves(app, clientId, second)).toBe(false)
    expect(await eventsOf(app, 'application.secret_removed', name)).toHaveLength(1)
  })

  it('SEC-71 secrets and deletion ask for a fresh proof, and nothing happens without it', async () => {
    const app = current()
    const name = freeName('Payroll')
    await create(await asAdministrator(app), 'web', webForm(name))
    const { id, organizationId } = await byName(app, name)
    const [secret] = await app.foundation.applications.secrets(organizationId, id)
    const stale = await asAdministrator(app, { fresh: false })
    await stale.get(`/admin/applications/${id}`)
    const csrf = stale.csrf()
    for (const path of [`${id}/secrets`, `${id}/secrets/${secret?.id ?? ''}/removal`, `${id}/removal`]) {
      const answer = await stale.post(`/admin/applications/${path}`, { csrf, overlap: '0' }, { follow: false })
      expect([answer.status, answer.location?.slice(0, 8)]).toEqual([303, '/signin/'])
    }
    expect(await app.foundation.applications.secrets(organizationId, id)).toHaveLength(1)
  })

  it('SEC-69 the help desk reads and cannot write; other people cannot even read', async () => {
    const app = current()
    const name = freeName('Payroll')
    await create(await asAdministrator(app), 'web', webForm(name))
    const { id } = await byName(app, name)
    const helpdesk = await app.signedIn(await someone(app, 'helpdesk'))
    const list = await helpdesk.get('/admin/applications')
    expect(list.body).toContain(name)
    expect(list.body).not.toContain('/admin/applications/new')
    const page = await helpdesk.get(`/admin/applications/${id}`)
    expect([page.status, page.body.includes('/edit'), page.body.includes('/removal')]).toEqual([200, false, false])
    for (const path of ['new', 'new/web', `${id}/edit`, `${id}/secrets/new`, `${id}/removal`]) expect((await helpdesk.get(`/admin/applications/${path}`)).status).toBe(403)
    await helpdesk.get('/activity')
    const csrf = helpdesk.csrf()
    for (const path of ['new/web', `${id}/edit`, `${id}/secrets`, `${id}/access`, `${id}/access/groups`, `${id}/access/people`, `${id}/access/removal`, `${id}/removal`]) {
      expect((await helpdesk.post(`/admin/applications/${path}`, { csrf, ...webForm('Taken over') })).status).toBe(403)
    }
    expect((await byName(app, name)).id).toBe(id)
    const person = await app.signedIn(await someone(app))
    expect([(await person.get('/admin/applications')).status, (await person.get(`/admin/applications/${id}`)).status]).toEqual([403, 403])
  })

  it('SEC-73 applications, secrets, groups and people of another organization are not found', async () => {
    const app = current()
    const name = freeName('Payroll')
    const browser = await asAdministrator(app)
    await create(browser, 'web', webForm(name, { access: 'assigned' }))
    const own = await byName(app, name)
    const other = await app.addOrganization(freeName('Difference Engines'))
    const { storage, applications, groups, access } = app.foundation
    const foreign = await app.addPerson({ email: `babbage${++count}@example.net`, organization: other, role: 'administrator' })
    const foreignGroup = await storage.write((tx) => groups.create(tx, other.id, { name: 'Mechanics', description: '' }))
    const stranger = await app.signedIn(foreign)
    await stranger.get('/admin/applications/new/web')
    const csrf = stranger.csrf()
    const [secret] = await applications.secrets(own.organizationId, own.id)
    for (const path of ['', '/edit', '/secrets/new', `/secrets/${secret?.id ?? ''}/removal`, '/removal']) expect((await stranger.get(`/admin/applications/${own.id}${path}`)).status).toBe(404)
    for (const path of ['/edit', '/secrets', `/secrets/${secret?.id ?? ''}/removal`, '/access', '/access/groups', '/access/people', '/access/removal', '/removal']) {
      expect((await stranger.post(`/admin/applications/${own.id}${path}`, { csrf, access: 'everyone', overlap: '0' })).status).toBe(404)
    }
    expect((await stranger.get('/admin/applications')).body).not.toContain(name)

    await browser.get(`/admin/applications/${own.id}`)
    expect((await browser.post(`/admin/applications/${own.id}/access/groups`, { group: foreignGroup })).status).toBe(404)
    await browser.get(`/admin/applications/${own.id}`)
    const refused = await browser.post(`/admin/applications/${own.id}/access/people`, { email: foreign.user.email })
    const unknown = await browser.post(`/admin/applications/${own.id}/access/people`, { email: 'nobody@example.com' })
    expect(refused.status).toBe(422)
    expect(refused.body.replaceAll(foreign.user.email, '…')).toBe(unknown.body.replaceAll('nobody@example.com', '…'))
    expect(await access.assignments(own.organizationId, own.id)).toEqual([])
  })

  const uris: readonly (readonly [string, string])[] = [
    ['http://payroll.example.com/callback', 'must start with https://'], ['https://payroll.example.com/*', 'must be exact'], ['https://payroll.example.com/#done', 'must not contain #'],
    ['https://ada@payroll.example.com/', 'must not contain a user name'], ['javascript:alert(1)', 'must start with https://'], ['https://payroll.example.com/a/../b', '. or ..'],
    ['payroll.example.com', 'not an address'], ['https://payroll.example.com\\@evil.example', 'not an address'], ['com.example.app:/callback', 'must start with https://'],
    [`https://payroll.example.com/${'a'.repeat(2_000)}`, 'longer than 2000'],
  ]
  it.each(uris)('SEC-01 refuses the redirect URI %s by its line, keeps what was typed, and makes nothing', async (uri, reason) => {
    const browser = await asAdministrator(current())
    const name = freeName('Wiki')
    const answer = await create(browser, 'web', webForm(name, { redirect_uris: `https://payroll.example.com/callback\r\n${uri}` }))
    expect(answer.status).toBe(422)
    expect(answer.body).toMatch(/Line 2/)
    expect(answer.body).not.toMatch(/Line 1/)
    expect(answer.body).toContain(reason)
    expect(answer.body).toContain(`value="${name}"`)
    expect(answer.body).toContain('https://payroll.example.com/callback\r\n')
    expect(await current().foundation.applications.findByName(current().organization.id, name)).toBeUndefined()
  })

  it('SEC-01 a mobile application may return to a scheme of its own and to this very machine', async () => {
    const browser = await asAdministrator(current())
    const name = freeName('Phone book')
    const answer = await create(browser, 'public', webForm(name, { redirect_uris: 'com.example.app:/callback\nhttp://127.0.0.1/callback\n\ncom.example.app:/callback' }))
    expect(answer.path).toMatch(/^\/admin\/applications\/[\w-]{22}$/)
    expect((await byName(current(), name)).oidc).toMatchObject({ kind: 'public', authMethod: 'none', redirectUris: ['com.example.app:/callback', 'http://127.0.0.1/callback'] })
  })

  const mixtures: readonly (readonly [string, Record<string, string>])[] = [
    ['an app scheme only after signing out', { redirect_uris: 'https://book.example.com/', post_logout_redirect_uris: 'com.example.book:/bye' }],
    ['an app scheme and a website', { redirect_uris: 'com.example.book:/\nhttps://book.example.com/' }], ['this very machine', { redirect_uris: 'http://localhost:3000/\nhttp://[::1]/' }],
    ['pushed requests and bound tokens', { redirect_uris: 'https://book.example.com/', dpop_bound: 'yes', refresh_tokens: 'yes', id_token_alg: 'EdDSA' }],
  ]
  it.each(mixtures)('what the form accepts is a client that people can sign in to: %s', async (_case, fields) => {
    const app = current()
    const name = freeName('Phone book')
    await create(await asAdministrator(app), 'public', webForm(name, fields))
    const { clientId, oidc } = await byName(app, name)
    const question = new URLSearchParams({
      client_id: clientId, redirect_uri: oidc?.redirectUris[0] ?? '', response_type: 'code', scope: 'openid', code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', state: 'x',
    })
    const answer = await app.browser().get(`/oidc/auth?${question}`, { follow: false })
    expect(answer.location).toMatch(/\/oidc\/interaction\//)
  })

  it('https on this very machine does not go with an app scheme, and the form says so', async () => {
    const answer = await create(await asAdministrator(current()), 'public', webForm(freeName('Phone book'), { redirect_uris: 'com.example.book:/\nhttps://localhost/' }))
    expect([answer.status, answer.body.includes('Use http://127.0.0.1 for it')]).toEqual([422, true])
  })

  it('a service signs in with the secret of the page', async () => {
    const app = current()
    const name = freeName('Nightly export')
    const secret = secretIn(await create(await asAdministrator(app), 'service', { name, auth_method: 'client_secret_basic', access_token_minutes: '5', shows: ['dpop_bound'] }))
    const { clientId, oidc } = await byName(app, name)
    expect(oidc).toMatchObject({ kind: 'service', accessTokenMinutes: 5, redirectUris: [] })
    const answer = await fetch(`${app.url}/oidc/token`, {
      method: 'POST', headers: { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` }, body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    expect(await answer.json()).toMatchObject({ token_type: 'Bearer', expires_in: 300 })
  })

  it('a name or client id that is taken is an error of its field, and the rest stays typed', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const name = freeName('Payroll')
    const clientId = `payroll-${++count}`
    await create(browser, 'web', webForm(name, { client_id: clientId }))
    expect((await byName(app, name)).clientId).toBe(clientId)
    const sameName = await create(browser, 'web', webForm(name.toUpperCase()))
    expect([sameName.status, sameName.body.includes('Another application has this name'), sameName.body.includes('Salaries')]).toEqual([422, true, true])
    const sameId = await create(browser, 'web', webForm(freeName('Wiki'), { client_id: clientId }))
    expect([sameId.status, sameId.body.includes('This client ID is taken'), sameId.body.includes(`value="${clientId}"`)]).toEqual([422, true, true])
    expect((await create(browser, 'web', webForm(freeName('Wiki'), { client_id: 'a b' }))).status).toBe(422)
  })

  it('editing changes what was typed, writes before and after down, and never the client id or the kind', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const name = freeName('Payroll')
    await create(browser, 'web', webForm(name))
    const before = await byName(app, name)
    await browser.get(`/admin/applications/${before.id}/edit`)
    const answer = await browser.post(`/admin/applications/${before.id}/edit`, {
      ...webForm(name, { client_id: 'evil', kind: 'public', description: 'Payslips', required_assurance: 'phr', trusted: 'yes', enabled: 'yes', redirect_uris: 'https://payroll.example.com/new', scopes: ['groups'] }),
      shows: ['enabled', 'scopes', 'trusted', 'refresh_tokens', 'par_required', 'dpop_bound'],
    })
    expect(answer.path).toBe(`/admin/applications/${before.id}`)
    const after = await byName(app, name)
    expect(after).toMatchObject({ clientId: before.clientId, description: 'Payslips', requiredAssurance: 'phr', trusted: true, oidc: { kind: 'web', redirectUris: ['https://payroll.example.com/new'], scopes: ['openid', 'groups'] } })
    const [event] = await eventsOf(app, 'application.changed', name)
    expect(event?.details).toMatchObject({ 'description.before': 'Salaries', 'description.after': 'Payslips', 'trusted.before': false, 'trusted.after': true, 'redirectUris.after': 'https://payroll.example.com/new' })
  })

  it('what the form of a kind does not show stays as a file has set it', async () => {
    const app = current()
    const { storage, applications } = app.foundation
    const browser = await asAdministrator(app)
    const name = freeName('Nightly export')
    await create(browser, 'service', { name, auth_method: 'client_secret_post' })
    const { id, oidc } = await byName(app, name)
    await storage.write((tx) => applications.update(tx, app.organization.id, id, { oidc: oidc && { ...oidc, scopes: ['email'], idTokenAlg: 'ES256' }, requiredAssurance: 'phrh' }))
    await browser.get(`/admin/applications/${id}/edit`)
    await browser.post(`/admin/applications/${id}/edit`, { name, description: 'at night', auth_method: 'client_secret_post', access_token_minutes: '15', shows: ['enabled', 'dpop_bound'], enabled: 'yes' })
    expect(await byName(app, name)).toMatchObject({ description: 'at night', enabled: true, requiredAssurance: 'phrh', oidc: { scopes: ['email'], idTokenAlg: 'ES256' } })
  })

  it('S30 S31 a tile is there for everyone, or only for who is named by group or address, from the next page on', async () => {
    const app = current()
    const { storage, groups } = app.foundation
    const browser = await asAdministrator(app)
    const [ada, grace, alan] = [await someone(app), await someone(app), await someone(app)]
    const group = await storage.write(async (tx) => {
      const made = await groups.create(tx, app.organization.id, { name: freeName('Finance'), description: '' })
      await groups.addMember(tx, app.organization.id, made, ada.user.id)
      return made
    })
    const name = freeName('Intranet')
    await create(browser, 'link', { name, launch_url: 'https://intranet.example.com/', access: 'everyone' })
    const { id } = await byName(app, name)
    const seats = await Promise.all([ada, grace, alan].map((person) => app.signedIn(person)))
    const seen = async (): Promise<boolean[]> => Promise.all(seats.map(async (seat) => (await seat.get('/')).body.includes(name)))
    expect(await seen()).toEqual([true, true, true])
    const post = async (path: string, fields: Record<string, string>): Promise<Answer> => {
      await browser.get(`/admin/applications/${id}`)
      return browser.post(`/admin/applications/${id}/access${path}`, fields)
    }
    expect((await post('', { access: 'assigned' })).body).toContain('Nobody is named yet')
    expect(await seen()).toEqual([false, false, false])
    await post('/groups', { group })
    await post('/people', { email: grace.user.email.toUpperCase() })
    expect(await seen()).toEqual([true, true, false])
    await post('/people', { email: grace.user.email })
    expect(await eventsOf(app, 'application.assigned', name)).toHaveLength(2)
    expect((await browser.get(`/admin/applications/${id}`)).body).toContain('2 people can use it now')
    await post('/removal', { kind: 'group', id: group })
    expect(await seen()).toEqual([false, true, false])
    expect((await post('/removal', { kind: 'group', id: group })).status).toBe(404)
    expect(await eventsOf(app, 'application.unassigned', name)).toHaveLength(1)
  })

  it('deletion names who uses it, and afterwards nobody does', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const grace = await someone(app)
    const name = freeName('Payroll')
    const secret = secretIn(await create(browser, 'web', webForm(name, { access: 'assigned' })))
    const { id, clientId } = await byName(app, name)
    await browser.get(`/admin/applications/${id}`)
    await browser.post(`/admin/applications/${id}/access/people`, { email: grace.user.email })
    const asked = await browser.get(`/admin/applications/${id}/removal`)
    expect(asked.body).toContain(grace.user.email)
    expect(asked.body).toContain('1 person can use it now')
    expect((await browser.post(`/admin/applications/${id}/removal`)).body).toContain(`${name} is deleted.`)
    expect(await proves(app, clientId, secret)).toBe(false)
    expect((await (await app.signedIn(grace)).get('/')).body).not.toContain(name)
    expect((await browser.get(`/admin/applications/${id}`)).status).toBe(404)
    expect(await eventsOf(app, 'application.deleted', name)).toHaveLength(1)
  })

  it('an application that is switched off has no tile and proves nothing, until it is on again', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const seat = await app.signedIn(await someone(app))
    const name = freeName('Payroll')
    const secret = secretIn(await create(browser, 'web', webForm(name)))
    const { id, clientId } = await byName(app, name)
    const turn = async (on: boolean): Promise<void> => {
      await browser.get(`/admin/applications/${id}/edit`)
      await browser.post(`/admin/applications/${id}/edit`, { ...webForm(name, on ? { enabled: 'yes' } : {}), shows: ['enabled', 'scopes', 'trusted', 'refresh_tokens', 'par_required', 'dpop_bound'] })
    }
    await turn(false)
    expect([await proves(app, clientId, secret), (await seat.get('/')).body.includes(name)]).toEqual([false, false])
    expect((await browser.get('/admin/applications')).body).toContain('Switched off')
    await turn(true)
    expect([await proves(app, clientId, secret), (await seat.get('/')).body.includes(name)]).toEqual([true, true])
  })

  it('SEC-89 a tile takes a picture by its bytes, and neither a drawing nor a page that calls itself one', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const name = freeName('Intranet')
    const form = { name, launch_url: 'https://intranet.example.com/', access: 'everyone' }
    const refused = ['<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', '<!doctype html><script>alert(1)</script>']
    for (const content of refused) {
      await browser.get('/admin/applications/new/link')
      const answer = await browser.upload('/admin/applications/new/link', { ...form, icon: new Blob([content], { type: 'image/png' }) })
      expect([answer.status, answer.body.includes('not a PNG, JPEG, WebP or GIF picture')]).toEqual([422, true])
    }
    const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
    await browser.get('/admin/applications/new/link')
    await browser.upload('/admin/applications/new/link', { ...form, icon: new Blob([png], { type: 'text/html' }) })
    const { id } = await byName(app, name)
    const icon = await fetch(`${app.url}/apps/${id}/icon`)
    expect(icon.headers.get('content-type')).toBe('image/png')
    expect(Buffer.from(await icon.arrayBuffer()).equals(png)).toBe(true)
    await browser.get(`/admin/applications/${id}/edit`)
    await browser.upload(`/admin/applications/${id}/edit`, { ...form, remove_icon: 'yes', shows: 'enabled', enabled: 'yes' })
    expect((await fetch(`${app.url}/apps/${id}/icon`)).status).toBe(404)
  })

  it('keys of an application are public ones, and a private one is refused by its name', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const { publicKey, privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    const [open, closed] = [await crypto.subtle.exportKey('jwk', publicKey), await crypto.subtle.exportKey('jwk', privateKey)]
    const name = freeName('Payroll')
    const withKeys = (jwks: string) => create(browser, 'web', webForm(name, { auth_method: 'private_key_jwt', jwks }))
    expect((await withKeys(JSON.stringify({ keys: [closed] }))).body).toContain('contains a private key')
    expect((await withKeys('')).body).toContain('needs public keys or their address')
    expect((await withKeys('{"keys":[{"kty":"oct","k":"AAAA"}]}')).body).toContain('contains a private key')
    expect((await withKeys('{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}')).body).toContain('cannot be used')
    expect((await withKeys(JSON.stringify({ keys: [open] }))).path).toMatch(/^\/admin\/applications\/[\w-]{22}$/)
    expect((await byName(app, name)).oidc?.jwks?.keys[0]).toMatchObject({ kty: 'EC', x: open.x })
  })
})
