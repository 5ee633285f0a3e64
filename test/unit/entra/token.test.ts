import { createHash, randomUUID, X509Certificate } from 'node:crypto'
import { decodeJwt, importPKCS8, SignJWT, type JWTPayload } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEntra, createSigningCertificate, type Application, type Domain, type Entra, type Federation, type SigningCertificate, type Tenant, type User, type WireAnswer } from '../../support/entra/index.ts'
import { posted, samlResponse, wsFedResponse, type Spoiling, type Told } from './genuine.ts'

const annId = '9f2c7b1e40d84f0d8a55b7d0c6b1e2aa'
let now = Date.parse('2026-11-21T10:00:00Z')
let entra: Entra
let keys: readonly [SigningCertificate, SigningCertificate]
let tenant: Tenant
let domain: Domain
let federation: Federation
let ann: User
let application: Application

beforeAll(async () => {
  keys = await Promise.all([createSigningCertificate('one'), createSigningCertificate('other')])
  entra = await createEntra({ clock: () => now })
})
afterAll(() => entra.close())

beforeEach(() => {
  now = Date.parse('2026-11-21T10:00:00Z')
  tenant = entra.addTenant()
  const name = `${tenant.id.slice(0, 8)}.example`
  federation = { id: '1', issuerUri: `https://idp.example/${name}`, signingCertificate: keys[0].der, passiveSignInUri: 'https://idp.example/fed', preferredAuthenticationProtocol: 'wsFed' }
  domain = entra.addDomain(tenant, name, { federation })
  domain.federation = federation
  ann = entra.addUser(tenant, `ann@${name}`, { onPremisesImmutableId: annId, directoryRoles: ['Global Administrator'] })
  application = entra.addApplication(tenant, { isPublicClient: true, certificates: [keys[0].cert], roles: ['User.Read.All'], scopes: ['User.Read.All', 'Domain.Read.All'] })
})

const ask = (fields: Record<string, string>, path = tenant.id, end = 'token'): Promise<WireAnswer> => entra.ask(`${entra.urls.login}/${path}/oauth2/v2.0/${end}`, posted(fields))
const codeOf = (answer: WireAnswer): unknown => (answer.json() as { error_codes: number[] }).error_codes[0]

