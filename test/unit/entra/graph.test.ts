import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEntra, createSigningCertificate, type Domain, type Entra, type SigningCertificate, type Tenant, type User, type WireAnswer } from '../../support/entra/index.ts'

const everything = ['Domain.ReadWrite.All', 'Domain-InternalFederation.ReadWrite.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Policy.Read.All', 'Policy.ReadWrite.AuthenticationMethod', 'UserAuthenticationMethod.ReadWrite.All']
let now = Date.parse('2026-11-21T10:00:00Z')
let entra: Entra
let key: SigningCertificate
let tenant: Tenant
let corp: Domain
let ann: User
let name: string
let bearer: string

beforeAll(async () => {
  key = await createSigningCertificate('idp')
  entra = await createEntra({ clock: () => now })
})
afterAll(() => entra.close())

beforeEach(async () => {
  entra.switches.stuckAfterMissingCertificate = false
  tenant = entra.addTenant()
  name = `${tenant.id.slice(0, 8)}.example`
  corp = entra.addDomain(tenant, name)
  ann = entra.addUser(tenant, `ann@${name}`, { onPremisesImmutableId: 'ann', directoryRoles: ['Global Administrator'] })
  bearer = await entra.graphToken(tenant, { permissions: everything })
})

const call = (method: string, path: string, body?: unknown, token = bearer, headers: Record<string, string> = {}): Promise<WireAnswer> => entra.ask(`${entra.urls.graph}/v1.0${path}`, {
  method, headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
})
const messageOf = (answer: WireAnswer): string => (answer.json() as { error: { message: string } }).error.message
const wanted = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  '@odata.type': '#microsoft.graph.internalDomainFederation', displayName: 'Corp sign-in', issuerUri: `https://idp.example/fed/${name}`, passiveSignInUri: 'https://idp.example/fed/corp/saml/sso', preferredAuthenticationProtocol: 'saml',
  federatedIdpMfaBehavior: 'acceptIfMfaDoneByFederatedIdp', signingCertificate: key.der, ...changes,
})
const federate = (changes: Record<string, unknown> = {}): Promise<WireAnswer> => call('POST', `/domains/${name}/federationConfiguration`, wanted(changes))

describe('rights', () => {
  it('a request without a token is 401, one without the permission 403, in the shape of Graph', async () => {
    expect((await call('GET', '/domains', undefined, 'none')).status).toBe(401)
    const denied = await call('GET', '/users', undefined, await entra.graphToken(tenant, { permissions: ['Domain.Read.All'] }), { 'client-request-id': 'mine' })
    expect(denied.status).toBe(403)
    expect(denied.json()).toEqual({ error: { code: 'Authorization_RequestDenied', message: expect.any(String) as string, innerError: { date: '2026-11-21T10:00:00', 'request-id': expect.any(String) as string, 'client-request-id': 'mine' } } })
  })

  it('a person needs a role besides the scope', async () => {
    const scopes = ['Domain-InternalFederation.ReadWrite.All']
    ann.directoryRoles = []
    expect((await call('POST', `/domains/${name}/federationConfiguration`, wanted(), await entra.graphToken(tenant, { upn: ann.userPrincipalName, scopes }))).status).toBe(403)
    ann.directoryRoles = ['Hybrid Identity Administrator']
    expect((await call('POST', `/domains/${name}/federationConfiguration`, wanted(), await entra.graphToken(tenant, { upn: ann.userPrincipalName, scopes }))).status).toBe(201)
  })

  it('a token of another audience, of another key or of yesterday is none', async () => {
    const [head = '', body = '', end = ''] = bearer.split('.')
    expect((await call('GET', '/domains', undefined, `${head}.${body}.${end.split('').reverse().join('')}`)).status).toBe(401)
    now += 3_600_000
    expect((await call('GET', '/domains')).status).toBe(401)
    now -= 3_600_000
    expect((await call('GET', '/domains')).status).toBe(200)
  })

  it('another tenant is out of sight', async () => {
    const other = await entra.graphToken(entra.addTenant(), { permissions: everything })
    expect((await call('GET', `/domains/${name}`, undefined, other)).status).toBe(404)
    expect((await call('GET', `/users/${ann.id}`, undefined, other)).status).toBe(404)
  })

  it('can be throttled on purpose', async () => {
    entra.switches.throttleNext = 1
    const answer = await call('GET', '/domains')
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '3'])
    expect((await call('GET', '/domains')).status).toBe(200)
  })
})

