import * as client from 'openid-client'
import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { refusal, registerParty, returned, walk, type RelyingParty } from '../../support/relying-party.ts'
import { mutationsOf } from '../../support/uri-mutations.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`

withApp('a request that is pushed beforehand (PAR)', (current) => {
  const pushing = () => registerParty(current(), { settings: { parRequired: true } })
  const push = (party: RelyingParty, parameters: Readonly<Record<string, string>>) => fetch(`${current().url}/oidc/par`, {
    method: 'POST', headers: { authorization: `Basic ${Buffer.from(`${party.clientId}:${party.secret}`).toString('base64')}` }, body: new URLSearchParams(parameters),
  })
  const asked = async (party: RelyingParty) => ({
    client_id: party.clientId, response_type: 'code', redirect_uri: party.redirectUri, scope: 'openid', code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()), code_challenge_method: 'S256',
  })

  it('SEC-09 leads to tokens, with nothing but a reference in the browser', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await pushing()
    const begun = await party.begin()
    expect([...new URL(begun.path, current().url).searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri'])
    const tokens = await party.redeem((await walk(current().browser(), begun.path, ada)).location, begun)
    expect(tokens.claims()?.sub).toBe(ada.user.id)
  })

  it('SEC-09 is the only way for an application that must push', async () => {
    const party = await pushing()
    const browser = await current().signedIn(await current().addPerson({ email: email() }))
    const plain = client.buildAuthorizationUrl(party.configuration, await asked(party))
    expect(returned(await browser.get(plain.pathname + plain.search))).toMatchObject({ error: 'invalid_request' })
  })

  it('SEC-09 is used once: not after a code, not by many at once', async () => {
    const party = await pushing()
    const browser = await current().signedIn(await current().addPerson({ email: email() }))
    const begun = await party.begin()
    expect(returned(await browser.get(begun.path, { follow: false }))['code']).toBeDefined()
    const again = await browser.get(begun.path, { follow: false })
    expect([again.status, again.location]).toEqual([400, undefined])
    for (let round = 0; round < 3; round++) {
      const { path } = await party.begin()
      const answers = await Promise.all(Array.from({ length: 20 }, () => browser.get(path, { follow: false })))
      expect(answers.filter(({ location }) => location?.includes('code='))).toHaveLength(1)
    }
  })

  it('SEC-09 is used once even when the first and the second browser are slow', async () => {
    const [ada, grace] = [await current().addPerson({ email: email() }), await current().addPerson({ email: email() })]
    const party = await pushing()
    const begun = await party.begin()
    const [first, second] = [current().browser(), current().browser()]
    const pages = [await first.get(begun.path), await second.get(begun.path)]
    current().advance(61_000)
    expect(returned(await walk(first, pages[0]?.path ?? '', ada))['code']).toBeDefined()
    const late = await walk(second, pages[1]?.path ?? '', grace)
    expect(returned(late)).toEqual({ error: 'invalid_request_uri', error_description: expect.any(String), state: begun.state, iss: current().url })
    expect((await current().browser().get(begun.path)).status).toBe(400)
  })

  it('SEC-09 is good for a minute', async () => {
    const party = await pushing()
    const { path } = await party.begin()
    current().advance(61_000)
    const answer = await current().browser().get(path)
    expect(answer.status).toBe(400)
    expect(answer.body).toContain('<h1>')
    expect(await (await push(party, await asked(party))).json()).toMatchObject({ expires_in: 60, request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:[\w-]{40,}$/) })
  })

  it('SEC-09 belongs to the application that pushed it', async () => {
    const [party, other] = [await pushing(), await pushing()]
    const browser = await current().signedIn(await current().addPerson({ email: email() }))
    const { path } = await party.begin()
    const stolen = await browser.get(path.replace(party.clientId, other.clientId), { follow: false })
    expect([stolen.status, stolen.location]).toEqual([400, undefined])
    expect((await push(other, { ...(await asked(party)) })).status).toBe(400)
    expect((await fetch(`${current().url}/oidc/par`, { method: 'POST', body: new URLSearchParams(await asked(party)) })).status).toBe(401)
  })

  it('SEC-09 what the browser adds to it counts for nothing', async () => {
    const party = await pushing()
    const browser = await current().signedIn(await current().addPerson({ email: email() }))
    const begun = await party.begin()
    const answer = await browser.get(`${begun.path}&redirect_uri=https%3A%2F%2Fevil.example&state=changed&scope=openid&response_mode=fragment`, { follow: false })
    expect(answer.location).toMatch(/^https:\/\/payroll\.example\/callback\?code=/)
    expect(returned(answer)['state']).toBe(begun.state)
  })

  it('SEC-01 SEC-03 is judged like any other request when it is pushed', async () => {
    const party = await pushing()
    const right = await asked(party)
    expect((await push(party, right)).status).toBe(201)
    for (const uri of mutationsOf(party.redirectUri)) expect((await push(party, { ...right, redirect_uri: uri })).status, uri).toBe(400)
    const { redirect_uri: _uri, ...withoutUri } = right
    const { code_challenge: _challenge, ...withoutChallenge } = right
    for (const wrong of [withoutUri, withoutChallenge, { ...right, code_challenge_method: 'plain' }, { ...right, response_type: 'token' }, { ...right, request_uri: 'https://evil.example/request' }, { ...right, request: 'e30.e30.' }, { ...right, scope: 'openid groups' }]) {
      expect((await push(party, wrong)).status, JSON.stringify(wrong)).toBe(400)
    }
  })

  it('an invented or foreign request_uri leads nowhere', async () => {
    const party = await registerParty(current())
    for (const uri of ['urn:ietf:params:oauth:request_uri:AAAA', 'urn:ietf:params:oauth:request_uri:', 'https://evil.example/request', 'http://169.254.169.254/', 'file:///etc/passwd']) {
      const answer = await current().browser().get(`/oidc/auth?client_id=${party.clientId}&request_uri=${encodeURIComponent(uri)}`, { follow: false })
      expect([answer.status, answer.location], uri).toEqual([400, undefined])
    }
    expect(await refusal(client.buildAuthorizationUrlWithPAR(party.configuration, { redirect_uri: 'https://evil.example' }))).not.toBe('none')
  })
})
