import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEntra, type Entra, type Tenant, type User, type WireAnswer } from '../../support/entra/index.ts'
import { judgeWithFido2 } from '../../support/attestation.ts'
import { fido2Missing } from '../../support/fido2.ts'
import { SecurityKey, type Tampering } from '../../support/security-key.ts'

const rights = ['UserAuthMethod-Passkey.ReadWrite.All', 'UserAuthMethod-TAP.ReadWrite.All', 'Policy.Read.AuthenticationMethod']
const model = 'b5f0c3e2-6d1a-4a87-9c44-2f7be01d83a6'
let now = Date.parse('2026-11-21T10:00:00Z')
let entra: Entra
let tenant: Tenant
let ann: User
let bearer: string

beforeAll(async () => { entra = await createEntra({ clock: () => now }) })
afterAll(() => entra.close())
beforeEach(async () => {
  tenant = entra.addTenant()
  const name = `${tenant.id.slice(0, 8)}.example`
  entra.addDomain(tenant, name)
  ann = entra.addUser(tenant, `ann@${name}`)
  bearer = await entra.graphToken(tenant, { permissions: rights })
})

interface Options { readonly publicKey: { readonly challenge: string; readonly rp: { readonly id: string } }; readonly challengeTimeoutDateTime: string }
const call = (method: string, path: string, body?: unknown, token = bearer): Promise<WireAnswer> => entra.ask(`${entra.urls.graph}/v1.0${path}`, {
  method, headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
})
const methods = (user = ann): string => `/users/${encodeURIComponent(user.userPrincipalName)}/authentication/fido2Methods`
const options = async (user = ann): Promise<Options> => (await call('GET', `${methods(user)}/creationOptions`)).json() as Options
const messageOf = (answer: WireAnswer): string => (answer.json() as { error?: { message: string } }).error?.message ?? ''

/** What a client sends, with one thing changed. */
function bodyFor(asked: Options, change: Tampering & { readonly displayName?: string; readonly key?: SecurityKey } = {}): { displayName: string; publicKeyCredential: { id: string; response: { clientDataJSON: string; attestationObject: string }; clientExtensionResults: object } } {
  const { displayName = 'Key', key = new SecurityKey(`https://${asked.publicKey.rp.id}`), ...tampering } = change
  const { id, response: { clientDataJSON, attestationObject } } = JSON.parse(key.register(asked.publicKey, { format: 'packed', aaguid: model, ...tampering })) as { id: string; response: { clientDataJSON: string; attestationObject: string } }
  return { displayName, publicKeyCredential: { id, response: { clientDataJSON, attestationObject }, clientExtensionResults: {} } }
}
const register = async (change: Parameters<typeof bodyFor>[1] = {}): Promise<WireAnswer> => call('POST', methods(), bodyFor(await options(), change))