describe('federationConfiguration (table 3.2)', () => {
  it('is created, shown, changed and taken away', async () => {
    const created = await federate()
    expect(created.status).toBe(201)
    const { id } = created.json() as { id: string }
    expect((await call('GET', `/domains/${name}`)).json()).toMatchObject({ authenticationType: 'Federated' })
    expect((await call('GET', `/domains/${name}/federationConfiguration`)).json()).toMatchObject({ value: [{ id, signingCertificate: key.der, nextSigningCertificate: null, isSignedAuthenticationRequestRequired: false }] })
    const next = await createSigningCertificate('next')
    const changed = await call('PATCH', `/domains/${name}/federationConfiguration/${id}`, { nextSigningCertificate: next.der })
    expect([changed.status, (changed.json() as Record<string, unknown>)['nextSigningCertificate']]).toEqual([200, next.der])
    expect((await call('PATCH', `/domains/${name}`, { authenticationType: 'Managed' })).status).toBe(204)
    expect(corp.authenticationType).toBe('Managed')
    expect((await call('DELETE', `/domains/${name}/federationConfiguration/${id}`)).status).toBe(204)
    expect((await call('GET', `/domains/${name}/federationConfiguration`)).json()).toMatchObject({ value: [] })
  })

  it.each<[string, number, RegExp, Record<string, unknown>]>([
    ['an unknown property', 400, /'signinUrl' does not exist/, { signinUrl: 'https://idp.example' }],
    ['a property that is read only', 400, /'id' does not exist/, { id: '1' }],
    ['no type', 400, /@odata\.type/, { '@odata.type': undefined }],
    ['no MFA behavior', 400, /^FederatedIdpMfaBehavior cannot be empty$/, { federatedIdpMfaBehavior: undefined }],
    ['a strange MFA behavior', 400, /federatedIdpMfaBehavior/, { federatedIdpMfaBehavior: 'always' }],
    ['a strange protocol', 400, /preferredAuthenticationProtocol/, { preferredAuthenticationProtocol: 'wsfed' }],
    ['an issuer that is no URI', 400, /^Invalid value specified for property 'issuerUri' of resource 'InternalDomainFederation'/, { issuerUri: 'corp' }],
    ['a sign-in address without https', 400, /passiveSignInUri/, { passiveSignInUri: 'http://idp.example' }],
    ['a certificate that is no DER', 400, /signingCertificate/, { signingCertificate: 'MIIC' }],
    ['a certificate with line ends', 400, /signingCertificate/, { get signingCertificate() { return key.der.replaceAll(/.{64}/g, '$&\n') } }],
    ['a certificate in PEM', 400, /signingCertificate/, { get signingCertificate() { return key.cert } }],
    ['no certificate', 400, /signingCertificate/, { signingCertificate: undefined }],
  ])('refuses %s with %i', async (_what, status, message, changes) => {
    const answer = await federate(changes)
    expect([answer.status, messageOf(answer)]).toEqual([status, expect.stringMatching(message)])
    expect(corp.federation).toBeUndefined()
  })

  it('refuses a second one, an issuer that is taken anywhere, and to be created by authenticationType', async () => {
    expect(messageOf(await call('PATCH', `/domains/${name}`, { authenticationType: 'Federated' }))).toMatch(/^Changing authenticationType from Managed to Federated is currently not supported/)
    await federate()
    expect(messageOf(await federate())).toBe('Domain already has Federation Configuration set')
    const other = entra.addTenant()
    entra.addDomain(other, `other-${name}`)
    const taken = await call('POST', `/domains/other-${name}/federationConfiguration`, wanted(), await entra.graphToken(other, { permissions: everything }))
    expect([taken.status, (taken.json() as { error: { code: string } }).error.code]).toEqual([409, 'Request_MultipleObjectsWithSameKeyValue'])
  })

  it('refuses default, unverified and onmicrosoft.com domains', async () => {
    corp.isDefault = true
    expect(messageOf(await federate())).toMatch(/default/)
    corp.isDefault = false
    corp.isVerified = false
    expect(messageOf(await federate())).toMatch(/not verified/)
    expect(messageOf(await call('POST', `/domains/${tenant.id.slice(0, 8)}.onmicrosoft.com/federationConfiguration`, wanted()))).toMatch(/onmicrosoft/)
  })

  it('without certificate can leave the domain stuck, if that is switched on', async () => {
    entra.switches.stuckAfterMissingCertificate = true
    expect((await federate({ signingCertificate: undefined })).status).toBe(500)
    expect((await call('GET', `/domains/${name}`)).json()).toMatchObject({ authenticationType: 'Federated' })
    expect((await call('GET', `/domains/${name}/federationConfiguration`)).json()).toMatchObject({ value: [] })
    expect(messageOf(await federate())).toBe('Domain already has Federation Configuration set')
    expect((await call('PATCH', `/domains/${name}`, { authenticationType: 'Managed' })).status).toBe(500)
  })

  it('is inherited by subdomains until they are promoted', async () => {
    await federate()
    const sub = entra.addDomain(tenant, `sub.${name}`)
    expect(sub).toMatchObject({ authenticationType: 'Federated', isRoot: false })
    expect((await call('GET', `/domains/sub.${name}/federationConfiguration`)).json()).toMatchObject({ value: [{ issuerUri: `https://idp.example/fed/${name}` }] })
    expect(messageOf(await call('POST', `/domains/sub.${name}/federationConfiguration`, wanted({ issuerUri: 'https://idp.example/sub' })))).toMatch(/promote/)
    const bob = entra.addUser(tenant, `bob@sub.${name}`)
    expect(messageOf(await call('POST', `/domains/sub.${name}/promote`))).toMatch(/referenced by users/)
    bob.userPrincipalName = `bob@${name}`
    expect((await call('POST', `/domains/sub.${name}/promote`)).json()).toEqual({ value: true })
    expect((await call('POST', `/domains/sub.${name}/federationConfiguration`, wanted({ issuerUri: 'https://idp.example/sub' }))).status).toBe(201)
  })
})

