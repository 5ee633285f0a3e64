import { X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import type { FederatedDomain } from '../../../src/microsoft365/index.ts'
import { withApp, type Person } from '../../support/app.ts'
import type { Answer, Browser } from '../../support/browser.ts'
import { federate, loginHost } from '../../support/federated-domain.ts'
import { judge } from '../../support/relying-realm.ts'
import { messageIn, postedBy } from '../../support/service-provider.ts'

let count = 0
const endpoint = `${loginHost}/login.srf`
const multiple = 'http://schemas.microsoft.com/claims/multipleauthn'
const plain = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'

withApp('signing in to Microsoft 365', (current) => {
  const setUp = async (protocol: 'saml' | 'wsfed', options: { withKey?: boolean; alwaysMfa?: boolean } = {}) => {
    const name = `corp${++count}.example`
    const grace = await current().addPerson({ email: `grace@${name}`, withKey: options.withKey ?? true })
    const domain = await federate(current(), { domain: name, protocol, settings: { alwaysMfa: options.alwaysMfa ?? false } })
    await identify(grace, `grace@${name}`)
    return { grace, domain, browser: await current().signedIn(grace) }
  }
  const identify = (person: Person, upn: string) => current().foundation.storage.write((tx) => current().foundation.identities.set(tx, person.user.organizationId, person.user.id, { upn, source: 'minted' as never }))
  const request = (change = ''): string => Buffer.from(
    `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_${++count}" Version="2.0" IssueInstant="${new Date(current().foundation.clock.now()).toISOString()}"${change.startsWith(' ') ? change : ''}>`
    + '<Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion">urn:federation:MicrosoftOnline</Issuer><samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"/>'
    + `${change.startsWith(' ') ? '' : change}</samlp:AuthnRequest>`).toString('base64')
  /** As Entra sends a browser: a form that its own page posts. */
  const askSaml = async (browser: Browser, domain: FederatedDomain, fields: Record<string, string> = {}): Promise<Answer> => {
    const posted = await current().browser().post(`/fed/${domain.key}/saml/sso`, { csrf: '', SAMLRequest: request(), RelayState: 'ctx', ...fields }, { follow: false, headers: { 'sec-fetch-site': 'cross-site', origin: loginHost } })
    return posted.status === 303 ? browser.get(posted.location ?? '') : posted
  }
  const askWsFed = (browser: Browser, domain: FederatedDomain, parameters: Record<string, string> = {}): Promise<Answer> =>
    browser.get(`/fed/${domain.key}/wsfed?${new URLSearchParams({ 'client-request-id': 'x', wa: 'wsignin1.0', wtrealm: 'urn:federation:MicrosoftOnline', wctx: 'LoginOptions=3&estsrequest=rQQ', cbcxt: '', mkt: '', lc: '', ...parameters })}`)
  const contextIn = (answer: Answer): string | undefined => {
    const { SAMLResponse, wresult } = postedBy(answer)?.fields ?? {}
    return SAMLResponse === undefined ? /AuthenticationMethod="([^"]*)"/.exec(wresult ?? '')?.[1] : /<saml:AuthnContextClassRef>([^<]*)</.exec(messageIn(SAMLResponse))?.[1]
  }

  it('answers by SAML with the ImmutableID, the UPN and the issuer of the domain', async () => {
    const { grace, domain, browser } = await setUp('saml')
    const answer = await askSaml(browser, domain)
    const posted = postedBy(answer)
    expect([posted?.action, posted?.fields['RelayState']]).toEqual([endpoint, 'ctx'])
    const xml = messageIn(posted?.fields['SAMLResponse'] ?? '')
    const identity = await current().foundation.identities.of(grace.user.id)
    expect(identity?.immutableId).toMatch(/^[0-9a-f]{32}$/)
    expect(xml).toContain(`<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">${identity?.immutableId ?? ''}</saml:NameID>`)
    expect(xml).toContain(`<saml:Attribute Name="IDPEmail"><saml:AttributeValue>${grace.user.email}</saml:AttributeValue></saml:Attribute>`)
    expect([...xml.matchAll(/<saml:Issuer[^>]*>([^<]*)</g)].map(([, name]) => name)).toEqual([domain.issuer, domain.issuer])
    expect(xml).toContain('<saml:Audience>urn:federation:MicrosoftOnline</saml:Audience>')
    expect(xml).toContain(`Recipient="${endpoint}"`)
    expect(contextIn(answer)).toBe(multiple)
  })

  it('answers by WS-Federation with a token that other software accepts, signed by the key of the domain', async () => {
    const { grace, domain, browser } = await setUp('wsfed')
    const answer = await askWsFed(browser, domain)
    expect(postedBy(answer)?.fields).toMatchObject({ wa: 'wsignin1.0', wctx: 'LoginOptions=3&estsrequest=rQQ' })
    const { signer } = await current().app.parts.keys.certificates(`microsoft365 ${domain.id}`)
    const profile = await judge(answer, { reply: endpoint, realm: 'urn:federation:MicrosoftOnline', certificate: signer.certificate })
    const identity = await current().foundation.identities.of(grace.user.id)
    expect(profile).toMatchObject({
      issuer: domain.issuer, 'http://schemas.xmlsoap.org/claims/UPN': grace.user.email, 'http://schemas.microsoft.com/LiveID/Federation/2008/05/ImmutableID': identity?.immutableId,
    })
    expect(contextIn(answer)).toBe(multiple)
  })

  it('SEC-32 signs for each domain with a key of its own, and publishes it in that domain\'s metadata only', async () => {
    const [one, other] = [await setUp('saml'), await setUp('wsfed')]
    const certificates = await Promise.all([one, other].map(async ({ domain }) => (await current().app.parts.keys.certificates(`microsoft365 ${domain.id}`)).signer.certificate))
    expect(certificates[0]).not.toBe(certificates[1])
    const metadata = await one.browser.get(`/fed/${one.domain.key}/saml/metadata`)
    expect(metadata.body).toContain(`entityID="${one.domain.issuer}"`)
    expect(certificates.map((certificate) => metadata.body.includes(certificate))).toEqual([true, false])
    expect(new X509Certificate(Buffer.from(certificates[0] ?? '', 'base64')).publicKey.asymmetricKeyDetails?.modulusLength).toBe(2_048)
  })

  it.each(['saml', 'wsfed'] as const)('SEC-31 says nothing of a person whose sign-in name is of another domain, or who has none (%s)', async (protocol) => {
    const { domain, browser, grace } = await setUp(protocol)
    const ask = protocol === 'saml' ? askSaml : askWsFed
    expect(postedBy(await ask(browser, domain))).toBeDefined()
    const other = await setUp(protocol)
    expect(postedBy(await ask(other.browser, domain))).toBeUndefined()
    const stranger = await current().addPerson({ email: `edsger@${domain.domain}` })
    expect(postedBy(await ask(await current().signedIn(stranger), domain))).toBeUndefined()
    await identify(grace, `grace@sub.${domain.domain}`)
    expect(postedBy(await ask(browser, domain))).toBeDefined()
    await federate(current(), { domain: `sub.${domain.domain}`, protocol })
    expect(postedBy(await ask(browser, domain))).toBeUndefined()
  })

  it.each(['saml', 'wsfed'] as const)('SEC-31 says nothing of a person of another organization, not even of its administrator (%s)', async (protocol) => {
    const { domain } = await setUp(protocol)
    const others = await current().addOrganization(`Others ${++count}`)
    const mallory = await current().addPerson({ email: `mallory${count}@others.example`, role: 'owner', organization: others })
    await identify(mallory, `ceo@${domain.domain}`)
    const answer = await (protocol === 'saml' ? askSaml : askWsFed)(await current().signedIn(mallory), domain)
    expect(postedBy(answer)).toBeUndefined()
  })

  it.each(['saml', 'wsfed'] as const)('SEC-31 claims several factors only for a key that asks for one itself, never for a code (%s)', async (protocol) => {
    const { domain, browser } = await setUp(protocol, { withKey: false })
    const answer = await (protocol === 'saml' ? askSaml : askWsFed)(browser, domain)
    expect(contextIn(answer)).toBe(plain)
  })

  it('asks for two factors when Entra comes back at once without having got them, and stops a circle', async () => {
    const { domain, browser } = await setUp('saml', { withKey: false })
    expect(contextIn(await askSaml(browser, domain))).toBe(plain)
    // Nobody can be strong enough with a code: the second question is not answered with the same again.
    expect(contextIn(await askSaml(browser, domain))).not.toBe(plain)
    current().advance(61_000)
    expect(contextIn(await askSaml(browser, domain))).toBe(plain)

    const keyHolder = await setUp('wsfed')
    for (let time = 0; time < 6; time++) expect(contextIn(await askWsFed(keyHolder.browser, keyHolder.domain))).toBe(multiple)
    const stopped = await askWsFed(keyHolder.browser, keyHolder.domain)
    expect(stopped.body).toContain('Microsoft keeps asking the same thing')
    const { events } = await current().foundation.audit.list({ organizationId: current().organization.id, userId: keyHolder.grace.user.id, limit: 1 })
    expect(events[0]).toMatchObject({ action: 'application.refused', details: { reason: expect.stringContaining('again and again') as string } })
  })

  it('wants two factors for every sign-in of a domain that is set so', async () => {
    const { domain, browser } = await setUp('wsfed', { withKey: false, alwaysMfa: true })
    expect(postedBy(await askWsFed(browser, domain))).toBeUndefined()
  })

  it('lets the name that was typed at Microsoft choose who is asked, and proves nothing by it', async () => {
    const { domain, browser, grace } = await setUp('saml')
    const edsger = await current().addPerson({ email: `edsger@${domain.domain}` })
    await identify(edsger, `edsger@${domain.domain}`)
    expect((await askSaml(browser, domain, { username: `edsger@${domain.domain}` })).path).toMatch(/^\/signin\//)
    expect(postedBy(await askSaml(browser, domain, { username: grace.user.email.toUpperCase() }))).toBeDefined()
    expect(postedBy(await askSaml(browser, domain, { username: 'nobody@elsewhere.example' }))).toBeDefined()
  })

  it.each([
    ['another ACS', ' AssertionConsumerServiceURL="https://evil.example/login.srf"'], ['another destination', ' Destination="https://evil.example/sso"'], ['another binding', ' ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"'],
  ])('SEC-21 refuses a request of Entra that names %s', async (_case, change) => {
    const { domain, browser } = await setUp('saml')
    const answer = await askSaml(browser, domain, { SAMLRequest: request(change) })
    expect([answer.status, postedBy(answer)]).toEqual([400, undefined])
  })

  it('goes on with what Entra asks in words that are not known here', async () => {
    const { domain, browser } = await setUp('saml')
    const context = (name: string): string => request(`<samlp:RequestedAuthnContext><AuthnContextClassRef xmlns="urn:oasis:names:tc:SAML:2.0:assertion">${name}</AuthnContextClassRef></samlp:RequestedAuthnContext>`)
    expect(contextIn(await askSaml(browser, domain, { SAMLRequest: context('urn:something:new') }))).toBe(multiple)
    expect(contextIn(await askSaml(browser, domain, { SAMLRequest: context(multiple) }))).toBe(multiple)
  })

  it('goes on in a live session when a domain changes its protocol, and signs out of it', async () => {
    const { domain, browser } = await setUp('saml', { withKey: false })
    expect(postedBy(await askSaml(browser, domain))).toBeDefined()
    const { storage, domains } = current().foundation
    await storage.write((tx) => domains.update(tx, domain.organizationId, domain.id, { protocol: 'wsfed' }))
    expect(postedBy(await askWsFed(browser, domain))).toBeDefined()
    // The second question within a minute still counts as a wish for two factors, which this person has not got.
    expect(postedBy(await askWsFed(browser, domain))).toBeUndefined()
    const left = await browser.get(`/fed/${domain.key}/wsfed?wa=wsignout1.0`)
    expect([left.status, left.path.startsWith('/signed-out')]).toEqual([200, true])
  })

  it('SEC-27 knows a domain no more that was switched off, and never by the other protocol', async () => {
    const { domain, browser } = await setUp('saml')
    expect((await askWsFed(browser, domain)).status).toBe(400)
    const { storage, domains } = current().foundation
    await storage.write((tx) => domains.update(tx, domain.organizationId, domain.id, { enabled: false }))
    expect((await askSaml(browser, domain)).status).toBe(400)
    expect((await browser.get(`/fed/${domain.key}/saml/metadata`)).status).toBe(404)
  })

  it.each(['saml', 'wsfed'] as const)('ends the session where Entra sends the browser to sign out, with a message or without (%s)', async (protocol) => {
    const { domain, browser } = await setUp(protocol)
    const path = protocol === 'saml' ? `/fed/${domain.key}/saml/slo` : `/fed/${domain.key}/wsfed?wa=wsignout1.0`
    // A session that Entra has no part in is not ended by a link.
    await browser.get(path)
    expect((await browser.get('/', { follow: false })).status).toBe(200)
    await (protocol === 'saml' ? askSaml : askWsFed)(browser, domain)
    const page = await browser.get(path)
    expect(page.path).toMatch(/^\/signed-out/)
    if (protocol === 'wsfed') expect(page.body).toContain('login.srf?wa&#x3D;wsignoutcleanup1.0')
    expect((await browser.get('/', { follow: false })).status).toBe(303)
  })
})
