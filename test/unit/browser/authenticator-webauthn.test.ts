import { createHmac, createHash, verify } from 'node:crypto'
import { generateAuthenticationOptions, generateRegistrationOptions, verifyAuthenticationResponse, verifyRegistrationResponse, type AuthenticationResponseJSON, type RegistrationResponseJSON, type VerifiedRegistrationResponse } from '@simplewebauthn/server'
import { beforeEach, describe, expect, it } from 'vitest'
import { aaguid } from '../../../src/browser/authenticator/authenticator-data.ts'
import { clientData } from '../../../src/browser/authenticator/client-data.ts'
import { answerWebAuthn, type WebAuthnAnswer } from '../../../src/browser/authenticator/webauthn.ts'
import { createPocketDevice, type PocketDevice } from '../../support/pocket-device.ts'

const [origin, rpID] = ['https://login.site.example', 'site.example']
let device: PocketDevice
beforeEach(() => { device = createPocketDevice() })

type Change = Readonly<Record<string, unknown>>
const creation = async (change: Change = {}): Promise<Change> => ({ ...await generateRegistrationOptions({ rpID, rpName: 'Site', userName: 'ada@engines.example', userID: Uint8Array.of(1, 2, 3), supportedAlgorithmIDs: [-7, -8, -257] }), ...change })
const request = async (change: Change = {}): Promise<Change> => ({ ...await generateAuthenticationOptions({ rpID }), ...change })
const ask = (kind: 'create' | 'get', options: object, from: { origin?: string; crossOrigin?: boolean } = {}): Promise<WebAuthnAnswer> => answerWebAuthn({ kind, options, origin, crossOrigin: false, ...from }, device)
const responseOf = <T>(answer: WebAuthnAnswer): T => {
  if (answer.outcome !== 'answer') throw new Error(JSON.stringify(answer))
  return answer.response as T
}
const results = (answer: WebAuthnAnswer): { prf?: { enabled?: boolean; results?: { first?: string; second?: string } }; credProps?: object } => responseOf<{ clientExtensionResults: object }>(answer).clientExtensionResults

async function register(change: Change = {}, from: { origin?: string } = {}): Promise<VerifiedRegistrationResponse & { verified: true; response: RegistrationResponseJSON }> {
  const options = await creation(change)
  const response = responseOf<RegistrationResponseJSON>(await ask('create', options, from))
  const verified = await verifyRegistrationResponse({ response, expectedChallenge: String(options['challenge']), expectedOrigin: from.origin ?? origin, expectedRPID: rpID, supportedAlgorithmIDs: [-7, -8, -257] })
  if (!verified.verified) throw new Error('not verified')
  return { ...verified, response }
}

