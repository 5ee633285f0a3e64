import { expect, it } from 'vitest'
import type { Connection } from '../../src/protocols/external-mfa/index.ts'
import { withApp, type Person } from '../support/app.ts'
import type { Browser } from '../support/browser.ts'
import { errorAt, fieldOf, linkOf, textOf } from '../support/pages.ts'

const tenantId = '11111111-2222-4333-8444-555555555555'
const appId = '99999999-8888-4777-8666-555555555555'
const objectId = 'aaaaaaaa-bbbb-4ccc-8ddd-000000000001'
const right = { name: 'Engines at Microsoft', tenant_id: tenantId.toUpperCase(), app_id: ` ${appId} `, cloud: 'us-government', login_origin: 'ignored', links_at_sign_in: 'yes', max_age: '900' }
let count = 0

withApp('the administration of External MFA', (current) => {
  const someone = (role: Person['user']['role'] = 'user', organization = current().organization): Promise<Person> => current().addPerson({ email: `somebody${++count}@engines.example`, role, organization })
  const administrator = async (): Promise<Browser> => current().signedIn(await someone('administrator'))
  const connections = () => current().app.parts.externalMfa.connections
  const links = () => current().app.parts.externalMfa.links
  const events = async (connection: { readonly id: string }) => (await current().foundation.audit.list({ organizationId: current().organization.id, limit: 100 })).events
    .filter(({ application }) => application?.id === connection.id).map(({ action, details }) => ({ action, details }))

  async function add(browser: Browser, change: Readonly<Record<string, string>> = {}): Promise<Connection> {
    const name = `Engines ${++count}`
    await browser.get('/admin/external-mfa/new')
    const answer = await browser.post('/admin/external-mfa/new', { ...right, name, ...change })
    expect(answer.path).toMatch(/^\/admin\/external-mfa\/[\w-]{22}$/)
    const connection = await connections().byId(answer.path.split('/')[3] ?? '')
    if (!connection) throw new Error('it was not added')
    return connection
  }

  it('adds a tenant, and shows what Entra needs to know, with the calls that tell it', async () => {
    const browser = await administrator()
    const connection = await add(browser)
    expect(connection).toMatchObject({ cloud: 'us-government', loginOrigin: null, tenantId, appId, enabled: true, linksAtSignIn: true, maxAgeSeconds: 900 })
    const { page } = browser
    const issuer = `${current().url}/eam/${connection.id}`
    expect(page).toContain(`id="connect_client_id">${connection.clientId}<`)
    expect(page).toContain(`id="connect_discovery">${issuer}/.well-known/openid-configuration<`)
    expect(page).toContain(`id="connect_authorization">${issuer}/authorize<`)
    const text = textOf(page)
    expect(text).toContain('POST https://graph.microsoft.us/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations')
    expect(text).toContain(`"clientId": "${connection.clientId}", "discoveryUrl": "${issuer}/.well-known/openid-configuration"`)
    expect(text).toContain(`Connect-MgGraph -TenantId '${tenantId}' -Environment USGov -Scopes 'Policy.ReadWrite.AuthenticationMethod'`)
    expect(text).toContain('never against a real tenant')
    expect(textOf((await browser.get('/admin/external-mfa')).body)).toContain(connection.name)
    expect(await events(connection)).toEqual([{ action: 'external_mfa.created', details: { cloud: 'us-government', tenantId, appId } }])
  })

  it('makes a Graph call that says what was typed, whatever it is', async () => {
    const browser = await administrator()
    const name = 'A "name" \'@ with $signs & more'
    await add(browser, { name })
    const call = /<code id="graph_call">([\s\S]*?)<\/code>/.exec(browser.page)?.[1] ?? ''
    const plain = call.replaceAll('&quot;', '"').replaceAll('&#x27;', '\'').replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')
    expect(JSON.parse(plain.slice(plain.indexOf('{')))).toMatchObject({ displayName: name, appId, includeTargets: [{ targetType: 'group', id: 'all_users' }], state: 'enabled' })
    const shell = /<code id="powershell_call">([\s\S]*?)<\/code>/.exec(browser.page)?.[1] ?? ''
    expect(shell.split('\n').filter((line) => /^(&#x27;|')@/.test(line))).toHaveLength(1)
  })

  it.each<[string, Record<string, string>]>([
    ['name', { name: '' }], ['tenant_id', { tenant_id: 'contoso.onmicrosoft.com' }], ['app_id', { app_id: '1234' }], ['login_origin', { cloud: 'custom', login_origin: '' }], ['login_origin', { cloud: 'custom', login_origin: 'http://login.engines.example' }],
    ['login_origin', { cloud: 'custom', login_origin: 'https://login.engines.example/common' }], ['login_origin', { cloud: 'custom', login_origin: 'https://user@login.engines.example' }],
  ])('shows a wrong %s at its field and keeps what was typed: %j', async (field, change) => {
    const browser = await administrator()
    await browser.get('/admin/external-mfa/new')
    const answer = await browser.post('/admin/external-mfa/new', { ...right, ...change })
    expect(answer.status).toBe(422)
    expect(errorAt(answer.body, field)).not.toBe('')
    expect(fieldOf(answer.body, field)).toContain('aria-invalid="true"')
    expect(['name', 'tenant_id', 'app_id', 'login_origin'].filter((name) => errorAt(answer.body, name) !== '')).toEqual([field])
  })

  it('changes everything but the tenant, writes down what was changed, and removes it with its links', async () => {
    const browser = await administrator()
    const connection = await add(browser)
    const ada = await someone()
    await current().foundation.storage.write((tx) => links().add(tx, { connectionId: connection.id, tenantId, objectId }, ada.user.id, 'x'))
    await browser.get(`/admin/external-mfa/${connection.id}/edit`)
    await browser.post(`/admin/external-mfa/${connection.id}/edit`, { ...right, name: 'Renamed', tenant_id: '21111111-2222-4333-8444-555555555555', cloud: 'custom', login_origin: 'https://login.engines.example/', max_age: '99999' })
    expect(await connections().byId(connection.id)).toMatchObject({ name: 'Renamed', tenantId, cloud: 'custom', loginOrigin: 'https://login.engines.example', enabled: false, maxAgeSeconds: 0, clientId: connection.clientId })
    expect((await events(connection)).find(({ action }) => action === 'external_mfa.changed')?.details).toMatchObject({ 'enabled.before': true, 'enabled.after': false, 'maxAgeSeconds.before': 900, 'maxAgeSeconds.after': 0 })
    expect(textOf((await browser.get(`/admin/external-mfa/${connection.id}/removal`)).body)).toContain('The link of 1 person is deleted.')
    expect((await browser.post(`/admin/external-mfa/${connection.id}/removal`)).path).toBe('/admin/external-mfa')
    expect(await connections().byId(connection.id)).toBeUndefined()
    expect(await current().foundation.storage.read.all('SELECT user_id FROM external_mfa_links WHERE connection_id = ?', [connection.id])).toEqual([])
  })

  it('links a person by object id, once, and unlinks them; both are written down under the person', async () => {
    const browser = await administrator()
    const connection = await add(browser)
    const [ada, grace] = [await someone(), await someone()]
    const page = `/admin/external-mfa/${connection.id}/links/new`
    await browser.get(page)
    for (const [fields, at] of [[{ object_id: 'ada', email: ada.user.email }, 'object_id'], [{ object_id: objectId, email: 'nobody@engines.example' }, 'email']] as const) {
      expect(errorAt((await browser.post(page, fields)).body, at)).not.toBe('')
    }
    expect(textOf((await browser.post(page, { object_id: objectId.toUpperCase(), email: ada.user.email })).body)).toContain(ada.user.email)
    await browser.get(page)
    expect(errorAt((await browser.post(page, { object_id: objectId, email: grace.user.email })).body, 'object_id')).toContain('linked already')
    expect(await links().find({ connectionId: connection.id, tenantId, objectId })).toMatchObject({ userId: ada.user.id })
    const removal = `/admin/external-mfa/${connection.id}/links/${objectId}/removal`
    expect(textOf((await browser.get(removal)).body)).toContain(`Unlink ${ada.user.email}?`)
    await browser.post(removal)
    expect(await links().find({ connectionId: connection.id, tenantId, objectId })).toBeUndefined()
    const written = (await current().foundation.audit.list({ organizationId: current().organization.id, limit: 100 })).events.filter(({ action }) => /^external_mfa\.(un)?linked$/.test(action))
    expect(written.map(({ action, userId }) => [action, userId])).toEqual([['external_mfa.unlinked', ada.user.id], ['external_mfa.linked', ada.user.id]])
  })

  it('SEC-69 lets no administrator take away the link of an owner, whose Microsoft account they could then link to themselves', async () => {
    const boss = await current().addPerson({ email: `boss${Math.random()}@engines.example`, role: 'owner' })
    const { connections } = current().app.parts.externalMfa
    const id = await current().foundation.storage.write((tx) => connections.create(tx, current().organization.id, { name: 'Owners', cloud: 'public', loginOrigin: null, tenantId, appId, linksAtSignIn: false, maxAgeSeconds: 0 }))
    const entra = { connectionId: id, tenantId, objectId }
    await current().foundation.storage.write((tx) => links().add(tx, entra, boss.user.id, 'x'))
    const removal = `/admin/external-mfa/${id}/links/${objectId}/removal`
    const admin = await current().signedIn(await current().addPerson({ email: `helper${Math.random()}@engines.example`, role: 'administrator' }))
    await admin.get(removal)
    expect((await admin.post(removal)).status).toBe(403)
    expect(await links().find(entra)).toMatchObject({ userId: boss.user.id })
    const owner = await current().signedIn(boss)
    await owner.get(removal)
    expect((await owner.post(removal)).status).toBe(200)
    expect(await links().find(entra)).toBeUndefined()
  })

  it('gives a link free whose person was deleted', async () => {
    const browser = await administrator()
    const connection = await add(browser)
    const [ada, again] = [await someone(), await someone()]
    const entra = { connectionId: connection.id, tenantId, objectId }
    await current().foundation.storage.write((tx) => links().add(tx, entra, ada.user.id, 'x'))
    await current().app.parts.personAccess.remove(ada.user, () => Promise.resolve())
    expect([await links().find(entra), await links().count(connection.id)]).toEqual([undefined, 0])
    expect(await current().foundation.storage.write((tx) => links().add(tx, entra, again.user.id, 'x'))).toBe(true)
    expect(await links().find(entra)).toMatchObject({ userId: again.user.id })
  })

  it('lists linked people page by page', async () => {
    const browser = await administrator()
    const connection = await add(browser)
    const ada = await someone()
    await current().foundation.storage.write(async (tx) => {
      for (let number = 0; number < 51; number++) await links().add(tx, { connectionId: connection.id, tenantId, objectId: `aaaaaaaa-bbbb-4ccc-8ddd-${String(number).padStart(12, '0')}` }, ada.user.id, 'x')
    })
    const first = await browser.get(`/admin/external-mfa/${connection.id}`)
    expect(first.body).toContain('51 people linked')
    expect(first.body).not.toContain('000000000050/removal')
    const second = await browser.get(linkOf(first.body, 'rel="next"'))
    expect([second.body.includes('000000000050/removal'), second.body.includes('000000000049/removal')]).toEqual([true, false])
  })

  it('SEC-73 what belongs to another organization is not found, in any way', async () => {
    const browser = await administrator()
    const connection = await add(browser)
    const elsewhere = await current().addOrganization(`Elsewhere ${++count}`)
    const stranger = await someone('administrator', elsewhere)
    const theirs = await current().signedIn(stranger)
    expect(textOf((await theirs.get('/admin/external-mfa')).body)).not.toContain(connection.name)
    for (const path of ['', '/edit', '/removal', '/links/new', `/links/${objectId}/removal`]) expect((await theirs.get(`/admin/external-mfa/${connection.id}${path}`)).status, path).toBe(404)
    for (const path of ['/edit', '/removal', '/links/new', `/links/${objectId}/removal`]) expect((await theirs.post(`/admin/external-mfa/${connection.id}${path}`, { ...right, object_id: objectId, email: stranger.user.email })).status, path).toBe(404)
    await browser.get(`/admin/external-mfa/${connection.id}/links/new`)
    expect(errorAt((await browser.post(`/admin/external-mfa/${connection.id}/links/new`, { object_id: objectId, email: stranger.user.email })).body, 'email')).not.toBe('')
  })

  it('shows the help desk everything and lets it change nothing', async () => {
    const connection = await add(await administrator())
    const desk = await current().signedIn(await someone('helpdesk'))
    const page = await desk.get(`/admin/external-mfa/${connection.id}`)
    expect(page.status).toBe(200)
    expect(page.body).not.toMatch(/\/(edit|removal|links\/new)"/)
    expect((await desk.get(`/admin/external-mfa/${connection.id}/edit`)).status).toBe(403)
  })
})
