import { afterAll, beforeAll, expect, it } from 'vitest'
import { withApp, type Person } from '../../support/app.ts'
import type { Answer, Browser } from '../../support/browser.ts'
import { graphScopes, wellKnownClient } from '../../../src/microsoft365/graph/index.ts'
import { createEntra, type Entra, type Tenant } from '../../support/entra/index.ts'
import { errorAt, linkOf, textOf } from '../../support/pages.ts'

const root = '/admin/microsoft365'

/** The whole guide through its pages, against the double that refuses what Entra refuses. */
withApp('the pages of Microsoft 365', (current) => {
  let entra: Entra
  let tenant: Tenant
  let owner: Person
  let browser: Browser
  const acts = async (): Promise<string[]> => (await current().foundation.audit.list({ organizationId: current().organization.id, limit: 100 })).events.map(({ action }) => action).filter((action) => action.startsWith('microsoft.'))
  const code = (page: Answer): string => /id="user-code">([A-Z0-9]+)</.exec(page.body)?.[1] ?? ''

  /** Follows a step to the sign-in at Entra, where the administrator agrees, and back to the step. */
  async function connect(step: Answer): Promise<Answer> {
    expect(step.path).toContain('/connection?for=')
    const [base = '', goal = ''] = step.path.split('/connection?for=')
    const shown = await browser.post(`${base}/connection`, { for: goal })
    entra.approveDevice(code(shown), { upn: 'root@corp.onmicrosoft.com' })
    current().advance(6_000)
    return browser.post(`${base}/connection/check`, { for: goal })
  }
  async function add(domain: string, protocol = 'saml'): Promise<string> {
    await browser.get(`${root}/new/domain?protocol=${protocol}`)
    const page = await browser.post(`${root}/new/domain`, { protocol, domain, cloud: 'custom', login_host: entra.urls.login, graph_host: entra.urls.graph })
    expect(textOf(page.body)).toContain(`${domain} is prepared`)
    return page.path
  }

  beforeAll(async () => {
    entra = await createEntra({ plain: true, clock: () => current().foundation.clock.now(), skewSeconds: 0 })
    tenant = entra.addTenant({ initialDomain: 'corp.onmicrosoft.com' })
    for (const name of ['root', 'spare']) entra.addUser(tenant, `${name}@corp.onmicrosoft.com`, { directoryRoles: ['Global Administrator'] })
    entra.addApplication(tenant, {
      appId: wellKnownClient, isPublicClient: true,
      scopes: graphScopes('', 'write').split(' ').map((scope) => scope.slice(1)),
    })
    owner = await current().addPerson({ email: 'owner@corp.example', role: 'owner' })
    browser = await current().signedIn(owner)
  })
  afterAll(async () => { await entra.close() })

  it('S115 lead from nothing to a federated domain, notice a stranger, and lead back', async () => {
    entra.addDomain(tenant, 'corp.example')
    expect(textOf((await browser.get(root)).body)).toContain('No domain yet')
    const path = await add('corp.example')
    const filled = await browser.post(`${root}/identities/fill`)
    expect(textOf(filled.body)).toContain('1 identity was filled in')
    const immutableId = (await current().foundation.identities.of(owner.user.id))?.immutableId ?? ''
    entra.addUser(tenant, 'owner@corp.example', { onPremisesImmutableId: immutableId })

    const preflight = await connect(await browser.get(`${path}/preflight`))
    expect(preflight.path).toBe(`${path}/preflight`)
    expect(textOf(preflight.body)).toContain('Nothing stands in the way')
    expect(textOf(preflight.body)).toContain('2 global administrators are outside of the domain')

    const plan = await browser.get(`${path}/plan`)
    expect(textOf(plan.body)).toContain(`POST ${entra.urls.graph}/v1.0/domains/corp.example/federationConfiguration`)
    expect(textOf(plan.body)).toContain('New-MgDomainFederationConfiguration -DomainId \'corp.example\' @parameters')
    expect(entra.findDomain('corp.example')?.authenticationType).toBe('Managed')

    // The session that was for looking does not write.
    const asked = await browser.get(`${path}/apply`)
    expect(asked.path).toBe(`${path}/connection?for=apply`)
    const confirm = await connect(asked)
    expect(confirm.path).toBe(`${path}/apply`)
    const applied = await browser.post(`${path}/apply`)
    expect(textOf(applied.body)).toContain('corp.example is federated, and Entra says what it should')
    expect(entra.findDomain('corp.example')).toMatchObject({ authenticationType: 'Federated', federation: { preferredAuthenticationProtocol: 'saml' } })
    expect(await current().foundation.storage.read.all('SELECT id FROM entra_operations')).toEqual([])

    const check = await connect(await browser.get(`${path}/check`))
    expect(textOf(check.body)).toContain('Entra says what it should')
    const federation = entra.findDomain('corp.example')?.federation
    if (!federation) throw new Error('not federated')
    federation.passiveSignInUri = 'https://evil.example/'
    expect(textOf((await browser.get(`${path}/check`)).body)).toMatch(/Entra says something else.*Alarm passiveSignInUri/)
    expect(textOf((await browser.get('/admin')).body)).toContain('Microsoft 365 needs attention: 1 alert')
    const letters = (await current().letters('owner@corp.example')).filter(({ template }) => template === 'alert')
    expect(letters.map(({ subject, text }) => [subject, text])).toEqual([['Microsoft 365 needs attention', expect.stringMatching(/Entra says something else about .*corp\.example.* than it should: .*passiveSignInUri[^]*\/admin\/microsoft365/)]])
    for (const page of [root, path]) expect(textOf((await browser.get(page)).body)).toContain('Entra says something else about corp.example than it should: passiveSignInUri')

    await connect(await browser.get(`${path}/undo`))
    expect(textOf((await browser.get(`${path}/undo`)).body)).toContain('To Entra’s own sign-in')
    expect(textOf((await browser.post(`${path}/undo`)).body)).toContain('is back at Entra’s own sign-in')
    expect(entra.findDomain('corp.example')?.authenticationType).toBe('Managed')
    expect((await acts()).toReversed()).toEqual(['microsoft.domain_added', 'microsoft.identities_imported', 'microsoft.applied', 'microsoft.drift_found', 'microsoft.undone'])

    expect(textOf((await browser.post(`${path}/removal`)).body)).toContain('corp.example is removed')
    expect((await browser.get(path)).status).toBe(404)
  })

  it('stop an apply that would lock people out, until somebody says so', async () => {
    entra.addDomain(tenant, 'lab.example')
    const path = await add('lab.example', 'wsfed')
    const ann = await current().addPerson({ email: 'ann@lab.example' })
    await current().foundation.storage.write((tx) => current().foundation.identities.set(tx, ann.user.organizationId, ann.user.id, { upn: 'ann@lab.example', source: 'minted' }))
    entra.addUser(tenant, 'ann@lab.example', { onPremisesImmutableId: 'another' })
    await connect(await browser.get(`${path}/apply`))
    const stopped = await browser.post(`${path}/apply`)
    expect([stopped.status, textOf(stopped.body)]).toEqual([422, expect.stringContaining('1 person has another ImmutableID at Entra')])
    expect(entra.findDomain('lab.example')?.authenticationType).toBe('Managed')

    const plan = await browser.get(`${path}/import`)
    expect(textOf(plan.body)).toContain('Another ImmutableID')
    await browser.post(`${path}/import`)
    expect((await current().foundation.identities.of(ann.user.id))?.immutableId).not.toBe('another')
    expect(textOf((await browser.post(`${path}/import`, { change: ann.user.id })).body)).toContain('1 identity was taken over')
    expect((await current().foundation.identities.of(ann.user.id))?.immutableId).toBe('another')
    expect(await acts()).toContain('microsoft.identity_changed')
    expect(textOf((await browser.post(`${path}/apply`)).body)).toContain('lab.example is federated')
    expect(entra.findDomain('lab.example')?.federation?.preferredAuthenticationProtocol).toBe('wsFed')
  })

  it('show a refusal of Graph with cause and fix', async () => {
    entra.addDomain(tenant, 'denied.example')
    entra.addUser(tenant, 'clerk@corp.onmicrosoft.com')
    const path = await add('denied.example')
    const shown = await browser.post(`${path}/connection`, { for: 'preflight' })
    current().advance(6_000)
    expect(textOf((await browser.post(`${path}/connection/check`, { for: 'preflight' })).body)).toContain('Entra has not seen your sign-in yet')
    entra.approveDevice(code(shown), { upn: 'clerk@corp.onmicrosoft.com', roles: [] })
    current().advance(6_000)
    const refused = await browser.post(`${path}/connection/check`, { for: 'preflight' })
    expect([refused.status, textOf(refused.body)]).toEqual([502, expect.stringMatching(/may not do this\..*External Identity Provider Administrator/)])
    const declined = await browser.post(`${path}/connection`, { for: 'check' })
    entra.declineDevice(code(declined))
    current().advance(6_000)
    expect(textOf((await browser.post(`${path}/connection/check`, { for: 'check' })).body)).toContain('The sign-in was declined there')
  })

  it('SEC-31 change an ImmutableID only with the box ticked, and write down both', async () => {
    const bob = await current().addPerson({ email: 'bob@lab.example' })
    const path = `${root}/identities/${bob.user.id}`
    expect((await browser.get(path)).body).toContain('value="bob@lab.example"')
    expect((await browser.post(path, { upn: 'bob@lab.example', immutable_id: 'first' })).path).toBe(`${root}/identities`)
    const refused = await browser.post(path, { upn: 'bob@lab.example', immutable_id: 'second' })
    expect([refused.status, errorAt(refused.body, 'change')]).toEqual([422, 'There is another ImmutableID already. Say that it shall change'])
    expect((await current().foundation.identities.of(bob.user.id))?.immutableId).toBe('first')
    await browser.post(path, { upn: 'bob@lab.example', immutable_id: 'second', change: 'yes' })
    expect((await current().foundation.identities.of(bob.user.id))?.immutableId).toBe('second')
    const [event] = (await current().foundation.audit.list({ organizationId: current().organization.id, limit: 1 })).events
    expect(event).toMatchObject({ action: 'microsoft.identity_changed', userId: bob.user.id, details: { 'immutableId.before': 'first', 'immutableId.after': 'second' } })
    expect(errorAt((await browser.post(path, { upn: 'owner@corp.example' })).body, 'upn')).toBe('Somebody else has this name')
    expect(errorAt((await browser.post(path, { upn: 'bob' })).body, 'upn')).toContain('Type a name')
  })

  it('import a table in two steps', async () => {
    const eve = await current().addPerson({ email: 'eve@lab.example' })
    await browser.get(`${root}/identities/import`)
    expect((await browser.post(`${root}/identities/import`, { table: 'one' })).status).toBe(422)
    const table = 'userPrincipalName,onPremisesImmutableId\neve@lab.example,q83vEjRWeJCrze8SNFZ4kA==\nnobody@lab.example,x'
    const plan = await browser.upload(`${root}/identities/import`, { table: '', file: new Blob([table]) })
    expect(textOf(plan.body)).toMatch(/New 1.*Not known here 1/)
    expect(await current().foundation.identities.of(eve.user.id)).toBeUndefined()
    expect(textOf((await browser.post(`${root}/identities/import/done`, { table })).body)).toContain('1 identity was taken over')
    expect(await current().foundation.identities.of(eve.user.id)).toMatchObject({ upn: 'eve@lab.example', immutableId: 'q83vEjRWeJCrze8SNFZ4kA==', source: 'imported' })
    const newest = async (number: number) => (await current().foundation.audit.list({ organizationId: current().organization.id, userId: eve.user.id, limit: 10 })).events[number]
    expect(await newest(0)).toMatchObject({ action: 'microsoft.identity_set', actor: { id: owner.user.id }, details: { upn: 'eve@lab.example', immutableId: 'q83vEjRWeJCrze8SNFZ4kA==' } })
    await browser.post(`${root}/identities/import/done`, { table: 'mail,userPrincipalName\neve@lab.example,eva@lab.example' })
    expect(await newest(0)).toMatchObject({ action: 'microsoft.identity_set', details: { upn: 'eva@lab.example', 'upn.before': 'eve@lab.example', immutableId: 'q83vEjRWeJCrze8SNFZ4kA==' } })
  })

  it('SEC-69 let no administrator change what an owner is known by, and so become the owner at Entra', async () => {
    const boss = await current().addPerson({ email: 'boss@lab.example', role: 'owner' })
    const helper = await current().addPerson({ email: 'helper@lab.example', role: 'administrator' })
    const path = `${root}/identities/${boss.user.id}`
    expect((await browser.post(path, { upn: 'boss@lab.example', immutable_id: 'of-the-boss' })).path).toBe(`${root}/identities`)
    const admin = await current().signedIn(helper)
    const own = `${root}/identities/${helper.user.id}`
    await admin.get(own)
    expect((await admin.post(path, { upn: 'boss@lab.example', immutable_id: 'other', change: 'yes' })).status).toBe(403)
    await admin.post(`${root}/identities/import/done`, { table: 'mail,upn,immutableId\nboss@lab.example,boss@lab.example,other', change: boss.user.id })
    await admin.post(`${root}/identities/import/done`, { table: 'mail,upn\nboss@lab.example,gone@lab.example' })
    expect(await current().foundation.identities.of(boss.user.id)).toMatchObject({ upn: 'boss@lab.example', immutableId: 'of-the-boss' })
    expect(errorAt((await admin.post(own, { upn: 'helper@lab.example', immutable_id: 'of-the-boss' })).body, 'immutable_id')).not.toBe('')
    expect((await admin.post(own, { upn: 'helper@lab.example', immutable_id: 'of-the-helper' })).path).toBe(`${root}/identities`)
  })

  it('refuse what is no domain, no host, and what another organization has', async () => {
    await browser.get(`${root}/new`)
    const bad = await browser.post(`${root}/new/domain`, { protocol: 'saml', domain: 'corp.onmicrosoft.com', cloud: 'custom', login_host: 'http://x.example', graph_host: '' })
    expect([bad.status, errorAt(bad.body, 'domain') !== '', errorAt(bad.body, 'login_host') !== '', errorAt(bad.body, 'graph_host') !== '']).toEqual([422, true, true, true])
    expect(errorAt((await browser.post(`${root}/new/domain`, { protocol: 'saml', domain: 'lab.example', cloud: 'public', login_host: '', graph_host: '' })).body, 'domain')).toBe('This domain is here already')
  })

  it('SEC-73 show nothing of another organization', async () => {
    const [domain] = await current().foundation.domains.list(current().organization.id)
    const stranger = await current().addPerson({ email: 'stranger@other.example', role: 'owner', organization: await current().addOrganization(`Other ${Math.random()}`) })
    const other = await current().signedIn(stranger)
    for (const step of ['', '/settings', '/preflight', '/plan', '/apply', '/check', '/undo', '/certificate', '/connection', '/import', '/removal']) expect((await other.get(`${root}/${domain?.id ?? ''}${step}`)).status, step).toBe(404)
    expect((await other.get(`${root}/identities/${owner.user.id}`)).status).toBe(404)
    expect(textOf((await other.get(`${root}/identities`)).body)).not.toContain('owner@corp.example')
  })

  it('save settings, and show the certificate to upload', async () => {
    const domain = (await current().foundation.domains.list(current().organization.id)).find(({ domain: name }) => name === 'lab.example')
    const path = `${root}/${domain?.id ?? ''}/settings`
    await browser.get(path)
    const hosts = { cloud: 'custom', login_host: entra.urls.login, graph_host: entra.urls.graph }
    const missing = await browser.post(path, { ...hosts, protocol: 'saml', certificate_credential: 'yes', signed_requests: 'yes', request_certificates: '', tenant_id: '', client_id: '' })
    expect([missing.status, errorAt(missing.body, 'tenant_id') !== '', errorAt(missing.body, 'request_certificates') !== '']).toEqual([422, true, true])
    const metadata = `<X><ds:X509Certificate>${entra.nexus.certificates[0]?.der ?? ''}</ds:X509Certificate></X>`
    expect(textOf((await browser.post(path, { ...hosts, protocol: 'saml', certificate_credential: 'yes', signed_requests: 'yes', request_certificates: metadata, tenant_id: tenant.id, client_id: '0f8fad5b-d9cb-469f-a165-70867728950e', always_mfa: 'yes', mfa_behavior: 'enforceMfaByFederatedIdp' })).body)).toContain('when you apply again')
    const saved = await current().foundation.domains.find(current().organization.id, domain?.id ?? '')
    expect(saved).toMatchObject({ protocol: 'saml', alwaysMfa: true, requestCertificates: [entra.nexus.certificates[0]?.der], settings: { mfaBehavior: 'enforceMfaByFederatedIdp', certificateCredential: true, guard: false } })
    expect((await browser.get(path)).body).toContain('-----BEGIN CERTIFICATE-----')
    const [event] = (await current().foundation.audit.list({ organizationId: current().organization.id, action: 'microsoft.domain_changed', limit: 1 })).events
    expect(event?.details).toMatchObject({ 'requestCertificates.after': expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string })
  })

  it('guard without a person, with the app registration and its certificate', async () => {
    const domain = (await current().foundation.domains.list(current().organization.id)).find(({ domain: name }) => name === 'lab.example')
    if (!domain) throw new Error('no domain')
    const { microsoft365 } = current().app.parts
    const { published } = await microsoft365.unattended.credential(domain)
    const application = entra.addApplication(tenant, { certificates: [`-----BEGIN CERTIFICATE-----\n${published[0]?.certificate.replaceAll(/.{64}/g, '$&\n') ?? ''}\n-----END CERTIFICATE-----\n`], roles: ['Domain.Read.All', 'Domain-InternalFederation.Read.All'] })
    await current().foundation.storage.write((tx) => current().foundation.domains.update(tx, domain.organizationId, domain.id, { settings: { clientId: application.appId, guard: true } }))
    await microsoft365.guard.checkAll()
    const alerts = (await microsoft365.alerts.open(current().organization.id)).filter(({ subject }) => subject === domain.id)
    // The settings were changed and not applied again.
    expect(alerts).toMatchObject([{ kind: 'microsoft.drift', details: { domain: 'lab.example', fields: expect.stringContaining('preferredAuthenticationProtocol') as string } }])
  })

  it('S110 S112 keep the guide for people, in their languages', async () => {
    await browser.get(`${root}/people`)
    expect((await browser.post(`${root}/people`, { requirement: 'required', text_en: 'x'.repeat(10_001), text_de: '', text_fa: '' })).status).toBe(422)
    await browser.post(`${root}/people`, { requirement: 'required', text_en: 'Open the portal', text_de: '', text_fa: '' })
    expect((await browser.get(`${root}/people`)).body).toContain('Open the portal')
  })

  it('S109 let a person see whether Microsoft is set up, and say so; and notice when an administrator did it', async () => {
    const person = await current().addPerson({ email: 'mary@lab.example' })
    const own = await current().signedIn(person)
    expect(textOf((await own.get('/')).body)).toContain('Add your key at Microsoft')
    const page = textOf((await own.get('/microsoft-365')).body)
    expect(page).toContain('To do')
    expect(page).toContain('Open the portal')
    const german = textOf((await own.get('/microsoft-365', { headers: { 'accept-language': 'de' } })).body)
    expect(german).not.toContain('Open the portal')
    expect(german).toContain('Konto anzeigen')
    expect(textOf((await own.post('/microsoft-365')).body)).toContain('Done')
    expect(textOf((await own.get('/')).body)).not.toContain('Add your key at Microsoft')
    await browser.post(`${root}/identities/${person.user.id}/set-up`, { to: 'open' })
    expect(textOf((await own.get('/microsoft-365')).body)).toContain('To do')
    await browser.post(`${root}/identities/${person.user.id}/set-up`, { to: 'done' })
    expect(textOf((await own.get('/microsoft-365')).body)).toContain('Done for you')
    await browser.post(`${root}/identities/${person.user.id}/set-up`, { to: 'open' })
    expect(textOf((await own.get('/microsoft-365')).body)).not.toContain('You can skip this')
    await browser.post(`${root}/people`, { requirement: 'not_needed', text_en: '', text_de: '', text_fa: '' })
    expect(textOf((await own.get('/microsoft-365')).body)).toMatch(/Not needed You can skip this/)
    await browser.post(`${root}/people`, { requirement: 'required', text_en: '', text_de: '', text_fa: '' })
    expect(textOf((await own.get('/microsoft-365')).body)).toMatch(/Sign in to Microsoft 365 Choose View account Choose Security info.*Choose Add sign-in method Choose Security key/)
  })

  it('S31 lead everybody to their own domain by the tile', async () => {
    const mary = await current().addPerson({ email: 'mary2@lab.example' })
    const { storage, domains, identities, applications } = current().foundation
    const domain = (await domains.list(current().organization.id)).find(({ domain: name }) => name === 'lab.example')
    if (!domain) throw new Error('no domain')
    await storage.write(async (tx) => {
      await domains.update(tx, domain.organizationId, domain.id, { enabled: true })
      await identities.set(tx, mary.user.organizationId, mary.user.id, { upn: 'mary2@lab.example', source: 'minted' })
    })
    const own = await current().signedIn(mary)
    expect((await own.get(`/apps/${domain.applicationId}`, { follow: false })).location).toBe(`${entra.urls.login}/?whr=lab.example`)
    expect(textOf((await own.get('/microsoft-365')).body)).toContain('mary2@lab.example')
    expect((await applications.find(domain.organizationId, domain.applicationId))?.protocol).toBe('microsoft365')
    for (const path of ['', `/${domain.applicationId}`, `/${domain.applicationId}/edit`]) expect((await browser.get(`/admin/applications${path}`)).status, path).toBe(200)
  })

  it('explain a code, show the Windows kit, and say what nobody has tried', async () => {
    await browser.get(`${root}/explain`)
    expect(textOf((await browser.post(`${root}/explain`, { pasted: 'AADSTS90072: User account' })).body)).toContain('Make both sides equal')
    const kit = textOf((await browser.get(`${root}/windows`)).body)
    expect(kit).toContain('Configure Web Sign In Allowed Urls')
    expect(kit).toContain('this server does not reach its own address')
    expect(textOf((await browser.get(`${root}/checklist`)).body)).toContain('Nothing of this was run against a live tenant of Microsoft')
    expect(linkOf((await browser.get(root)).body, 'Explain an error')).toBe(`${root}/explain`)
  })

  it('keep the application while a domain of it signs people in, and make a new one for a domain that lost it', async () => {
    const path = await add('tile.example')
    const { domains } = current().foundation
    const organizationId = current().organization.id
    const found = async () => { const domain = await domains.findByName(organizationId, 'tile.example'); if (!domain) throw new Error('the domain is gone'); return domain }
    await browser.post(`${path}/switch`, { to: 'on' })
    const before = await found()
    expect(before.enabled).toBe(true)
    const kept = await browser.post(`/admin/applications/${before.applicationId}/removal`)
    expect(kept.path).toBe(root)
    expect(textOf(kept.body)).toContain('Undo or switch off first.')
    expect((await found()).enabled).toBe(true)

    for (const domain of await domains.list(organizationId)) if (domain.switchedOn) await browser.post(`${root}/${domain.id}/switch`, { to: 'off' })
    expect((await browser.post(`/admin/applications/${before.applicationId}/removal`)).path).toBe('/admin/applications')
    await browser.post(`${path}/switch`, { to: 'on' })
    const after = await found()
    expect([after.enabled, after.applicationId === before.applicationId, after.issuer === before.issuer]).toEqual([true, false, true])
  })
}, { DOORWARD_PUBLIC_URL: 'https://id.corp.example', DOORWARD_OUTBOUND_ALLOW: '127.0.0.1' })