describe('a site that registers this phone', () => {
  it.each([[-7, 'none', 'none'], [-7, 'direct', 'packed'], [-8, 'none', 'none'], [-8, 'direct', 'packed'], [-257, 'none', 'none'], [-257, 'indirect', 'packed'], [-7, 'enterprise', 'packed']])('S111 has a credential of algorithm %i with attestation %s, and then an assertion', async (alg, attestation, format) => {
    const { registrationInfo, response } = await register({ attestation, pubKeyCredParams: [{ alg, type: 'public-key' }] })
    expect(registrationInfo).toMatchObject({ fmt: format, aaguid, userVerified: true, credentialDeviceType: 'singleDevice', credentialBackedUp: false, origin, rpID })
    expect(response.response.publicKeyAlgorithm).toBe(alg)
    for (const counter of [1, 2]) {
      const options = await request()
      const answer = responseOf<AuthenticationResponseJSON>(await ask('get', options))
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({ response: answer, expectedChallenge: String(options['challenge']), expectedOrigin: origin, expectedRPID: rpID, credential: registrationInfo.credential })
      expect([verified, authenticationInfo.newCounter, authenticationInfo.userVerified]).toEqual([true, counter, true])
      expect(answer.response.userHandle).toBe('AQID')
    }
  })

  it('S111 is told what it is told by a browser', async () => {
    const { response } = await register({ extensions: { credProps: true, largeBlob: { support: 'required' }, appid: 'https://site.example', minPinLength: true } })
    expect(response).toMatchObject({ id: response.rawId, type: 'public-key', authenticatorAttachment: 'cross-platform', clientExtensionResults: { credProps: { rk: true } }, response: { transports: ['hybrid', 'usb'] } })
    expect(Object.keys(response.clientExtensionResults)).toEqual(['credProps'])
    const spki = Buffer.from(response.response.publicKey ?? '', 'base64url')
    const { response: signed } = responseOf<AuthenticationResponseJSON>(await ask('get', await request()))
    const data = Buffer.concat([Buffer.from(signed.authenticatorData, 'base64url'), createHash('sha256').update(Buffer.from(signed.clientDataJSON, 'base64url')).digest()])
    expect(verify('sha256', data, { key: spki, format: 'der', type: 'spki' }, Buffer.from(signed.signature, 'base64url'))).toBe(true)
    const data_ = Buffer.from(response.response.authenticatorData ?? '', 'base64url')
    expect(Buffer.from(response.response.attestationObject, 'base64url').includes(data_)).toBe(true)
  })

  it('S85 shows the person the site, its page and the account, and keeps who it is for', async () => {
    device.holder = 'private'
    await register()
    expect(device.asked).toEqual([{ kind: 'create', rpId: rpID, rpName: 'Site', origin, userName: 'ada@engines.example', displayName: '' }])
    expect([...device.kept.values()]).toEqual([expect.objectContaining({ rpId: rpID, userName: 'ada@engines.example', holder: 'private', discoverable: true, lastUsedAt: null })])
    await ask('get', await request())
    expect(device.asked.at(-1)).toMatchObject({ kind: 'get', rpId: rpID, origin, credentials: [{ userName: 'ada@engines.example' }] })
    expect([...device.kept.values()][0]?.lastUsedAt).toBe(device.time)
  })

  it('SEC-79 gives itself and its accounts names that can be shown, or none', async () => {
    const hostile = `a\u202eb\n${'x'.repeat(40_000)}`
    await register({ rp: { id: rpID, name: hostile }, user: { id: 'AQID', name: hostile, displayName: hostile } })
    const name = `ab ${'x'.repeat(96)}…`
    expect(device.asked).toEqual([{ kind: 'create', rpId: rpID, rpName: name, origin, userName: expect.stringMatching(/^ab x{196}…$/) as string, displayName: name }])
    expect([...device.kept.values()]).toEqual([expect.objectContaining({ rpName: name, userName: expect.stringMatching(/^ab x{196}…$/) as string, displayName: name })])
    await register({ rp: { id: rpID, name: '\u202e' } })
    expect(device.asked.at(-1)).toMatchObject({ rpName: rpID })
  })

  it('takes its own host for the site where none is named', async () => {
    const { challenge, user, pubKeyCredParams } = await creation()
    const answer = await ask('create', { challenge, user, pubKeyCredParams, rp: {} })
    expect(answer.outcome === 'answer' && answer.credential).toMatchObject({ rpId: 'login.site.example', rpName: 'login.site.example' })
    expect((await ask('get', { challenge })).outcome).toBe('answer')
    expect(await ask('get', { challenge, rpId: rpID })).toEqual({ outcome: 'refused', reason: 'no_key' })
  })

  it('S111 takes ES256 or RS256 when it names no algorithm, and nothing that we cannot', async () => {
    expect((await register({ pubKeyCredParams: [] })).response.response.publicKeyAlgorithm).toBe(-7)
    expect(await ask('create', await creation({ pubKeyCredParams: [{ alg: -35, type: 'public-key' }, { alg: -7, type: 'other' }] }))).toEqual({ outcome: 'refused', reason: 'not_supported' })
    expect(await ask('create', await creation({ authenticatorSelection: { authenticatorAttachment: 'platform' } }))).toEqual({ outcome: 'refused', reason: 'not_supported' })
    expect((await ask('create', await creation({ authenticatorSelection: { authenticatorAttachment: 'cross-platform', residentKey: 'required', userVerification: 'required' } }))).outcome).toBe('answer')
  })

  it('protects its credential as it wishes', async () => {
    const { response } = await register({ extensions: { credentialProtectionPolicy: 'userVerificationRequired' } })
    expect(Buffer.from(response.response.authenticatorData ?? '', 'base64url')[32]).toBe(0b11000101)
    expect([...device.kept.values()][0]?.protection).toBe(3)
    await register({ extensions: { credentialProtectionPolicy: 'somethingNew' }, user: { id: 'CQ', name: 'b', displayName: '' } })
    expect([...device.kept.values()][1]?.protection).toBe(1)
  })

  it('S111 excludes what it knows: the person agrees first', async () => {
    const { response } = await register()
    const excluding = await creation({ excludeCredentials: [{ id: 'AAAA', type: 'public-key' }, { id: response.id, type: 'public-key', transports: ['usb'] }] })
    expect(await ask('create', excluding)).toEqual({ outcome: 'refused', reason: 'excluded' })
    device.says = 'denied'
    expect(await ask('create', excluding)).toEqual({ outcome: 'refused', reason: 'denied' })
    expect(device.kept.size).toBe(1)
  })
})

