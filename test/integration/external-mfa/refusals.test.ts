import { afterAll, beforeAll, expect, it } from 'vitest'
import { createExternalMfa, type Connection } from '../../../src/protocols/external-mfa/index.ts'
import { withApp, type Person } from '../../support/app.ts'
import { touchKey } from '../../support/ceremonies.ts'
import { connect, handedOver, postQuestion, questionOf } from '../../support/entra-guest.ts'
import { textOf } from '../../support/pages.ts'
import { startSmallEntra, type HintChange, type SmallEntra } from '../../support/small-entra.ts'

let entra: SmallEntra
beforeAll(async () => { entra = await startSmallEntra() })
afterAll(async () => { await entra.close() })

let count = 0
const objectId = (): string => `aaaaaaaa-bbbb-4ccc-8ddd-${String(++count).padStart(12, '0')}`
const minute = 60_000

withApp('External MFA refuses', (current) => {
  let connection: Connection
  let ada: Person
  let at: { oid: string; name: string }
  beforeAll(async () => {
    connection = await connect(current(), entra)
    ada = await current().addPerson({ email: 'ada@engines.example' })
    at = { oid: objectId(), name: ada.user.email }
  })

  const refusals = async (): Promise<unknown[]> => (await current().foundation.audit.list({ organizationId: connection.organizationId, limit: 500 })).events
    .filter(({ action }) => action === 'external_mfa.refused').map(({ details }) => details['reason'])

  async function expectRefused(fields: Readonly<Record<string, string | readonly string[]>>, reason: string): Promise<void> {
    // Beyond some number per address refusals are no longer written down; these are meant to be.
    await current().foundation.storage.execute('DELETE FROM attempt_limits')
    const before = (await refusals()).length
    const answer = await postQuestion(current(), connection, fields)
    expect(answer.status, reason).toBe(400)
    expect(answer.location).toBeUndefined()
    expect(answer.body).not.toContain(entra.redirectUri)
    expect(answer.body).not.toContain('<form method="post"')
    expect(textOf(answer.body)).toContain('Microsoft\'s request was not right')
    const now = await refusals()
    expect(now).toHaveLength(before + 1)
    expect(now).toContain(reason)
    expect(current().logLines.at(-1) ?? '').not.toContain('id_token_hint')
  }

  it.each<[string, Record<string, string>]>([
    ['client_id', { client_id: 'AAAAAAAAAAAAAAAAAAAAAA' }], ['client_id', { client_id: '' }],
    ['redirect_uri', { redirect_uri: 'https://login.microsoftonline.us/common/federation/externalauthprovider' }], ['redirect_uri', { redirect_uri: 'https://evil.example/common/federation/externalauthprovider' }],
    ['redirect_uri', { redirect_uri: '' }], ['response_type', { response_type: 'code' }], ['response_type', { response_type: 'id_token token' }], ['response_mode', { response_mode: 'fragment' }], ['response_mode', { response_mode: '' }],
    ['scope', { scope: 'profile' }], ['nonce', { nonce: '' }], ['nonce', { nonce: 'n'.repeat(1_025) }], ['state', { state: '' }], ['state', { state: 'line\nbreak' }], ['claims', { claims: '' }], ['claims', { claims: '{"id_token":{"acr":{"values":"possession"}}}' }],
    ['hint_missing', { id_token_hint: '' }], ['hint_malformed', { id_token_hint: 'a.b.c' }],
  ])('SEC-01 a request whose %s is wrong (%j), and sends the browser nowhere', async (reason, fields) => {
    await expectRefused(await questionOf(current(), entra, connection, at, { fields }), reason)
  })

  it('SEC-86 a parameter that comes twice', async () => {
    const asked = await questionOf(current(), entra, connection, at)
    await expectRefused({ ...asked, redirect_uri: [entra.redirectUri, 'https://evil.example/'] }, 'repeated_parameter')
  })

  it.each<[string, string, () => Promise<HintChange>]>([
    ['hint_tenant', 'of another tenant', async () => ({ claims: { tid: '22222222-2222-4333-8444-555555555555', iss: `${entra.origin}/22222222-2222-4333-8444-555555555555/v2.0` } })],
    ['hint_issuer', 'whose issuer is another tenant\'s', async () => ({ claims: { iss: `${entra.origin}/22222222-2222-4333-8444-555555555555/v2.0` } })],
    ['hint_issuer', 'whose issuer is another cloud\'s', async () => ({ claims: { iss: `https://login.microsoftonline.com/${entra.tenantId}/v2.0` } })],
    ['hint_audience', 'for another application', async () => ({ claims: { aud: '00000000-8888-4777-8666-555555555555' } })],
    ['hint_audience', 'for our client id instead of the application', async () => ({ claims: { aud: connection.clientId } })],
    ['hint_version', 'of another version', async () => ({ claims: { ver: '1.0' } })],
    ['hint_time', 'that is eleven minutes old', async () => ({ claims: { iat: Math.floor((current().foundation.clock.now() - 11 * minute) / 1_000) } })],
    ['hint_time', 'from eleven minutes ahead', async () => ({ claims: { iat: Math.floor((current().foundation.clock.now() + 11 * minute) / 1_000) } })],
    ['hint_subject', 'without an object', async () => ({ claims: { oid: undefined } })],
    ['hint_key', 'under a key that Entra does not publish', async () => ({ header: { kid: entra.other.kid }, key: entra.other.privateKey })],
    ['hint_signature', 'signed by somebody else under a known name', async () => ({ key: entra.other.privateKey })],
    ['hint_algorithm', 'signed with the public key as a shared secret', async () => ({ header: { alg: 'HS256' }, key: new TextEncoder().encode(JSON.stringify(entra.publicJwk)) })],
  ])('SEC-10 a hint: %s, %s', async (reason, _what, change) => {
    await expectRefused(await questionOf(current(), entra, connection, at, { hint: await change() }), reason)
  })

  it('SEC-10 an unsigned hint, and one whose content was changed', async () => {
    const asked = await questionOf(current(), entra, connection, at)
    const [header = '', payload = '', signature = ''] = (asked['id_token_hint'] ?? '').split('.')
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    await expectRefused({ ...asked, id_token_hint: `${encode({ alg: 'none', typ: 'JWT', kid: entra.kid })}.${payload}.` }, 'hint_algorithm')
    const changed = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), oid: objectId() }
    await expectRefused({ ...asked, id_token_hint: `${header}.${encode(changed)}.${signature}` }, 'hint_signature')
  })

  it('SEC-06 a question that was asked before, and takes the next one of the same person', async () => {
    const asked = await questionOf(current(), entra, connection, at)
    expect((await postQuestion(current(), connection, asked)).status).toBe(303)
    await expectRefused(asked, 'replayed')
    expect((await postQuestion(current(), connection, await questionOf(current(), entra, connection, at))).status).toBe(303)
  })

  it('everything at a connection that is switched off, also while somebody is under way', async () => {
    const { connections } = current().app.parts.externalMfa
    const own = await connect(current(), entra)
    const browser = current().browser()
    const posted = await postQuestion(current(), own, await questionOf(current(), entra, own, at))
    const shown = await browser.get(posted.location ?? '')
    await current().foundation.storage.write((tx) => connections.update(tx, own.organizationId, own.id, { ...own, enabled: false }))
    expect((await postQuestion(current(), own, await questionOf(current(), entra, own, at))).status).toBe(400)
    for (const path of ['.well-known/openid-configuration', 'jwks']) expect((await browser.get(`/eam/${own.id}/${path}`)).status).toBe(404)
    if (!ada.key) throw new Error('Ada has a key')
    expect((await touchKey(browser, ada.key, shown.path)).status).toBe(404)
  })

  it('what is not there, and other methods', async () => {
    const browser = current().browser()
    expect((await browser.get('/eam/AAAAAAAAAAAAAAAAAAAAAA/jwks')).status).toBe(404)
    expect((await browser.get('/eam/requests/AAAAAAAAAAAAAAAAAAAAAA')).status).toBe(404)
    expect((await browser.post(`/eam/${connection.id}/jwks`)).status).toBe(405)
    expect((await browser.send('PUT', `/eam/${connection.id}/authorize`)).status).toBe(405)
  })

  it('writes no more than thirty refusals of one address into the log of the organization', async () => {
    await current().foundation.storage.execute('DELETE FROM attempt_limits')
    const before = (await refusals()).length
    for (let turn = 0; turn < 34; turn++) expect((await postQuestion(current(), connection, { client_id: 'x' })).status).toBe(400)
    expect((await refusals()).length - before).toBe(30)
  })

  it('a person\'s answer that another question has asked for', async () => {
    const other = await connect(current(), entra)
    const { links } = current().app.parts.externalMfa
    for (const place of [connection, other]) await current().foundation.storage.write((tx) => links.add(tx, { connectionId: place.id, tenantId: entra.tenantId, objectId: at.oid }, ada.user.id, at.name))
    const browser = current().browser()
    const [first, second] = [await postQuestion(current(), connection, await questionOf(current(), entra, connection, at)), await postQuestion(current(), other, await questionOf(current(), entra, other, at))]
    const shown = await browser.get(first.location ?? '')
    if (!ada.key) throw new Error('Ada has a key')
    await browser.get(second.location ?? '')
    const signIn = shown.path.split('/')[2] ?? ''
    expect(handedOver(await touchKey(browser, ada.key, shown.path)).fields['id_token']).toBeDefined()
    const again = await browser.get(`${second.location ?? ''}/complete?signin=${signIn}`, { follow: false })
    expect(again.status).toBe(303)
    expect(again.location).toBe(second.location)
  })
}, { DOORWARD_OUTBOUND_ALLOW: '127.0.0.1' })

