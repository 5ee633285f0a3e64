import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEntra, createSigningCertificate, type Domain, type Entra, type Federation, type SigningCertificate, type Tenant, type User, type Variant, type WireAnswer } from '../../support/entra/index.ts'
import { enveloped, posted, sha1, wsFedResponse, type Spoiling, type Told } from './genuine.ts'

const issuer = 'https://idp.example/fed/corp'
const annId = '9f2c7b1e40d84f0d8a55b7d0c6b1e2aa'
const start = Date.parse('2026-11-21T10:00:00Z')
let now = start
let keys: readonly [SigningCertificate, SigningCertificate, SigningCertificate]
let entra: Entra
let tenant: Tenant
let domain: Domain
let federation: Federation
let ann: User

beforeAll(async () => {
  keys = await Promise.all([createSigningCertificate('one'), createSigningCertificate('two'), createSigningCertificate('stranger')])
  entra = await createEntra({ clock: () => now })
  tenant = entra.addTenant()
  domain = entra.addDomain(tenant, 'corp.example', { federation: {} })
  entra.addDomain(tenant, 'other.example')
})
afterAll(() => entra.close())

beforeEach(() => {
  now = start
  tenant.users.splice(0)
  tenant.policy.requireMfa = false
  delete tenant.policy.signInFrequencyMinutes
  domain.authenticationType = 'Federated'
  domain.federation = federation = {
    id: '1', issuerUri: issuer, signingCertificate: keys[0].der, nextSigningCertificate: keys[1].der, passiveSignInUri: 'https://idp.example/fed/corp/wsfed', preferredAuthenticationProtocol: 'wsFed',
  }
  ann = entra.addUser(tenant, 'ann@corp.example', { onPremisesImmutableId: annId })
})

interface Begun { readonly told: Told; readonly context: string; readonly request: URL; readonly raw: string }

const begin = async (...variant: readonly Variant[]): Promise<Begun> => begunBy(await entra.ask(`${entra.urls.login}/start?login_hint=ann@corp.example&variant=${variant.join(',')}`))

function begunBy({ headers }: WireAnswer): Begun {
  const raw = String(headers['location'])
  const request = new URL(raw)
  return { told: { entra, now, issuer, key: keys[0], upn: 'ann@corp.example', immutableId: annId, requestId: '' }, context: request.searchParams.get('wctx') ?? '', request, raw }
}

const send = (wresult: string, wctx: string, wa = 'wsignin1.0'): Promise<WireAnswer> => entra.ask(entra.urls.loginSrf, posted({ wa, wresult, wctx }))

async function answer(spoiling: Spoiling = {}, ...variant: readonly Variant[]): Promise<WireAnswer> {
  const { told, context } = await begin(...variant)
  return send(wsFedResponse(told, spoiling), context)
}

const change = (from: string | RegExp, to: string) => (xml: string): string => {
  const changed = xml.replace(from, to)
  if (changed === xml) throw new Error(`nothing to change: ${String(from)}`)
  return changed
}
const lastRefusal = (): unknown => [entra.lastRefusal?.check, entra.lastRefusal?.refusal.code]

describe('the request', () => {
  it('is a redirect with a long context and empty parameters, as seen in the wild', async () => {
    const { request, raw } = await begin()
    expect(raw).toMatch(/^https:\/\/idp\.example\/fed\/corp\/wsfed\?client-request-id=[\w-]+&wa=wsignin1\.0&wtrealm=urn%3afederation%3aMicrosoftOnline&wctx=LoginOptions%3d3%26estsredirect%3d2%26estsrequest%3drQQIAR/)
    expect([...request.searchParams.keys()]).toEqual(['client-request-id', 'wa', 'wtrealm', 'wctx', 'cbcxt', 'username', 'mkt', 'lc'])
    expect(request.searchParams.get('wctx')?.length).toBeGreaterThan(500)
  })

  it.each<[Variant, Record<string, string | null>]>([
    ['mfa', { wauth: 'http://schemas.microsoft.com/claims/multipleauthn', wfresh: null }],
    ['fresh', { wfresh: '0', wauth: null }],
    ['prompt', { prompt: 'login', wfresh: null }],
    ['translate', { wfresh: '0', wauth: 'http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password', prompt: null }],
    ['by-domain', { wfresh: '0', wauth: 'http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password' }],
    ['no-username', { username: null }],
  ])('has a variant %s', async (variant, expected) => {
    const { request } = await begin(variant)
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, request.searchParams.get(name)]))).toEqual(expected)
  })

  it('follows the promptLoginBehavior of the domain', async () => {
    federation.promptLoginBehavior = 'nativeSupport'
    expect((await begin('by-domain')).request.searchParams.get('prompt')).toBe('login')
    federation.promptLoginBehavior = 'disabled'
    expect((await begin('by-domain')).raw).toMatch(/wfresh=0$/)
  })
})

