import { expect, it } from 'vitest'
import { withApp, type Person } from '../support/app.ts'
import type { Answer, Browser } from '../support/browser.ts'
import { askChallenge, enroll, signInWithKey, touchKey } from '../support/ceremonies.ts'
import { changeSettings, textOf } from '../support/pages.ts'
import { SecurityKey, type Tampering } from '../support/security-key.ts'

let count = 0
const address = (): string => `keys${++count}@example.com`

interface CreationOptions {
  readonly rp: { readonly id: string; readonly name: string }
  readonly user: { readonly name: string; readonly displayName: string }
  readonly attestation: string
  readonly authenticatorSelection: Readonly<Record<string, unknown>>
  readonly excludeCredentials: readonly { readonly id: string }[]
  readonly pubKeyCredParams: readonly { readonly alg: number }[]
}

withApp('registering a key', (current) => {
  const addresses = { options: '/security/keys/new/options', action: '/security/keys' }

  async function atThePage(person?: Person): Promise<{ person: Person; panel: Browser }> {
    const someone = person ?? await current().addPerson({ email: address() })
    const panel = await current().signedIn(someone)
    await panel.get('/security/keys/new')
    return { person: someone, panel }
  }
  const add = (panel: Browser, key: SecurityKey, change: Tampering = {}): Promise<Answer> => enroll(panel, key, addresses, change)
  const keysOf = async ({ user }: Person): Promise<number> => (await current().app.parts.passkeys.list(current().foundation.storage.read, user.id)).length

  it('S79 S80 S81 the options leave the browser’s chooser open, and ask for a discoverable key with PIN or finger and for attestation', async () => {
    const { panel, person } = await atThePage()
    expect(textOf(panel.page)).toMatch(/An external security key.*Recommended\..*The sensor of this computer.*Your phone/)
    expect(textOf(panel.page)).toContain('The system asks twice')
    const { options } = await askChallenge(panel, addresses.options) as { options: CreationOptions }
    expect(options).toMatchObject({
      rp: { id: 'localhost' }, user: { name: person.user.email, displayName: 'Ada Lovelace' }, attestation: 'direct', excludeCredentials: [{ id: person.key?.id }],
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    })
    expect(options.authenticatorSelection).not.toHaveProperty('authenticatorAttachment')
    expect(options.pubKeyCredParams.map(({ alg }) => alg)).toEqual([-8, -7, -257])
  })

  const tamperings: readonly [string, Tampering][] = [
    ['another type', { type: 'webauthn.get' }], ['another challenge', { challenge: Buffer.alloc(32, 1).toString('base64url') }], ['an empty challenge', { challenge: '' }],
    ['another origin', { origin: 'https://evil.example' }], ['another port', { origin: 'http://localhost:1' }], ['a frame of another site', { crossOrigin: true }], ['a top origin', { topOrigin: 'https://evil.example' }],
    ['another RP ID', { rpId: 'evil.example' }], ['nobody present', { userPresent: false }], ['backed up but not eligible', { backedUp: true }], ['another id than it attests', { id: 'AAAAAAAAAAAAAAAAAAAAAA' }],
  ]
  it.each(tamperings)('SEC-33 SEC-34 refuses a registration with %s, stores nothing, and takes the next right one', async (_name, change) => {
    const { panel, person } = await atThePage()
    const key = new SecurityKey(current().url)
    const refused = await add(panel, key, change)
    expect(refused.status).toBe(422)
    expect(textOf(refused.body)).toContain('This key could not be registered. Try again, or use another one.')
    expect(await keysOf(person)).toBe(1)
    expect((await add(panel, key)).path).toMatch(/\/edit\?new=1$/)
    expect(await keysOf(person)).toBe(2)
  })

  it('SEC-34 refuses an algorithm that was not asked for', async () => {
    // -47 is ES256K: a key of a curve that we do not offer, well-formed otherwise.
    class Unasked extends SecurityKey { override coseKey(): Buffer { const key = super.coseKey(); return Buffer.concat([key.subarray(0, 4), Buffer.from([0x38, 0x2e]), key.subarray(5)]) } }
    const { panel, person } = await atThePage()
    expect((await add(panel, new Unasked(current().url))).status).toBe(422)
    expect(await keysOf(person)).toBe(1)
  })

  it('SEC-33 SEC-34 a key that asks for no PIN, finger or face is refused with the reason, unless the organization is content', async () => {
    const { panel, person } = await atThePage()
    const plain = new SecurityKey(current().url, { userVerified: false })
    const refused = await add(panel, plain)
    expect(refused.status).toBe(422)
    expect(textOf(refused.body)).toContain('This key does not meet the rules of your organization. It must ask for a PIN, a finger or a face.')
    await changeSettings(current(), { userVerification: 'preferred' })
    const taken = await add(panel, plain)
    await changeSettings(current(), { userVerification: 'required' })
    expect(taken.path).toMatch(/\/edit\?new=1$/)
    expect(await keysOf(person)).toBe(2)
  })

  it('a duplicate key is refused by its name to its owner, and without one to anybody else', async () => {
    const { panel, person } = await atThePage()
    const own = await add(panel, person.key as SecurityKey)
    expect(own.status).toBe(422)
    expect(textOf(own.body)).toContain('This key is already registered. It is registered as Security key .')
    const { panel: other } = await atThePage()
    const foreign = await add(other, person.key as SecurityKey)
    expect(foreign.status).toBe(422)
    expect(textOf(foreign.body)).toContain('This key is already registered.')
    expect(textOf(foreign.body)).not.toContain('It is registered as')
  })

  it('SEC-33 a challenge serves once, for five minutes, one session, and one ceremony', async () => {
    const { panel } = await atThePage()
    const key = new SecurityKey(current().url)
    const post = (browser: Browser, challengeId: string, options: unknown, by = key) => browser.post(addresses.action, { challenge_id: challengeId, response: by.register(options), transports: 'usb' })
    const first = await askChallenge(panel, addresses.options)
    expect((await post(panel, first.challengeId, first.options)).path).toMatch(/\/edit/)
    expect((await post(panel, first.challengeId, first.options, new SecurityKey(current().url))).status).toBe(422)
    await panel.get('/security/keys/new')
    const late = await askChallenge(panel, addresses.options)
    const { panel: other } = await atThePage()
    expect((await post(other, late.challengeId, late.options, new SecurityKey(current().url))).status).toBe(422)
    const signIn = (await current().browser().get('/')).path
    const stranger = current().browser()
    await stranger.get('/')
    await expect(askChallenge(stranger, `${signIn}/passkey/options`)).rejects.toThrow()
    const own = (await stranger.get('/')).path
    const authentication = await askChallenge(stranger, `${own}/passkey/options`)
    await panel.get('/security/keys/new')
    expect((await panel.post(addresses.action, { challenge_id: authentication.challengeId, response: key.sign(authentication.options), transports: '' })).status).toBe(422)
  })

  it('SEC-33 an answer that is no answer is refused without a fault', async () => {
    const { panel, person } = await atThePage()
    const { challengeId } = await askChallenge(panel, addresses.options)
    for (const response of ['', '{', 'null', '[]', '{"id":1}', JSON.stringify({ id: 'A', rawId: 'B', type: 'public-key', response: {} }), 'x'.repeat(50_000)]) {
      expect((await panel.post(addresses.action, { challenge_id: challengeId, response, transports: 'usb' })).status).toBe(422)
    }
    expect(await keysOf(person)).toBe(1)
    expect(current().logLines.filter((line) => line.includes('request failed'))).toEqual([])
  })

  it('SEC-36 a key that is copied between devices is told apart, and is not enough where one device is asked for', async () => {
    const { panel, person } = await atThePage()
    const synced = new SecurityKey(current().url, { backupEligible: true, backedUp: true })
    const { path } = await add(panel, synced)
    expect(textOf((await panel.get('/security')).body)).toContain('Passkey in an account')
    const browser = current().browser()
    expect((await signInWithKey(browser, synced)).path).toBe('/')
    const ask = (assurance: 'phr' | 'phrh'): Promise<string> => current().app.parts.signIns.desk.begin(browser.cookies.get('__Host-doorward-browser') ?? '', {
      application: null, assurance, maxAgeSeconds: null, loginHint: null, userId: null, returnTo: '/profile',
    })
    expect((await browser.get(await ask('phr'))).path).toBe('/profile')
    const asked = await browser.get(await ask('phrh'))
    expect(textOf(asked.body)).toContain('Confirm that it is you')
    const inVain = await touchKey(browser, synced, asked.path)
    expect(inVain.path).toBe(asked.path)
    expect(textOf(inVain.body)).toContain('That key is not strong enough for this page.')
    expect((await touchKey(browser, person.key as SecurityKey, asked.path)).path).toBe('/profile')
    expect(path).toMatch(/\/edit\?new=1$/)
  })
})