describe('users', () => {
  const person = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({ accountEnabled: true, displayName: 'Bob', mailNickname: 'bob', userPrincipalName: `bob@${name}`, passwordProfile: { password: 'x' }, ...changes })

  it('are created with a verified suffix, and an ImmutableID where the domain is federated', async () => {
    expect((await call('POST', '/users', person())).status).toBe(201)
    expect(messageOf(await call('POST', '/users', person({ userPrincipalName: 'bob@nowhere.example' })))).toMatch(/domain portion/)
    expect(messageOf(await call('POST', '/users', person()))).toMatch(/same value for property userPrincipalName/)
    await federate()
    expect(messageOf(await call('POST', '/users', person({ userPrincipalName: `cy@${name}` })))).toMatch(/onPremisesImmutableId/)
    expect(messageOf(await call('POST', '/users', person({ userPrincipalName: `cy@${name}`, onPremisesImmutableId: 'ann' })))).toMatch(/same value for property onPremisesImmutableId/)
    expect((await call('POST', '/users', person({ userPrincipalName: `cy@${name}`, onPremisesImmutableId: 'cy' }))).status).toBe(201)
    expect(messageOf(await call('POST', '/users', person({ nickname: 'x' })))).toMatch(/'nickname' does not exist/)
  })

  it('are found by id and UPN; the ImmutableID is answered only where it is selected', async () => {
    expect((await call('GET', `/users/${ann.userPrincipalName}`)).json()).not.toHaveProperty('onPremisesImmutableId')
    expect((await call('GET', `/users/${ann.id}?$select=id,onPremisesImmutableId`)).json()).toMatchObject({ id: ann.id, onPremisesImmutableId: 'ann' })
    expect(messageOf(await call('GET', '/users?$select=immutableId'))).toMatch(/immutableId/)
    expect((await call('GET', '/users/nobody')).status).toBe(404)
  })

  it('are listed page by page and filtered as Graph filters', async () => {
    for (let index = 0; index < 5; index++) entra.addUser(tenant, `u${index}@${name}`)
    const first = (await call('GET', '/users?$top=4&$select=userPrincipalName')).json() as { value: unknown[]; '@odata.nextLink': string }
    expect(first.value).toHaveLength(4)
    const second = (await entra.ask(first['@odata.nextLink'], { headers: { authorization: `Bearer ${bearer}` } })).json() as { value: unknown[] }
    expect(second.value).toHaveLength(2)
    expect(second).not.toHaveProperty('@odata.nextLink')
    const filter = `/users?$filter=${encodeURIComponent(`endswith(userPrincipalName,'@${name}')`)}`
    expect(messageOf(await call('GET', filter))).toMatch(/ConsistencyLevel/)
    expect((await call('GET', `${filter}&$count=true`, undefined, bearer, { consistencylevel: 'eventual' })).json()).toMatchObject({ '@odata.count': 6 })
    expect((await call('GET', `/users?$filter=${encodeURIComponent("onPremisesImmutableId eq 'ann'")}`)).json()).toMatchObject({ value: [{ id: ann.id }] })
    expect((await call('GET', '/users?$orderby=displayName')).status).toBe(400)
    expect((await call('GET', '/users?$filter=hello')).status).toBe(400)
  })

  it('are changed, unless a synchronisation owns them', async () => {
    expect((await call('PATCH', `/users/${ann.id}`, { onPremisesImmutableId: 'new' })).status).toBe(204)
    expect(ann.onPremisesImmutableId).toBe('new')
    ann.onPremisesSyncEnabled = true
    expect(messageOf(await call('PATCH', `/users/${ann.id}`, { onPremisesImmutableId: 'other' }))).toMatch(/on-premises mastered/)
  })

  it('lose their sessions and tokens', async () => {
    const token = await entra.graphToken(tenant, { upn: ann.userPrincipalName, scopes: ['User.Read.All'] })
    now += 1000
    expect((await call('GET', '/users', undefined, token)).status).toBe(200)
    expect((await call('POST', `/users/${ann.id}/revokeSignInSessions`)).json()).toMatchObject({ value: true })
    expect((await call('GET', '/users', undefined, token)).status).toBe(401)
  })
})

