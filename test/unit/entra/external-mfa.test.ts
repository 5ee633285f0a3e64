import { createPrivateKey, createPublicKey } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRemoteJWKSet, customFetch, decodeJwt, decodeProtectedHeader, importPKCS8, jwtVerify, SignJWT, type JWTPayload } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEntra, createSigningCertificate, type Application, type Entra, type ExternalMethod, type HintFault, type SigningCertificate, type Tenant, type User, type WireAnswer } from '../../support/entra/index.ts'
import { formOf, posted } from './genuine.ts'

const issuer = 'https://idp.example/eam'
const day = 86_400_000
const hosts: Record<string, { port: number; tls?: boolean }> = {}
let now = Date.parse('2026-11-21T10:00:00Z')
let entra: Entra
let server: Server
let key: SigningCertificate
let other: SigningCertificate
let weak: SigningCertificate
let tenant: Tenant
let application: Application
let ann: User
let method: ExternalMethod
let document: Record<string, unknown>
let jwks: unknown
/** Takes the answer of the provider over. */
let instead: ((incoming: IncomingMessage, outgoing: ServerResponse) => boolean) | undefined
let asked: string[] = []

beforeAll(async () => {
  [key, other, weak] = await Promise.all([createSigningCertificate('eam'), createSigningCertificate('other'), createSigningCertificate('weak', 1024)])
  entra = await createEntra({ clock: () => now, reach: { hosts } })
  server = createServer(await entra.authority.issue('idp.example'), (incoming, outgoing) => {
    asked.push(incoming.url ?? '')
    if (instead?.(incoming, outgoing) === true) return
    const body = JSON.stringify(incoming.url === '/eam/jwks' ? jwks : document)
    outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body)
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  hosts['idp.example'] = { port: (server.address() as AddressInfo).port }
})
afterAll(async () => {
  server.close()
  server.closeAllConnections()
  await entra.close()
})

const jwkOf = (of: SigningCertificate, kid: string, certificate = of): Record<string, unknown> => {
  const { n, e } = createPublicKey(createPrivateKey(of.key)).export({ format: 'jwk' })
  return { kty: 'RSA', use: 'sig', kid, n, e, x5c: [certificate.der] }
}

beforeEach(() => {
  // Far enough from the test before that nothing is in the cache of a day.
  now += 2 * day
  asked = []
  instead = undefined
  document = {
    issuer, authorization_endpoint: `${issuer}/authorize`, jwks_uri: `${issuer}/jwks`, scopes_supported: ['openid'], response_types_supported: ['id_token'], subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'], claim_types_supported: ['normal'],
  }
  jwks = { keys: [jwkOf(key, 'k1')] }
  tenant = entra.addTenant()
  const name = `${tenant.id.slice(0, 8)}.example`
  entra.addDomain(tenant, name)
  ann = entra.addUser(tenant, `ann@${name}`)
  application = entra.addApplication(tenant, { redirectUris: [`${issuer}/authorize`] })
  method = entra.addExternalMethod(tenant, { appId: application.appId, openIdConnectSetting: { clientId: 'entra-at-us', discoveryUrl: `${issuer}/.well-known/openid-configuration` } }, ann)
})

const begin = (query = ''): Promise<WireAnswer> => entra.ask(`${entra.urls.login}/eam/start?upn=${ann.userPrincipalName}${query}`)
const lastRefusal = (): unknown => [entra.lastRefusal?.check, entra.lastRefusal?.refusal.code]

describe('the request', () => {
  it('is a form with a hint that has already expired, signed by the published keys', async () => {
    const { action, fields } = formOf((await begin()).body)
    expect(action).toBe(`${issuer}/authorize`)
    expect(fields).toMatchObject({ scope: 'openid', response_type: 'id_token', response_mode: 'form_post', client_id: 'entra-at-us', redirect_uri: entra.urls.externalAuthProvider })
    expect(JSON.parse(fields['claims'] ?? '')).toMatchObject({ id_token: { acr: { essential: true, values: ['possessionorinherence'] }, amr: { essential: true, values: expect.arrayContaining(['fido', 'otp', 'face']) as string[] } } })
    const fetching = async (url: string): Promise<Response> => new Response((await entra.ask(url)).body)
    const keys = createRemoteJWKSet(new URL(`${entra.urls.login}/common/discovery/v2.0/keys`), { [customFetch]: fetching })
    const hint = fields['id_token_hint'] ?? ''
    const { payload } = await jwtVerify(hint, keys, { issuer: `${entra.urls.login}/${tenant.id}/v2.0`, audience: application.appId, currentDate: new Date(0) , clockTolerance: now / 1000 })
    expect(payload).toMatchObject({ ver: '2.0', tid: tenant.id, oid: ann.id, preferred_username: ann.userPrincipalName })
    expect(payload.exp).toBeLessThan(payload.iat ?? 0)
  })

  it.each<[HintFault, (hint: string) => unknown, unknown]>([
    ['wrong-kid', (hint) => decodeProtectedHeader(hint).kid, 'nobody-has-this-key'],
    ['wrong-tenant', (hint) => decodeJwt(hint)['tid'] === tenant.id, false],
    ['wrong-audience', (hint) => decodeJwt(hint).aud === application.appId, false],
    ['old', (hint) => decodeJwt(hint).iat, () => Math.floor(now / 1000) - 3600],
    ['version-1', (hint) => decodeJwt(hint)['ver'], '1.0'],
    ['unsigned', (hint) => decodeProtectedHeader(hint).alg, 'none'],
  ])('has a variant %s', async (fault, read, expected) => {
    const hint = formOf((await begin(`&variant=${fault}`)).body).fields['id_token_hint'] ?? ''
    expect(read(hint)).toEqual(typeof expected === 'function' ? (expected as () => unknown)() : expected)
  })

  it('has its keys where the discovery documents say, for all tenants and for one', async () => {
    for (const [path, issuer] of [['common', '{tenantid}'], [tenant.id, tenant.id]] as const) {
      const found = (await entra.ask(`${entra.urls.login}/${path}/v2.0/.well-known/openid-configuration`)).json() as { issuer: string; jwks_uri: string }
      expect(found.issuer).toBe(`${entra.urls.login}/${issuer}/v2.0`)
      expect((await entra.ask(found.jwks_uri)).json()).toMatchObject({ keys: [{ kty: 'RSA', x5c: [expect.any(String)] }, { kty: 'RSA' }] })
    }
    expect((await entra.ask(`${entra.urls.login}/nowhere/v2.0/.well-known/openid-configuration`)).status).toBe(400)
  })

  it('with a wrong key is signed by nobody who is published', async () => {
    const hint = formOf((await begin('&variant=wrong-key')).body).fields['id_token_hint'] ?? ''
    const { keys } = (await entra.ask(`${entra.urls.login}/${tenant.id}/discovery/v2.0/keys`)).json() as { keys: Record<string, string>[] }
    const named = keys.find(({ kid }) => kid === decodeProtectedHeader(hint).kid) ?? {}
    await expect(jwtVerify(hint, createPublicKey({ key: named, format: 'jwk' }), { currentDate: new Date(0), clockTolerance: now / 1000 })).rejects.toThrow(/signature/)
  })

  it('asks for other types than the first factor', async () => {
    const { claims } = formOf((await begin('&first=possession')).body).fields
    expect(JSON.parse(claims ?? '')).toEqual({ id_token: { acr: { essential: true, values: ['knowledgeorinherence'] }, amr: { essential: true, values: ['face', 'fpt', 'iris', 'retina', 'vbm'] } } })
  })

  it.each<[string, string, number, () => void]>([
    ['registration', 'a user who is not registered', 50170, () => { ann.externalMethods.splice(0) }],
    ['state', 'a method that is disabled', 50172, () => { method.state = 'disabled' }],
    ['consent', 'an application without consent', 900491, () => { application.isConsented = false }],
  ])('is not made: %s, %s', async (check, _what, code, spoil) => {
    spoil()
    await begin()
    expect(lastRefusal()).toEqual([`7.4 ${check}`, code])
  })
})

describe('the strict reading of the provider', () => {
  const urlIs = (discoveryUrl: string) => (): void => { method.openIdConnectSetting = { clientId: 'c', discoveryUrl } }
  const answers = (part: string, take: (outgoing: ServerResponse) => void) => (): void => {
    instead = (incoming, outgoing) => {
      if (!incoming.url?.endsWith(part)) return false
      take(outgoing)
      return true
    }
  }
  it.each<[string, string, number, () => void]>([
    ['D-1', 'plain http', 50166, urlIs('http://idp.example/eam/.well-known/openid-configuration')],
    ['D-1', 'another end', 50166, urlIs(`${issuer}/.well-known/openid-configuration/`)],
    ['D-1', 'a query', 50166, urlIs(`${issuer}/.well-known/openid-configuration?a=/.well-known/openid-configuration`)],
    ['D-1', 'the default port in writing', 50166, urlIs('https://idp.example:443/eam/.well-known/openid-configuration')],
    ['D-2', 'a redirect', 50166, answers('configuration', (outgoing) => { outgoing.writeHead(302, { location: '/else', 'content-length': 0 }).end() })],
    ['D-2', 'no Content-Length', 50166, answers('configuration', (outgoing) => { outgoing.writeHead(200, { 'transfer-encoding': 'chunked' }).end(JSON.stringify(document)) })],
    ['D-2', 'an answer of failure', 50166, answers('configuration', (outgoing) => { outgoing.writeHead(503, { 'content-length': 2 }).end('{}') })],
    ['D-9', 'a document of more than 16 KiB', 90050, () => { document['more'] = 'x'.repeat(17_000) }],
    ['D-3', 'an issuer with a slash more', 500277, () => { document['issuer'] = `${issuer}/` }],
    ['D-3', 'a document that is no JSON object', 500277, answers('configuration', (outgoing) => { outgoing.writeHead(200, { 'content-length': 2 }).end('[]') })],
    ['D-6', 'no openid scope', 50161, () => { document['scopes_supported'] = ['email'] }],
    ['D-6', 'no id_token', 50161, () => { document['response_types_supported'] = ['code'] }],
    ['D-6', 'no subject types', 50161, () => { delete document['subject_types_supported'] }],
    ['D-6', 'no RS256', 50161, () => { document['id_token_signing_alg_values_supported'] = ['ES256'] }],
    ['D-6', 'claims that are not normal', 50161, () => { document['claim_types_supported'] = ['distributed'] }],
    ['D-4', 'an authorization endpoint that is no reply address', 50161, () => { application.redirectUris.splice(0, 1, `${issuer}/other`) }],
    ['D-5', 'keys by plain http', 900612, () => { document['jwks_uri'] = 'http://idp.example/eam/jwks' }],
    ['D-2 keys', 'keys without Content-Length', 50166, answers('jwks', (outgoing) => { outgoing.writeHead(200, { 'transfer-encoding': 'chunked' }).end(JSON.stringify(jwks)) })],
    ['D-9 keys', 'keys of more than 16 KiB', 90050, () => { jwks = { keys: [jwkOf(key, 'k1')], more: 'x'.repeat(17_000) } }],
    ['D-5 set', 'no keys', 900612, () => { jwks = { keys: [] } }],
    ['D-5 set', 'no JSON', 900612, answers('jwks', (outgoing) => { outgoing.writeHead(200, { 'content-length': 1 }).end('{') })],
    ['D-5 key', 'a key without kid', 900612, () => { jwks = { keys: [{ ...jwkOf(key, 'k1'), kid: undefined }] } }],
    ['D-5 key', 'a key without certificate', 900612, () => { jwks = { keys: [{ ...jwkOf(key, 'k1'), x5c: undefined }] } }],
    ['D-5 key', 'the certificate of another key', 900612, () => { jwks = { keys: [jwkOf(key, 'k1', other)] } }],
    ['D-5 key', 'an elliptic key', 900612, () => { jwks = { keys: [{ ...jwkOf(key, 'k1'), kty: 'EC' }] } }],
    ['D-5 size', 'a key of 1024 bits', 50032, () => { jwks = { keys: [jwkOf(key, 'k1'), jwkOf(weak, 'k2')] } }],
  ])('%s refuses %s with %i', async (check, _what, code, spoil) => {
    spoil()
    await begin()
    expect(lastRefusal()).toEqual([`7.4 ${check}`, code])
  })

  it('trusts authorities of its own and those it is given, no other', async () => {
    const mapped = hosts['idp.example'] ?? { port: 0 }
    hosts['else.example'] = mapped
    urlIs('https://else.example/eam/.well-known/openid-configuration')()
    await begin()
    expect(entra.lastRefusal?.refusal).toMatchObject({ code: 50166, detail: expect.stringMatching(/altnames/) as string })
  })

  it('keeps what it read for a day: a new key is not known before', async () => {
    await begin()
    expect(asked).toHaveLength(2)
    now += day - 1
    await begin()
    expect(asked).toHaveLength(2)
    now += 1
    await begin()
    expect(asked).toHaveLength(4)
  })
})

describe('the answer', () => {
  interface Spoiling { readonly claims?: JWTPayload; readonly header?: Record<string, unknown>; readonly key?: SigningCertificate; readonly fields?: Record<string, string>; readonly query?: string; readonly before?: () => void }

  async function answer({ claims = {}, header = {}, key: used = key, fields = {}, query = '', before }: Spoiling = {}): Promise<WireAnswer> {
    const { fields: request } = formOf((await begin(query)).body)
    before?.()
    const seconds = Math.floor(now / 1000)
    const token = await new SignJWT({ iss: issuer, aud: 'entra-at-us', sub: decodeJwt(request['id_token_hint'] ?? '').sub ?? '', nonce: request['nonce'], iat: seconds, exp: seconds + 300, acr: 'possessionorinherence', amr: ['fido'], ...claims })
      .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid: 'k1', ...header }).sign(await importPKCS8(used.key, String(header['alg'] ?? 'RS256')))
    const all = { id_token: token, state: request['state'] ?? '', ...fields }
    return entra.ask(entra.urls.externalAuthProvider, posted(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))))
  }

  it('that is genuine satisfies the second factor; further fields do no harm', async () => {
    expect((await answer({ fields: { more: 'x' } })).body).toContain(`Signed in as ${ann.userPrincipalName}`)
    expect(entra.signIns.at(-1)).toMatchObject({ protocol: 'externalMfa', methods: ['possessionorinherence', 'fido'], mfaBy: 'external provider' })
  })

  it.each<[string, string, number, () => Spoiling]>([
    ['state', 'no state', 50089, () => ({ fields: { state: '' } })],
    ['state', 'a strange state', 50089, () => ({ fields: { state: 'other' } })],
    ['state', 'a state of five minutes ago', 50089, () => ({ before: () => { now += 300_000 } })],
    ['error', 'an error of the provider', 50158, () => ({ fields: { id_token: '', error: 'access_denied', error_description: 'no' } })],
    ['JWS', 'no id_token', 5001256, () => ({ fields: { id_token: '' } })],
    ['JWS', 'what is no JWS', 5001256, () => ({ fields: { id_token: 'a.b' } })],
    ['signature', 'a key that is not published', 500126, () => ({ header: { kid: 'k2' } })],
    ['signature', 'another algorithm', 500126, () => ({ header: { alg: 'PS256' } })],
    ['signature', 'another key under the same name', 500126, () => ({ key: other })],
    ['iss', 'another issuer', 500277, () => ({ claims: { iss: `${issuer}/` } })],
    ['aud', 'another audience', 50027, () => ({ claims: { aud: application.appId } })],
    ['aud', 'an audience in an array', 50027, () => ({ claims: { aud: ['entra-at-us'] } })],
    ['nonce', 'another nonce', 50027, () => ({ claims: { nonce: 'other' } })],
    ['sub', 'another subject', 50027, () => ({ claims: { sub: ann.id } })],
    ['time', 'a token that has expired', 50027, () => ({ claims: { exp: Math.floor(now / 1000) } })],
    ['time', 'a token of the future', 50027, () => ({ claims: { iat: Math.floor(now / 1000) + 302 } })],
    ['time', 'a token that is not valid yet', 50027, () => ({ claims: { nbf: Math.floor(now / 1000) + 302 } })],
    ['acr', 'an acr that was not requested', 50159, () => ({ claims: { acr: 'possession' } })],
    ['acr', 'an array of acr', 50159, () => ({ claims: { acr: ['possessionorinherence'] } })],
    ['amr', 'a bare amr', 50159, () => ({ claims: { amr: 'fido' } })],
    ['amr', 'two amr', 50159, () => ({ claims: { amr: ['fido', 'otp'] } })],
    ['amr', 'an amr that was not requested', 50159, () => ({ claims: { amr: ['pwd'] } })],
    ['amr', 'an amr of the type of the first factor', 50159, () => ({ query: '&first=possession&amr=fido&acr=possessionorinherence' })],
    ['amr', 'an amr of a type that acr does not name', 50159, () => ({ query: '&acr=inherence', claims: { acr: 'inherence', amr: ['otp'] } })],
  ])('%s refuses %s with %i', async (check, _what, code, spoiling) => {
    const before = entra.signIns.length
    await answer(spoiling())
    expect(lastRefusal()).toEqual([`7.4 ${check}`, code])
    expect(entra.signIns).toHaveLength(before)
  })

  it('counts once', async () => {
    const { fields } = formOf((await begin()).body)
    const error = { error: 'access_denied', state: fields['state'] ?? '' }
    await entra.ask(entra.urls.externalAuthProvider, posted(error))
    expect(lastRefusal()).toEqual(['7.4 error', 50158])
    await entra.ask(entra.urls.externalAuthProvider, posted(error))
    expect(lastRefusal()).toEqual(['7.4 state', 50089])
  })

  it('is taken as a posted form only', async () => {
    expect((await entra.ask(`${entra.urls.externalAuthProvider}?state=a`)).status).toBe(405)
    await entra.ask(entra.urls.externalAuthProvider, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    expect(lastRefusal()).toEqual(['7.4 form', 90014])
  })
})
