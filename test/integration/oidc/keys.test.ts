import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose'
import * as client from 'openid-client'
import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { registerParty, returned, walk, type RelyingParty } from '../../support/relying-party.ts'
import { startSecondNode } from '../../support/second-node.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`
const day = 86_400_000
const algorithms = ['RS256', 'ES256', 'EdDSA'] as const

withApp('signing keys that change under way', (current) => {
  const published = async (at = current().url): Promise<JSONWebKeySet> => (await fetch(`${at}/oidc/jwks`)).json() as Promise<JSONWebKeySet>
  const verifies = (idToken: string, keys: JSONWebKeySet): Promise<boolean> => jwtVerify(idToken, createLocalJWKSet(keys), { issuer: current().url }).then(() => true, () => false)
  const kidOf = (idToken: string): string => String(decodeProtectedHeader(idToken).kid)

  async function idTokens(parties: readonly RelyingParty[]): Promise<string[]> {
    const browser = await current().signedIn(await current().addPerson({ email: email() }))
    const tokens: string[] = []
    for (const party of parties) tokens.push((await party.signIn(browser)).id_token ?? '')
    return tokens
  }
  const parties = () => Promise.all(algorithms.map((idTokenAlg) => registerParty(current(), { settings: { idTokenAlg, refreshTokens: true } })))
  /** What the hourly job and each node's own timer do. */
  async function pass(milliseconds: number): Promise<void> {
    current().advance(milliseconds)
    await current().app.parts.keys.advance()
    await current().app.parts.oidc.refreshKeys()
  }

  it('SEC-77 are published a day before they sign and stay until what they signed is gone: an application with a cached key set never fails', async () => {
    const all = await parties()
    const cachedAtStart = await published()
    const first = await idTokens(all)
    for (const token of first) expect(await verifies(token, cachedAtStart)).toBe(true)

    await current().app.parts.keys.rotate('oidc')
    await current().app.parts.oidc.refreshKeys()
    const cachedBeforeSwitch = await published()
    expect(cachedBeforeSwitch.keys).toHaveLength(cachedAtStart.keys.length + algorithms.length)
    const second = await idTokens(all)
    expect(second.map(kidOf)).toEqual(first.map(kidOf))
    for (const token of second) expect(await verifies(token, cachedAtStart)).toBe(true)

    await pass(day + 1_000)
    const third = await idTokens(all)
    for (const [index, token] of third.entries()) expect(kidOf(token)).not.toBe(kidOf(first[index] ?? ''))
    for (const token of [...first, ...second, ...third]) {
      expect(await verifies(token, cachedBeforeSwitch)).toBe(true)
      expect(await verifies(token, await published())).toBe(true)
    }

    await pass(14 * day + 1_000)
    const last = await published()
    expect(last.keys).toHaveLength(cachedAtStart.keys.length)
    for (const token of first) expect(await verifies(token, last)).toBe(false)
    for (const token of [...third, ...(await idTokens(all))]) expect(await verifies(token, last)).toBe(true)
  })

  it('SEC-77 do not disturb what is under way: a code, a refresh token, a sign-in page and a sign-out', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { settings: { refreshTokens: true, postLogoutRedirectUris: ['https://payroll.example/bye'] } })
    const browser = await current().signedIn(ada)
    const before = await party.signIn(browser, { consent: 'allow' }, { scope: 'openid offline_access', prompt: 'consent' })
    const begun = await party.begin()
    const { location } = await browser.get(begun.path)
    const [waiting, stranger] = [await party.begin(), current().browser()]
    const { path } = await stranger.get(waiting.path)
    const logout = await browser.get(`/oidc/logout?id_token_hint=${before.id_token ?? ''}`)

    await current().app.parts.keys.rotate('oidc', { compromised: true })
    await current().app.parts.oidc.refreshKeys()
    expect(kidOf((await party.redeem(location, begun)).id_token ?? '')).not.toBe(kidOf(before.id_token ?? ''))
    expect((await client.refreshTokenGrant(party.configuration, before.refresh_token ?? '')).claims()?.sub).toBe(ada.user.id)
    expect((await party.redeem((await walk(stranger, path, ada)).location, waiting)).claims()?.sub).toBe(ada.user.id)
    const done = await browser.post('/oidc/logout/confirm', { xsrf: /name="xsrf" value="([^"]+)"/.exec(logout.body)?.[1] ?? '', csrf: '', logout: 'yes' }, { follow: false })
    expect(done.status).toBe(303)
  })

  it('SEC-77 that were stolen are worth nothing from the next moment on', async () => {
    const [party] = await parties()
    if (!party) throw new Error('there are three')
    const [stolen = ''] = await idTokens([party])
    await current().app.parts.keys.rotate('oidc', { compromised: true })
    await current().app.parts.oidc.refreshKeys()
    expect(await verifies(stolen, await published())).toBe(false)
    const browser = await current().signedIn(await current().addPerson({ email: email() }))
    expect(returned(await browser.get((await party.begin({ id_token_hint: stolen, prompt: 'none' })).path))).toMatchObject({ error: 'invalid_request' })
    expect(await verifies((await idTokens([party]))[0] ?? '', await published())).toBe(true)
  })

  it('SEC-77 reach every node, and what either signs meanwhile is verified by either’s key set', async () => {
    const second = await startSecondNode(current())
    try {
      const party = await registerParty(current())
      const there = await client.discovery(new URL(current().url), party.clientId, undefined, client.ClientSecretBasic(party.secret), {
        execute: [client.allowInsecureRequests], [client.customFetch]: (url, { body = null, ...options }) => fetch(url.replace(current().url, second.url), { ...options, body } as RequestInit),
      })
      const browser = await current().signedIn(await current().addPerson({ email: email() }))
      const signedBy = async (configuration: client.Configuration): Promise<string> => {
        const begun = await party.begin()
        const callback = new URL((await browser.get(begun.path)).location ?? '')
        return (await client.authorizationCodeGrant(configuration, callback, { pkceCodeVerifier: begun.verifier, expectedState: begun.state, expectedNonce: begun.nonce })).id_token ?? ''
      }
      await current().app.parts.keys.rotate('oidc')
      current().advance(60_000)
      for (const node of [current().app, second.app]) await node.parts.oidc.refreshKeys()
      current().advance(day)
      await current().app.parts.keys.advance()
      // This node knows, the other does not yet.
      await current().app.parts.oidc.refreshKeys()
      const renewed = await current().signedIn(await current().addPerson({ email: email() }))
      for (const [name, value] of renewed.cookies) browser.cookies.set(name, value)
      const [here, other] = [await signedBy(party.configuration), await signedBy(there)]
      expect(kidOf(here)).not.toBe(kidOf(other))
      for (const token of [here, other]) for (const at of [current().url, second.url]) expect(await verifies(token, await published(at))).toBe(true)
      await second.app.parts.oidc.refreshKeys()
      expect(kidOf(await signedBy(there))).toBe(kidOf(here))
    } finally {
      await second.close()
    }
  })

  it('SEC-77 lets an application check again after a short time, and no sooner than it must', async () => {
    const answer = await fetch(`${current().url}/oidc/jwks`)
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300')
    expect(answer.headers.get('content-type')).toMatch(/^application\/jwk-set\+json/)
    for (const key of ((await answer.json()) as JSONWebKeySet).keys) expect(key).toMatchObject({ use: 'sig', kid: expect.any(String), alg: expect.stringMatching(/^(RS256|ES256|EdDSA)$/) })
  })
})
