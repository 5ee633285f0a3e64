import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEntra, createSigningCertificate, type Domain, type Entra, type Federation, type SigningCertificate, type Tenant, type User, type Variant, type WireAnswer } from '../../support/entra/index.ts'
import { enveloped, formOf, posted, requestIdOf, samlResponse, sha1, sign, type Spoiling, type Told } from './genuine.ts'

const issuer = 'https://idp.example/fed/corp'
const annId = '9f2c7b1e40d84f0d8a55b7d0c6b1e2aa'
let now = Date.parse('2026-11-21T10:00:00Z')
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
})
afterAll(() => entra.close())

beforeEach(() => {
  now = Date.parse('2026-11-21T10:00:00Z')
  tenant.users.splice(0)
  const known = ['corp.example', 'sub.corp.example', 'other.example'].map((name) => entra.findDomain(name))
  if (!known[0]) {
    domain = entra.addDomain(tenant, 'corp.example', { federation: { issuerUri: issuer, signingCertificate: keys[0].der, passiveSignInUri: 'https://idp.example/fed/corp/saml/sso' } })
    entra.addDomain(tenant, 'sub.corp.example')
    entra.addDomain(tenant, 'other.example')
  }
  domain.authenticationType = 'Federated'
  delete tenant.policy.signInFrequencyMinutes
  tenant.policy.requireMfa = false
  domain.federation = federation = {
    id: '1', issuerUri: issuer, signingCertificate: keys[0].der, nextSigningCertificate: keys[1].der, passiveSignInUri: 'https://idp.example/fed/corp/saml/sso', preferredAuthenticationProtocol: 'saml',
  }
  ann = entra.addUser(tenant, 'ann@corp.example', { onPremisesImmutableId: annId })
})

interface Begun { readonly told: Told; readonly relayState: string; readonly request: string; readonly fields: Record<string, string>; readonly action: string }

async function begin(...variant: readonly Variant[]): Promise<Begun> {
  const page = await entra.ask(`${entra.urls.login}/start?login_hint=ann@corp.example&variant=${variant.join(',')}`)
  return begunBy(page)
}

function begunBy(page: WireAnswer): Begun {
  const { action, fields } = formOf(page.body)
  const requestId = requestIdOf(fields['SAMLRequest'] ?? '')
  return { told: { entra, now, issuer, key: keys[0], upn: 'ann@corp.example', immutableId: annId, requestId }, relayState: fields['RelayState'] ?? '', request: Buffer.from(fields['SAMLRequest'] ?? '', 'base64').toString(), fields, action }
}

const send = (xml: string, relayState: string): Promise<WireAnswer> => entra.ask(entra.urls.loginSrf, posted({ SAMLResponse: Buffer.from(xml).toString('base64'), RelayState: relayState }))

async function answer(spoiling: Spoiling = {}, ...variant: readonly Variant[]): Promise<WireAnswer> {
  const { told, relayState } = await begin(...variant)
  return send(samlResponse(told, spoiling), relayState)
}

const change = (from: string | RegExp, to: string) => (xml: string): string => {
  const changed = xml.replace(from, to)
  if (changed === xml) throw new Error(`nothing to change: ${String(from)}`)
  return changed
}

