import { X509Certificate } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { SignedXml } from 'xml-crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEntra, createSigningCertificate, subjectKeyId, type Entra, type Federation, type Tenant } from '../../support/entra/index.ts'
import { formOf, posted } from './genuine.ts'

let entra: Entra
let tenant: Tenant
let federation: Federation

beforeAll(async () => {
  entra = await createEntra()
  tenant = entra.addTenant()
  const { der } = await createSigningCertificate('idp')
  const domain = entra.addDomain(tenant, 'corp.example', { federation: {
    issuerUri: 'https://idp.example/fed/corp', displayName: 'Corp sign-in', signingCertificate: der, passiveSignInUri: 'https://idp.example/fed/corp/saml/sso', signOutUri: 'https://idp.example/fed/corp/saml/slo',
    metadataExchangeUri: 'https://idp.example/adfs/services/trust/mex', activeSignInUri: 'https://idp.example/adfs/services/trust/2005/usernamemixed', preferredAuthenticationProtocol: 'wsFed',
  } })
  if (domain.federation) federation = domain.federation
  entra.addDomain(tenant, 'managed.example')
  entra.addUser(tenant, 'ann@corp.example', { onPremisesImmutableId: 'ann' })
})
afterAll(() => entra.close())

describe('realm discovery', () => {
  const realm = async (upn: string): Promise<unknown> => (await entra.ask(`${entra.urls.login}/common/userrealm/${encodeURIComponent(upn)}?api-version=1.0`)).json()

  it('tells federated, managed and unknown domains apart', async () => {
    expect(await realm('ann@corp.example')).toEqual({
      ver: '1.0', account_type: 'Federated', domain_name: 'corp.example', federation_protocol: 'WSTrust', federation_metadata_url: 'https://idp.example/adfs/services/trust/mex',
      federation_active_auth_url: 'https://idp.example/adfs/services/trust/2005/usernamemixed', cloud_instance_name: 'microsoftonline.com', cloud_audience_urn: 'urn:federation:MicrosoftOnline',
    })
    expect(await realm('ann@managed.example')).toMatchObject({ account_type: 'Managed' })
    expect(await realm('ann@nowhere.example')).toMatchObject({ account_type: 'Unknown' })
    federation.preferredAuthenticationProtocol = 'saml'
    expect(await realm('ann@corp.example')).toMatchObject({ federation_protocol: 'SAML20' })
    federation.preferredAuthenticationProtocol = 'wsFed'
  })

  it('answers old clients too', async () => {
    expect((await entra.ask(`${entra.urls.login}/GetUserRealm.srf?login=ann@corp.example&json=1`)).json()).toMatchObject({ NameSpaceType: 'Federated', DomainName: 'corp.example', FederationBrandName: 'Corp sign-in', AuthURL: expect.stringMatching(/^https:\/\/idp\.example\/.*wa=wsignin1\.0/) as string })
  })

  it('wants its version', async () => {
    expect((await entra.ask(`${entra.urls.login}/common/userrealm/ann@corp.example`)).status).toBe(400)
  })
})

describe('the metadata', () => {
  it.each(['/federationmetadata/saml20/federationmetadata.xml', '/federationmetadata/2007-06/federationmetadata.xml'])('%s has both keys and a signature that verifies', async (path) => {
    const { body } = await entra.ask(entra.urls.nexus + path)
    expect((await entra.ask(entra.urls.login + path)).body).toBe(body)
    for (const { der } of entra.nexus.certificates) expect(body).toContain(der)
    const verifier = new SignedXml({ publicCert: entra.nexus.certificates[0]?.cert ?? '' })
    verifier.loadSignature(/<Signature.*?<\/Signature>/.exec(body)?.[0] ?? '')
    expect(verifier.checkSignature(body)).toBe(true)
  })

  it('names the key of a signed request by the hash of its bits', async () => {
    federation.preferredAuthenticationProtocol = 'saml'
    const request = async (variant: string): Promise<string> => Buffer.from(formOf((await entra.ask(`${entra.urls.login}/start?login_hint=ann@corp.example&variant=${variant}`)).body).fields['SAMLRequest'] ?? '', 'base64').toString()
    const skis = entra.nexus.certificates.map(({ cert }) => subjectKeyId(cert))
    expect(new Set(skis).size).toBe(2)
    expect(await request('signed-sha1')).toContain(`<X509SKI>${skis[0] ?? ''}</X509SKI>`)
    expect(await request('signed-sha256,next-key')).toContain(`<X509SKI>${skis[1] ?? ''}</X509SKI>`)
    const signed = await request('signed-sha256')
    const verifier = new SignedXml({ publicCert: entra.nexus.certificates[0]?.cert ?? '' })
    verifier.loadSignature(/<Signature.*<\/Signature>/.exec(signed)?.[0] ?? '')
    expect(verifier.checkSignature(signed)).toBe(true)
    federation.preferredAuthenticationProtocol = 'wsFed'
  })
})

