import * as client from 'openid-client'
import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { registerParty, returned } from '../../support/relying-party.ts'
import { mutationsOf } from '../../support/uri-mutations.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`

withApp('where a person is sent', (current) => {
  const registered = 'https://payroll.example/callback'
  const mutations = mutationsOf(registered)

  it(`SEC-01 sends nobody to any of ${mutations.length} addresses that look like the registered one`, async () => {
    expect(new Set(mutations).size).toBeGreaterThanOrEqual(60)
    const browser = await current().signedIn(await current().addPerson({ email: email() }))
    const party = await registerParty(current())
    for (const extra of [{}, { prompt: 'none' }, { response_mode: 'form_post' }, { response_type: 'token' }]) {
      const { path } = await party.begin(extra)
      for (const uri of mutations) {
        const answer = await browser.get(replaceRedirect(path, `redirect_uri=${encodeURIComponent(uri)}`), { follow: false })
        const seen = `${JSON.stringify(uri)} ${JSON.stringify(extra)}`
        expect([answer.status, answer.location], seen).toEqual([400, undefined])
        expect(answer.body, seen).toContain('<h1>This application asked to send you to an unknown address</h1>')
        expect(answer.body, seen).not.toMatch(/evil|alert\(1\)/)
      }
    }
    expect(returned(await browser.get((await party.begin()).path))['code']).toBeDefined()
  })

  it.each([
    ['none at all', ''], ['an empty one', 'redirect_uri='], ['two of them', `redirect_uri=${encodeURIComponent(registered)}&redirect_uri=https%3A%2F%2Fevil.example`],
    ['two the other way round', `redirect_uri=https%3A%2F%2Fevil.example&redirect_uri=${encodeURIComponent(registered)}`], ['an array', `redirect_uri[]=${encodeURIComponent(registered)}`],
    ['one that is encoded twice', `redirect_uri=${encodeURIComponent(encodeURIComponent(registered))}`], ['a member of an object', `redirect_uri[x]=${encodeURIComponent(registered)}`],
  ])('SEC-01 answers on a page of ours when the request has %s', async (_what, query) => {
    const party = await registerParty(current())
    const answer = await current().browser().get(replaceRedirect((await party.begin()).path, query), { follow: false })
    expect([answer.status, answer.location]).toEqual([400, undefined])
    expect(answer.body).toContain('<h1>')
    expect(answer.body).not.toContain('evil.example')
  })

  it('SEC-01 lets an application on a device choose its port on the loopback address, and nothing else', async () => {
    const party = await registerParty(current(), { kind: 'public', settings: { authMethod: 'none', redirectUris: ['http://127.0.0.1/callback'] } })
    const browser = await current().signedIn(await current().addPerson({ email: email() }))
    const ask = async (uri: string) => browser.get((await party.begin({ redirect_uri: uri })).path, { follow: false })
    for (const port of ['', ':1024', ':51004']) expect((await ask(`http://127.0.0.1${port}/callback`)).location).toMatch(`http://127.0.0.1${port}/callback?code=`)
    for (const uri of [
      ...mutationsOf('http://127.0.0.1/callback').filter((uri) => !/^http:\/\/127\.0\.0\.1:\d*\/callback$/.test(uri)), 'http://localhost/callback', 'http://[::1]/callback', 'http://127.1/callback', 'http://0x7f.0.0.1/callback',
      'http://2130706433/callback', 'http://127.0.0.2/callback', 'http://0.0.0.0/callback', 'http://127.0.0.1:51004/other', 'http://127.0.0.1:51004@evil.example/callback', 'http://127.0.0.1:51004.evil.example/callback', 'http://127.0.0.1:99999/callback',
    ]) expect([(await ask(uri)).status, (await ask(uri)).location], uri).toEqual([400, undefined])
  })

  it('SEC-01 takes the name localhost as it was registered, with its port', async () => {
    const party = await registerParty(current(), { kind: 'public', settings: { authMethod: 'none', redirectUris: ['http://localhost:3000/callback'] } })
    const browser = await current().signedIn(await current().addPerson({ email: email() }))
    expect((await browser.get((await party.begin()).path, { follow: false })).location).toMatch('http://localhost:3000/callback?code=')
    for (const uri of ['http://localhost:3001/callback', 'http://localhost/callback', 'http://LOCALHOST:3000/callback', 'http://localhost.:3000/callback']) {
      expect((await browser.get((await party.begin({ redirect_uri: uri })).path, { follow: false })).status, uri).toBe(400)
    }
  })

  it.each(['token', 'id_token', 'id_token token', 'code token', 'code id_token', 'code id_token token', 'none', 'password'])('SEC-02 refuses response_type "%s"', async (type) => {
    const party = await registerParty(current())
    const browser = await current().signedIn(await current().addPerson({ email: email() }))
    const { location = '' } = await browser.get((await party.begin({ response_type: type, nonce: 'n' })).path, { follow: false })
    expect(location).toMatch(/^https:\/\/payroll\.example\/callback[?#]/)
    expect(location).toMatch(/[?#&]error=unsupported_response_type(&|$)/)
    expect(location).not.toMatch(/[?#&](code|access_token|id_token)=/)
  })

  it.each(['password', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'urn:openid:params:grant-type:ciba', 'client_credentials'])(
    'SEC-02 refuses grant_type %s to an application for people', async (grant) => {
      const party = await registerParty(current())
      const work = client.genericGrantRequest(party.configuration, grant, { username: 'ada', password: 'x', scope: 'openid' })
      await expect(work).rejects.toMatchObject({ error: expect.stringMatching(/^(unsupported_grant_type|invalid_request)$/) })
    })

  it('SEC-02 SEC-03 SEC-04 SEC-16 promises in its metadata just what it does', async () => {
    const metadata = await (await fetch(`${current().url}/.well-known/openid-configuration`, { headers: { host: 'evil.example' } })).json() as Record<string, unknown>
    expect(metadata).toMatchObject({
      issuer: current().url, response_types_supported: ['code'], code_challenge_methods_supported: ['S256'], authorization_response_iss_parameter_supported: true, subject_types_supported: ['public'],
      response_modes_supported: ['form_post', 'fragment', 'query'], id_token_signing_alg_values_supported: ['RS256', 'ES256', 'EdDSA'], claims_parameter_supported: false,
    })
    expect([metadata['grant_types_supported']].flat().toSorted()).toEqual(['authorization_code', 'client_credentials', 'refresh_token'])
    expect(Object.keys(metadata)).not.toContain('registration_endpoint')
    for (const [name, value] of Object.entries(metadata)) if (name.endsWith('_endpoint') || name === 'jwks_uri') expect(String(value), name).toMatch(`${current().url}/oidc/`)
  })

  const kinds = [['web', 'client_secret_basic'], ['web', 'private_key_jwt'], ['public', 'none']] as const
  it.each(kinds)('SEC-03 asks a %s application with %s for PKCE by S256: all six cells', async (kind, authMethod) => {
    const party = await registerParty(current(), { kind, settings: { authMethod } })
    const browser = await current().signedIn(await current().addPerson({ email: email() }))
    for (const challenge of ['none', 'plain', 'S256']) {
      for (const verifier of ['none', 'given']) {
        const begun = await party.begin()
        const url = new URL(begun.path, current().url)
        if (challenge === 'plain') url.searchParams.set('code_challenge', begun.verifier)
        if (challenge === 'none') url.searchParams.delete('code_challenge')
        if (challenge === 'none') url.searchParams.delete('code_challenge_method')
        else url.searchParams.set('code_challenge_method', challenge)
        const { location } = await browser.get(url.pathname + url.search, { follow: false })
        if (challenge === 'S256') {
          const work = client.authorizationCodeGrant(party.configuration, new URL(location ?? ''), { expectedState: begun.state, expectedNonce: begun.nonce, ...(verifier === 'given' ? { pkceCodeVerifier: begun.verifier } : {}) })
          if (verifier === 'given') expect((await work).access_token).toBeDefined()
          else await expect(work).rejects.toMatchObject({ error: 'invalid_grant' })
        } else expect(new URL(location ?? '').searchParams.get('error'), challenge).toBe('invalid_request')
      }
    }
    // No method means "plain" to RFC 7636, and the challenge itself is no verifier.
    const { path } = await party.begin()
    expect(returned(await browser.get(path.replace('&code_challenge_method=S256', ''), { follow: false }))).toMatchObject({ error: 'invalid_request' })
    const begun = await party.begin()
    const challenge = new URL(begun.path, current().url).searchParams.get('code_challenge') ?? ''
    await expect(party.redeem((await browser.get(begun.path)).location, { ...begun, verifier: challenge })).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it.each(['query', 'fragment', 'form_post'])('SEC-04 names the issuer in answers by %s, good and bad', async (mode) => {
    const party = await registerParty(current())
    const browser = await current().signedIn(await current().addPerson({ email: email() }))
    for (const extra of [{}, { response_type: 'token', nonce: 'n' }, { prompt: 'none login' }, { scope: 'openid unknown nothing', max_age: '-1' }]) {
      const begun = await party.begin({ response_mode: mode, ...extra })
      const answer = await browser.get(begun.path, { follow: false })
      const fields = mode === 'form_post'
        ? Object.fromEntries([...answer.body.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(([, name, value]) => [name, value]))
        : Object.fromEntries(new URLSearchParams(new URL(answer.location ?? '')[mode === 'query' ? 'search' : 'hash'].slice(1)))
      expect(fields).toMatchObject({ iss: current().url, state: begun.state, ...(Object.keys(extra).length === 0 ? { code: expect.any(String) } : { error: expect.any(String) }) })
    }
  })
})

function replaceRedirect(path: string, query: string): string {
  return path.replace(/redirect_uri=[^&]*&?/, query === '' ? '' : `${query}&`)
}