withApp('the keys of Entra', (current) => {
  const ask = async (connection: Connection, change: HintChange = {}): Promise<number> =>
    (await postQuestion(current(), connection, await questionOf(current(), entra, connection, { oid: objectId(), name: 'nobody@engines.example' }, { hint: change }))).status
  const withNewKey = (): HintChange => ({ header: { kid: entra.other.kid }, key: entra.other.privateKey })

  it('are fetched once, again for one that is new, but not more often than once a minute, and serve for a day when Microsoft is away', async () => {
    const own = await startSmallEntra()
    try {
      const connection = await connect(current(), own)
      const asked = async (change: HintChange = {}): Promise<number> => (await postQuestion(current(), connection, await questionOf(current(), own, connection, { oid: objectId(), name: 'x@engines.example' }, { hint: change }))).status
      const newKey: HintChange = { header: { kid: own.other.kid }, key: own.other.privateKey }
      expect([await asked(), await asked(), own.fetches]).toEqual([303, 303, 1])
      expect([await asked(newKey), await asked(newKey), own.fetches]).toEqual([400, 400, 1])
      current().advance(61_000)
      own.published = [own.publicJwk, own.other.publicJwk]
      expect([await asked(newKey), await asked(newKey), own.fetches]).toEqual([303, 303, 2])
      own.status = 500
      current().advance(3 * 3_600_000)
      expect(await asked()).toBe(303)
      current().advance(25 * 3_600_000)
      expect(await asked()).toBe(503)
      own.status = 200
      current().advance(61_000)
      expect(await asked()).toBe(303)
    } finally {
      await own.close()
    }
  })

  it('are not taken from another host, from weak keys, or from those made for something else', async () => {
    const connection = await connect(current(), entra)
    const publish = async (change: object): Promise<number> => {
      entra.published = [entra.publicJwk, { ...entra.other.publicJwk, ...change }]
      current().advance(3_601_000)
      return ask(connection, withNewKey())
    }
    expect(await publish({ use: 'enc' })).toBe(400)
    expect(await publish({ alg: 'RS384' })).toBe(400)
    expect(await publish({ kty: 'oct' })).toBe(400)
    expect(await publish({ n: 'AQAB' })).toBe(400)
    expect(await publish({ issuer: `${entra.origin}/22222222-2222-4333-8444-555555555555/v2.0` })).toBe(400)
    expect(await publish({ issuer: `${entra.origin}/{tenantid}/v2.0` })).toBe(303)
  })

  it('SEC-81 are asked for by the rules of all calls to other hosts', async () => {
    const asked: string[] = []
    const { parts } = current().app
    const { storage, clock } = current().foundation
    const room = createExternalMfa({
      publicUrl: current().url, storage, clock, log: current().foundation.log, desk: parts.signIns.desk, sessions: parts.sessions, keys: parts.keys, once: parts.once, throttle: parts.throttle, personWithAddress: () => Promise.resolve(undefined), personWithUpn: () => Promise.resolve(undefined),
      record: () => Promise.resolve(), brandOf: () => Promise.resolve(undefined),
      fetch(url, request) {
        asked.push(`${url} ${String(request?.requireHttps)}`)
        return Promise.resolve({ status: 200, headers: {}, body: Buffer.from('{"jwks_uri":"https://evil.example/keys"}') })
      },
    })
    const connection = await connect(current(), entra, { cloud: 'us-government', loginOrigin: null })
    const fields = await questionOf(current(), entra, connection, { oid: objectId(), name: 'x' }, { fields: { redirect_uri: 'https://login.microsoftonline.us/common/federation/externalauthprovider' } })
    const form = { all: (name: string) => (name in fields ? [fields[name] ?? ''] : []) }
    const ctx = { path: `/eam/${connection.id}/authorize`, method: 'POST', state: { log: current().foundation.log, request: { ip: '127.0.0.1' } }, set: () => undefined, form: () => Promise.resolve(form) }
    await expect(room.endpoints(ctx as never, () => Promise.resolve())).rejects.toMatchObject({ code: 'external_mfa_keys', status: 503 })
    expect(asked).toEqual(['https://login.microsoftonline.us/common/v2.0/.well-known/openid-configuration true'])
  })
}, { DOORWARD_OUTBOUND_ALLOW: '127.0.0.1' })