describe('sign-out', () => {
  it('by WS-Federation is a redirect with wsignout1.0', async () => {
    expect((await entra.ask(`${entra.urls.login}/signout?upn=ann@corp.example`)).headers['location']).toBe('https://idp.example/fed/corp/saml/slo?wa=wsignout1.0')
    const { headers, status } = await entra.ask(`${entra.urls.loginSrf}?wa=wsignoutcleanup1.0`)
    expect([status, headers['content-type']]).toEqual([200, 'image/gif'])
  })

  const logoutResponse = (id: string, changed: (xml: string) => string = (xml) => xml): Record<string, string> => ({ SAMLResponse: Buffer.from(changed(
    `<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_l" Version="2.0" IssueInstant="2026-11-21T10:00:00Z" InResponseTo="${id}" Destination="${entra.urls.loginSrf}">`
    + '<saml:Issuer>https://idp.example/fed/corp</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status></samlp:LogoutResponse>')).toString('base64') })
  const begin = async (): Promise<string> => {
    const target = new URL(String((await entra.ask(`${entra.urls.login}/signout?upn=ann@corp.example`)).headers['location']))
    const xml = inflateRawSync(Buffer.from(target.searchParams.get('SAMLRequest') ?? '', 'base64')).toString()
    expect(xml).toMatch(/<Issuer[^>]*>urn:federation:MicrosoftOnline<.*persistent">ann</)
    return / ID="([^"]+)"/.exec(xml)?.[1] ?? ''
  }

  it('has variants: the bare address, a return address, and a form', async () => {
    const target = async (variant: string): Promise<string> => String((await entra.ask(`${entra.urls.login}/signout?upn=ann@corp.example&variant=${variant}`)).headers['location'])
    expect(await target('plain')).toBe('https://idp.example/fed/corp/saml/slo')
    expect(await target('wreply')).toBe(`https://idp.example/fed/corp/saml/slo?wa=wsignout1.0&wreply=${encodeURIComponent(entra.urls.loginSrf)}`)
    federation.preferredAuthenticationProtocol = 'saml'
    const { action, fields } = formOf((await entra.ask(`${entra.urls.login}/signout?upn=ann@corp.example&variant=post`)).body)
    federation.preferredAuthenticationProtocol = 'wsFed'
    expect([action, Buffer.from(fields['SAMLRequest'] ?? '', 'base64').toString()]).toEqual(['https://idp.example/fed/corp/saml/slo', expect.stringMatching(/^<samlp:LogoutRequest/)])
  })

  it.each<[string, number | 'signed-out', (xml: string) => string]>([
    ['a genuine answer', 'signed-out', (xml) => xml],
    ['an answer to another request', 500089, (xml) => xml.replace(/InResponseTo="[^"]+"/, 'InResponseTo="_o"')],
    ['another destination', 75008, (xml) => xml.replace(/Destination="[^"]+"/, 'Destination="https://else.example/"')],
    ['another issuer', 50107, (xml) => xml.replace('/fed/corp<', '/fed/corp/<')],
    ['a failure', 50008, (xml) => xml.replace('status:Success', 'status:Responder')],
  ])('by SAML, with %s, ends in %s', async (_what, outcome, changed) => {
    federation.preferredAuthenticationProtocol = 'saml'
    const id = await begin()
    const page = await entra.ask(entra.urls.loginSrf, posted(logoutResponse(id, changed)))
    expect(page.body).toContain(typeof outcome === 'number' ? `AADSTS${outcome}<` : `data-outcome="${outcome}"`)
    federation.preferredAuthenticationProtocol = 'wsFed'
  })
})

describe('the server', () => {
  it('has a certificate of its own authority for each face, and answers under its own names only', async () => {
    expect(new X509Certificate(entra.authority.cert).ca).toBe(true)
    await expect(entra.ask('https://else.example/common/userrealm/a@b.example?api-version=1.0')).rejects.toThrow(/altnames/)
    expect((await entra.ask(`${entra.urls.graph}/common/userrealm/a@b.example?api-version=1.0`)).status).toBe(404)
    expect(entra.resolverRules).toContain(`MAP login.entra.example 127.0.0.1:${entra.port}`)
  })

  it('can go by the names of the real one, and carry its port in its URLs', async () => {
    const other = await createEntra({ hosts: { login: 'login.microsoftonline.com', graph: 'graph.microsoft.com' }, portInUrls: true })
    try {
      expect(other.urls.loginSrf).toBe(`https://login.microsoftonline.com:${other.port}/login.srf`)
      expect((await other.ask(`${other.urls.login}/common/userrealm/ann@corp.example?api-version=1.0`)).status).toBe(200)
    } finally {
      await other.close()
    }
  })

  it('can be plain HTTP for clients on this machine', async () => {
    const other = await createEntra({ plain: true })
    try {
      expect(other.urls).toMatchObject({ login: `http://127.0.0.1:${other.port}`, graph: `http://127.0.0.1:${other.port}`, loginSrf: `http://127.0.0.1:${other.port}/login.srf` })
      expect(await (await fetch(`${other.urls.login}/federationmetadata/saml20/federationmetadata.xml`)).text()).toContain(other.nexus.certificates[0]?.der ?? 'none')
      const authorization = `Bearer ${await other.graphToken(other.addTenant(), { permissions: ['Domain.Read.All'] })}`
      expect((await fetch(`${other.urls.graph}/v1.0/domains`, { headers: { authorization } })).status).toBe(200)
      expect((await other.ask(`${other.urls.graph}/v1.0/domains`, { headers: { authorization } })).status).toBe(200)
    } finally {
      await other.close()
    }
  })

  it('keeps a log of what was asked', () => {
    expect(entra.log[0]).toEqual({ method: 'GET', path: '/common/userrealm/ann%40corp.example', status: 200 })
  })

  it('shows a managed domain its own password page, and an unknown one nothing', async () => {
    expect((await entra.ask(`${entra.urls.login}/start?login_hint=ann@managed.example`)).body).toContain('data-outcome="managed"')
    expect((await entra.ask(`${entra.urls.login}/start?login_hint=ann@nowhere.example`)).body).toContain('AADSTS50059')
    expect((await entra.ask(`${entra.urls.login}/start?login_hint=ann@corp.example&variant=loud`)).status).toBe(400)
  })
})
