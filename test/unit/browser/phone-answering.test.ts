import { generateAuthenticationOptions, generateRegistrationOptions } from '@simplewebauthn/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readCbor, writeCbor, type Cbor, type CborKey, type CborMap } from '../../../src/browser/authenticator/cbor.ts'
import type { Credential, DeviceAnswer, DeviceQuestion } from '../../../src/browser/authenticator/credential.ts'
import { decrypt } from '../../../src/browser/authenticator/pin-protocol.ts'
import { base64url, concat, fromBase64url, type Bytes } from '../../../src/browser/pairing/bytes.ts'
import type { ComputerMessage, PhoneMessage, UseOrder } from '../../../src/browser/pairing/wire.ts'
import { browserModule, openPhonePage, type PhonePage } from '../../support/phone-page.ts'

interface Outcome { readonly message: PhoneMessage | undefined; readonly result: string; readonly use: { readonly holder: string | undefined; readonly about: Omit<UseOrder, 'computer' | 'id'> } | undefined }
type Asked = Exclude<ComputerMessage, { readonly kind: 'cancel' }>
type Person = (shown: DeviceQuestion | 'no_key') => DeviceAnswer

let page: PhonePage
let keys: { id: string; lost: string | null }[]
let answerAsked: (app: { readonly keys: typeof keys }, asked: Asked, ask: (shown: DeviceQuestion | 'no_key') => Promise<DeviceAnswer>) => Promise<Outcome>
beforeEach(async () => {
  page = openPhonePage()
  keys = [{ id: 'work', lost: null }, { id: 'home', lost: null }]
  ;({ answerAsked } = await browserModule<{ answerAsked: typeof answerAsked }>('phone/answering.ts'))
})
afterEach(() => { vi.unstubAllGlobals() })

const [origin, rpID] = ['https://login.site.example', 'site.example']
const times = { at: 0, expiresAt: 60_000 }
const answer = (asked: object, person: Person): Promise<Outcome> => answerAsked({ get keys() { return keys } }, { ...times, ...asked } as Asked, (shown) => Promise.resolve(person(shown)))
const create = async (person: Person, change: object = {}) => answer({ kind: 'create', options: { ...await generateRegistrationOptions({ rpID, rpName: 'Site', userName: 'ada' }), ...change }, origin, crossOrigin: false }, person)
const get = async (person: Person, change: object = {}) => answer({ kind: 'get', options: await generateAuthenticationOptions({ rpID }), origin, crossOrigin: false, ...change }, person)
const yes = (choice: string): Person => () => ({ outcome: 'approved', choice })
const credentials = () => [...page.stores.get('credentials')?.values() ?? []]

describe('a site that this phone has no key for', () => {
  it('SEC-43 is reported, refused or told so, as the person says', async () => {
    const seen: (DeviceQuestion | 'no_key')[] = []
    const said = (outcome: 'reported' | 'denied' | 'cancelled'): Person => (shown) => {
      seen.push(shown)
      return { outcome }
    }
    const about = { action: 'signed_in', site: rpID, siteName: '', account: '' }
    expect(await get(said('reported'))).toEqual({ message: { kind: 'refused', reason: 'reported' }, result: 'reported', use: { holder: undefined, about: { ...about, outcome: 'reported' } } })
    expect(await get(said('denied'))).toEqual({ message: { kind: 'refused', reason: 'denied' }, result: 'denied', use: { holder: undefined, about: { ...about, outcome: 'denied' } } })
    expect(await get(said('cancelled'))).toMatchObject({ message: undefined, result: 'cancelled' })
    expect(await get(yes(''))).toEqual({ message: { kind: 'refused', reason: 'no_key' }, result: 'no_key', use: undefined })
    expect(seen).toEqual(['no_key', 'no_key', 'no_key'])
  })
})

