import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { exportJWK, SignJWT, type JWK, type JWTPayload } from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { forgeriesOf } from '../../support/forgeries.ts'
import { freePort } from '../../support/port.ts'
import { refusal, registerParty, type RelyingParty } from '../../support/relying-party.ts'
import { startSecondNode } from '../../support/second-node.ts'

withApp('an assertion by which an application proves itself', (current) => {
  let hits = 0
  let own = ''
  const server = createServer((_request, response) => { hits++; response.end('{}') })
  beforeAll(async () => {
    const port = await freePort()
    own = `http://127.0.0.1:${port}`
    await new Promise<void>((done) => { server.listen(port, '127.0.0.1', done) })
  })
  afterAll(() => { server.close() })

  const service = () => registerParty(current(), { kind: 'service', settings: { authMethod: 'private_key_jwt' } })
  const claimsOf = (party: RelyingParty): JWTPayload => ({ iss: party.clientId, sub: party.clientId, aud: current().url, jti: randomUUID(), iat: Math.floor(Date.now() / 1_000), exp: Math.floor(Date.now() / 1_000) + 60 })
  const sign = (party: RelyingParty, claims: JWTPayload): Promise<string> => new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: party.key.kid }).sign(party.key.key)
  const send = (assertion: string, at = current().url, change: Readonly<Record<string, string>> = {}) => fetch(`${at}/oidc/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion, ...change }),
  })

  it('SEC-11 is taken when it is right', async () => {
    const party = await service()
    expect((await send(await sign(party, claimsOf(party)))).status).toBe(200)
  })

  it('SEC-11 is refused with any trick of a forger, and nothing is fetched from where the forger says', async () => {
    const party = await service()
    const publicJwk = party.application.oidc?.jwks?.keys[0] as JWK
    const forged = await forgeriesOf({ header: { alg: 'ES256', kid: party.key.kid }, claims: claimsOf(party), publicJwk }, own)
    for (const [trick, assertion] of forged) {
      const answer = await send(assertion)
      expect([400, 401], trick).toContain(answer.status)
      expect(await answer.json(), trick).toMatchObject({ error: expect.stringMatching(/^invalid_(client|request)$/) })
    }
    expect(hits).toBe(0)
  })

  it('SEC-11 is refused with any claim that is not right', async () => {
    const [party, other] = [await service(), await service()]
    const now = Math.floor(Date.now() / 1_000)
    const wrong: readonly Readonly<Record<string, unknown>>[] = [
      { aud: undefined }, { aud: 'https://other.example' }, { aud: [`${current().url}.evil.example`] }, { iss: other.clientId }, { sub: other.clientId }, { iss: undefined }, { sub: undefined }, { jti: undefined },
      { exp: undefined }, { exp: now - 120 }, { nbf: now + 600 }, { iat: 'today' },
    ]
    for (const change of wrong) expect((await send(await sign(party, { ...claimsOf(party), ...change }))).status, JSON.stringify(change)).toBeGreaterThanOrEqual(400)
    expect((await send(await sign(party, claimsOf(party)), current().url, { client_id: other.clientId })).status).toBe(400)
    expect((await send(await sign(party, claimsOf(party)), current().url, { client_assertion_type: 'jwt' })).status).toBe(400)
    expect((await send(await sign(party, claimsOf(party)), current().url, { client_secret: 'x' })).status).toBe(400)
  })

  it('SEC-11 does not let an application in by another way than its own', async () => {
    const [party, plain] = [await service(), await registerParty(current(), { kind: 'service' })]
    const basic = (id: string, secret: string) => fetch(`${current().url}/oidc/token`, {
      method: 'POST', headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` }, body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    expect((await basic(plain.clientId, plain.secret)).status).toBe(200)
    for (const secret of ['kept-as-a-hash', '', ' ', plain.secret.toUpperCase(), `${plain.secret}x`]) expect((await basic(plain.clientId, secret)).status, secret).toBeGreaterThanOrEqual(400)
    expect((await basic(party.clientId, 'kept-as-a-hash')).status).toBe(401)
    expect((await send('', current().url, { client_id: party.clientId, client_assertion: '', client_assertion_type: '' })).status).toBeGreaterThanOrEqual(400)
    // The secret's hash, which a copy of the database would give away, is not the secret.
    const { storage } = current().foundation
    const row = await storage.read.one<{ secret_hash: string }>('SELECT secret_hash FROM application_secrets WHERE application_id = ?', [plain.application.id])
    expect((await basic(plain.clientId, row?.secret_hash ?? '')).status).toBe(401)
  })

  it('a secret is right while it overlaps with its successor, and wrong from the moment it is removed', async () => {
    const party = await registerParty(current(), { kind: 'service' })
    const { storage, applications } = current().foundation
    const { organizationId, id } = party.application
    const basic = async (secret: string) => (await fetch(`${current().url}/oidc/token`, { method: 'POST', headers: { authorization: `Basic ${Buffer.from(`${party.clientId}:${secret}`).toString('base64')}` }, body: new URLSearchParams({ grant_type: 'client_credentials' }) })).status
    const next = await storage.write((tx) => applications.addSecret(tx, organizationId, id, { overlapHours: 1 }))
    expect([await basic(party.secret), await basic(next)]).toEqual([200, 200])
    const old = (await applications.secrets(organizationId, id)).find(({ expiresAt }) => expiresAt !== null)
    await storage.write((tx) => applications.removeSecret(tx, organizationId, id, old?.id ?? ''))
    expect([await basic(party.secret), await basic(next)]).toEqual([401, 200])
  })

  it('a service gets no scope but its own', async () => {
    const [none, some] = [await registerParty(current(), { kind: 'service' }), await registerParty(current(), { kind: 'service', settings: { scopes: ['groups'] } })]
    expect((await client.clientCredentialsGrant(none.configuration)).scope).toBeUndefined()
    expect((await client.clientCredentialsGrant(some.configuration, { scope: 'groups' })).scope).toBe('groups')
    expect((await client.clientCredentialsGrant(some.configuration, { scope: 'groups payroll.write' })).scope).toBe('groups')
    for (const [party, scope] of [[none, 'groups'], [none, 'openid'], [some, 'groups email'], [some, 'profile']] as const) {
      expect(await refusal(client.clientCredentialsGrant(party.configuration, { scope })), scope).toBe('invalid_scope')
    }
  })

  it('SEC-06 is taken once, however many send it at once and to whichever node', async () => {
    const second = await startSecondNode(current())
    try {
      const party = await service()
      for (let round = 0; round < 4; round++) {
        const assertion = await sign(party, claimsOf(party))
        const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => send(assertion, index % 2 === 0 ? current().url : second.url)))
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 401]))
      }
    } finally {
      await second.close()
    }
  })

  it('SEC-06 the same jti of two applications is two', async () => {
    const [one, two] = [await service(), await service()]
    const jti = randomUUID()
    for (const party of [one, two]) expect((await send(await sign(party, { ...claimsOf(party), jti }))).status).toBe(200)
    for (const party of [one, two]) expect((await send(await sign(party, { ...claimsOf(party), jti }))).status).toBe(401)
  })

  it('SEC-81 fetches an application’s keys only from where the operator allows', async () => {
    const party = await registerParty(current(), { kind: 'service', settings: { authMethod: 'private_key_jwt', jwks: null, jwksUri: `${own}/jwks` } })
    expect((await send(await sign(party, claimsOf(party)))).status).toBeGreaterThanOrEqual(400)
    expect(hits).toBe(0)
  })
})

withApp('an application’s keys by their address', (current) => {
  it('takes an assertion whose key is found at jwks_uri', async () => {
    const port = await freePort()
    const keys: JWK[] = []
    const server = createServer((_request, response) => { response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys })) })
    await new Promise<void>((done) => { server.listen(port, '127.0.0.1', done) })
    try {
      const party = await registerParty(current(), { kind: 'service', settings: { authMethod: 'private_key_jwt', jwks: null, jwksUri: `http://127.0.0.1:${port}/jwks` } })
      const { d: _private, ...publicJwk } = await exportJWK(party.key.key)
      keys.push({ ...publicJwk, kid: party.key.kid, alg: 'ES256', use: 'sig' })
      expect((await client.clientCredentialsGrant(party.configuration)).access_token).toBeDefined()
    } finally {
      server.close()
    }
  })
}, { DOORWARD_OUTBOUND_ALLOW: '127.0.0.1' })
