import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSign } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { aMessage, type Parties } from '../../conformance/saml/message.ts'
import { hostileCases } from '../../conformance/saml/generate.ts'
import { rsaSha256, signed } from '../../conformance/saml/sign.ts'
import { aSigner } from '../../conformance/saml/signer.ts'
import { withApp } from '../../support/app.ts'
import type { Answer } from '../../support/browser.ts'
import { postedBy, registerServiceProvider } from '../../support/service-provider.ts'

let count = 0

withApp('hostile messages at the SAML endpoints', (current) => {
  const scene = async () => {
    const [signer, foreign] = [await aSigner(), await aSigner()]
    const provider = await registerServiceProvider(current(), { credential: { privateKey: signer.key, certificate: signer.certificateBase64 }, settings: { signedRequests: true } })
    const grace = await current().addPerson({ email: `grace${++count}@navy.example` })
    const browser = await current().signedIn(grace)
    const parties = (path = '/saml/sso'): Parties => ({ issuer: provider.entityId, destination: current().url + path, acsUrl: provider.acs, now: new Date(current().foundation.clock.now()) })
    /** With cookies, as a browser would that a careless server accepts at once. */
    const post = async (path: string, fields: Record<string, string>): Promise<Answer> => {
      const answer = await browser.post(path, { csrf: '', ...fields }, { follow: false, headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' } })
      return answer.status === 303 ? browser.get(answer.location ?? '') : answer
    }
    const ask = (text: string): Promise<Answer> => post('/saml/sso', { SAMLRequest: Buffer.from(text).toString('base64') })
    const opened = async (): Promise<number> => (await current().foundation.audit.list({ organizationId: current().organization.id, userId: grace.user.id, actions: ['application.opened'], limit: 100 } as never)).events.filter(({ action }) => action === 'application.opened').length
    return { signer, foreign, provider, grace, browser, parties, post, ask, opened }
  }

  it('SEC-20 SEC-28 none of the corpus is accepted, and nobody is signed in or out by it', async () => {
    const { signer, foreign, browser, parties, post, opened } = await scene()
    let hits = 0
    const listener = createServer((_request, response) => { hits++; response.end() })
    await new Promise<void>((resolve) => { listener.listen(0, '127.0.0.1', resolve) })
    const address = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`
    const [questions, signOuts] = ['/saml/sso', '/saml/slo'].map((path) => hostileCases({ parties: parties(path), signer, foreign, listener: address }))
    const cases = [...(questions ?? []).filter(({ message }) => message === 'AuthnRequest'), ...(signOuts ?? []).filter(({ message }) => message !== 'AuthnRequest')]
    const accepted: string[] = []
    for (const { name, message, binding, encoded } of cases) {
      const path = message === 'AuthnRequest' ? '/saml/sso' : '/saml/slo'
      const field = message.endsWith('Request') ? 'SAMLRequest' : 'SAMLResponse'
      const answer = binding === 'post' ? await post(path, { [field]: encoded }) : await browser.get(`${path}?${field}=${encodeURIComponent(encoded)}`)
      // 413 where the body alone is too large.
      if (answer.status !== 400 && answer.status !== 413) accepted.push(`${message}, ${binding}: ${name}: ${answer.status} ${answer.path}`)
    }
    listener.close()
    console.log(`hostile messages at the endpoints: ${cases.length}`)
    expect(accepted).toEqual([])
    expect([hits, await opened(), (await browser.get('/', { follow: false })).status]).toEqual([0, 0, 200])
  })

  it('lets the honest message in that the others were made of', async () => {
    const { signer, provider, ask, parties, opened } = await scene()
    const answer = await ask(signed(aMessage('AuthnRequest', parties(), { id: `_h${++count}`, claim: provider.acs }), signer))
    expect(postedBy(answer)?.action).toBe(provider.acs)
    expect(await opened()).toBe(1)
  })

  const minute = 60_000
  it.each<[string, (parties: Parties) => { parties?: Parties; acs?: string; change?: (text: string) => string }]>([
    ['a foreign ACS', () => ({ acs: 'https://evil.example/acs' })], ['an ACS that begins like the registered one', ({ acsUrl }) => ({ acs: `${acsUrl}/../evil` })], ['an ACS in other letters', ({ acsUrl }) => ({ acs: acsUrl.toUpperCase() })],
    ['a foreign destination', (parties) => ({ parties: { ...parties, destination: 'https://evil.example/saml/sso' } })], ['the sign-out as destination', (parties) => ({ parties: { ...parties, destination: parties.destination.replace('sso', 'slo') } })],
    ['no destination', () => ({ change: (text) => text.replace(/ Destination="[^"]*"/, '') })], ['an age of eleven minutes', (parties) => ({ parties: { ...parties, now: new Date(parties.now.getTime() - 11 * minute) } })],
    ['a time two minutes ahead', (parties) => ({ parties: { ...parties, now: new Date(parties.now.getTime() + 2 * minute) } })], ['no time', () => ({ change: (text) => text.replace(/ IssueInstant="[^"]*"/, '') })],
    ['a time that is none', () => ({ change: (text) => text.replace(/ IssueInstant="[^"]*"/, ' IssueInstant="soon"') })], ['another version', () => ({ change: (text) => text.replace('Version="2.0"', 'Version="1.1"') })],
    ['another issuer', (parties) => ({ parties: { ...parties, issuer: 'https://evil.example/metadata' } })], ['no issuer', () => ({ change: (text) => text.replace(/<saml:Issuer>.*?<\/saml:Issuer>/, '<saml:Advice/>') })],
    ['two issuers', () => ({ change: (text) => text.replace(/(<saml:Issuer>.*?<\/saml:Issuer>)/, '$1$1') })], ['an index that is not registered', () => ({ change: (text) => text.replace(/ AssertionConsumerServiceURL="[^"]*"/, ' AssertionConsumerServiceIndex="7"') })],
    ['another binding', () => ({ change: (text) => text.replace(' Version', ' ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:PAOS" Version') })],
  ])('SEC-21 a rightly signed request is refused for %s', async (_case, make) => {
    // Others have filled what one network may write down.
    current().advance(600_000)
    const { signer, ask, parties, opened } = await scene()
    const { parties: other = parties(), acs = parties().acsUrl, change = (text: string) => text } = make(parties())
    const answer = await ask(signed(change(aMessage('AuthnRequest', other, { id: `_m${++count}`, claim: acs })), signer, { place: { reference: '/*/*[1]', action: 'after' } }))
    expect([answer.status, postedBy(answer), await opened()]).toEqual([400, undefined, 0])
    // Whoever runs the application reads why; a stranger's message concerns nobody here.
    const { events: [newest] } = await current().foundation.audit.list({ organizationId: current().organization.id, limit: 1 })
    if (!/another issuer|no issuer|two issuers/.test(_case)) expect(newest).toMatchObject({ action: 'application.refused', outcome: 'failure', actor: { kind: 'application' }, details: { protocol: 'saml', reason: expect.any(String) as string } })
  })

  it('SEC-21 a request is answered once, whoever brings it again', async () => {
    const { signer, provider, ask, parties, opened } = await scene()
    const text = signed(aMessage('AuthnRequest', parties(), { id: `_r${++count}`, claim: provider.acs }), signer)
    expect(postedBy(await ask(text))).toBeDefined()
    expect(postedBy(await ask(text))).toBeUndefined()
    expect(await opened()).toBe(1)
  })

  it('SEC-23 a link is judged by the octets that were signed', async () => {
    const { signer, provider, browser, parties, opened } = await scene()
    const link = (change: { algorithm?: string; hash?: string; relayState?: string; sign?: (octets: string) => string } = {}): string => {
      const message = deflateRawSync(aMessage('AuthnRequest', parties(), { id: `_q${++count}`, claim: provider.acs })).toString('base64')
      const octets = `SAMLRequest=${encodeURIComponent(message)}&RelayState=${encodeURIComponent(change.relayState ?? '/wiki')}&SigAlg=${encodeURIComponent(change.algorithm ?? rsaSha256)}`
      return `${octets}&Signature=${encodeURIComponent((change.sign ?? ((text) => createSign(change.hash ?? 'sha256').update(text).sign(signer.key, 'base64')))(octets))}`
    }
    const open = async (query: string): Promise<Answer> => browser.get(`/saml/sso?${query}`)
    expect(postedBy(await open(link()))?.fields['RelayState']).toBe('/wiki')
    const bare = `SAMLRequest=${encodeURIComponent(deflateRawSync(aMessage('AuthnRequest', parties(), { id: `_q${++count}`, claim: provider.acs })).toString('base64'))}&SigAlg=${encodeURIComponent(rsaSha256)}`
    const signedBare = `${bare}&Signature=${encodeURIComponent(createSign('sha256').update(bare).sign(signer.key, 'base64'))}`
    const refused: [string, string][] = [
      ['a RelayState that was added in another spelling', `${signedBare}&Relay%53tate=%2Fevil`], ['the message in another spelling', link().replace('SAMLRequest=', 'SAML%52equest=')],
      ['another RelayState', link().replace(/RelayState=[^&]*/, 'RelayState=%2Fevil')], ['no RelayState', link().replace(/RelayState=[^&]*&/, '')], ['RelayState encoded in another way', link().replace('%2Fwiki', '/wiki')],
      ['no signature', link().replace(/&SigAlg=.*/, '')], ['an empty signature', link().replace(/&Signature=.*/, '&Signature=')], ['no algorithm', link().replace(/&SigAlg=[^&]*/, '')],
      ['SHA-1', link({ algorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1', hash: 'sha1' })], ['HMAC', link({ algorithm: 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256' })], ['an unknown algorithm', link({ algorithm: 'none' })],
      ['another message under the same signature', link().replace(/SAMLRequest=[^&]*/, /SAMLRequest=[^&]*/.exec(link())?.[0] ?? '')], ['two requests', `${link()}&SAMLRequest=x`], ['two RelayStates', `${link()}&RelayState=x`], ['a response beside the request', `${link()}&SAMLResponse=x`],
      ['a RelayState of five thousand characters', link({ relayState: 'x'.repeat(5_000) })], ['an unknown encoding', `${link()}&SAMLEncoding=none`], ['a signature that is not base64', link({ sign: () => '!!!' })],
    ]
    for (const [name, query] of refused) {
      const answer = await open(query)
      expect([name, answer.status, postedBy(answer)]).toEqual([name, 400, undefined])
    }
    expect(await opened()).toBe(1)
  })

  it('SEC-28 keeps no long text for whoever asks, signed or not', async () => {
    const { parties } = await scene()
    const open = await registerServiceProvider(current(), { signs: false })
    const browser = await current().signedIn(await current().addPerson({ email: `grace${++count}@navy.example` }))
    const rows = async () => (await current().foundation.storage.read.one<{ longest: number | string | null }>('SELECT max(length(content)) AS longest FROM federation_requests'))?.longest
    const subject = (length: number): string => aMessage('AuthnRequest', { ...parties(), issuer: open.entityId }, { id: `_l${++count}`, claim: open.acs }).replace('</saml:Issuer>', `</saml:Issuer><saml:Subject><saml:NameID>${'x'.repeat(length)}</saml:NameID></saml:Subject>`)
    const ask = (text: string): Promise<Answer> => current().browser().get(`/saml/sso?SAMLRequest=${encodeURIComponent(deflateRawSync(text).toString('base64'))}`)
    expect((await ask(subject(1_024))).path).toMatch(/^\/signin\//)
    expect((await ask(subject(200_000))).status).toBe(400)
    const logout = (name: string, index: string): string => `<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_l${++count}" Version="2.0" IssueInstant="${new Date(current().foundation.clock.now()).toISOString()}"><saml:Issuer>${open.entityId}</saml:Issuer><saml:NameID>${name}</saml:NameID><samlp:SessionIndex>${index}</samlp:SessionIndex></samlp:LogoutRequest>`
    const leave = (text: string): Promise<Answer> => browser.post('/saml/slo', { csrf: '', SAMLRequest: Buffer.from(text).toString('base64') }, { follow: false, headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' } })
    expect((await leave(logout('x'.repeat(100_000), ''))).status).toBe(400)
    expect((await leave(logout('x', 'x'.repeat(100_000)))).status).toBe(303)
    expect(Number(await rows())).toBeLessThan(3_000)
  })

  it('SEC-27 refuses an application that was switched off, and one that was deleted', async () => {
    const { signer, provider, ask, parties } = await scene()
    const { storage, applications } = current().foundation
    const message = (): string => signed(aMessage('AuthnRequest', parties(), { id: `_o${++count}`, claim: provider.acs }), signer)
    await storage.write((tx) => applications.update(tx, current().organization.id, provider.application.id, { enabled: false }))
    expect((await ask(message())).status).toBe(400)
    await storage.write((tx) => applications.update(tx, current().organization.id, provider.application.id, { enabled: true }))
    expect(postedBy(await ask(message()))).toBeDefined()
    await storage.write((tx) => applications.remove(tx, current().organization.id, provider.application.id))
    expect((await ask(message())).status).toBe(400)
  })
})
