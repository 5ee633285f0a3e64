import { createHash, verify, constants, X509Certificate } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createOutbound } from '../../../src/http/outbound/index.ts'
import { generateKey } from '../../../src/keys/generate.ts'
import { toCertificateSet } from '../../../src/keys/certificate.ts'
import { askWithCertificate, createDeviceSignIn, createGraphSession, globalAdministrators, graphScopes, stateOfDomain, unsatisfiableStrengths, usersWithin, wellKnownClient, type GraphSession } from '../../../src/microsoft365/graph/index.ts'
import { waitOf } from '../../../src/microsoft365/graph/session.ts'
import { createMetadataImport, type MetadataImportNeeds } from '../../../src/protocols/saml/metadata-import/index.ts'
import { SmallGraph } from '../../support/graph.ts'
import { settableClock } from '../../support/storage.ts'

describe('calls to Graph', () => {
  let graph: SmallGraph
  let session: GraphSession
  let pauses: number[]
  const clock = settableClock(Date.now())
  const needs = () => ({ fetch: createOutbound({ allow: ['127.0.0.1'], caFile: null }).fetch, clock, pause: (milliseconds: number) => { pauses.push(milliseconds); return Promise.resolve() } })

  beforeEach(async () => {
    graph = await new SmallGraph().start()
    pauses = []
    session = createGraphSession(needs(), graph.url, 'token-1')
  })
  afterEach(async () => { await graph.stop() })

  it('read a domain and its federation', async () => {
    graph.addDomain('corp.example', { authenticationType: 'Federated', configuration: { id: 'c', issuerUri: 'https://old.example', signingCertificate: 'MII\nA' } })
    expect(await stateOfDomain(session, 'corp.example')).toEqual({
      domain: { name: 'corp.example', authenticationType: 'Federated', isDefault: false, isRoot: true, isVerified: true },
      state: { authenticationType: 'Federated', configuration: { id: 'c', values: { issuerUri: 'https://old.example', signingCertificate: 'MIIA' } } },
    })
    expect(await stateOfDomain(session, 'other.example')).toBeUndefined()
    expect(Math.abs(session.clockSkewSeconds() ?? 99)).toBeLessThan(3)
  })

  it('read every page of the people of a domain', async () => {
    graph.users = ['a@corp.example', 'b@CORP.example', 'c@lab.corp.example', 'd@evilcorp.example', 'e@corp.example'].map((userPrincipalName, index) => ({ id: String(index), userPrincipalName, onPremisesImmutableId: index === 0 ? 'x' : null, accountEnabled: index !== 4 }))
    expect((await usersWithin(session, 'corp.example')).map(({ upn, immutableId, enabled }) => [upn, immutableId, enabled])).toEqual([['a@corp.example', 'x', true], ['b@CORP.example', null, true], ['c@lab.corp.example', null, true], ['e@corp.example', null, false]])
    expect(graph.seen.filter(({ path }) => path.startsWith('/v1.0/users'))).toHaveLength(3)
  })

  it('SEC-81 send the token to no other host, whatever an answer says', async () => {
    graph.next.push({ status: 200, body: { value: [], '@odata.nextLink': 'http://127.0.0.2:9/v1.0/users' } })
    await expect(usersWithin(session, 'corp.example')).rejects.toMatchObject({ kind: 'unreadable' })
  })

  it('SEC-81 do not tell an administrator where a name of the inner network leads', async () => {
    const outbound = createOutbound({ allow: [], caFile: null, resolve: () => Promise.resolve([{ address: '10.1.2.3', family: 4 }]) })
    const inner = { ...needs(), fetch: outbound.fetch }
    const said = [
      await createGraphSession(inner, 'https://db.corp.internal', 't').get('/').catch((error: unknown) => String(error)),
      await createDeviceSignIn(inner).begin({ loginHost: 'https://db.corp.internal', tenantId: null, clientId: null }, '').catch((error: unknown) => String(error)),
      JSON.stringify(await createMetadataImport({ outbound } as unknown as MetadataImportNeeds).fetchServiceProvider('https://db.corp.internal/metadata')),
    ]
    expect(said).toEqual([expect.stringContaining('db.corp.internal') as string, expect.stringContaining('db.corp.internal') as string, expect.stringContaining('forbidden_address') as string])
    expect(said.join(' ')).not.toContain('10.1.2.3')
  })

  it('end where a host names one next page after another, or says something else than entries', async () => {
    for (let page = 0; page < 15; page++) graph.next.push({ status: 200, body: { value: [], '@odata.nextLink': `${graph.url}/v1.0/domains/corp.example/federationConfiguration?$skiptoken=${page}` } })
    graph.addDomain('corp.example')
    await expect(session.all('/v1.0/domains/corp.example/federationConfiguration', 10)).rejects.toMatchObject({ kind: 'unreadable' })
    graph.next.splice(0, graph.next.length, { status: 200, body: { value: [null] } })
    await expect(session.all('/v1.0/domains')).rejects.toMatchObject({ kind: 'unreadable' })
  })

  it('begin no call after the end of a job\'s patience', async () => {
    graph.addDomain('corp.example')
    graph.next.push({ status: 429, headers: { 'retry-after': '50' } })
    const hurried = createGraphSession({ ...needs(), pause: (milliseconds: number) => { clock.advance(milliseconds); return Promise.resolve() } }, graph.url, 'token-1', clock.now() + 30_000)
    await expect(hurried.get('/v1.0/domains/corp.example')).rejects.toMatchObject({ kind: 'unreachable' })
    expect(graph.seen).toHaveLength(1)
  })

  it.each([['2', [2_000]], ['0', [0]], [undefined, [1_000]]])('wait as Retry-After %s says, and repeat', async (header, expected) => {
    graph.next.push({ status: 429, headers: header === undefined ? {} : { 'retry-after': header } })
    graph.addDomain('corp.example')
    await session.get('/v1.0/domains/corp.example')
    expect(pauses).toEqual(expected)
  })

  it('read a date in Retry-After, and double the wait without one', () => {
    const now = Date.UTC(2026, 10, 24, 9)
    expect(waitOf('Tue, 24 Nov 2026 09:00:05 GMT', 1, now)).toBe(5_000)
    expect(waitOf('Tue, 24 Nov 2026 08:00:00 GMT', 1, now)).toBe(0)
    expect([1, 2, 3].map((attempt) => waitOf(undefined, attempt, now))).toEqual([1_000, 2_000, 4_000])
    expect(waitOf('soon', 1, now)).toBe(1_000)
  })

  it('give up after four tries, and at once when told to wait for long', async () => {
    for (let turn = 0; turn < 4; turn++) graph.next.push({ status: 503, headers: { 'retry-after': '1' } })
    await expect(session.get('/v1.0/domains')).rejects.toMatchObject({ kind: 'throttled', status: 503 })
    expect(pauses).toHaveLength(3)
    graph.next.push({ status: 429, headers: { 'retry-after': '3600' } })
    await expect(session.get('/v1.0/domains')).rejects.toMatchObject({ kind: 'throttled' })
    expect(pauses).toHaveLength(3)
  })

  it('repeat no creation that may have happened', async () => {
    graph.addDomain('corp.example')
    graph.next.push({ status: 503 })
    await expect(session.send({ method: 'POST', path: '/v1.0/domains/corp.example/federationConfiguration', body: {} })).rejects.toMatchObject({ status: 503 })
    expect(graph.changes).toHaveLength(1)
  })

  it.each<[number, string, string, string]>([
    [400, 'Request_BadRequest', 'Domain already has Federation Configuration set', 'already_federated'],
    [400, 'Request_BadRequest', 'Changing authenticationType from Managed to Federated is currently not supported', 'type_not_settable'],
    [400, 'Request_BadRequest', 'FederatedIdpMfaBehavior cannot be empty', 'mfa_behavior_missing'],
    [400, 'Request_BadRequest', 'Invalid value specified for property \'issuerUri\' of resource \'InternalDomainFederation\'', 'issuer_invalid'],
    [409, 'Request_MultipleObjectsWithSameKeyValue', 'Another object …', 'issuer_taken'],
    [403, 'Authorization_RequestDenied', 'Insufficient privileges', 'denied'],
    [401, 'InvalidAuthenticationToken', 'expired', 'unauthorized'],
    [404, 'Request_ResourceNotFound', 'no', 'not_found'],
    [500, 'Service_InternalServerError', 'oops', 'stuck'],
    [400, 'Request_BadRequest', 'something new', 'other'],
  ])('name the refusal %s %s %s', async (status, code, message, kind) => {
    graph.next.push({ status, body: { error: { code, message, innerError: { 'request-id': 'abc' } } } })
    await expect(session.send({ method: 'POST', path: '/v1.0/domains/corp.example/federationConfiguration', body: {} })).rejects.toMatchObject({ name: 'GraphRefused', kind, status, requestId: 'abc' })
  })

  it.each([[200, '[]'], [200, '"x"']])('refuse an answer that is none: %s %s', async (status, body) => {
    graph.next.push({ status, body: JSON.parse(body) as unknown })
    await expect(session.get('/v1.0/domains')).rejects.toMatchObject({ kind: 'unreadable' })
  })

  it('say that Entra cannot be reached', async () => {
    const nowhere = createGraphSession(needs(), 'http://127.0.0.1:1', 'token-1')
    await expect(nowhere.get('/v1.0/domains')).rejects.toMatchObject({ kind: 'unreachable', status: 0 })
  })

  it('find strengths that no federation satisfies', async () => {
    const policy = (displayName: string, allowedCombinations: string[] | null, state = 'enabled') => ({ displayName, state, grantControls: { authenticationStrength: allowedCombinations && { allowedCombinations } } })
    graph.policies = [policy('phishing-resistant', ['fido2', 'windowsHelloForBusiness']), policy('any two', ['fido2', 'federatedMultiFactor']), policy('off', ['fido2'], 'disabled'), policy('report only', ['fido2'], 'enabledForReportingButNotEnforced'), policy('none', null), { displayName: 'block', grantControls: null }]
    expect(await unsatisfiableStrengths(session)).toEqual(['phishing-resistant', 'report only'])
    graph.next.push({ status: 403, body: { error: { code: 'Authorization_RequestDenied', message: '' } } })
    expect(await unsatisfiableStrengths(session)).toBeNull()
    expect(await globalAdministrators(session)).toEqual(['root@corp.onmicrosoft.com', 'spare@corp.onmicrosoft.com'])
  })

  it('sign in by device code, with the client that needs no registration, and only the rights that are needed', async () => {
    const device = createDeviceSignIn(needs())
    const place = { loginHost: graph.url, tenantId: null, clientId: null }
    const code = await device.begin(place, graphScopes('https://graph.microsoft.com', 'read'))
    expect(code).toMatchObject({ userCode: 'ABCD1234', verificationUri: 'https://microsoft.example/devicelogin', intervalSeconds: 5 })
    const [asked] = graph.seen
    expect(asked?.path).toBe('/organizations/oauth2/v2.0/devicecode')
    expect(new URLSearchParams(asked?.body).get('client_id')).toBe(wellKnownClient)
    expect(new URLSearchParams(asked?.body).get('scope')).not.toContain('ReadWrite')
    expect(graphScopes('https://graph.microsoft.com', 'write')).toContain('https://graph.microsoft.com/Domain-InternalFederation.ReadWrite.All')
    for (const outcome of ['pending', 'slow_down', 'declined', 'expired'] as const) {
      graph.device = outcome
      expect(await device.ask(place, code.deviceCode)).toEqual({ outcome })
    }
    graph.device = 'signed_in'
    expect(await device.ask(place, code.deviceCode)).toMatchObject({ outcome: 'signed_in', token: { token: 'token-1' } })
  })

  it('prove an app registration by certificate: PS256, its thumbprint, five minutes, one address', async () => {
    const now = clock.now()
    const made = await generateKey('RS256', { subject: 'x', notBefore: now, notAfter: now + 1e9 })
    const { signer } = toCertificateSet({ version: '', privateJwks: [made.privateJwk], publicJwks: [made.publicJwk], keys: [{ id: made.id, purpose: 'saml', algorithm: 'RS256', state: 'active', generation: 1, createdAt: now, activatesAt: now, retiresAt: null }] })
    expect(await askWithCertificate(needs(), { loginHost: graph.url, tenantId: 'tenant-1', clientId: 'app-1' }, 'https://graph.microsoft.com', signer)).toMatchObject({ token: 'token-1', expiresAt: now + 3_600_000 })
    const fields = new URLSearchParams(graph.seen[0]?.body)
    expect(fields.get('scope')).toBe('https://graph.microsoft.com/.default')
    const [header = '', payload = '', signature = ''] = (fields.get('client_assertion') ?? '').split('.')
    const read = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
    const certificate = new X509Certificate(Buffer.from(signer.certificate, 'base64'))
    expect(read(header)).toEqual({ alg: 'PS256', typ: 'JWT', 'x5t#S256': createHash('sha256').update(certificate.raw).digest('base64url') })
    const claims = read(payload)
    expect(claims).toMatchObject({ aud: `${graph.url}/tenant-1/oauth2/v2.0/token`, iss: 'app-1', sub: 'app-1' })
    expect(Number(claims['exp']) - Number(claims['nbf'])).toBe(300)
    expect(verify('sha256', Buffer.from(`${header}.${payload}`), { key: certificate.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, Buffer.from(signature, 'base64url'))).toBe(true)
  })
})