describe('a genuine response', () => {
  it('signs the user in', async () => {
    expect((await answer()).body).toContain('Signed in as ann@corp.example')
    expect(entra.signIns.at(-1)).toEqual({ upn: 'ann@corp.example', tenantId: tenant.id, protocol: 'wsFed', methods: ['urn:oasis:names:tc:SAML:1.0:am:password'], authenticatedAt: now - 2000, mfaBy: 'nobody' })
  })

  it.each<[string, readonly Variant[], Spoiling]>([
    ['a second factor that was asked for', ['mfa'], { mfa: true }],
    ['the method as an attribute', ['mfa'], { before: change('</saml:AttributeStatement>', '<saml:Attribute AttributeName="authenticationmethod" AttributeNamespace="http://schemas.microsoft.com/ws/2008/06/identity/claims"><saml:AttributeValue>http://schemas.microsoft.com/claims/wiaormultiauthn</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>') }],
    ['a new authentication that was asked for', ['translate'], {}],
    ['a collection of WS-Trust 1.3', [], { after: (xml) => `<c:RequestSecurityTokenResponseCollection xmlns:c="http://docs.oasis-open.org/ws-sx/ws-trust/200512">${xml.replace('http://schemas.xmlsoap.org/ws/2005/02/trust"', 'http://docs.oasis-open.org/ws-sx/ws-trust/200512"')}</c:RequestSecurityTokenResponseCollection>` }],
  ])('passes with %s', async (_what, variant, spoiling) => {
    expect((await answer(spoiling, ...variant)).body).toContain('data-outcome="signed-in"')
  })

  it('with the next key passes, and with no lifetime or token type', async () => {
    expect((await answer({ key: keys[1], after: change(/<t:TokenType>.*<\/t:KeyType>/, '') })).status).toBe(200)
  })
})