describe('the AuthnRequest', () => {
  it('is a form with the bare request, an opaque state and the hint', async () => {
    const { fields, action, request } = await begin()
    expect(action).toBe('https://idp.example/fed/corp/saml/sso')
    expect(Object.keys(fields)).toEqual(['SAMLRequest', 'RelayState', 'username'])
    expect(fields['RelayState']?.length).toBeGreaterThan(500)
    expect(request).toMatch(/^<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="[^"]+" Version="2.0" IssueInstant="[^"]+"><Issuer/)
  })

  it.each<[Variant, RegExp]>([
    ['mfa', /RequestedAuthnContext.*multipleauthn/], ['fresh', /ForceAuthn="true"/], ['signed-sha1', /Destination="https:\/\/idp.*rsa-sha1.*X509SKI>[^<]+<\/X509SKI><\/X509Data><KeyName>MicrosoftOnline/], ['signed-sha256', /rsa-sha256/],
  ])('has a variant %s', async (variant, shape) => {
    expect((await begin(variant)).request).toMatch(shape)
  })

  it('leaves the hint out where it is told to, and signs where the domain requires it', async () => {
    expect((await begin('no-username')).fields).not.toHaveProperty('username')
    federation.isSignedAuthenticationRequestRequired = true
    expect((await begin()).request).toMatch(/rsa-sha1/)
  })
})

describe('a genuine response', () => {
  it('signs the user in, with what the assertion proves', async () => {
    const page = await answer()
    expect(page.status).toBe(200)
    expect(page.body).toContain('Signed in as ann@corp.example')
    expect(page.headers['set-cookie']).toHaveLength(1)
    expect(entra.signIns.at(-1)).toEqual({ upn: 'ann@corp.example', tenantId: tenant.id, protocol: 'saml', methods: ['urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'], authenticatedAt: now - 2000, mfaBy: 'nobody' })
  })

  it.each<[string, () => Spoiling]>([
    ['the next certificate', () => ({ key: keys[1] })], ['no KeyInfo', () => ({ keyInfo: null })],
    ['SHA-512', () => ({ signature: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512', digest: 'http://www.w3.org/2001/04/xmlenc#sha512' })],
    ['a subdomain that inherits', () => {
      ann.userPrincipalName = 'ann@sub.corp.example'
      return { before: change('>ann@corp.example<', '>ann@sub.corp.example<') }
    }],
    ['a UPN in other case', () => ({ before: change('>ann@corp.example<', '>Ann@Corp.example<') })],
    ['a signed Response around it', () => ({ after: (xml: string) => sign(xml, keys[0], {}, { element: 'Response', idAttribute: 'ID', location: { reference: "/*/*[local-name(.)='Issuer']", action: 'after' } }) })],
  ])('passes with %s', async (_what, spoiling) => {
    expect((await answer(spoiling())).body).toContain('data-outcome="signed-in"')
  })
})

describe('table 7.2', () => {
  const foreign = `${sha1.signature}`
  it.each<[number, string, number, () => Spoiling]>([
    [2, 'text that is no XML', 90107, () => ({ after: () => 'hello' })],
    [2, 'a document type', 90107, () => ({ after: (xml) => `<!DOCTYPE a [<!ENTITY e "e">]>${xml}` })],
    [2, 'another root', 7500514, () => ({ after: () => '<a xmlns="urn:a"></a>' })],
    [4, 'an issuer with a slash more', 50107, () => ({ before: (xml) => xml.replaceAll(`${issuer}<`, `${issuer}/<`) })],
    [4, 'no issuer on the Response', 50107, () => ({ after: change(`<saml:Issuer>${issuer}</saml:Issuer><samlp`, '<samlp') })],
    [4, 'two issuers', 500083, () => ({ after: change(`<saml:Issuer>${issuer}</saml:Issuer><ds`, '<saml:Issuer>https://else.example</saml:Issuer><ds') })],
    [5, 'a managed domain', 500083, () => ({ before: (xml) => {
      domain.authenticationType = 'Managed'
      return xml
    } })],
    [5, 'a domain of the other protocol', 1000009, () => ({ before: (xml) => {
      federation.preferredAuthenticationProtocol = 'wsFed'
      return xml
    } })],
    [6, 'no assertion', 500082, () => ({ after: change(/<saml:Assertion.*<\/saml:Assertion>/, '') })],
    [6, 'an encrypted assertion', 500082, () => ({ after: change(/<saml:Assertion.*<\/saml:Assertion>/, '<saml:EncryptedAssertion></saml:EncryptedAssertion>') })],
    [7, 'no signature', 500081, () => ({ after: change(/<ds:Signature.*<\/ds:Signature>/, '') })],
    [7, 'a signature of the Response only', 500081, () => ({ after: (xml) => sign(xml.replace(/<ds:Signature.*<\/ds:Signature>/, ''), keys[0], {}, { element: 'Response', idAttribute: 'ID', location: { reference: "/*/*[local-name(.)='Issuer']", action: 'after' } }) })],
    [7, 'a second assertion beside the signed one', 50008, () => ({ after: change('</saml:Assertion>', '</saml:Assertion><samlp:Extensions><saml:Assertion ID="_x"></saml:Assertion></samlp:Extensions>') })],
    [7, 'an id that is there twice', 50008, () => ({ after: (xml) => xml.replace('<samlp:Status>', `<samlp:Status Id="${/Assertion [^>]*ID="([^"]+)"/.exec(xml)?.[1] ?? ''}">`) })],
    [7, 'a reference to another element', 50008, () => ({ after: change(/URI="#[^"]+"/, 'URI="#_r1"') })],
    [7, 'a transform that is not taken', 500081, () => ({ transforms: [enveloped, 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'] })],
    [8, 'rsa-sha1', 500081, () => ({ signature: foreign })],
    [8, 'a digest by SHA-1', 500081, () => ({ digest: sha1.digest })],
    [9, 'a key that is not registered', 5000811, () => ({ key: keys[2] })],
    [10, 'a strange key under a registered certificate', 50006, () => ({ key: keys[2], keyInfo: keys[0] })],
    [10, 'a changed name', 50006, () => ({ after: change('>ann@corp.example<', '>bob@corp.example<') })],
    [10, 'a changed signature value', 50006, () => ({ after: (xml) => xml.replace(/(<ds:SignatureValue>)(.)/, (_all, tag: string, first: string) => `${tag}${first === 'A' ? 'B' : 'A'}`) })],
    [10, 'a Response whose own signature is wrong', 50006, () => ({ after: (xml) => sign(xml, keys[2], {}, { element: 'Response', idAttribute: 'ID', location: { reference: "/*/*[local-name(.)='Issuer']", action: 'after' } }) })],
    [12, 'a status of failure', 50008, () => ({ after: change('status:Success', 'status:Responder') })],
    [13, 'another destination', 75008, () => ({ after: change(/Destination="[^"]+"/, 'Destination="https://login.example/"') })],
    [13, 'no destination', 75008, () => ({ after: change(/ Destination="[^"]+"/, '') })],
    [14, 'a Response to another request', 500089, () => ({ after: change(/InResponseTo="[^"]+"/, 'InResponseTo="_other"') })],
    [14, 'an assertion for another request', 500089, () => ({ before: change(/(ConfirmationData InResponseTo=)"[^"]+"/, '$1"_other"') })],
    [15, 'a sender who vouches', 7000011, () => ({ before: change('cm:bearer', 'cm:sender-vouches') })],
    [16, 'another recipient', 500089, () => ({ before: change(/Recipient="[^"]+"/, 'Recipient="https://login.example/"') })],
    [16, 'a confirmation with NotBefore', 500089, () => ({ before: change('Data InResponseTo', 'Data NotBefore="2026-11-21T09:00:00Z" InResponseTo') })],
    [16, 'a confirmation that has ended', 500089, () => ({ before: change(/NotOnOrAfter="[^"]+"/, 'NotOnOrAfter="2026-11-21T09:54:59Z"') })],
    [17, 'conditions of tomorrow', 500133, () => ({ before: change(/NotBefore="[^"]+"/, 'NotBefore="2026-11-21T10:05:01Z"') })],
    [17, 'conditions of yesterday', 500133, () => ({ before: change(/(<saml:Conditions [^>]*NotOnOrAfter)="[^"]+"/, '$1="2026-11-21T09:55:00Z"') })],
    [17, 'conditions without end', 500133, () => ({ before: change(/(<saml:Conditions [^>]*) NotOnOrAfter="[^"]+"/, '$1') })],
    [18, 'another audience', 50010, () => ({ before: change('>urn:federation:MicrosoftOnline<', '>urn:federation:microsoftonline<') })],
    [19, 'no NameID', 50093, () => ({ before: change(/<saml:NameID.*<\/saml:NameID>/, '') })],
    [19, 'a transient NameID', 50093, () => ({ before: change('nameid-format:persistent', 'nameid-format:transient') })],
    [19, 'a NameID of 65 characters', 50093, () => ({ before: change(annId, 'a'.repeat(65)) })],
    [20, 'no IDPEmail', 5000819, () => ({ before: change('Name="IDPEmail"', 'Name="mail"') })],
    [20, 'the address of another domain of the tenant', 5000819, () => ({ before: change('>ann@corp.example<', '>ann@other.example<') })],
    [21, 'an ImmutableID that nobody has', 51004, () => ({ before: change(annId, 'nobody') })],
    [21, 'an ImmutableID in other case', 51004, () => ({ before: change(annId, annId.toUpperCase()) })],
    [22, 'the ImmutableID of somebody else', 90072, () => {
      entra.addUser(tenant, 'bob@corp.example', { onPremisesImmutableId: 'bob' })
      return { before: change(annId, 'bob') }
    }],
    [23, 'a disabled account', 50057, () => {
      ann.accountEnabled = false
      return {}
    }],
    [24, 'a class that nobody knows', 50130, () => ({ before: change('ac:classes:PasswordProtectedTransport', 'ac:classes:Magic') })],
    [24, 'an authentication in the future', 50130, () => ({ before: change(/AuthnInstant="[^"]+"/, 'AuthnInstant="2026-11-21T10:06:00Z"') })],
    [24, 'two AuthnStatements', 50130, () => ({ before: (xml) => xml.replace(/<saml:AuthnStatement.*<\/saml:AuthnStatement>/, '$&$&') })],
    [24, 'no AuthnStatement', 50130, () => ({ before: change(/<saml:AuthnStatement.*<\/saml:AuthnStatement>/, '') })],
  ])('#%i refuses %s with %i', async (check, _what, code, spoiling) => {
    const before = entra.signIns.length
    const page = await answer(spoiling())
    expect(page.status).toBe(400)
    expect([entra.lastRefusal?.check, entra.lastRefusal?.refusal.code]).toEqual([`7.2 #${check}`, code])
    expect(page.body).toContain(`AADSTS${code}`)
    expect(entra.signIns).toHaveLength(before)
  })

  it.each<[string, number, (xml: string, relayState: string) => Promise<WireAnswer>]>([
    ['a GET', 75003, (xml) => entra.ask(`${entra.urls.loginSrf}?SAMLResponse=${encodeURIComponent(Buffer.from(xml).toString('base64'))}`)],
    ['JSON', 75001, () => entra.ask(entra.urls.loginSrf, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })],
    ['a form without SAMLResponse', 750054, (_xml, relayState) => entra.ask(entra.urls.loginSrf, posted({ RelayState: relayState }))],
  ])('#1 refuses %s with %i', async (_what, code, sending) => {
    const { told, relayState } = await begin()
    await sending(samlResponse(told), relayState)
    expect([entra.lastRefusal?.check, entra.lastRefusal?.refusal.code]).toEqual(['7.2 #1', code])
  })

  it.each<[string, (relayState: string) => string]>([
    ['no RelayState', () => ''], ['one that came back changed', (state) => state.toLowerCase()],
    ['one after ten minutes', (state) => {
      now += 600_000
      return state
    }],
  ])('#3 refuses %s with 50089', async (_what, spoil) => {
    const { told, relayState } = await begin()
    await send(samlResponse(told), spoil(relayState))
    expect([entra.lastRefusal?.check, entra.lastRefusal?.refusal.code]).toEqual(['7.2 #3', 50089])
  })

  it('#11 refuses an expired certificate where that is switched on', async () => {
    const strict = await createEntra({ clock: () => now, checksCertificateValidity: true })
    try {
      const other = strict.addTenant()
      strict.addDomain(other, 'corp.example', { federation })
      strict.addUser(other, 'ann@corp.example', { onPremisesImmutableId: annId })
      const outcomes: unknown[] = []
      for (const days of [0, 1200]) {
        now = Date.now() + days * 86_400_000
        const { told, relayState } = begunBy(await strict.ask(`${strict.urls.login}/start?login_hint=ann@corp.example`))
        const xml = samlResponse({ ...told, entra: strict })
        outcomes.push((await strict.ask(strict.urls.loginSrf, posted({ SAMLResponse: Buffer.from(xml).toString('base64'), RelayState: relayState }))).status)
      }
      expect(outcomes).toEqual([200, 400])
      expect([strict.lastRefusal?.check, strict.lastRefusal?.refusal.code]).toEqual(['7.2 #11', 5000811])
    } finally {
      await strict.close()
    }
  })

  it('#3 takes a flow once', async () => {
    const { told, relayState } = await begin()
    expect((await send(samlResponse(told), relayState)).status).toBe(200)
    await send(samlResponse(told), relayState)
    expect([entra.lastRefusal?.check, entra.lastRefusal?.refusal.code]).toEqual(['7.2 #3', 50089])
  })
})

describe('the policies', () => {
  it('#25 accept: takes our claim, else asks for its own second factor', async () => {
    tenant.policy.requireMfa = true
    expect((await answer({ mfa: true })).body).toContain('data-outcome="signed-in"')
    expect(entra.signIns.at(-1)?.mfaBy).toBe('identity provider')
    const page = await answer()
    expect(page.body).toContain('data-outcome="entra-mfa"')
    expect(entra.interruptions.at(-1)?.refusal.code).toBe(50076)
    expect((await entra.ask(`${entra.urls.login}/entra-mfa`, posted(formOf(page.body).fields))).body).toContain('data-outcome="signed-in"')
    expect(entra.signIns.at(-1)?.mfaBy).toBe('Entra')
  })

  it('#25 reject: asks for its own whatever we claim', async () => {
    ann.requiresMfa = true
    federation.federatedIdpMfaBehavior = 'rejectMfaByFederatedIdp'
    expect((await answer({ mfa: true })).body).toContain('data-outcome="entra-mfa"')
  })

  it('#25 enforce: sends the browser back once, then stops the loop with 50196', async () => {
    tenant.policy.requireMfa = true
    federation.federatedIdpMfaBehavior = 'enforceMfaByFederatedIdp'
    const stepUp = begunBy(await answer())
    expect(stepUp.request).toMatch(/RequestedAuthnContext/)
    expect((await send(samlResponse(stepUp.told, { mfa: true }), stepUp.relayState)).body).toContain('data-outcome="signed-in"')
    const loop = begunBy(await answer())
    await send(samlResponse(loop.told), loop.relayState)
    expect([entra.lastRefusal?.check, entra.lastRefusal?.refusal.code]).toEqual(['7.2 #25', 50196])
  })

  it('#26 sends an old authentication back once with ForceAuthn, then refuses with 50078', async () => {
    tenant.policy.signInFrequencyMinutes = 60
    const old: Spoiling = { before: change(/AuthnInstant="[^"]+"/, 'AuthnInstant="2026-11-21T08:54:00Z"') }
    const again = begunBy(await answer(old))
    expect(again.request).toMatch(/ForceAuthn="true"/)
    expect(entra.interruptions.at(-1)?.refusal.code).toBe(70043)
    await send(samlResponse(again.told, old), again.relayState)
    expect([entra.lastRefusal?.check, entra.lastRefusal?.refusal.code]).toEqual(['7.2 #26', 50078])
    expect((await answer({ before: change(/AuthnInstant="[^"]+"/, 'AuthnInstant="2026-11-21T08:56:00Z"') })).status).toBe(200)
  })

  it('#26 holds ForceAuthn of the request itself', async () => {
    expect((await answer({}, 'fresh')).status).toBe(200)
    await answer({ before: change(/AuthnInstant="[^"]+"/, 'AuthnInstant="2026-11-21T09:54:59Z"') }, 'fresh')
    expect([entra.lastRefusal?.check, entra.lastRefusal?.refusal.code]).toEqual(['7.2 #26', 50078])
  })
})