describe('what an administrator looks up', () => {
  const administrator = '62e90394-69f5-4237-9190-012177145e10'
  it('names the Global Administrators in each of its ways', async () => {
    const { value: roles } = (await call('GET', '/directoryRoles')).json() as { value: { id: string; displayName: string; roleTemplateId: string }[] }
    expect(roles[0]).toMatchObject({ displayName: 'Global Administrator', roleTemplateId: administrator })
    for (const path of [`/directoryRoles/${roles[0]?.id ?? ''}/members`, `/directoryRoles(roleTemplateId='${administrator}')/members`]) expect((await call('GET', path)).json()).toMatchObject({ value: [{ id: ann.id }] })
    expect((await call('GET', `/roleManagement/directory/roleAssignments?$expand=principal&$filter=${encodeURIComponent(`roleDefinitionId eq '${administrator}'`)}`)).json()).toMatchObject({ value: [{ principalId: ann.id, principal: { userPrincipalName: ann.userPrincipalName } }] })
  })

  it('shows the organization and its Conditional Access policies', async () => {
    expect((await call('GET', '/organization')).json()).toMatchObject({ value: [{ id: tenant.id }] })
    tenant.conditionalAccess.push({ id: 'p1', displayName: 'Phishing-resistant', state: 'enabled', conditions: { users: { includeUsers: ['All'], excludeUsers: [] } },
      grantControls: { operator: 'OR', builtInControls: [], authenticationStrength: { id: 's1', displayName: 'Passkeys', allowedCombinations: ['fido2'] } } })
    expect((await call('GET', '/identity/conditionalAccess/policies')).json()).toMatchObject({ value: [{ grantControls: { authenticationStrength: { allowedCombinations: ['fido2'] } } }] })
    expect((await call('GET', '/identity/conditionalAccess/policies/p2')).status).toBe(404)
  })
})

describe('External MFA (4.6)', () => {
  const path = '/policies/authenticationMethodsPolicy/authenticationMethodConfigurations'
  const method = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
    '@odata.type': '#microsoft.graph.externalAuthenticationMethodConfiguration', displayName: 'Corp MFA', state: 'enabled', appId: 'app', openIdConnectSetting: { clientId: 'c', discoveryUrl: 'https://idp.example/eam/.well-known/openid-configuration' },
    includeTargets: [{ targetType: 'group', id: 'all_users' }], ...changes,
  })

  it('is configured once per name, and users are registered for it by others', async () => {
    const { id } = (await call('POST', path, method())).json() as { id: string }
    expect(messageOf(await call('POST', path, method()))).toMatch(/in use/)
    expect(messageOf(await call('PATCH', `${path}/${id}`, { displayName: 'Other' }))).toMatch(/'displayName' does not exist/)
    expect((await call('PATCH', `${path}/${id}`, { state: 'disabled' })).status).toBe(204)
    const registrations = `/users/${ann.id}/authentication/externalAuthenticationMethods`
    expect((await call('POST', registrations, { configurationId: id, displayName: 'Corp MFA' })).status).toBe(201)
    expect(messageOf(await call('POST', registrations, { configurationId: id, displayName: 'Corp MFA' }))).toMatch(/already/)
    expect((await call('POST', registrations, { configurationId: id, displayName: 'x' }, await entra.graphToken(tenant, { upn: ann.userPrincipalName, scopes: ['UserAuthenticationMethod.ReadWrite.All'] }))).status).toBe(403)
    expect(messageOf(await call('POST', registrations, { configurationId: 'other', displayName: 'x' }))).toMatch(/no configuration/)
    expect((await call('DELETE', `${registrations}/${ann.externalMethods[0]?.id ?? ''}`)).status).toBe(204)
    expect((await call('DELETE', `${path}/${id}`)).status).toBe(204)
  })

  it.each<[string, Record<string, unknown>]>([
    ['a discovery URL of another end', { openIdConnectSetting: { clientId: 'c', discoveryUrl: 'https://idp.example/eam' } }], ['no type', { '@odata.type': undefined }], ['no application', { appId: undefined }],
    ['a strange state', { state: 'on' }], ['an unknown property', { issuer: 'https://idp.example/eam' }],
  ])('refuses %s', async (_what, changes) => {
    expect((await call('POST', path, method(changes))).status).toBe(400)
  })
})