describe('table 7.3', () => {
  it.each<[string, string, number, () => Spoiling]>([
    ['2', 'text that is no XML', 20001, () => ({ after: () => 'hello' })],
    ['2', 'a bare assertion', 90087, () => ({ after: (xml) => /<saml:Assertion.*<\/saml:Assertion>/.exec(xml)?.[0] ?? '' })],
    ['2', 'two tokens', 90087, () => ({ after: (xml) => xml.replace(/<t:RequestedSecurityToken>.*<\/t:RequestedSecurityToken>/, '$&$&') })],
    ['3', 'another realm', 90081, () => ({ before: change('<wsa:Address>urn:federation:MicrosoftOnline', '<wsa:Address>urn:federation:else') })],
    ['3', 'no AppliesTo', 90081, () => ({ before: change(/<wsp:AppliesTo.*<\/wsp:AppliesTo>/, '') })],
    ['4', 'SAML 1.0', 500085, () => ({ before: change('MinorVersion="1"', 'MinorVersion="0"') })],
    ['5', 'an id that begins with a digit', 500086, () => ({ before: change('AssertionID="_', 'AssertionID="7') })],
    ['6', 'no statements', 500087, () => ({ before: change(/<saml:AttributeStatement>.*<\/saml:AuthenticationStatement>/, '') })],
    ['7', 'another issuer', 50107, () => ({ before: change(`Issuer="${issuer}"`, `Issuer="${issuer}/"`) })],
    ['7', 'a managed domain', 500083, () => ({ before: (xml) => {
      domain.authenticationType = 'Managed'
      return xml
    } })],
    ['7', 'a domain of the other protocol', 1000009, () => ({ before: (xml) => {
      federation.preferredAuthenticationProtocol = 'saml'
      return xml
    } })],
    ['8 (7)', 'no signature', 500081, () => ({ after: change(/<ds:Signature.*<\/ds:Signature>/, '') })],
    ['8 (7)', 'an assertion elsewhere in the document', 50008, () => ({ after: change('<t:TokenType>', '<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:1.0:assertion" AssertionID="_x"></saml:Assertion><t:TokenType>') })],
    ['8 (7)', 'a reference to another element', 50008, () => ({ after: change(/URI="#[^"]+"/, 'URI="#_1"') })],
    ['8 (7)', 'only one transform', 500081, () => ({ transforms: [enveloped] })],
    ['8 (8)', 'rsa-sha1', 500081, () => ({ signature: sha1.signature })],
    ['8 (9)', 'a key that is not registered', 5000811, () => ({ key: keys[2] })],
    ['8 (10)', 'a changed name', 50006, () => ({ after: change('>ann@corp.example<', '>bob@corp.example<') })],
    ['8 (10)', 'a strange key under a registered certificate', 50006, () => ({ key: keys[2], keyInfo: keys[0] })],
    ['9', 'another audience', 50008, () => ({ before: change('<saml:Audience>urn:federation:MicrosoftOnline', '<saml:Audience>urn:federation:else') })],
    ['9', 'conditions of yesterday', 500133, () => ({ before: change(/NotOnOrAfter="[^"]+"/, 'NotOnOrAfter="2026-11-21T09:55:00.000Z"') })],
    ['9', 'conditions of tomorrow', 500133, () => ({ before: change(/NotBefore="[^"]+"/, 'NotBefore="2026-11-21T10:05:00.001Z"') })],
    ['10', 'a UPN in another namespace', 500088, () => ({ before: change('xmlsoap.org/claims"', 'xmlsoap.org/claims/"') })],
    ['10', 'a UPN of another domain of the tenant', 5000819, () => ({ before: change('>ann@corp.example<', '>ann@other.example<') })],
    ['11', 'no ImmutableID', 90020, () => ({ before: change('AttributeName="ImmutableID"', 'AttributeName="immutableid"') })],
    ['11', 'a NameIdentifier that is not the ImmutableID', 90020, () => ({ before: change(`>${annId}</saml:NameIdentifier>`, '>other</saml:NameIdentifier>') })],
    ['11', 'a subject that is not confirmed by bearer', 7000011, () => ({ before: change('cm:bearer', 'cm:artifact') })],
    ['12 (21)', 'an ImmutableID that nobody has', 51004, () => ({ before: (xml) => xml.replaceAll(annId, 'nobody') })],
    ['12 (22)', 'the ImmutableID of somebody else', 90072, () => {
      entra.addUser(tenant, 'bob@corp.example', { onPremisesImmutableId: 'bob' })
      return { before: (xml) => xml.replaceAll(annId, 'bob') }
    }],
    ['12 (23)', 'a disabled account', 50057, () => {
      ann.accountEnabled = false
      return {}
    }],
    ['13', 'a method that nobody knows', 50130, () => ({ before: change('am:password', 'am:magic') })],
    ['13', 'no AuthenticationStatement', 50130, () => ({ before: change(/<saml:AuthenticationStatement.*<\/saml:AuthenticationStatement>/, '') })],
    ['13', 'an authentication in the future', 50130, () => ({ before: change(/AuthenticationInstant="[^"]+"/, 'AuthenticationInstant="2026-11-21T10:06:00.000Z"') })],
  ])('#%s refuses %s with %i', async (check, _what, code, spoiling) => {
    const before = entra.signIns.length
    const page = await answer(spoiling())
    expect(page.status).toBe(400)
    expect(lastRefusal()).toEqual([`7.3 #${check}`, code])
    expect(entra.signIns).toHaveLength(before)
  })

  it.each<[string, number, (xml: string, context: string) => Promise<WireAnswer>]>([
    ['another wa', 90081, (xml, context) => send(xml, context, 'wsignout1.0')],
    ['no wresult', 20012, (_xml, context) => send('', context)],
    ['no wctx', 50089, (xml) => send(xml, '')],
    ['a wctx that was decoded twice', 50089, (xml, context) => send(xml, context.replace('&', '%26'))],
    ['a wctx after ten minutes', 50089, (xml, context) => {
      now += 600_000
      return send(xml, context)
    }],
    ['a message in the address', 90087, (xml, context) => entra.ask(`${entra.urls.loginSrf}?wa=wsignin1.0&wresult=${encodeURIComponent(xml)}&wctx=${encodeURIComponent(context)}`)],
  ])('#1 refuses %s with %i', async (_what, code, sending) => {
    const { told, context } = await begin()
    await sending(wsFedResponse(told), context)
    expect(lastRefusal()).toEqual(['7.3 #1', code])
  })

  it('#1 takes a context once', async () => {
    const { told, context } = await begin()
    expect((await send(wsFedResponse(told), context)).status).toBe(200)
    await send(wsFedResponse(told), context)
    expect(lastRefusal()).toEqual(['7.3 #1', 50089])
  })

  it('#14 refuses an answer without the second factor that wauth asked for', async () => {
    await answer({}, 'mfa')
    expect(lastRefusal()).toEqual(['7.3 #14', 50074])
  })

  it.each<Variant>(['fresh', 'translate', 'prompt'])('#15 refuses an old authentication where %s asked for a new one', async (variant) => {
    await answer({ before: change(/AuthenticationInstant="[^"]+"/, 'AuthenticationInstant="2026-11-21T09:54:59.999Z"') }, variant)
    expect(lastRefusal()).toEqual(['7.3 #15', 50078])
  })

  it('policies send back once, then stop the loop', async () => {
    tenant.policy.requireMfa = true
    federation.federatedIdpMfaBehavior = 'enforceMfaByFederatedIdp'
    const again = begunBy(await answer())
    expect(again.request.searchParams.get('wauth')).toBe('http://schemas.microsoft.com/claims/multipleauthn')
    await send(wsFedResponse(again.told), again.context)
    expect(lastRefusal()).toEqual(['7.2 #25', 50196])
    expect((await answer({ mfa: true })).status).toBe(200)
  })

  it('counts sign-in frequency from the claim authenticationinstant', async () => {
    tenant.policy.signInFrequencyMinutes = 60
    const claim = (instant: string): Spoiling => ({ before: change('</saml:AttributeStatement>', `<saml:Attribute AttributeName="authenticationinstant" AttributeNamespace="http://schemas.microsoft.com/ws/2008/06/identity/claims"><saml:AttributeValue>${instant}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>`) })
    expect((await answer(claim('2026-11-21T09:30:00.000Z'))).status).toBe(200)
    expect(begunBy(await answer(claim('2026-11-21T08:30:00.000Z'))).request.searchParams.get('wfresh')).toBe('0')
  })
})

describe('tolerance', () => {
  it('is none where it is set to 0', async () => {
    const exact = await createEntra({ clock: () => now, skewSeconds: 0 })
    try {
      const other = exact.addTenant()
      exact.addDomain(other, 'corp.example', { federation })
      exact.addUser(other, 'ann@corp.example', { onPremisesImmutableId: annId })
      const { told, context } = begunBy(await exact.ask(`${exact.urls.login}/start?login_hint=ann@corp.example`))
      await exact.ask(exact.urls.loginSrf, posted({ wa: 'wsignin1.0', wctx: context, wresult: wsFedResponse(told, { before: change(/NotBefore="[^"]+"/, 'NotBefore="2026-11-21T10:00:00.001Z"') }) }))
      expect([exact.lastRefusal?.check, exact.lastRefusal?.refusal.code]).toEqual(['7.3 #9', 500133])
    } finally {
      await exact.close()
    }
  })

  it('of SHA-1 is a switch', async () => {
    const lenient = await createEntra({ clock: () => now, strictAlgorithms: false })
    try {
      const other = lenient.addTenant()
      lenient.addDomain(other, 'corp.example', { federation })
      lenient.addUser(other, 'ann@corp.example', { onPremisesImmutableId: annId })
      const { told, context } = begunBy(await lenient.ask(`${lenient.urls.login}/start?login_hint=ann@corp.example`))
      expect((await lenient.ask(lenient.urls.loginSrf, posted({ wa: 'wsignin1.0', wctx: context, wresult: wsFedResponse(told, sha1) }))).status).toBe(200)
    } finally {
      await lenient.close()
    }
  })

  it('of certificates that have expired is the default, and can be switched off (7.2 #11)', async () => {
    const strict = await createEntra({ clock: () => now, checksCertificateValidity: true })
    try {
      const other = strict.addTenant()
      strict.addDomain(other, 'corp.example', { federation })
      strict.addUser(other, 'ann@corp.example', { onPremisesImmutableId: annId })
      const sendAt = async (at: number): Promise<number> => {
        now = at
        const { told, context } = begunBy(await strict.ask(`${strict.urls.login}/start?login_hint=ann@corp.example`))
        return (await strict.ask(strict.urls.loginSrf, posted({ wa: 'wsignin1.0', wctx: context, wresult: wsFedResponse(told) }))).status
      }
      expect(await sendAt(Date.now())).toBe(200)
      expect(await sendAt(Date.now() + 1200 * 86_400_000)).toBe(400)
      expect([strict.lastRefusal?.check, strict.lastRefusal?.refusal.code]).toEqual(['7.3 #8 (11)', 5000811])
      const { told, context } = await begin()
      expect((await send(wsFedResponse(told), context)).status).toBe(200)
    } finally {
      await strict.close()
    }
  })
})
