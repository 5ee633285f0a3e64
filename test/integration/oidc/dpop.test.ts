import { createHash, randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import * as client from 'openid-client'
import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { forgeriesOf } from '../../support/forgeries.ts'
import { refusal, registerParty, type NewParty } from '../../support/relying-party.ts'
import { startSecondNode } from '../../support/second-node.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`

withApp('a token that is bound to a key (DPoP)', (current) => {
  async function scene(party: NewParty = {}) {
    const ada = await current().addPerson({ email: email() })
    const registered = await registerParty(current(), { ...party, settings: { refreshTokens: true, dpopBound: true, ...party.settings } })
    const pair = await generateKeyPair('ES256', { extractable: true })
    const handle = client.getDPoPHandle(registered.configuration, pair)
    const tokens = await registered.signIn(await current().signedIn(ada), { consent: 'allow' }, { scope: 'openid email offline_access', prompt: 'consent' }, { DPoP: handle })
    return { ada, party: registered, pair, jwk: await exportJWK(pair.publicKey), handle, tokens }
  }
  type Scene = Awaited<ReturnType<typeof scene>>

  const claimsFor = (token: string, path = '/oidc/userinfo', htm = 'GET') => ({ jti: randomUUID(), htm, htu: `${current().url}${path}`, iat: Math.floor(Date.now() / 1_000), ...(token === '' ? {} : { ath: createHash('sha256').update(token).digest('base64url') }) })
  const prove = (key: CryptoKey, jwk: JWK, claims: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header }).sign(key)
  const userinfo = (token: string, proof: string | undefined, at = current().url, scheme = 'DPoP') => fetch(`${at}/oidc/userinfo`, { headers: { authorization: `${scheme} ${token}`, ...(proof === undefined ? {} : { dpop: proof }) } })

  it('SEC-08 works with its key, and says what it is bound to', async () => {
    const { ada, party, tokens, handle } = await scene()
    expect(tokens.token_type).toBe('dpop')
    expect(await client.fetchUserInfo(party.configuration, tokens.access_token, ada.user.id, { DPoP: handle })).toMatchObject({ email: ada.user.email })
    expect(await client.tokenIntrospection(party.configuration, tokens.access_token)).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: await handle.calculateThumbprint() } })
    expect((await client.refreshTokenGrant(party.configuration, tokens.refresh_token ?? '', {}, { DPoP: handle })).token_type).toBe('dpop')
  })

  it('SEC-08 is worth nothing without its key: as a bearer, with another key, with another token’s proof', async () => {
    const { tokens, pair, jwk } = await scene()
    const other = await generateKeyPair('ES256', { extractable: true })
    const attempts: readonly (readonly [string, Promise<Response>])[] = [
      ['as a bearer', userinfo(tokens.access_token, undefined, current().url, 'Bearer')], ['without a proof', userinfo(tokens.access_token, undefined)],
      ['with another key', userinfo(tokens.access_token, await prove(other.privateKey, await exportJWK(other.publicKey), claimsFor(tokens.access_token)))],
      ['with the proof of another token', userinfo(tokens.access_token, await prove(pair.privateKey, jwk, claimsFor('another')))], ['without its hash', userinfo(tokens.access_token, await prove(pair.privateKey, jwk, claimsFor('')))],
      ['with its proof as a bearer', userinfo(tokens.access_token, await prove(pair.privateKey, jwk, claimsFor(tokens.access_token)), current().url, 'Bearer')],
    ]
    for (const [how, answer] of attempts) expect([400, 401], how).toContain((await answer).status)
    expect((await userinfo(tokens.access_token, await prove(pair.privateKey, jwk, claimsFor(tokens.access_token)))).status).toBe(200)
  })

  it('SEC-08 is the only kind that an application gets which must have it', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { settings: { dpopBound: true } })
    expect(await refusal(party.signIn(await current().signedIn(ada)))).toBe('invalid_grant')
    const service = await registerParty(current(), { kind: 'service', settings: { dpopBound: true } })
    expect(await refusal(client.clientCredentialsGrant(service.configuration))).toBe('invalid_grant')
    const handle = client.getDPoPHandle(service.configuration, await client.randomDPoPKeyPair('ES256'))
    expect((await client.clientCredentialsGrant(service.configuration, {}, { DPoP: handle })).token_type).toBe('dpop')
  })

  it('SEC-08 a public application’s refresh token is bound too', async () => {
    const { party, tokens, handle } = await scene({ kind: 'public', settings: { authMethod: 'none' } })
    const stranger = client.getDPoPHandle(party.configuration, await client.randomDPoPKeyPair('ES256'))
    expect(await refusal(client.refreshTokenGrant(party.configuration, tokens.refresh_token ?? '', {}, { DPoP: stranger }))).toBe('invalid_grant')
    expect(await refusal(client.refreshTokenGrant(party.configuration, tokens.refresh_token ?? ''))).toBe('invalid_grant')
    expect((await client.refreshTokenGrant(party.configuration, tokens.refresh_token ?? '', {}, { DPoP: handle })).token_type).toBe('dpop')
  })

  it('SEC-08 a code can be bound from the start (dpop_jkt)', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current())
    const [own, stranger] = [client.getDPoPHandle(party.configuration, await client.randomDPoPKeyPair('ES256')), client.getDPoPHandle(party.configuration, await client.randomDPoPKeyPair('ES256'))]
    const browser = await current().signedIn(ada)
    const dpopJkt = await own.calculateThumbprint()
    expect(await refusal(party.signIn(browser, {}, { dpop_jkt: dpopJkt }, { DPoP: stranger }))).toBe('invalid_grant')
    expect(await refusal(party.signIn(browser, {}, { dpop_jkt: dpopJkt }))).toBe('invalid_grant')
    expect((await party.signIn(browser, {}, { dpop_jkt: dpopJkt }, { DPoP: own })).token_type).toBe('dpop')
  })

  it('SEC-11 no forged proof is taken', async () => {
    const { tokens, jwk } = await scene()
    const genuine = { header: { alg: 'ES256', typ: 'dpop+jwt', jwk }, claims: claimsFor(tokens.access_token), publicJwk: jwk }
    for (const [trick, proof] of await forgeriesOf(genuine, 'http://127.0.0.1:9')) expect([400, 401], trick).toContain((await userinfo(tokens.access_token, proof)).status)
  })

  it('SEC-11 no proof is taken that is right but for one thing', async () => {
    const { tokens, pair, jwk }: Scene = await scene()
    const claims = claimsFor(tokens.access_token)
    const now = Math.floor(Date.now() / 1_000)
    const wrong: readonly (readonly [Record<string, unknown>, Record<string, unknown>])[] = [
      [{ htm: 'POST' }, {}], [{ htm: 'get' }, {}], [{ htu: `${current().url}/oidc/token` }, {}], [{ htu: 'https://evil.example/oidc/userinfo' }, {}], [{ htu: undefined }, {}], [{ htu: ['x'] }, {}], [{ iat: now - 600 }, {}], [{ iat: now + 600 }, {}], [{ iat: undefined }, {}],
      [{ jti: undefined }, {}], [{ jti: '' }, {}], [{ ath: undefined }, {}], [{ nonce: 'invented' }, {}], [{}, { typ: 'JWT' }], [{}, { typ: undefined }], [{}, { jwk: undefined }], [{}, { jwk: { ...jwk, d: 'AAAA' } }], [{}, { jwk: await exportJWK(pair.privateKey) }],
    ]
    for (const [change, header] of wrong) expect([400, 401], JSON.stringify([change, header])).toContain((await userinfo(tokens.access_token, await prove(pair.privateKey, jwk, { ...claims, jti: randomUUID(), ...change }, header))).status)
    expect((await userinfo(tokens.access_token, await prove(pair.privateKey, jwk, claims))).status).toBe(200)
  })

  it('SEC-06 a proof is taken once, however many send it at once and to whichever node', async () => {
    const second = await startSecondNode(current())
    try {
      const { tokens, pair, jwk } = await scene()
      for (let round = 0; round < 3; round++) {
        const proof = await prove(pair.privateKey, jwk, claimsFor(tokens.access_token))
        const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => userinfo(tokens.access_token, proof, index % 2 === 0 ? current().url : second.url)))
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 401]))
      }
    } finally {
      await second.close()
    }
  })
})