describe('client credentials with a certificate (table 7.5)', () => {
  interface Proof { readonly claims?: JWTPayload; readonly header?: Record<string, unknown>; readonly key?: SigningCertificate; readonly fields?: Record<string, string>; readonly path?: string }
  const thumbprint = (of: SigningCertificate): string => createHash('sha256').update(new X509Certificate(of.cert).raw).digest('base64url')

  async function prove({ claims = {}, header = {}, key = keys[0], fields = {}, path = tenant.id }: Proof = {}): Promise<WireAnswer> {
    const seconds = Math.floor(now / 1000)
    const assertion = await new SignJWT({ iss: application.appId, sub: application.appId, aud: `${entra.urls.login}/${tenant.id}/oauth2/v2.0/token`, jti: randomUUID(), nbf: seconds, iat: seconds, exp: seconds + 300, ...claims })
      .setProtectedHeader({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint(keys[0]), ...header }).sign(await importPKCS8(key.key, String(header['alg'] ?? 'PS256')))
    return ask({ grant_type: 'client_credentials', client_id: application.appId, scope: `${entra.urls.graph}/.default`, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion, ...fields }, path)
  }

  it.each(['PS256', 'RS256'])('gives a token with the roles that were consented to (%s)', async (alg) => {
    const answer = await prove({ header: { alg } })
    expect(answer.status).toBe(200)
    const { access_token: token } = answer.json() as { access_token: string }
    expect(decodeJwt(token)).toMatchObject({ aud: entra.urls.graph, roles: ['User.Read.All'], tid: tenant.id })
    expect((await entra.ask(`${entra.urls.graph}/v1.0/users`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200)
  })

  it.each<[string, string, number, () => Proof]>([
    ['application', 'a strange client', 700016, () => ({ fields: { client_id: randomUUID() } })],
    ['present', 'no assertion', 7000218, () => ({ fields: { client_assertion: '' } })],
    ['present', 'another kind of assertion', 7000218, () => ({ fields: { client_assertion_type: 'urn:else' } })],
    ['JWT', 'what is no JWT', 50027, () => ({ fields: { client_assertion: 'a.b.c' } })],
    ['signature', 'another key', 700027, () => ({ key: keys[1] })],
    ['signature', 'a certificate that is not registered', 700027, () => ({ key: keys[1], header: { 'x5t#S256': thumbprint(keys[1]) } })],
    ['signature', 'no thumbprint', 700027, () => ({ header: { 'x5t#S256': undefined } })],
    ['signature', 'PS384', 700027, () => ({ header: { alg: 'PS384' } })],
    ['aud', 'another audience', 700023, () => ({ claims: { aud: `${entra.urls.login}/${tenant.id}/v2.0` } })],
    ['iss', 'another issuer', 700021, () => ({ claims: { iss: 'else' } })],
    ['iss', 'another subject', 700021, () => ({ claims: { sub: 'else' } })],
    ['time', 'an assertion that has expired', 700024, () => ({ claims: { nbf: Math.floor(now / 1000) - 700, exp: Math.floor(now / 1000) - 300 } })],
    ['time', 'an assertion of the future', 700024, () => ({ claims: { nbf: Math.floor(now / 1000) + 301, exp: Math.floor(now / 1000) + 400 } })],
    ['time', 'a life of more than ten minutes', 700024, () => ({ claims: { exp: Math.floor(now / 1000) + 601 } })],
    ['jti', 'no id', 50027, () => ({ claims: { jti: undefined } as unknown as JWTPayload })],
    ['scope', 'another scope', 70011, () => ({ fields: { scope: 'User.Read.All' } })],
    ['tenant', 'no tenant of its own', 90002, () => ({ path: 'common' })],
  ])('%s refuses %s with %i', async (check, _what, code, proof) => {
    const answer = await prove(proof())
    expect([entra.lastRefusal?.check, codeOf(answer)]).toEqual([`7.5 ${check}`, code])
    expect(answer.json()).toMatchObject({ error: expect.any(String) as string, error_description: expect.stringMatching(new RegExp(`^AADSTS${code}: .*Trace ID: .*Correlation ID: .*Timestamp: `)) as string, trace_id: expect.any(String) as string })
  })

  it('takes an id once', async () => {
    const jti = randomUUID()
    expect((await prove({ claims: { jti } })).status).toBe(200)
    expect(codeOf(await prove({ claims: { jti } }))).toBe(50027)
  })

  it('refuses an application without consent, and a tenant nobody knows', async () => {
    application.isConsented = false
    expect(codeOf(await prove())).toBe(700016)
    expect(codeOf(await prove({ path: randomUUID() }))).toBe(90002)
  })
})

describe('assertions as grants (table 7.3 #16)', () => {
  const told = (): Told => ({ entra, now, issuer: federation.issuerUri, key: keys[0], upn: ann.userPrincipalName, immutableId: annId, requestId: '' })
  const cut = (xml: string): string => /<saml:Assertion.*<\/saml:Assertion>/.exec(xml)?.[0] ?? ''
  const one = (spoiling: Spoiling = {}): string => Buffer.from(cut(wsFedResponse(told(), spoiling))).toString('base64')
  const two = (spoiling: Spoiling = {}): string => {
    federation.preferredAuthenticationProtocol = 'saml'
    return Buffer.from(cut(samlResponse(told(), spoiling))).toString('base64url')
  }
  const grant = (version: 'saml1_1' | 'saml2', assertion: string, fields: Record<string, string> = {}, path = 'organizations'): Promise<WireAnswer> =>
    ask({ grant_type: `urn:ietf:params:oauth:grant-type:${version}-bearer`, client_id: application.appId, scope: `openid ${entra.urls.graph}/User.Read.All`, assertion, ...fields }, path)

  it('SAML 1.1 and SAML 2.0 give a token of the user', async () => {
    for (const answer of [await grant('saml1_1', one()), await grant('saml1_1', Buffer.from(one(), 'base64').toString('base64url')), await grant('saml2', two())]) {
      expect(answer.status).toBe(200)
      expect(decodeJwt((answer.json() as { access_token: string }).access_token)).toMatchObject({ oid: ann.id, scp: 'User.Read.All' })
    }
  })

  it.each<[string, string, number, () => Promise<WireAnswer>]>([
    ['7.3 #16', 'both forms of base64 at once for SAML 1.1', 700002, () => grant('saml1_1', `-+${one().slice(2)}`)],
    ['7.3 #16', 'base64 for SAML 2.0', 7000020, () => grant('saml2', `+${two().slice(1)}`)],
    ['7.3 #16', 'a document around the assertion', 50008, () => grant('saml1_1', Buffer.from(wsFedResponse(told())).toString('base64'))],
    ['7.3 #16', 'an assertion whose prefix is declared outside', 50008, () => grant('saml1_1', Buffer.from(cut(wsFedResponse(told(), { after: (xml) => xml.replace(' xmlns:saml="urn:oasis:names:tc:SAML:1.0:assertion"', '') }))).toString('base64'))],
    ['7.3 #8 (9)', 'a key that is not registered', 5000811, () => grant('saml1_1', one({ key: keys[1] }))],
    ['7.3 #13', 'a method that nobody knows', 50130, () => grant('saml1_1', one({ before: (xml) => xml.replace('am:password', 'am:magic') }))],
    ['7.2 #16', 'another recipient', 500089, () => grant('saml2', two({ before: (xml) => xml.replace(/Recipient="[^"]+"/, 'Recipient="https://else.example"') }))],
    ['token', 'another tenant', 50020, () => grant('saml1_1', one(), {}, entra.addTenant().id)],
    ['token', 'a strange client', 700016, () => grant('saml1_1', one(), { client_id: randomUUID() })],
    ['token', 'a scope that nobody consented to', 65001, () => grant('saml1_1', one(), { scope: 'Mail.Read' })],
    ['token', 'no scope', 90014, () => grant('saml1_1', one(), { scope: '' })],
    ['token', 'another grant', 700003, () => ask({ grant_type: 'password' })],
    ['7.2 #25', 'no second factor where one is needed', 50076, () => {
      ann.requiresMfa = true
      return grant('saml1_1', one())
    }],
  ])('%s refuses %s with %i', async (check, _what, code, sending) => {
    const answer = await sending()
    expect([entra.lastRefusal?.check, codeOf(answer)]).toEqual([check, code])
  })

  it('a second factor in the assertion is enough', async () => {
    ann.requiresMfa = true
    expect((await grant('saml1_1', one({ mfa: true }))).status).toBe(200)
  })

  it('does not take them for a managed domain', async () => {
    domain.authenticationType = 'Managed'
    expect(codeOf(await grant('saml1_1', one()))).toBe(500083)
  })
})

describe('the device code', () => {
  interface Begun { readonly device_code: string; readonly user_code: string; readonly interval: number; readonly verification_uri: string }
  const begin = async (): Promise<Begun> => (await ask({ client_id: application.appId, scope: 'User.Read.All Domain.Read.All offline_access' }, tenant.id, 'devicecode')).json() as Begun
  const poll = (code: string): Promise<WireAnswer> => ask({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: application.appId, device_code: code })
  const errorOf = async (code: string): Promise<unknown> => ((await poll(code)).json() as { error?: string }).error

  it('waits, and gives the token once somebody approved', async () => {
    const begun = await begin()
    expect(begun).toMatchObject({ interval: 5, expires_in: 900, verification_uri: `${entra.urls.login}/devicelogin` })
    expect(await errorOf(begun.device_code)).toBe('authorization_pending')
    expect(await errorOf(begun.device_code)).toBe('slow_down')
    now += 5000
    expect(await errorOf(begun.device_code)).toBe('authorization_pending')
    entra.approveDevice(begun.user_code, { upn: ann.userPrincipalName, scopes: ['Domain.Read.All'], roles: ['Security Administrator'] })
    const { access_token: token } = (await poll(begun.device_code)).json() as { access_token: string }
    expect(decodeJwt(token)).toMatchObject({ scp: 'Domain.Read.All', wids: ['Security Administrator'], oid: ann.id })
    expect(await errorOf(begun.device_code)).toBe('bad_verification_code')
  })

  it('can be declined, expires, and is asked for by public clients only', async () => {
    const declined = await begin()
    entra.declineDevice(declined.user_code)
    expect(await errorOf(declined.device_code)).toBe('authorization_declined')
    const late = await begin()
    now += 900_000
    expect(await errorOf(late.device_code)).toBe('expired_token')
    application.isPublicClient = false
    expect(codeOf(await ask({ client_id: application.appId, scope: 'User.Read.All' }, tenant.id, 'devicecode'))).toBe(7000218)
    expect(() => { entra.approveDevice('NONE', { upn: ann.userPrincipalName }) }).toThrow('no device')
  })
})
