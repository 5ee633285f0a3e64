import { afterEach, beforeEach, expect, it } from 'vitest'
import { createApplications, type Applications } from '../../../src/applications/index.ts'
import { createOrganizations, createUsers, type Organization, type User } from '../../../src/directory/index.ts'
import { createOutbound } from '../../../src/http/outbound/index.ts'
import { createKeys, type Keys } from '../../../src/keys/index.ts'
import { createDomains, createIdentities, createMicrosoft365, type DomainEvent, type ManagedDomain, type Microsoft365, type Microsoft365Needs } from '../../../src/microsoft365/index.ts'
import { createGraphSession, type GraphSession } from '../../../src/microsoft365/graph/index.ts'
import { silentLog } from '../../../src/log.ts'
import type { UserId } from '../../../src/storage/index.ts'
import { SmallGraph } from '../../support/graph.ts'
import { onEachDatabase } from '../../support/storage.ts'

const day = 86_400_000

onEachDatabase('the guide to Microsoft 365', (current) => {
  let graph: SmallGraph
  let organization: Organization
  let room: Microsoft365
  let needs: Microsoft365Needs
  let keys: Keys
  let applications: Applications
  let ann: User
  let events: (DomainEvent & { by: string })[]
  let told: string[]
  const record = (by: string) => (_tx: unknown, event: DomainEvent): Promise<void> => { events.push({ by, ...event }); return Promise.resolve() }
  const byHand = record('admin')
  const write: ReturnType<typeof current>['storage']['write'] = (work) => current().storage.write(work)
  const session = (): GraphSession => createGraphSession({ fetch: createOutbound({ allow: ['127.0.0.1'], caFile: null }).fetch, clock: current().clock, pause: () => Promise.resolve() }, graph.url, 'token-1')
  const prepare = (domain: string, settings: Partial<ManagedDomain['settings']> = {}): Promise<ManagedDomain> =>
    write((tx) => room.domains.create(tx, organization.id, { domain, protocol: 'saml', settings: { cloud: 'custom', loginHost: graph.url, graphHost: graph.url, ...settings } }))
  const again = async (domain: ManagedDomain): Promise<ManagedDomain> => {
    const found = await room.domains.find(organization.id, domain.id)
    if (!found) throw new Error('the domain is gone')
    return found
  }
  const tile = async (domain: ManagedDomain) => (await applications.find(organization.id, domain.applicationId))?.launchUrl
  const unattended = { certificateCredential: true, clientId: 'app-1', tenantId: 'tenant-1' }

  beforeEach(async () => {
    graph = await new SmallGraph().start()
    const { storage, sealer, clock } = current()
    clock.set(Date.now())
    for (const table of ['entra_domains', 'entra_identities', 'entra_backups', 'entra_operations', 'alerts', 'signing_keys', 'applications', 'users', 'organizations']) await storage.execute(`DELETE FROM ${table}`)
    const organizations = createOrganizations({ storage, clock })
    organization = await write((tx) => organizations.create(tx, { name: 'Analytical Engines', kind: 'business' }))
    applications = createApplications({ storage, clock })
    keys = createKeys({ storage, sealer, clock })
    events = []
    told = []
    needs = {
      notify: (_tx, _organization, { kind }) => { told.push(kind); return Promise.resolve() },
      storage, clock, sealer, log: silentLog, publicUrl: 'https://id.corp.example', fetch: createOutbound({ allow: ['127.0.0.1'], caFile: null }).fetch, pause: () => Promise.resolve(), applications, keys,
      domains: createDomains({ storage, clock, publicUrl: 'https://id.corp.example', applications }), identities: createIdentities({ storage, clock }), record: (tx, _organization, event) => record('job')(tx, event),
      recordKey: () => Promise.resolve(), tellOfKey: () => Promise.resolve(), announce: () => undefined,
    }
    room = createMicrosoft365(needs)
    const users = createUsers({ storage, clock, sealer })
    ann = await write((tx) => users.create(tx, { organizationId: organization.id, email: { email: 'ann@corp.example', key: 'ann@corp.example' }, givenName: 'Ann', familyName: 'A', role: 'owner', status: 'active', emailVerified: true }))
    await write((tx) => room.identities.set(tx, organization.id, ann.id, { upn: 'ann@corp.example', immutableId: 'id-of-ann', source: 'imported' }))
  })
  afterEach(async () => { await graph.stop() })

  it('S115 looks, plans, applies, watches, notices a stranger, and goes back', async () => {
    graph.addDomain('corp.example')
    graph.users = [{ id: '1', userPrincipalName: 'ann@corp.example', onPremisesImmutableId: 'id-of-ann', accountEnabled: true }]
    const domain = await prepare('corp.example')
    expect((await room.guide.preflight(session(), domain)).filter(({ severity }) => severity !== 'fine')).toEqual([])

    const { plan } = await room.guide.plan(session(), domain)
    expect(plan.kind).toBe('create')
    expect(graph.changes).toEqual([])

    expect(await room.guide.apply(session(), domain, byHand)).toMatchObject({ outcome: 'applied', differences: [] })
    expect(graph.changes).toEqual(['POST /v1.0/domains/corp.example/federationConfiguration'])
    expect(graph.domains.get('corp.example')).toMatchObject({ authenticationType: 'Federated', configuration: { issuerUri: domain.issuer, passiveSignInUri: `${domain.issuer}/saml/sso`, preferredAuthenticationProtocol: 'saml' } })
    expect(await again(domain)).toMatchObject({ enabled: true, rollover: { appliedAt: expect.any(Number) as unknown } })
    expect(await tile(domain)).toBe(`${graph.url}/?whr=corp.example`)
    expect(events.map(({ action, by }) => [action, by])).toEqual([['microsoft.applied', 'admin']])

    expect(await room.guard.check(session(), await again(domain))).toEqual({ outcome: 'clean' })
    expect(await room.alerts.open(organization.id)).toEqual([])

    Object.assign(graph.domains.get('corp.example')?.configuration ?? {}, { signingCertificate: 'MIIEvil', displayName: 'Evil' })
    expect(await room.guard.check(session(), await again(domain))).toMatchObject({ outcome: 'differs', differences: [{ field: 'displayName', grave: false }, { field: 'signingCertificate', grave: true }] })
    expect(await room.alerts.open(organization.id)).toMatchObject([{ kind: 'microsoft.drift', subject: domain.id, details: { fields: 'displayName, signingCertificate', grave: true } }])
    await room.guard.check(session(), await again(domain))
    expect(told).toEqual(['microsoft.drift'])
    expect(events.filter(({ action }) => action === 'microsoft.drift_found')).toHaveLength(1)

    expect(await room.guide.apply(session(), await again(domain), byHand)).toMatchObject({ outcome: 'applied', plan: { kind: 'update' }, differences: [] })
    expect(await room.alerts.open(organization.id)).toEqual([])

    expect(await room.guide.undo(session(), await again(domain), byHand)).toMatchObject({ outcome: 'undone', plan: { kind: 'managed' } })
    expect(graph.domains.get('corp.example')?.authenticationType).toBe('Managed')
    expect(await again(domain)).toMatchObject({ enabled: false })
    expect(await tile(domain)).toBe('https://www.office.com/')
    expect(await room.guide.undo(session(), await again(domain), byHand)).toEqual({ outcome: 'nothing_saved' })

    expect(await room.guide.apply(session(), await again(domain), byHand)).toMatchObject({ outcome: 'applied', plan: { kind: 'replace' } })
    expect(graph.domains.get('corp.example')?.authenticationType).toBe('Federated')
    expect(await room.guide.undo(session(), await again(domain), byHand)).toMatchObject({ outcome: 'undone' })
  })

  it('goes back to the federation that was there before', async () => {
    const before = { id: 'adfs', displayName: 'AD FS', issuerUri: 'http://adfs.corp.example/adfs/services/trust', passiveSignInUri: 'https://adfs.corp.example/adfs/ls/', signOutUri: 'https://adfs.corp.example/adfs/ls/', preferredAuthenticationProtocol: 'wsFed', federatedIdpMfaBehavior: 'acceptIfMfaDoneByFederatedIdp', promptLoginBehavior: 'disabled', isSignedAuthenticationRequestRequired: false, signingCertificate: 'MIIAdfs' }
    graph.addDomain('corp.example', { authenticationType: 'Federated', configuration: { ...before } })
    const domain = await prepare('corp.example')
    expect(await room.guide.apply(session(), domain, byHand)).toMatchObject({ outcome: 'applied', plan: { kind: 'update' }, differences: [] })
    await room.guide.apply(session(), await write(async (tx) => (await room.domains.update(tx, organization.id, domain.id, { settings: { displayName: 'Later' } })) ?? domain), byHand)
    expect(graph.domains.get('corp.example')?.configuration).toMatchObject({ issuerUri: domain.issuer, displayName: 'Later' })
    expect(await room.guide.undo(session(), await again(domain), byHand)).toMatchObject({ outcome: 'undone' })
    expect(graph.domains.get('corp.example')?.configuration).toMatchObject(before)
  })

  it('S115 never goes back to a stranger whose federation was overwritten, but to what was there before us', async () => {
    graph.addDomain('corp.example')
    const domain = await prepare('corp.example')
    await room.guide.apply(session(), domain, byHand)
    Object.assign(graph.domains.get('corp.example')?.configuration ?? {}, { issuerUri: 'urn:stranger', signingCertificate: 'MIIStranger' })
    expect(await room.guard.check(session(), await again(domain))).toMatchObject({ outcome: 'differs' })
    expect(await room.guide.apply(session(), await again(domain), byHand)).toMatchObject({ outcome: 'applied', differences: [] })
    expect((await room.guide.planUndo(session(), await again(domain))).backup?.state).toEqual({ authenticationType: 'Managed', configuration: null })
    expect(await room.guide.undo(session(), await again(domain), byHand)).toMatchObject({ outcome: 'undone', plan: { kind: 'managed' } })
    expect(graph.domains.get('corp.example')?.authenticationType).toBe('Managed')
  })

  it('goes back to the newest federation that was there, where ours was taken away in between', async () => {
    graph.addDomain('corp.example')
    const domain = await prepare('corp.example')
    await room.guide.apply(session(), domain, byHand)
    await room.guide.switchOff(await again(domain), byHand)
    current().clock.set(current().clock.now() + 1_000)
    Object.assign(graph.domains.get('corp.example')?.configuration ?? {}, { issuerUri: 'http://adfs.corp.example/adfs/services/trust' })
    await room.guide.apply(session(), await again(domain), byHand)
    await room.guide.undo(session(), await again(domain), byHand)
    expect(graph.domains.get('corp.example')?.configuration).toMatchObject({ issuerUri: 'http://adfs.corp.example/adfs/services/trust' })
  })

  it('keeps the tile signing in while another domain does', async () => {
    graph.addDomain('corp.example')
    graph.addDomain('lab.example')
    const [corp, lab] = [await prepare('corp.example'), await prepare('lab.example')]
    for (const domain of [corp, lab]) await room.guide.apply(session(), domain, byHand)
    await room.guide.undo(session(), await again(corp), byHand)
    expect(await tile(corp)).toBe(`${graph.url}/?whr=lab.example`)
  })

  it.each<[string, Parameters<SmallGraph['addDomain']>[1] | null, string]>([
    ['is not in the tenant', null, 'missing'], ['is not verified', { isVerified: false }, 'unverified'], ['is the default', { isDefault: true }, 'default'], ['inherits from its parent', { isRoot: false }, 'not_root'],
  ])('applies nothing to a domain that %s', async (_title, changes, reason) => {
    if (changes) graph.addDomain('corp.example', changes)
    const domain = await prepare('corp.example')
    expect(await room.guide.apply(session(), domain, byHand)).toEqual({ outcome: 'not_possible', reason })
    expect(graph.changes).toEqual([])
    expect((await again(domain)).enabled).toBe(false)
  })

  it('sends nothing with a certificate that has ended', async () => {
    graph.addDomain('corp.example')
    const domain = await prepare('corp.example')
    await room.guide.certificates(domain)
    current().clock.advance(1_200 * day)
    expect(await room.guide.apply(session(), domain, byHand)).toMatchObject({ outcome: 'invalid', problems: [{ problem: 'certificate_expired' }] })
    expect(graph.changes).toEqual([])
  })

  it('is switched off again when Graph refuses, and stays on when Graph did it all the same', async () => {
    graph.addDomain('corp.example')
    const domain = await prepare('corp.example')
    graph.next.push({ status: 403, only: /^POST/, body: { error: { code: 'Authorization_RequestDenied', message: 'no' } } })
    await expect(room.guide.apply(session(), domain, byHand)).rejects.toMatchObject({ kind: 'denied' })
    expect((await again(domain)).enabled).toBe(false)
    expect(events).toMatchObject([{ action: 'microsoft.applied', outcome: 'failure' }])
    graph.next.push({ status: 500, only: /^POST/, body: {} })
    await expect(room.guide.apply(session(), domain, byHand)).rejects.toMatchObject({ kind: 'stuck' })
    expect((await again(domain)).enabled).toBe(false)
    graph.next.push({ status: 500, only: /^POST/, body: {}, meanwhile: () => { graph.addDomain('corp.example', { authenticationType: 'Federated', configuration: { id: 'x', issuerUri: domain.issuer } }) } })
    await expect(room.guide.apply(session(), domain, byHand)).rejects.toMatchObject({ kind: 'stuck' })
    expect((await again(domain)).enabled).toBe(true)
  })

  it('finds in the preflight what would lock people out', async () => {
    graph.addDomain('corp.example', { isDefault: true })
    graph.addDomain('lab.corp.example', { isRoot: false })
    graph.administrators = ['root@corp.example']
    graph.users = [{ id: '1', userPrincipalName: 'ann@corp.example', onPremisesImmutableId: 'another', accountEnabled: true }, { id: '2', userPrincipalName: 'bob@corp.example', onPremisesImmutableId: null, accountEnabled: true }]
    const findings = await room.guide.preflight(session(), await prepare('corp.example'))
    expect(findings.filter(({ severity }) => severity !== 'fine').map(({ code, severity }) => [code, severity])).toEqual([
      ['domain_default', 'stops'], ['subdomains_follow', 'warns'], ['immutable_id_different', 'stops'], ['users_unknown_here', 'warns'], ['break_glass_missing', 'stops'],
    ])
    expect((await room.guide.preflight(null, await prepare('lab.example'))).map(({ code }) => code)).toEqual(expect.arrayContaining(['domain_unknown', 'users_unknown', 'certificate_good', 'public_https']))
  })

  it('plans without anybody signed in, for the script', async () => {
    const { plan, state } = await room.guide.plan(null, await prepare('corp.example'))
    expect([plan.kind, state]).toEqual(['create', null])
    expect((await room.guide.planUndo(null, await prepare('lab.example'))).plan).toMatchObject({ kind: 'managed' })
  })

  it('guards by itself with the app registration, and says so when it may not look any more', async () => {
    graph.addDomain('corp.example')
    const domain = await prepare('corp.example', unattended)
    await room.guide.apply(session(), domain, byHand)
    await room.guard.checkAll()
    expect(await room.alerts.open(organization.id)).toEqual([])
    Object.assign(graph.domains.get('corp.example')?.configuration ?? {}, { passiveSignInUri: 'https://evil.example' })
    await room.guard.checkAll()
    expect(await room.alerts.open(organization.id)).toMatchObject([{ kind: 'microsoft.drift', details: { grave: true, domain: 'corp.example' } }])
    expect(events.at(-1)).toMatchObject({ action: 'microsoft.drift_found', by: 'job', outcome: 'failure' })
    graph.next.push({ status: 403, body: { error: { code: 'Authorization_RequestDenied', message: '' } } })
    await room.guard.checkAll()
    expect((await room.alerts.open(organization.id)).map(({ kind }) => kind).sort()).toEqual(['microsoft.drift', 'microsoft.unreachable'])
    Object.assign(graph.domains.get('corp.example')?.configuration ?? {}, { passiveSignInUri: `${domain.issuer}/saml/sso` })
    await room.guard.checkAll()
    expect(await room.alerts.open(organization.id)).toEqual([])
    Object.assign(graph.domains.get('corp.example') ?? {}, { authenticationType: 'Managed' })
    await room.guard.checkAll()
    expect(await room.alerts.open(organization.id)).toMatchObject([{ kind: 'microsoft.drift', details: { fields: 'authenticationType' } }])
  })

  it('looks after every domain, whatever the host of one of them says', async () => {
    graph.addDomain('corp.example')
    const domain = await prepare('corp.example', { ...unattended, autopilot: true })
    await room.guide.apply(session(), domain, byHand)
    const bad = await prepare('bad.example', { ...unattended, autopilot: true })
    graph.addDomain('bad.example', { authenticationType: 'Federated' })
    await room.guide.switchOn(bad, byHand)
    Object.assign(graph.domains.get('corp.example')?.configuration ?? {}, { passiveSignInUri: 'https://evil.example' })
    const hostile = /bad.example\/federationConfiguration/
    graph.next.push({ status: 200, only: hostile, body: { value: [null] } })
    await room.guard.checkAll()
    expect(await room.alerts.open(organization.id)).toMatchObject([{ kind: 'microsoft.drift', details: { grave: true, domain: 'corp.example' } }])
    // A fault of ours is one domain's too, and the job still says that there was one.
    await current().storage.execute(`UPDATE signing_keys SET sealed_private_key = 'x' WHERE purpose LIKE ?`, [`microsoft365%${bad.id}`])
    Object.assign(graph.domains.get('corp.example')?.configuration ?? {}, { passiveSignInUri: `${domain.issuer}/saml/sso` })
    const again = createMicrosoft365({ ...needs, keys: createKeys(current()) })
    await expect(again.guard.checkAll()).rejects.toThrow('1 federated domains could not be looked after')
    expect(await room.alerts.open(organization.id)).toEqual([])
    graph.seen.length = 0
    await expect(again.autopilot.runAll()).rejects.toThrow('1 federated domains could not be looked after')
    expect(graph.seen.some(({ path }) => path.includes('corp.example/federationConfiguration'))).toBe(true)
  })

  it('never asks Entra by itself where nobody gave the right', async () => {
    graph.addDomain('corp.example')
    const domain = await prepare('corp.example')
    await room.guide.apply(session(), domain, byHand)
    graph.seen.length = 0
    await room.guard.checkAll()
    await room.autopilot.runAll()
    expect(graph.seen).toEqual([])
  })

  it('SEC-32 goes from one certificate to the next with Entra knowing both, in hours that it is given', async () => {
    graph.addDomain('corp.example')
    const domain = await prepare('corp.example', { ...unattended, autopilot: true })
    await room.guide.apply(session(), domain, byHand)
    const first = (await room.guide.certificates(domain)).active.certificate
    await room.autopilot.runAll()
    expect(events.filter(({ action }) => action === 'microsoft.certificate_step')).toEqual([])
    const trusted = () => [graph.domains.get('corp.example')?.configuration?.['signingCertificate'], graph.domains.get('corp.example')?.configuration?.['nextSigningCertificate']]
    await room.autopilot.hurry(domain)
    for (let turn = 0; turn < 60; turn++) {
      await room.autopilot.runAll()
      expect(trusted()).toContain((await room.guide.certificates(domain)).active.certificate)
      await room.guard.checkAll()
      expect(await room.alerts.open(organization.id)).toEqual([])
      current().clock.advance(3_600_000)
    }
    expect(events.filter(({ action }) => action === 'microsoft.certificate_step').map(({ details }) => details['step'])).toEqual(['publish', 'push_next', 'note_seen', 'switch', 'push_current'])
    const second = (await room.guide.certificates(domain)).active.certificate
    expect(second).not.toBe(first)
    expect(trusted()[0]).toBe(second)
  })

  it('SEC-32 has a kill switch: after it Entra trusts nothing that was there before', async () => {
    graph.addDomain('corp.example')
    const domain = await prepare('corp.example', { ...unattended, autopilot: true })
    await room.guide.apply(session(), domain, byHand)
    await room.autopilot.hurry(domain)
    await room.autopilot.run(session(), domain, byHand)
    const before = [...(await room.guide.certificates(domain)).published]
    expect(before).toHaveLength(2)
    expect(await room.autopilot.replaceAtOnce(session(), domain, byHand)).toBe(true)
    const { active, published } = await room.guide.certificates(domain)
    expect(published).toEqual([active.certificate])
    expect(before).not.toContain(active.certificate)
    expect(graph.domains.get('corp.example')?.configuration).toMatchObject({ signingCertificate: active.certificate, nextSigningCertificate: active.certificate })
    expect(await room.guard.check(session(), await again(domain))).toEqual({ outcome: 'clean' })
  })

  it('takes back every field that a stranger filled in', async () => {
    graph.addDomain('corp.example')
    const domain = await prepare('corp.example')
    await room.guide.apply(session(), domain, byHand)
    Object.assign(graph.domains.get('corp.example')?.configuration ?? {}, { activeSignInUri: 'https://evil.example/trust', metadataExchangeUri: 'https://evil.example/mex', nextSigningCertificate: 'MIIEvil' })
    expect(await room.guard.check(session(), await again(domain))).toMatchObject({ outcome: 'differs', differences: [{ grave: true }, { grave: true }, { grave: true }] })
    expect(await room.guide.apply(session(), await again(domain), byHand)).toMatchObject({ outcome: 'applied', differences: [] })
    expect(graph.domains.get('corp.example')?.configuration).toMatchObject({ activeSignInUri: null, metadataExchangeUri: null })
    expect(JSON.stringify(graph.domains.get('corp.example'))).not.toContain('vil')
  })

  it('touches nothing where Entra trusts a stranger\'s certificate', async () => {
    graph.addDomain('corp.example')
    const domain = await prepare('corp.example', { ...unattended, autopilot: true })
    await room.guide.apply(session(), domain, byHand)
    Object.assign(graph.domains.get('corp.example')?.configuration ?? {}, { nextSigningCertificate: 'MIIEvil' })
    await room.autopilot.hurry(domain)
    const before = graph.changes.length
    expect(await room.autopilot.run(session(), domain, byHand)).toEqual({ step: { step: 'foreign', where: 'next' }, did: [] })
    expect(graph.changes).toHaveLength(before)
  })

  it('warns 30, 14, 7 and 1 days before a certificate ends, each once', async () => {
    graph.addDomain('corp.example')
    const domain = await prepare('corp.example')
    await room.guide.apply(session(), domain, byHand)
    const { notAfter } = (await room.guide.certificates(domain)).active
    const said: unknown[] = []
    for (let left = 32; left >= -1; left--) {
      current().clock.set(notAfter - left * day)
      await room.guard.checkAll()
      const [alert] = await room.alerts.open(organization.id)
      if (alert?.details['days'] !== said.at(-1)) said.push(alert?.details['days'])
    }
    expect(said).toEqual([30, 14, 7, 1, 0])
    expect(events.filter(({ action }) => action === 'microsoft.certificate_ends')).toHaveLength(5)
  })

  it('SEC-74 keeps an administrator\'s token sealed, for that person and domain, half an hour at most', async () => {
    graph.addDomain('corp.example')
    const [domain, other] = [await prepare('corp.example'), await prepare('lab.example')]
    await room.connections.begin(domain, ann.id, 'write')
    expect(await room.connections.find(domain, ann.id)).toMatchObject({ userCode: 'ABCD1234', connected: false, purpose: 'write' })
    expect(await room.connections.check(domain, ann.id)).toBe('slow_down')
    current().clock.advance(6_000)
    graph.device = 'pending'
    expect(await room.connections.check(domain, ann.id)).toBe('pending')
    expect(await room.connections.session(domain, ann.id)).toBeUndefined()
    current().clock.advance(6_000)
    graph.device = 'signed_in'
    expect(await room.connections.check(domain, ann.id)).toBe('connected')
    expect(await room.connections.session(domain, ann.id)).toBeDefined()
    expect(await room.connections.session(domain, 'somebody' as UserId)).toBeUndefined()
    expect(await room.connections.session(other, ann.id)).toBeUndefined()
    const rows = JSON.stringify(await current().storage.read.all('SELECT * FROM entra_operations'))
    expect(rows).not.toContain('token-1')
    expect(rows).not.toContain('device-1')
    current().clock.advance(31 * 60_000)
    expect(await room.connections.session(domain, ann.id)).toBeUndefined()
    await room.connections.begin(domain, ann.id, 'read')
    current().clock.advance(6_000)
    graph.device = 'declined'
    expect(await room.connections.check(domain, ann.id)).toBe('declined')
    expect(await room.connections.find(domain, ann.id)).toBeUndefined()
    await room.connections.begin(domain, ann.id, 'read')
    await room.connections.end(domain, ann.id)
    expect(await current().storage.read.all('SELECT * FROM entra_operations')).toEqual([])
  })

  it.each([['graphHost', { graphHost: 'https://evil.example' }], ['loginHost', { loginHost: 'https://evil.example' }], ['cloud', { cloud: 'public', loginHost: null, graphHost: null }], ['tenantId', { tenantId: 'evil' }], ['clientId', { clientId: 'evil' }]] as const)(
    'SEC-81 sends an administrator\'s code and token to no host that somebody has set meanwhile (%s)', async (_field, settings) => {
      const domain = await prepare('corp.example')
      await room.connections.begin(domain, ann.id, 'write')
      const change = (to: Partial<ManagedDomain['settings']>): Promise<ManagedDomain | undefined> => write((tx) => room.domains.update(tx, organization.id, domain.id, { settings: to }))
      await change(settings)
      current().clock.advance(6_000)
      expect(await room.connections.check(await again(domain), ann.id)).toBe('none')
      await change(domain.settings)
      expect(await room.connections.check(await again(domain), ann.id)).toBe('connected')
      expect(await room.connections.session(await again(domain), ann.id)).toBeDefined()
      await change(settings)
      expect(await room.connections.find(await again(domain), ann.id)).toBeUndefined()
      expect(await room.connections.session(await again(domain), ann.id)).toBeUndefined()
    })

  it('S109 S110 knows who has set up Microsoft, and what administrators ask for', async () => {
    expect(await room.peopleGuide.setUpOf(organization.id, ann.id)).toEqual({ state: 'not_needed', doneAt: null, identified: true })
    await write((tx) => room.peopleGuide.save(tx, organization.id, { requirement: 'required', texts: { de: 'Schritt 1', en: ' ' } }))
    expect(await room.peopleGuide.find(organization.id)).toEqual({ requirement: 'required', texts: { de: 'Schritt 1' } })
    expect(await room.peopleGuide.setUpOf(organization.id, ann.id)).toMatchObject({ state: 'open' })
    expect(await write((tx) => room.peopleGuide.mark(tx, organization.id, ann.id, 'self'))).toBe(true)
    expect(await room.peopleGuide.setUpOf(organization.id, ann.id)).toMatchObject({ state: 'done' })
    await write((tx) => room.peopleGuide.mark(tx, organization.id, ann.id, 'admin'))
    expect(await room.peopleGuide.setUpOf(organization.id, ann.id)).toMatchObject({ state: 'done_by_admin' })
    await write((tx) => room.peopleGuide.mark(tx, organization.id, ann.id, null))
    expect(await room.peopleGuide.setUpOf(organization.id, ann.id)).toMatchObject({ state: 'open' })
    expect(await write((tx) => room.peopleGuide.mark(tx, organization.id, 'nobody' as UserId, 'self'))).toBe(false)
  })

  it('ends the sessions at Microsoft of those who are known there, by domains that have an app registration, and of nobody else', async () => {
    graph.addDomain('corp.example')
    graph.users = [{ id: '1', userPrincipalName: 'ann@corp.example', onPremisesImmutableId: 'id-of-ann', accountEnabled: true }]
    const domain = await prepare('corp.example', unattended)
    const revoke = (): Promise<UserId[]> => room.revocation.revoke(organization.id, [ann.id, 'nobody' as UserId], new AbortController().signal)
    expect(await revoke()).toEqual([])
    await write((tx) => tx.run('UPDATE entra_domains SET enabled = 1 WHERE id = ?', [domain.id]))
    expect(await revoke()).toEqual([ann.id])
    expect(graph.changes).toEqual(['POST /v1.0/users/ann%40corp.example/revokeSignInSessions'])
    graph.next.push({ status: 403, body: { error: { code: 'Authorization_RequestDenied', message: 'Insufficient privileges' } }, only: /revoke/ })
    expect(await revoke()).toEqual([])
    expect(await room.revocation.revoke('another' as typeof organization.id, [ann.id], new AbortController().signal)).toEqual([])
  })

  it('says which identities could not be given, without giving any', async () => {
    const people = [
      { key: 'same', userId: ann.id, upn: 'ann@corp.example', immutableId: 'id-of-ann' }, { key: 'change', userId: ann.id, upn: 'ann@corp.example', immutableId: 'another' },
      { key: 'name', userId: null, upn: 'ANN@corp.example', immutableId: 'new' }, { key: 'id', userId: null, upn: 'bob@corp.example', immutableId: 'id-of-ann' },
      { key: 'bad', userId: null, upn: 'no name', immutableId: null }, { key: 'badId', userId: null, upn: 'eve@corp.example', immutableId: 'a b' }, { key: 'free', userId: null, upn: 'grace@corp.example', immutableId: 'id-of-grace' },
    ]
    expect(Object.fromEntries(await room.identities.conflicts(current().storage.read, organization.id, people))).toEqual({ change: 'would_change', name: 'upn_taken', id: 'immutable_id_taken', bad: 'bad_upn', badId: 'bad_immutable_id' })
    expect((await room.identities.all(organization.id)).map(({ upn }) => upn)).toEqual(['ann@corp.example'])
  })
})