describe('keys on behalf of a user (7.5)', () => {
  it('are made from options of several kilobytes, listed and removed', async () => {
    const asked = await options()
    expect([asked.publicKey.rp.id, asked.publicKey.challenge.length > 2_000, Date.parse(asked.challengeTimeoutDateTime) - now]).toEqual(['login.microsoft.com', true, 300_000])
    const made = await call('POST', methods(), bodyFor(asked))
    expect([made.status, made.json()]).toEqual([201, expect.objectContaining({ displayName: 'Key', aaGuid: model, attestationLevel: 'notAttested' })])
    const { id } = made.json() as { id: string }
    expect(((await call('GET', methods())).json() as { value: unknown[] }).value).toHaveLength(1)
    expect([(await call('DELETE', `${methods()}/${id}`)).status, (await call('DELETE', `${methods()}/${id}`)).status]).toEqual([204, 404])
  })

  it.each<[string, Parameters<typeof bodyFor>[1], RegExp]>([
    ['a name of more than 30 characters', { displayName: 'x'.repeat(31) }, /longer than 30/], ['another challenge', { challenge: 'AAAA' }, /135018/], ['another origin', { origin: 'https://id.example' }, /attestation is not valid/],
    ['another type', { type: 'webauthn.get' }, /not valid/], ['another site', { rpId: 'login.example' }, /not valid/], ['no presence', { userPresent: false }, /not valid/], ['no verification', { userVerified: false }, /not valid/],
    ['a broken signature', { breakSignature: true }, /not valid/], ['another id', { id: 'AAAAAAAAAAAAAAAAAAAAAA' }, /not valid/],
  ])('are refused for %s', async (_what, change, message) => {
    const refused = await register(change)
    expect([refused.status, messageOf(refused)]).toEqual([400, expect.stringMatching(message)])
    expect((await register()).status).toBe(201)
  })

  it('are refused for a challenge that was used, has expired, or is another user’s, and for a key that is there', async () => {
    const asked = await options()
    const key = new SecurityKey('https://login.microsoft.com')
    expect((await call('POST', methods(), bodyFor(asked, { key }))).status).toBe(201)
    expect(messageOf(await call('POST', methods(), bodyFor(asked)))).toContain('135018')
    expect(messageOf(await register({ key }))).toContain('registered already')
    const late = await options()
    now += 300_001
    expect(messageOf(await call('POST', methods(), bodyFor(late)))).toContain('135019')
    const bob = entra.addUser(tenant, ann.userPrincipalName.replace('ann', 'bob'))
    expect(messageOf(await call('POST', methods(), bodyFor(await options(bob))))).toContain('135018')
  })

  it('are refused with a property that Graph does not know, and without the right', async () => {
    const asked = await options()
    expect(messageOf(await call('POST', methods(), { ...bodyFor(asked), more: true }))).toContain('more')
    const reading = await entra.graphToken(tenant, { permissions: ['UserAuthMethod-Passkey.Read.All'] })
    expect([(await call('GET', methods(), undefined, reading)).status, (await call('POST', methods(), bodyFor(asked), reading)).status, (await call('GET', `${methods()}/creationOptions`, undefined, reading)).status]).toEqual([200, 403, 403])
  })

  it.each([
    ['off', { state: 'disabled' as const }], ['without self-service', { isSelfServiceRegistrationAllowed: false }], ['with attestation', { isAttestationEnforced: true }],
    ['with our model blocked', { keyRestrictions: { isEnforced: true, enforcementType: 'block' as const, aaGuids: [model] } }], ['with others allowed', { keyRestrictions: { isEnforced: true, enforcementType: 'allow' as const, aaGuids: [] } }],
  ])('are refused by a policy %s', async (_what, change) => {
    Object.assign(tenant.passkeyPolicy, change)
    expect((await call('GET', '/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2')).json()).toMatchObject(change)
    expect((await register()).status).toBe(400)
  })

  it('are judged alike by a third library', async (test) => {
    const missing = fido2Missing()
    if (missing !== undefined) test.skip(missing)
    const asked = await options()
    const judged = async (change: Tampering) => {
      const { publicKeyCredential: { response } } = bodyFor(asked, change)
      return 'verified' in (await judgeWithFido2({ ...response, rpId: 'login.microsoft.com', challenge: asked.publicKey.challenge }))
    }
    expect(await Promise.all([{}, { format: 'none' as const }, { breakSignature: true }, { userVerified: false }, { rpId: 'login.example' }, { origin: 'https://id.example' }].map(judged))).toEqual([true, true, false, false, false, false])
  })
})

describe('Temporary Access Passes (5.2)', () => {
  it('have a length that the policy allows, are said once, and replace each other', async () => {
    const path = `/users/${ann.id}/authentication/temporaryAccessPassMethods`
    expect([(await call('POST', path, { lifetimeInMinutes: 59 })).status, (await call('POST', path, { lifetimeInMinutes: 481 })).status]).toEqual([400, 400])
    const first = (await call('POST', path, { lifetimeInMinutes: 60, isUsableOnce: true })).json() as { temporaryAccessPass: string }
    const second = (await call('POST', path, { lifetimeInMinutes: 480, isUsableOnce: false })).json() as { temporaryAccessPass: string }
    expect(first.temporaryAccessPass).not.toBe(second.temporaryAccessPass)
    expect(ann.accessPass?.code).toBe(second.temporaryAccessPass)
    expect((await call('POST', path, { lifetimeInMinutes: 60 }, await entra.graphToken(tenant, { permissions: ['UserAuthMethod-Passkey.ReadWrite.All'] }))).status).toBe(403)
  })
})