describe('a site that asks this phone', () => {
  it('finds its own keys only, and of those only what it allows', async () => {
    const { response } = await register()
    expect((await ask('get', await request({ allowCredentials: [{ id: 'AAAA', type: 'public-key' }, { id: response.id, type: 'public-key', transports: ['internal'] }] }))).outcome).toBe('answer')
    for (const change of [{ allowCredentials: [{ id: 'AAAA', type: 'public-key' }] }, { allowCredentials: [{ id: response.id, type: 'other' }] }, { rpId: 'login.site.example' }]) {
      expect(await ask('get', await request(change)), JSON.stringify(change)).toEqual({ outcome: 'refused', reason: 'no_key' })
    }
    expect(await ask('get', await request({ rpId: 'other.example' }), { origin: 'https://other.example' })).toEqual({ outcome: 'refused', reason: 'no_key' })
  })

  it.each(['https://site.example.evil.example', 'https://evil.example', 'http://login.site.example', 'https://example', 'chrome-extension://site.example', 'null'])('SEC-48 is refused when its page is of another one: %s', async (evil) => {
    await register()
    const asked = device.asked.length
    expect(await ask('get', await request(), { origin: evil })).toEqual({ outcome: 'refused', reason: 'other_site' })
    expect(await ask('create', await creation(), { origin: evil })).toEqual({ outcome: 'refused', reason: 'other_site' })
    // Nobody is asked, so nobody can be talked into it.
    expect(device.asked).toHaveLength(asked)
    expect(device.kept.size).toBe(1)
  })

  it.each(['denied', 'reported', 'not_unlocked', 'too_late'] as const)('S117 hears that it was %s, and nothing else', async (says) => {
    await register()
    device.says = says
    expect(await ask('get', await request())).toEqual({ outcome: 'refused', reason: says })
    expect(await ask('create', await creation())).toEqual({ outcome: 'refused', reason: says })
    device.says = 'cancelled'
    expect(await ask('get', await request())).toEqual({ outcome: 'cancelled' })
    expect([...device.kept.values()].map(({ counter }) => counter)).toEqual([0])
  })
})

