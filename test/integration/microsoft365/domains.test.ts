import { beforeEach, expect, it } from 'vitest'
import { createApplications, type Applications } from '../../../src/applications/index.ts'
import { createOrganizations, createUsers, type Organization, type User } from '../../../src/directory/index.ts'
import { createDomains, createIdentities, homeRealmAddress, plainAddress, type Domains, type Identities } from '../../../src/microsoft365/index.ts'
import { pointTile } from '../../../src/microsoft365/tile.ts'
import { onEachDatabase } from '../../support/storage.ts'

onEachDatabase('domains and identities of Microsoft 365', (current) => {
  let organization: Organization
  let other: Organization
  let applications: Applications
  let domains: Domains
  let identities: Identities
  let addUser: (email: string, place?: Organization) => Promise<User>
  const write: ReturnType<typeof current>['storage']['write'] = (work) => current().storage.write(work)
  const prepare = (domain: string, place = organization) => write((tx) => domains.create(tx, place.id, { domain, protocol: 'saml' }))

  beforeEach(async () => {
    const { storage, clock, sealer } = current()
    for (const table of ['entra_domains', 'entra_identities', 'applications', 'users', 'organizations']) await storage.execute(`DELETE FROM ${table}`)
    const organizations = createOrganizations({ storage, clock })
    const users = createUsers({ storage, clock, sealer })
    applications = createApplications({ storage, clock })
    domains = createDomains({ storage, clock, publicUrl: 'https://id.corp.example', applications })
    identities = createIdentities({ storage, clock })
    organization = await write((tx) => organizations.create(tx, { name: 'Analytical Engines', kind: 'business' }))
    other = await write((tx) => organizations.create(tx, { name: 'Difference Engines', kind: 'business' }))
    addUser = (email, place = organization) => write((tx) => users.create(tx, { organizationId: place.id, email: { email, key: email }, givenName: 'Ann', familyName: 'A', role: 'user', status: 'active', emailVerified: true }))
  })

  it('prepares a domain with an issuer of its own, not yet federated', async () => {
    const domain = await prepare('corp.example')
    expect(domain).toMatchObject({ domain: 'corp.example', enabled: false, protocol: 'saml', issuer: `https://id.corp.example/fed/${domain.key}`, loginHost: 'https://login.microsoftonline.com', alwaysMfa: false, wsTrust: false, requestCertificates: [], applicationName: 'Microsoft 365' })
    expect(domain.key).toMatch(/^[0-9a-f]{20}$/)
    expect((await prepare('lab.example')).issuer).not.toBe(domain.issuer)
    expect(await domains.findByKey(domain.key)).toMatchObject({ id: domain.id })
    expect(await domains.findByKey('elsewhere')).toBeUndefined()
  })

  it('SEC-31 gives a domain to one organization only', async () => {
    const domain = await prepare('corp.example')
    await expect(prepare('corp.example', other)).rejects.toMatchObject({ code: 'domain_taken' })
    expect(await domains.find(organization.id, domain.id)).toBeDefined()
    expect(await domains.find(other.id, domain.id)).toBeUndefined()
    expect(await domains.findByName(other.id, 'corp.example')).toBeUndefined()
    expect(await write((tx) => domains.update(tx, other.id, domain.id, { enabled: true }))).toBeUndefined()
    expect(await write((tx) => domains.remove(tx, other.id, domain.id))).toBe(false)
  })

  it('finds the longest root of a UPN', async () => {
    await prepare('corp.example')
    await prepare('lab.corp.example')
    for (const [upn, root] of [['ann@corp.example', 'corp.example'], ['ann@sales.corp.example', 'corp.example'], ['ann@lab.corp.example', 'lab.corp.example'], ['ann@x.lab.corp.example', 'lab.corp.example'], ['ann@evilcorp.example', undefined], ['ann@example', undefined], ['', undefined]] as const) {
      expect((await domains.findByDomain(upn))?.domain, upn).toBe(root)
    }
  })

  it('S31 turns the plain tile into the application, and points it to where people sign in', async () => {
    const tile = await write((tx) => applications.create(tx, organization.id, { name: 'Microsoft 365', description: '', protocol: 'link', launchUrl: plainAddress, access: 'everyone', trusted: true, requiredAssurance: null }))
    const domain = await prepare('corp.example')
    expect(domain.applicationId).toBe(tile)
    expect(await applications.find(organization.id, tile)).toMatchObject({ protocol: 'microsoft365', launchUrl: plainAddress })
    expect((await prepare('lab.example')).applicationId).toBe(tile)
    await write((tx) => pointTile(tx, applications, organization.id, domain.applicationId, domain))
    expect((await applications.find(organization.id, tile))?.launchUrl).toBe(homeRealmAddress('https://login.microsoftonline.com', 'corp.example'))
    await write((tx) => pointTile(tx, applications, organization.id, domain.applicationId, undefined))
    expect((await applications.find(organization.id, tile))?.launchUrl).toBe(plainAddress)
  })

  it('is enabled only while its application is', async () => {
    const domain = await prepare('corp.example')
    await write((tx) => domains.update(tx, organization.id, domain.id, { enabled: true, protocol: 'wsfed', settings: { alwaysMfa: true } }))
    expect(await domains.findByKey(domain.key)).toMatchObject({ enabled: true, protocol: 'wsfed', alwaysMfa: true })
    await write((tx) => applications.update(tx, organization.id, domain.applicationId, { enabled: false, requiredAssurance: 'phr' }))
    expect(await domains.findByKey(domain.key)).toMatchObject({ enabled: false, requiredAssurance: 'phr' })
    await write((tx) => applications.remove(tx, organization.id, domain.applicationId))
    expect(await domains.findByKey(domain.key)).toMatchObject({ enabled: false, applicationName: 'corp.example' })
  })

  it('mints an ImmutableID once and keeps it through a change of the UPN', async () => {
    const ann = await addUser('ann@corp.example')
    expect(await identities.of(ann.id)).toBeUndefined()
    expect(await write((tx) => identities.set(tx, organization.id, ann.id, { upn: 'Ann@Corp.example', source: 'minted' }))).toMatchObject({ outcome: 'saved', before: null })
    const first = await identities.of(ann.id)
    expect(first).toMatchObject({ upn: 'Ann@corp.example', immutableId: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown })
    expect(await write((tx) => identities.set(tx, organization.id, ann.id, { upn: 'ann.a@corp.example', source: 'typed' }))).toMatchObject({ outcome: 'saved' })
    expect((await identities.of(ann.id))?.immutableId).toBe(first?.immutableId)
    expect(await identities.findByUpn(organization.id, 'ANN.A@corp.example')).toMatchObject({ userId: ann.id })
    expect(await identities.findByUpn(other.id, 'ann.a@corp.example')).toBeUndefined()
  })

  it('SEC-31 changes an ImmutableID only when somebody says so', async () => {
    const ann = await addUser('ann@corp.example')
    const set = (immutableId: string, change?: true) => write((tx) => identities.set(tx, organization.id, ann.id, { upn: 'ann@corp.example', immutableId, source: 'imported', ...(change ? { change } : {}) }))
    expect(await set('+/+/AAAAAAAAAAAAAAAAAA==')).toMatchObject({ outcome: 'saved', identity: { immutableId: '+/+/AAAAAAAAAAAAAAAAAA==' } })
    expect(await set('+/+/AAAAAAAAAAAAAAAAAA==')).toMatchObject({ outcome: 'unchanged' })
    expect(await set('q83vEjRWeJCrze8SNFZ4kA==')).toMatchObject({ outcome: 'would_change', before: { immutableId: '+/+/AAAAAAAAAAAAAAAAAA==' } })
    expect((await identities.of(ann.id))?.immutableId).toBe('+/+/AAAAAAAAAAAAAAAAAA==')
    expect(await set('q83vEjRWeJCrze8SNFZ4kA==', true)).toMatchObject({ outcome: 'saved', before: { immutableId: '+/+/AAAAAAAAAAAAAAAAAA==' } })
  })

  it('gives neither UPN nor ImmutableID to two people, and no ImmutableID to a second person ever', async () => {
    const [ann, bob, eve] = [await addUser('ann@corp.example'), await addUser('bob@corp.example'), await addUser('eve@other.example', other)]
    const set = (user: User, upn: string, immutableId: string, place = user.organizationId) => write((tx) => identities.set(tx, place, user.id, { upn, immutableId, source: 'imported' }))
    await set(ann, 'ann@corp.example', 'id-of-ann')
    expect(await set(bob, 'ANN@corp.example', 'id-of-bob')).toEqual({ outcome: 'upn_taken' })
    expect(await set(bob, 'bob@corp.example', 'id-of-ann')).toEqual({ outcome: 'immutable_id_taken' })
    expect(await set(eve, 'eve@corp.example', 'id-of-eve', organization.id)).toEqual({ outcome: 'no_person' })
    expect(await set(bob, 'not a upn', 'x')).toEqual({ outcome: 'bad_upn' })
    expect(await set(bob, 'bob@corp.example', 'has a blank')).toEqual({ outcome: 'bad_immutable_id' })
    await current().storage.execute(`UPDATE users SET status = 'deleted' WHERE id = ?`, [ann.id])
    expect(await identities.of(ann.id)).toBeUndefined()
    expect(await set(bob, 'ann@corp.example', 'id-of-ann')).toEqual({ outcome: 'immutable_id_taken' })
    expect(await set(bob, 'ann@corp.example', 'id-of-bob')).toMatchObject({ outcome: 'saved' })
  })

  it('SEC-31 lets a domain speak only for people of its organization whose UPN is its own', async () => {
    const corp = await prepare('corp.example')
    const theirs = await prepare('other.example', other)
    const ann = await addUser('ann@corp.example')
    const eve = await addUser('eve@other.example', other)
    await write((tx) => identities.set(tx, organization.id, ann.id, { upn: 'ann@lab.corp.example', source: 'minted' }))
    await write((tx) => identities.set(tx, other.id, eve.id, { upn: 'eve@corp.example', source: 'minted' }))
    expect(await identities.forAssertion(corp, ann.id)).toMatchObject({ outcome: 'known', identity: { upn: 'ann@lab.corp.example' } })
    expect(await identities.forAssertion(corp, eve.id)).toEqual({ outcome: 'none' })
    expect(await identities.forAssertion(theirs, eve.id)).toEqual({ outcome: 'other_domain' })
    expect(await identities.forAssertion(theirs, ann.id)).toEqual({ outcome: 'none' })
    await prepare('lab.corp.example')
    expect(await identities.forAssertion(corp, ann.id)).toEqual({ outcome: 'other_domain' })
  })

  it('SEC-73 lets no organization shut out the people of another one by claiming a subdomain', async () => {
    const domain = await prepare('corp.example')
    await write((tx) => domains.update(tx, organization.id, domain.id, { enabled: true, settings: { wsTrust: true } }))
    const ann = await addUser('ann@sales.corp.example')
    await write((tx) => identities.set(tx, organization.id, ann.id, { upn: 'ann@sales.corp.example', source: 'typed' }))
    const squatted = await prepare('sales.corp.example', other)
    await write((tx) => domains.update(tx, other.id, squatted.id, { enabled: true, settings: { wsTrust: true } }))
    expect(await identities.forAssertion(domain, ann.id)).toMatchObject({ outcome: 'known', identity: { upn: 'ann@sales.corp.example' } })
    expect(await identities.forAssertion(squatted, ann.id)).toEqual({ outcome: 'none' })
    expect(await domains.findByDomain('Ann@Sales.Corp.example')).toMatchObject({ domain: 'corp.example', organizationId: organization.id })
  })

  it('SEC-73 lets no organization take names in the domain of another one', async () => {
    const mallory = await addUser('mallory@evil.example', other)
    const set = (upn: string) => write((tx) => identities.set(tx, other.id, mallory.id, { upn, source: 'typed' }))
    const domain = await prepare('corp.example')
    await prepare('evil.example', other)
    // Prepared is not federated: nobody has shown yet that it is theirs.
    expect(await set('ann@corp.example')).toMatchObject({ outcome: 'saved' })
    await write((tx) => domains.update(tx, organization.id, domain.id, { enabled: true }))
    for (const upn of ['grace@corp.example', 'grace@x.corp.example', 'grace@CORP.example']) expect(await set(upn), upn).toEqual({ outcome: 'upn_taken' })
    // What was taken before goes to whom it belongs.
    const ann = await addUser('ann@corp.example')
    expect(await write((tx) => identities.set(tx, organization.id, ann.id, { upn: 'ann@corp.example', source: 'typed' }))).toMatchObject({ outcome: 'saved' })
    expect((await identities.findByUpn(organization.id, 'ann@corp.example'))?.userId).toBe(ann.id)
    expect(await identities.findByUpn(other.id, 'ann@corp.example')).toBeUndefined()
    expect(await set('mallory@evil.example')).toMatchObject({ outcome: 'saved' })
    const grace = await addUser('grace@corp.example')
    expect(await write((tx) => identities.set(tx, organization.id, grace.id, { upn: 'grace@corp.example', source: 'typed' }))).toMatchObject({ outcome: 'saved' })
  })

  it('lists people with and without an identity', async () => {
    const ann = await addUser('ann@corp.example')
    await addUser('bob@corp.example')
    await write((tx) => identities.set(tx, organization.id, ann.id, { upn: 'principal@corp.example', source: 'minted' }))
    expect((await identities.people(organization.id, { limit: 10 })).map(({ email, identity }) => [email, identity?.upn])).toEqual([['ann@corp.example', 'principal@corp.example'], ['bob@corp.example', undefined]])
    expect((await identities.people(organization.id, { limit: 10, without: true })).map(({ email }) => email)).toEqual(['bob@corp.example'])
    expect((await identities.people(organization.id, { limit: 10, text: 'PRINCIPAL' })).map(({ email }) => email)).toEqual(['ann@corp.example'])
    expect((await identities.people(organization.id, { limit: 10, after: ann.id })).map(({ email }) => email)).toEqual(['bob@corp.example'])
    expect((await identities.all(organization.id)).map(({ email, upn }) => [email, upn])).toEqual([['ann@corp.example', 'principal@corp.example']])
  })
})