describe('a program', () => {
  const map = (entries: readonly (readonly [CborKey, Cbor])[]): Map<CborKey, Cbor> => new Map(entries)
  const descriptor = (id: string): Cbor => map([['id', fromBase64url(id)], ['type', 'public-key']])
  const ctap = (code: number, parameters: readonly (readonly [CborKey, Cbor])[], person: Person, more: object = {}) => answer({ kind: 'ctap', command: base64url(concat(Uint8Array.of(code), writeCbor(map(parameters)))), ...more }, person)
  const statusOf = ({ message }: Outcome) => (message?.kind === 'ctap' ? fromBase64url(message.response)[0] : undefined)

  it('that only wants to know which key is meant is told so, and so is the person', async () => {
    const parameters = [[1, new Uint8Array(32)], [2, map([['id', 'make.me.blink']])], [3, map([['id', Uint8Array.of(0)]])], [4, [map([['alg', -7], ['type', 'public-key']])]], [8, new Uint8Array(0)]] as const
    const told = await ctap(1, parameters, yes(''))
    expect([statusOf(told), told.result, told.use]).toEqual([0x35, 'signed_in', undefined])
    const no = await ctap(1, parameters, () => ({ outcome: 'denied' }))
    expect([statusOf(no), no.result]).toEqual([0x27, 'denied'])
    expect(credentials()).toEqual([])
  })

  it('gets secrets of a passkey by what its computer has opened', async () => {
    await create(yes('work'))
    const [{ id, prf }] = credentials() as [{ id: string; prf: Credential['prf'] }]
    const [salt, key] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
    const extension = map([['hmac-secret', map([])]])
    const told = await ctap(2, [[1, rpID], [2, new Uint8Array(32)], [3, [descriptor(id)]], [4, extension]], yes(id), { secrets: { salts: base64url(salt), key: base64url(key), protocol: 1 } })
    const data = told.message?.kind === 'ctap' ? (readCbor(fromBase64url(told.message.response).slice(1)) as CborMap).get(2) as Bytes : expect.fail('not answered')
    const sealed = (readCbor(data.slice(37)) as CborMap).get('hmac-secret') as Bytes
    expect(await decrypt({ protocol: 1, encryption: key }, sealed)).toEqual(new Uint8Array(await crypto.subtle.sign('HMAC', prf, salt)))
  })
})

describe('a key of this phone that is not there any more', () => {
  it('SEC-50 holds no new passkey and opens no site, though its question was open when it went', async () => {
    expect((await create(yes('work'))).result).toBe('registered')
    expect((await get((shown) => ({ outcome: 'approved', choice: shown !== 'no_key' && shown.kind === 'get' ? shown.credentials[0]?.id ?? '' : '' }))).result).toBe('signed_in')
    const lose: Person = (shown) => {
      keys = [{ id: 'work', lost: 'suspended' }, { id: 'home', lost: null }]
      return { outcome: 'approved', choice: shown !== 'no_key' && shown.kind === 'get' ? shown.credentials[0]?.id ?? '' : 'work' }
    }
    await expect(get(lose)).rejects.toThrow('removed')
    keys = [{ id: 'work', lost: null }]
    const before = credentials().length
    await expect(create(lose)).rejects.toThrow('removed')
    await expect(create(yes(''))).rejects.toThrow('removed')
    expect(credentials().length).toBe(before)
  })
})

describe('a page that no site answers for', () => {
  it('SEC-48 SEC-79 is refused, and told under Activity by a name that the server takes', async () => {
    const about = async (from: string) => {
      const { result, use } = await get(yes(''), { origin: from })
      return [result, use?.about.site, use?.about.siteName]
    }
    expect(await about('https://site.example.evil')).toEqual(['other_site', 'site.example.evil', 'https://site.example.evil'])
    expect(await about('http://[::1]:8080')).toEqual(['other_site', '[::1]', 'http://[::1]:8080'])
    expect(await about(`moc.knab\u202e ${'x'.repeat(50_000)}`)).toEqual(['other_site', 'invalid', `moc.knab ${'x'.repeat(90)}…`])
    expect(await about('file:///etc')).toEqual(['other_site', 'invalid', 'file:///etc'])
  })
})