describe('the pseudo-random function', () => {
  const inputs = { first: 'Zmlyc3Q', second: 'c2Vjb25k' }

  it('gives a site the same secret for the same input, at registration and later', async () => {
    const made = await ask('create', await creation({ extensions: { prf: { eval: inputs } } }))
    const { prf } = results(made)
    expect(prf?.enabled).toBe(true)
    expect(prf?.results?.first).toMatch(/^[\w-]{43}$/)
    expect(prf?.results?.second).not.toBe(prf?.results?.first)
    expect(results(await ask('get', await request({ extensions: { prf: { eval: inputs } } }))).prf).toEqual({ results: prf?.results })
    expect(results(await ask('get', await request({ extensions: { prf: { eval: { first: inputs.second } } } }))).prf).toEqual({ results: { first: prf?.results?.second } })
    expect(results(await ask('create', await creation({ user: { id: 'CQ', name: 'b', displayName: '' }, extensions: { prf: {} } }))).prf).toEqual({ enabled: true })
    expect(results(await ask('get', await request({ extensions: { prf: {} } }))).prf).toEqual({})
    expect(results(await ask('get', await request())).prf).toBeUndefined()
  })

  it('takes for each credential what is meant for it, and gives another one another secret', async () => {
    const ids = [(await register()).response.id, (await register({ user: { id: 'CQ', name: 'b', displayName: '' } })).response.id]
    const allowCredentials = ids.map((id) => ({ id, type: 'public-key' }))
    const secrets: (string | undefined)[] = []
    for (const id of ids) {
      device.picks = id
      secrets.push(results(await ask('get', await request({ allowCredentials, extensions: { prf: { eval: { first: 'AAAA' }, evalByCredential: { [id]: inputs } } } }))).prf?.results?.first)
      expect(results(await ask('get', await request({ allowCredentials, extensions: { prf: { eval: inputs } } }))).prf?.results?.first).toBe(secrets.at(-1))
    }
    expect(new Set(secrets).size).toBe(2)
  })

  it('is derived as written down: node:crypto comes to the same', async () => {
    const answer = await ask('create', await creation({ extensions: { prf: { eval: inputs } } }))
    const [credential] = device.kept.values()
    if (!credential) throw new Error('nothing was kept')
    const bits = Buffer.alloc(32, 6)
    device.kept.set(credential.id, { ...credential, prf: await crypto.subtle.importKey('raw', bits, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']) })
    const salt = createHash('sha256').update('WebAuthn PRF\0first').digest()
    expect(results(await ask('get', await request({ extensions: { prf: { eval: inputs } } }))).prf?.results?.first).toBe(createHmac('sha256', bits).update(salt).digest('base64url'))
    expect(results(answer).prf?.results?.first).not.toBe(createHmac('sha256', bits).update(salt).digest('base64url'))
  })
})

describe('options', () => {
  it.each<[string, Change]>([
    ['no challenge', { challenge: undefined }], ['an empty challenge', { challenge: '' }], ['a challenge that is not base64url', { challenge: 'a+b/' }], ['a number as challenge', { challenge: 1 }], ['no site', { rp: undefined }], ['a text as site', { rp: 'site.example' }], ['a number as RP ID', { rp: { id: 1, name: 'Site' } }],
    ['no user', { user: undefined }], ['a user without id', { user: { name: 'a', displayName: 'A' } }], ['a user with an empty id', { user: { id: '', name: 'a', displayName: 'A' } }], ['a user whose id is too long', { user: { id: Buffer.alloc(65).toString('base64url'), name: 'a', displayName: 'A' } }], ['a user without name', { user: { id: 'AQ', displayName: 'A' } }],
    ['no algorithms', { pubKeyCredParams: undefined }], ['a text as algorithms', { pubKeyCredParams: 'ES256' }], ['an algorithm that is a text', { pubKeyCredParams: [{ alg: 'ES256', type: 'public-key' }] }], ['a null among algorithms', { pubKeyCredParams: [null] }],
    ['an excluded text', { excludeCredentials: ['x'] }], ['an excluded id that is not base64url', { excludeCredentials: [{ id: '=', type: 'public-key' }] }], ['too many excluded', { excludeCredentials: Array.from({ length: 201 }, () => ({ id: 'AA', type: 'public-key' })) }], ['a selection that is a text', { authenticatorSelection: 'x' }],
    ['extensions that are a list', { extensions: [] }], ['a PRF input that is not base64url', { extensions: { prf: { eval: { first: '=' } } } }], ['a PRF without input', { extensions: { prf: { eval: {} } } }], ['a PRF for a credential that is not there yet', { extensions: { prf: { evalByCredential: { AAAA: { first: 'AA' } } } } }],
  ])('with %s register nothing', async (_title, change) => {
    expect(await ask('create', await creation(change))).toEqual({ outcome: 'refused', reason: 'invalid' })
    expect(device.asked).toEqual([])
  })

  it.each<[string, Change]>([
    ['no challenge', { challenge: undefined }], ['a number as RP ID', { rpId: 1 }], ['a text to allow', { allowCredentials: ['x'] }], ['a map to allow', { allowCredentials: {} }], ['an id that is not base64url', { allowCredentials: [{ id: 'a b', type: 'public-key' }] }], ['no type', { allowCredentials: [{ id: 'AA' }] }],
    ['a PRF for a credential that is not allowed', { extensions: { prf: { evalByCredential: { AAAA: { first: 'AA' } } } } }], ['a PRF that is a text', { extensions: { prf: 'x' } }],
  ])('with %s sign nothing', async (_title, change) => {
    await register()
    expect(await ask('get', await request(change))).toEqual({ outcome: 'refused', reason: 'invalid' })
    expect(device.asked).toHaveLength(1)
  })
})

describe('client data', () => {
  it('S111 are written to the byte as WebAuthn wants them', async () => {
    expect(new TextDecoder().decode(clientData({ type: 'webauthn.create', challenge: 'AAECAw', origin, crossOrigin: false }))).toBe('{"type":"webauthn.create","challenge":"AAECAw","origin":"https://login.site.example","crossOrigin":false}')
    const odd = String.fromCharCode(0x22, 0x5c, 0x0a, 0x1f, 0x7f, 0xfc, 0xd800)
    expect(new TextDecoder().decode(clientData({ type: 'webauthn.get', challenge: odd, origin, crossOrigin: true }))).toBe(`{"type":"webauthn.get","challenge":"\\"\\\\\\u000a\\u001f${String.fromCharCode(0x7f, 0xfc, 0xfffd)}","origin":"https://login.site.example","crossOrigin":true}`)
    const answer = responseOf<RegistrationResponseJSON>(await ask('create', await creation(), { crossOrigin: true }))
    expect(JSON.parse(Buffer.from(answer.response.clientDataJSON, 'base64url').toString())).toMatchObject({ origin, crossOrigin: true })
  })
})
