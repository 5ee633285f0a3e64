import { expect, it } from 'vitest'
import { withApp, type TestApp } from '../../support/app.ts'
import { messageIn, registerServiceProvider, type ServiceProvider } from '../../support/service-provider.ts'

let count = 0
const email = (): string => `grace${++count}@navy.example`
const pathOf = async (provider: ServiceProvider, relayState = ''): Promise<string> => {
  const url = new URL(await provider.peer.getAuthorizeUrlAsync(relayState, undefined, {}))
  return url.pathname + url.search
}
const statusIn = (provider: ServiceProvider, answer: Parameters<ServiceProvider['read']>[0]): string[] =>
  [...messageIn(provider.read(answer)?.fields['SAMLResponse'] ?? '').matchAll(/StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:(\w+)"/g)].map(([, name = '']) => name)
const newest = async (app: TestApp, userId: string) => (await app.foundation.audit.list({ organizationId: app.organization.id, userId: userId as never, limit: 1 })).events[0]

withApp('signing in to a SAML application', (current) => {
  it('S123 tells an application that others wrote who is there, by Redirect and without a page of ours', async () => {
    const grace = await current().addPerson({ email: email(), givenName: 'Grace', familyName: 'Hopper' })
    const provider = await registerServiceProvider(current(), {
      settings: { attributes: [{ name: 'urn:oid:0.9.2342.19200300.100.1.3', friendlyName: 'mail', expression: 'email' }, { name: 'display', friendlyName: null, expression: 'join(family_name, ", ", given_name)' }] },
    })
    const browser = await current().signedIn(grace)
    const profile = await provider.signIn(browser)
    expect(profile).toMatchObject({ nameIDFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', 'urn:oid:0.9.2342.19200300.100.1.3': grace.user.email, display: 'Hopper, Grace' })
    expect(profile.nameID).toMatch(/^[\w-]{43}$/)
    expect((await provider.signIn(browser)).nameID).toBe(profile.nameID)
    const event = await newest(current(), grace.user.id)
    expect(event).toMatchObject({ action: 'application.opened', outcome: 'success', application: { name: provider.application.name }, details: { protocol: 'saml' } })
  })

  it('SEC-32 writes down the id of every assertion that it issues', async () => {
    const grace = await current().addPerson({ email: email() })
    const provider = await registerServiceProvider(current())
    const browser = await current().signedIn(grace)
    const answer = await browser.get(await pathOf(provider))
    const id = /<saml:Assertion [^>]*ID="([^"]+)"/.exec(messageIn(provider.read(answer)?.fields['SAMLResponse'] ?? ''))?.[1]
    expect((await newest(current(), grace.user.id))?.details).toMatchObject({ issued: id })
  })

  it('SEC-61 has a stranger sign in first, and answers the question that was asked', async () => {
    const grace = await current().addPerson({ email: email() })
    const provider = await registerServiceProvider(current())
    const browser = current().browser()
    const page = await browser.get(await pathOf(provider, '/wiki/Ada?edit=1&x'))
    expect(page.path).toMatch(/^\/signin\//)
    expect(page.body).toContain(provider.application.name)
    const signedIn = await current().signedIn(grace)
    browser.cookies.set('__Host-doorward', signedIn.cookies.get('__Host-doorward') ?? '')
    const answer = await browser.get(page.path)
    expect(provider.read(answer)?.fields['RelayState']).toBe('/wiki/Ada?edit=1&x')
    expect(await provider.accept(answer)).toMatchObject({ nameID: expect.any(String) as string })
  })

  it('takes a question that another site posts, whose cookies come only with the link after it', async () => {
    const grace = await current().addPerson({ email: email() })
    const provider = await registerServiceProvider(current(), { peer: { authnRequestBinding: 'HTTP-POST', skipRequestCompression: true } })
    const browser = await current().signedIn(grace)
    const form = await provider.peer.getAuthorizeMessageAsync('state', undefined, {})
    const without = current().browser()
    const posted = await without.post('/saml/sso', { ...form as Record<string, string>, csrf: '' }, { follow: false, headers: { 'sec-fetch-site': 'cross-site', origin: 'https://wiki.example' } })
    expect([posted.status, posted.location]).toEqual([303, expect.stringMatching(/^\/saml\/requests\/[\w-]{22}$/)])
    expect(await provider.accept(await browser.get(posted.location ?? ''))).toMatchObject({ issuer: `${current().url}/saml/metadata` })
    // It has one owner and one answer.
    expect((await browser.get(posted.location ?? '')).status).toBe(404)
    expect((await current().browser().get(posted.location ?? '')).status).toBe(404)
  })

  it('SEC-21 answers a question once, and never again', async () => {
    const grace = await current().addPerson({ email: email() })
    const provider = await registerServiceProvider(current())
    const browser = await current().signedIn(grace)
    const path = await pathOf(provider)
    await provider.accept(await browser.get(path))
    const again = await browser.get(path)
    expect([again.status, provider.read(again)]).toEqual([400, undefined])
    expect(await newest(current(), grace.user.id)).toMatchObject({ action: 'application.refused', details: { reason: 'nothing was issued: replayed' } })
  })

  it('SEC-18 keeps out whoever may not use the application, and says so to both', async () => {
    const grace = await current().addPerson({ email: email() })
    const provider = await registerServiceProvider(current(), { application: { access: 'assigned' } })
    const browser = await current().signedIn(grace)
    const page = await browser.get(await pathOf(provider))
    expect(page.status).toBe(403)
    expect(provider.read(page)).toBeUndefined()
    const back = /href="(\/saml\/requests\/[^"]+\/refusal)"/.exec(page.body)?.[1] ?? ''
    expect(statusIn(provider, await browser.get(back))).toEqual(['Responder', 'RequestDenied'])
    expect(await newest(current(), grace.user.id)).toMatchObject({ action: 'application.refused' })
  })

  it('SEC-19 asks for a new proof where the application says so (ForceAuthn), and does not take an old one', async () => {
    const grace = await current().addPerson({ email: email() })
    const provider = await registerServiceProvider(current(), { peer: { forceAuthn: true } })
    const browser = await current().signedIn(grace)
    const page = await browser.get(await pathOf(provider))
    expect(page.path).toMatch(/^\/signin\//)
    expect(provider.read(page)).toBeUndefined()
    const { storage } = current().foundation
    // As a touch of the key would: a proof of this moment.
    const proof = [{ method: 'passkey', at: Date.now() + 5, credentialId: 'k', factors: ['possession', 'inherence'], amr: ['hwk'], phishingResistant: true, deviceBound: true }]
    await storage.write((tx) => tx.run('UPDATE sessions SET proofs = ?, authenticated_at = ? WHERE user_id = ?', [JSON.stringify(proof), Date.now() + 5, grace.user.id]))
    expect(await provider.accept(await browser.get(page.path))).toMatchObject({ nameID: expect.any(String) as string })
  })

  it('SEC-31 does not call a new code two factors because of an old key, where a new proof is asked for', async () => {
    const grace = await current().addPerson({ email: email() })
    const provider = await registerServiceProvider(current(), { peer: { forceAuthn: true } })
    const browser = await current().signedIn(grace, { fresh: false })
    const page = await browser.get(await pathOf(provider))
    const { storage } = current().foundation
    const at = Date.now() + 5
    const key = { method: 'passkey', at: at - 600_000, credentialId: 'k', factors: ['possession', 'inherence'], amr: ['hwk'], phishingResistant: true, deviceBound: true }
    const code = { method: 'recovery-code', at, credentialId: 'r', factors: ['possession'], amr: ['otp'], phishingResistant: false, deviceBound: false }
    await storage.write((tx) => tx.run('UPDATE sessions SET proofs = ?, authenticated_at = ? WHERE user_id = ?', [JSON.stringify([key, code]), at, grace.user.id]))
    const answer = await browser.get(page.path)
    await provider.accept(answer)
    expect(messageIn(provider.read(answer)?.fields['SAMLResponse'] ?? '')).toContain('<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified<')
    // Where no age is asked for, the key still counts, by its own time.
    const relaxed = await registerServiceProvider(current())
    const other = await browser.get(await pathOf(relaxed))
    expect(messageIn(relaxed.read(other)?.fields['SAMLResponse'] ?? '')).toContain(`AuthnInstant="${new Date(key.at).toISOString()}"`)
    expect(messageIn(relaxed.read(other)?.fields['SAMLResponse'] ?? '')).toContain('>https://refeds.org/profile/mfa<')
  })

  it.each([
    ['a key, and two factors are asked for', true, 'https://refeds.org/profile/mfa'],
    ['a code, and a password-like sign-in is asked for', false, 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'],
  ])('SEC-19 answers with what was asked: %s', async (_case, withKey, context) => {
    const grace = await current().addPerson({ email: email(), withKey })
    const provider = await registerServiceProvider(current(), { peer: { disableRequestedAuthnContext: false, authnContext: [context] } })
    const answer = await (await current().signedIn(grace)).get(await pathOf(provider))
    expect(messageIn(provider.read(answer)?.fields['SAMLResponse'] ?? '')).toContain(`<saml:AuthnContextClassRef>${context}</saml:AuthnContextClassRef>`)
    await provider.accept(answer)
  })

  it.each([
    ['two factors of somebody who has none', 'https://refeds.org/profile/mfa', ['Responder', 'NoAuthnContext']],
    ['a way that we have not got', 'urn:oasis:names:tc:SAML:2.0:ac:classes:Kerberos', ['Responder', 'NoAuthnContext']],
  ])('SEC-19 tells the application that it cannot have %s', async (_case, context, status) => {
    const grace = await current().addPerson({ email: email(), withKey: false })
    const provider = await registerServiceProvider(current(), { peer: { disableRequestedAuthnContext: false, authnContext: [context] } })
    const browser = await current().signedIn(grace)
    let answer = await browser.get(await pathOf(provider))
    if (!provider.read(answer)) answer = await browser.get(answer.path)
    const refusal = provider.read(answer) ? answer : await refused(answer)
    expect(statusIn(provider, refusal)).toEqual(status)

    async function refused(page: typeof answer) {
      const back = /(?:action|href)="(\/signin\/[^"]+\/refusal)"/.exec(page.body)?.[1]
      return back === undefined ? page : browser.post(back)
    }
  })

  it('S123 IsPassive shows no page: the answer is there at once, or NoPassive', async () => {
    const grace = await current().addPerson({ email: email() })
    const provider = await registerServiceProvider(current(), { peer: { passive: true } })
    const stranger = await current().browser().get(await pathOf(provider))
    expect(statusIn(provider, stranger)).toEqual(['Responder', 'NoPassive'])
    expect(await provider.accept(await (await current().signedIn(grace)).get(await pathOf(provider)))).toMatchObject({ nameID: expect.any(String) as string })
  })

  it('SEC-21 sends no answer to an address that was taken out while the person signed in', async () => {
    const grace = await current().addPerson({ email: email() })
    const provider = await registerServiceProvider(current())
    const { applications, storage } = current().foundation
    const asked = async () => { const browser = current().browser(); return { browser, page: await browser.get(await pathOf(provider)) } }
    const [before, after] = [await asked(), await asked()]
    const secret = async (): Promise<string> => (await current().signedIn(grace)).cookies.get('__Host-doorward') ?? ''
    before.browser.cookies.set('__Host-doorward', await secret())
    expect(provider.read(await before.browser.get(before.page.path))?.action).toBe(provider.acs)
    const { saml } = provider.application
    await storage.write((tx) => applications.update(tx, current().organization.id, provider.application.id, { saml: saml && { ...saml, acs: [{ url: 'https://new.example/acs', index: 0, isDefault: true }] } }))
    after.browser.cookies.set('__Host-doorward', await secret())
    const answer = await after.browser.get(after.page.path)
    expect([answer.status, provider.read(answer)]).toEqual([400, undefined])
  })

  it('S123 encrypts for the application alone where it wants that, and signs the response where it wants that', async () => {
    const grace = await current().addPerson({ email: email() })
    const plain = await registerServiceProvider(current())
    const provider = await registerServiceProvider(current(), {
      credential: plain.credential, settings: { encryptAssertions: true, encryptionCertificate: plain.credential.certificate, signResponse: true },
      peer: { decryptionPvk: plain.credential.privateKey, wantAuthnResponseSigned: true },
    })
    const browser = await current().signedIn(grace)
    const answer = await browser.get(await pathOf(provider))
    expect(messageIn(provider.read(answer)?.fields['SAMLResponse'] ?? '')).not.toContain('<saml:Assertion')
    expect(await provider.accept(answer)).toMatchObject({ nameID: expect.any(String) as string })
  })

  it('S123 begins a sign-in from here only for an application that allows it', async () => {
    const grace = await current().addPerson({ email: email() })
    const browser = await current().signedIn(grace)
    const closed = await registerServiceProvider(current())
    expect((await browser.get(`/saml/start/${closed.application.id}`)).status).toBe(400)
    const open = await registerServiceProvider(current(), { settings: { idpInitiated: true, relayState: '/home' }, peer: { validateInResponseTo: 'never' as never } })
    const answer = await browser.get(`/saml/start/${open.application.id}`)
    expect(open.read(answer)?.fields['RelayState']).toBe('/home')
    expect(messageIn(open.read(answer)?.fields['SAMLResponse'] ?? '')).not.toContain('InResponseTo')
    await open.accept(answer)
  })

  it('SEC-26 carries what people are called byte for byte, whatever it looks like', async () => {
    const nasty = ['</saml:AttributeValue><saml:AttributeValue>admin', ']]>', '&amp;amp;', '"\'<!-- -->', 'Ж𝕏\u200f', 'a\tb']
    const grace = await current().addPerson({ email: email() })
    const { storage } = current().foundation
    const provider = await registerServiceProvider(current(), { settings: { attributes: [{ name: 'name', friendlyName: null, expression: 'given_name' }] } })
    const browser = await current().signedIn(grace)
    for (const name of nasty) {
      await storage.write((tx) => tx.run('UPDATE users SET given_name = ? WHERE id = ?', [name, grace.user.id]))
      expect((await provider.signIn(browser))['name']).toBe(name)
    }
  })

  it('leaves out an attribute with more than 150 values, and writes down that it did', async () => {
    const grace = await current().addPerson({ email: email() })
    const { storage, groups } = current().foundation
    await storage.write(async (tx) => {
      for (let number = 0; number < 151; number++) {
        const group = await groups.create(tx, current().organization.id, { name: `Group ${count} ${number}`, description: '' })
        await groups.addMember(tx, current().organization.id, group as never, grace.user.id)
      }
    })
    const provider = await registerServiceProvider(current(), { settings: { attributes: [{ name: 'groups', friendlyName: null, expression: 'groups' }, { name: 'few', friendlyName: null, expression: 'starting_with(groups, "Group 1")' }] } })
    const profile = await provider.signIn(await current().signedIn(grace))
    expect(profile['groups']).toBeUndefined()
    expect((await newest(current(), grace.user.id))?.details).toMatchObject({ overage: expect.stringContaining('groups') as string })
  })

  it('SEC-79 lets nobody fill the audit log with questions that are answered with no', async () => {
    const provider = await registerServiceProvider(current(), { signs: false, peer: { passive: true } })
    const browser = current().browser()
    for (let time = 0; time < 35; time++) expect(statusIn(provider, await browser.get(await pathOf(provider)))).toEqual(['Responder', 'NoPassive'])
    const { events } = await current().foundation.audit.list({ organizationId: current().organization.id, action: 'application.refused', limit: 100 })
    const written = events.filter(({ application }) => application?.id === provider.application.id).length
    // Those of the tests before count too.
    expect([written > 0, written <= 30]).toEqual([true, true])
  })
})
