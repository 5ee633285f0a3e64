import { createHash, verify } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { aaguidBytes } from '../../../src/browser/authenticator/authenticator-data.ts'
import { readCbor, writeCbor, type Cbor, type CborKey, type CborMap } from '../../../src/browser/authenticator/cbor.ts'
import { command, commandText } from '../../../src/browser/authenticator/ctap.ts'
import type { Declined } from '../../../src/browser/authenticator/credential.ts'
import { concat, type Bytes } from '../../../src/browser/pairing/bytes.ts'
import { createPocketDevice, type PocketDevice } from '../../support/pocket-device.ts'

const map = (entries: object): Map<CborKey, Cbor> => new Map(Object.entries(entries).map(([key, value]): [CborKey, Cbor] => [/^-?\d+$/.test(key) ? Number(key) : key, value as Cbor]))
const hash = new Uint8Array(32).fill(7)
const es256 = map({ alg: -7, type: 'public-key' })
const rp = map({ id: 'site.example', name: 'Site' })
const user = map({ id: Uint8Array.of(1, 2, 3), name: 'ada', displayName: 'Ada' })
const other = map({ id: new Uint8Array(32), type: 'public-key' })
const make = { 1: hash, 2: rp, 3: user, 4: [es256] }
const ask = { 1: 'site.example', 2: hash }
type Change = Readonly<Record<number, Cbor | undefined>>
/** A command with some of its parameters changed, or left out. */
const order = (code: number, base: object, change: Change = {}): Bytes => concat(Uint8Array.of(code), writeCbor(map(Object.fromEntries(Object.entries({ ...base, ...change }).filter(([, value]) => value !== undefined)))))
const creation = (change?: Change): Bytes => order(1, make, change)
const assertion = (change?: Change): Bytes => order(2, ask, change)
const raw = (hex: string): Bytes => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

let device: PocketDevice
beforeEach(() => { device = createPocketDevice() })
const send = async (bytes: Bytes): Promise<{ code: number | undefined; answer: CborMap }> => {
  const [code, ...rest] = await command(bytes, device)
  return { code, answer: rest.length === 0 ? new Map() : (readCbor(Uint8Array.from(rest)) as CborMap) }
}
const bytesOf = (item: Cbor | undefined): Buffer => Buffer.from(item as Bytes)
const idOf = (answer: CborMap): Bytes => Uint8Array.from(bytesOf(answer.get(2)).subarray(55, 87))

const [ok, command_, parameter, length, type, cbor, missing, limit, algorithm, denied, unsupported, option, cancelled, none, late, notAllowed, tooLarge] = [0, 1, 2, 3, 0x11, 0x12, 0x14, 0x15, 0x26, 0x27, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x30, 0x39]

describe('a command', () => {
  it.each<[string, Bytes, number]>([
    ['nothing', raw(''), length], ['no command', raw('00'), command_], ['a next assertion', raw('08'), notAllowed], ['a PIN', raw('06'), command_], ['a PIN with parameters', raw('06 a0'), command_], ['enrolment', raw('09'), command_], ['credential management', raw('0a'), command_],
    ['large blobs', raw('0c'), command_], ['configuration', raw('0d'), command_], ['a command of a vendor', raw('40'), command_], ['a command of a vendor', raw('ff'), command_], ['a command of U2F', raw('03'), command_], ['a reset', raw('07'), denied], ['a reset with parameters', raw('07 a0'), length],
    ['information', raw('04'), ok], ['information with parameters', raw('04 a0'), length], ['a selection', raw('0b'), ok], ['a selection with parameters', raw('0b a0'), length], ['more than fits', concat(raw('01'), new Uint8Array(7609)), tooLarge], ['much more than fits', new Uint8Array(70_000), tooLarge],
    ['creation without parameters', raw('01'), missing], ['creation with an empty map', raw('01 a0'), missing], ['creation with an array', raw('01 80'), type], ['creation with a text', raw('01 60'), type], ['creation with null', raw('01 f6'), type], ['creation with two items', raw('01 a0 a0'), cbor], ['creation with half a map', raw('01 a1'), cbor],
    ['creation with keys out of order', raw('01 a2 02 a0 01 40'), cbor], ['creation with a key twice', raw('01 a2 01 40 01 40'), cbor], ['creation with a map of unknown length', raw('01 bf ff'), cbor], ['creation with a longer head', raw('01 b8 00'), cbor], ['creation with a tag', raw('01 c0 a0'), cbor], ['creation with a float', raw('01 a1 01 f9 00 00'), cbor],
    ['creation nested too deeply', raw('01 a1 01 81 81 81 80'), cbor], ['assertion without parameters', raw('02'), missing], ['assertion with an empty map', raw('02 a0'), missing], ['assertion with an array', raw('02 80'), type], ['assertion with bytes that are no UTF-8', raw('02 a1 01 61 ff'), cbor],
    ['assertion with something behind', raw('02 a0 00'), cbor], ['assertion with a text as a key that is out of order', raw('02 a2 61 61 00 01 00'), cbor],
  ])('that is %s has its status', async (_title, bytes, code) => {
    expect((await send(bytes)).code).toBe(code)
    if (code !== ok) expect(await command(bytes, device)).toHaveLength(1)
  })

  it('SEC-79 is for a site whose name can be shown: visible ASCII, as domains and programs write it', async () => {
    for (const id of ['site.example', 'ssh:', 'ssh:ada@host']) expect((await send(creation({ 2: map({ id }) }))).code, id).toBe(ok)
    for (const id of ['p\u0430ypal.example', 'moc.knab\u202egnihsif', 'site example', 'site\n.example']) expect([(await send(creation({ 2: map({ id }) }))).code, (await send(assertion({ 1: id }))).code], id).toEqual([parameter, parameter])
  })

  it('asks nobody and keeps nothing unless it is right', async () => {
    for (const bytes of [raw('01 a0'), creation({ 1: undefined }), creation({ 4: [] }), assertion(), raw('06')]) await command(bytes, device)
    expect(device.asked).toEqual([])
    expect(device.kept.size).toBe(0)
  })

  it('travels as text, and answers OTHER to what nobody foresaw', async () => {
    expect(Buffer.from(await commandText('BA', device), 'base64url')[0]).toBe(0)
    const broken = { ...device, ask: () => Promise.reject(new Error('the app was closed')) }
    expect([...await command(creation(), broken)]).toEqual([0x7f])
  })
})

describe('creation', () => {
  const params = (...list: Cbor[]): Change => ({ 4: list })
  it.each<[string, Change, number]>([
    ['is complete', {}, ok], ['has no hash', { 1: undefined }, missing], ['has a text as hash', { 1: 'x' }, type], ['has a number as hash', { 1: 1 }, type], ['has a short hash', { 1: new Uint8Array(31) }, length], ['has a long hash', { 1: new Uint8Array(33) }, length],
    ['has no site', { 2: undefined }, missing], ['has a text as site', { 2: 'site.example' }, type], ['has a site without id', { 2: map({ name: 'Site' }) }, missing], ['has bytes as id of the site', { 2: map({ id: hash }) }, type], ['has an empty id of the site', { 2: map({ id: '' }) }, length], ['has a long id of the site', { 2: map({ id: 'a'.repeat(254) }) }, length],
    ['has a number as name of the site', { 2: map({ id: 'a', name: 1 }) }, type], ['has a site without name', { 2: map({ id: 'site.example' }) }, ok], ['has a picture of the site', { 2: map({ id: 'site.example', icon: 'x' }) }, ok], ['has the site of a program', { 2: map({ id: 'ssh:' }) }, ok],
    ['has no user', { 3: undefined }, missing], ['has an array as user', { 3: [] }, type], ['has a user without id', { 3: map({ name: 'ada' }) }, missing], ['has a text as id of the user', { 3: map({ id: 'ada' }) }, type], ['has an empty id of the user', { 3: map({ id: new Uint8Array(0) }) }, length], ['has an id of the user of 64 bytes', { 3: map({ id: new Uint8Array(64) }) }, ok],
    ['has an id of the user of 65 bytes', { 3: map({ id: new Uint8Array(65) }) }, length], ['has bytes as name of the user', { 3: map({ id: hash, name: hash }) }, type], ['has true as name to show', { 3: map({ id: hash, displayName: true }) }, type],
    ['has no algorithms', { 4: undefined }, missing], ['has a map of algorithms', { 4: map({}) }, type], ['has an empty list of algorithms', params(), algorithm], ['has a text as algorithm', params('ES256'), type], ['has an algorithm without type', params(map({ alg: -7 })), missing], ['has a type without algorithm', params(map({ type: 'public-key' })), missing],
    ['has a text as number of the algorithm', params(map({ alg: '-7', type: 'public-key' })), type], ['has a number as type', params(map({ alg: -7, type: 1 })), type], ['has another type of key', params(map({ alg: -7, type: 'other' })), algorithm], ['has another type and then ES256', params(map({ alg: -7, type: 'other' }), es256), ok],
    ['has ES384 only', params(map({ alg: -35, type: 'public-key' })), algorithm], ['has ES384 and then ES256', params(map({ alg: -35, type: 'public-key' }), es256), ok], ['has PS256 only', params(map({ alg: -37, type: 'public-key' })), algorithm], ['has RS1 only', params(map({ alg: -65535, type: 'public-key' })), algorithm], ['has EdDSA', params(map({ alg: -8, type: 'public-key' })), ok], ['has RS256', params(map({ alg: -257, type: 'public-key' })), ok],
    ['has ES256 and then half of one', params(es256, map({ alg: -7 })), missing],
    ['excludes nothing', { 5: [] }, ok], ['excludes what we have not', { 5: [other] }, ok], ['has a map to exclude', { 5: map({}) }, type], ['has bytes to exclude', { 5: [hash] }, type], ['excludes without id', { 5: [map({ type: 'public-key' })] }, missing], ['excludes without type', { 5: [map({ id: hash })] }, missing], ['excludes a text', { 5: [map({ id: 'x', type: 'public-key' })] }, type],
    ['excludes 200', { 5: Array.from({ length: 200 }, () => map({ id: new Uint8Array(8), type: 'public-key' })) }, ok], ['excludes 201', { 5: Array.from({ length: 201 }, () => map({ id: new Uint8Array(8), type: 'public-key' })) }, limit], ['excludes with transports', { 5: [map({ id: hash, type: 'public-key', transports: ['usb'] })] }, ok],
    ['extends nothing', { 6: map({}) }, ok], ['has an array of extensions', { 6: [] }, type], ['extends what we do not know', { 6: map({ other: true, minPinLength: true }) }, ok], ['protects with 1', { 6: map({ credProtect: 1 }) }, ok], ['protects with 2', { 6: map({ credProtect: 2 }) }, ok], ['protects with 3', { 6: map({ credProtect: 3 }) }, ok], ['protects with 0', { 6: map({ credProtect: 0 }) }, option], ['protects with 4', { 6: map({ credProtect: 4 }) }, option], ['protects with a text', { 6: map({ credProtect: '3' }) }, type],
    ['wants hmac-secret', { 6: map({ 'hmac-secret': true }) }, ok], ['wants no hmac-secret', { 6: map({ 'hmac-secret': false }) }, ok], ['wants hmac-secret by a number', { 6: map({ 'hmac-secret': 1 }) }, type], ['has no options', { 7: map({}) }, ok], ['has an array of options', { 7: [] }, type], ['wants rk', { 7: map({ rk: true }) }, ok], ['wants no rk', { 7: map({ rk: false }) }, ok], ['wants uv', { 7: map({ uv: true }) }, ok], ['wants no uv', { 7: map({ uv: false }) }, ok], ['wants up', { 7: map({ up: true }) }, ok],
    ['wants nobody to be there', { 7: map({ up: false }) }, option], ['has an option that we do not know', { 7: map({ other: true }) }, ok], ['has a number as option', { 7: map({ rk: 1 }) }, type], ['has a text as an option that we do not know', { 7: map({ other: 'x' }) }, type],
    ['has a PIN', { 8: new Uint8Array(16), 9: 1 }, parameter], ['has a PIN without protocol', { 8: new Uint8Array(16) }, missing], ['has a text as PIN', { 8: 'x' }, type], ['has a protocol without PIN', { 9: 1 }, ok], ['has a text as protocol', { 8: new Uint8Array(16), 9: 'x' }, type],
    ['wants enterprise attestation', { 10: 1 }, parameter], ['wants attestation by a text', { 10: 'x' }, type], ['prefers no format', { 11: [] }, ok], ['prefers none', { 11: ['none'] }, ok], ['prefers a number', { 11: [1] }, type], ['prefers a text', { 11: 'none' }, type], ['has a parameter that we do not know', { 200: 1 }, ok],
  ])('that %s has its status', async (_title, change, code) => {
    const { code: told, answer } = await send(creation(change))
    expect(told).toBe(code)
    expect(answer.size > 0).toBe(code === ok)
    expect(device.kept.size).toBe(code === ok ? 1 : 0)
    expect(device.asked).toHaveLength(code === ok ? 1 : 0)
  })

  it('answers with authenticator data as they are written down, and a signature by the key itself', async () => {
    const { answer } = await send(creation({ 6: map({ credProtect: 3 }) }))
    const data = bytesOf(answer.get(2))
    expect(answer.get(1)).toBe('packed')
    expect(data.subarray(0, 32)).toEqual(createHash('sha256').update('site.example').digest())
    expect(data[32]?.toString(2)).toBe('11000101')
    expect(data.readUInt32BE(33)).toBe(0)
    expect([...data.subarray(37, 53)]).toEqual([...aaguidBytes])
    expect(data.readUInt16BE(53)).toBe(32)
    const cose = readCbor(Uint8Array.from(data.subarray(87, 87 + 77))) as CborMap
    expect([cose.get(1), cose.get(3), cose.get(-1)]).toEqual([2, -7, 1])
    expect(readCbor(Uint8Array.from(data.subarray(87 + 77)))).toEqual(map({ credProtect: 3 }))
    const statement = answer.get(3) as CborMap
    const key = { kty: 'EC', crv: 'P-256', x: bytesOf(cose.get(-2)).toString('base64url'), y: bytesOf(cose.get(-3)).toString('base64url') }
    expect(statement.get('alg')).toBe(-7)
    expect(verify('sha256', Buffer.concat([data, hash]), { key, format: 'jwk' }, bytesOf(statement.get('sig')))).toBe(true)
    expect([...device.kept.values()]).toEqual([expect.objectContaining({ id: Buffer.from(idOf(answer)).toString('base64url'), rpId: 'site.example', rpName: 'Site', userHandle: 'AQID', userName: 'ada', displayName: 'Ada', algorithm: -7, discoverable: false, protection: 3, counter: 0, createdAt: device.time, holder: 'work' })])
    expect(device.asked).toEqual([{ kind: 'create', rpId: 'site.example', rpName: 'Site', origin: null, userName: 'ada', displayName: 'Ada' }])
  })

  it('takes the first algorithm of the list that it can, and none that it may not', async () => {
    const list = (...numbers: number[]): Change => ({ 4: numbers.map((alg) => map({ alg, type: 'public-key' })) })
    for (const [numbers, first] of [[[-257, -7], -257], [[-8, -7], -8], [[-47, -7, -8], -7]] as const) {
      const { answer } = await send(creation(list(...numbers)))
      expect((answer.get(3) as CborMap).get('alg')).toBe(first)
    }
    device = Object.assign(device, { algorithms: [-7] })
    expect((await send(creation(list(-257, -8)))).code).toBe(algorithm)
    expect((await send(raw('04'))).answer.get(10)).toEqual([es256])
  })

  it('makes no statement where none is preferred', async () => {
    expect((await send(creation({ 11: ['none', 'packed'] }))).answer.get(1)).toBe('none')
    expect((await send(creation({ 11: ['none'] }))).answer.get(3)).toEqual(new Map())
    expect((await send(creation({ 11: ['tpm', 'packed', 'none'] }))).answer.get(1)).toBe('packed')
  })

  it('tells that a key is there already only when the person agrees, and to its own site only', async () => {
    const { answer } = await send(creation())
    const exclude = { 5: [other, map({ id: idOf(answer), type: 'public-key' })] }
    expect((await send(creation(exclude))).code).toBe(0x19)
    expect(device.asked.at(-1)?.kind).toBe('excluded')
    device.says = 'denied'
    expect((await send(creation(exclude))).code).toBe(denied)
    device.says = undefined
    expect((await send(creation({ ...exclude, 2: map({ id: 'other.example' }) }))).code).toBe(ok)
    expect((await send(creation({ 5: [map({ id: idOf(answer), type: 'other' })] }))).code).toBe(ok)
  })

  it('keeps one discoverable credential for an account with each key, and the others', async () => {
    const rk = { 7: map({ rk: true }) }
    const first = await send(creation(rk))
    await send(creation({ ...rk, 3: map({ id: Uint8Array.of(9) }) }))
    await send(creation())
    device.holder = 'home'
    await send(creation(rk))
    expect(device.kept.size).toBe(4)
    device.holder = 'work'
    await send(creation(rk))
    expect(device.kept.size).toBe(4)
    expect(device.kept.has(Buffer.from(idOf(first.answer)).toString('base64url'))).toBe(false)
  })

  it('SEC-48 makes keys that nobody can read out', async () => {
    for (const alg of [-7, -8, -257]) await send(creation({ 4: [map({ alg, type: 'public-key' })] }))
    const keys = [...device.kept.values()].flatMap(({ key, prf }) => [key, prf])
    expect(keys).toHaveLength(6)
    for (const key of keys) {
      expect(key.extractable).toBe(false)
      await expect(crypto.subtle.exportKey('jwk', key)).rejects.toThrow()
    }
  })
})

describe('assertion', () => {
  const allow = (id: Uint8Array<ArrayBuffer>, more: object = {}): Change => ({ 3: [map({ id, type: 'public-key', ...more })] })
  it.each<[string, Change, number]>([
    ['finds a key', {}, ok], ['has no site', { 1: undefined }, missing], ['has bytes as site', { 1: hash }, type], ['has an empty site', { 1: '' }, length], ['has another site', { 1: 'other.example' }, none], ['has a part of the site', { 1: 'example' }, none], ['has a site in capitals', { 1: 'Site.example' }, none],
    ['has no hash', { 2: undefined }, missing], ['has a text as hash', { 2: 'x' }, type], ['has a short hash', { 2: new Uint8Array(16) }, length], ['allows nothing in particular', { 3: [] }, ok], ['allows what we have not', allow(new Uint8Array(32)), none], ['has a map to allow', { 3: map({}) }, type], ['allows a text', { 3: ['x'] }, type],
    ['allows without id', { 3: [map({ type: 'public-key' })] }, missing], ['allows without type', { 3: [map({ id: hash })] }, missing], ['allows other types only', { 3: [map({ id: hash, type: 'other' })] }, none], ['allows 201', { 3: Array.from({ length: 201 }, () => map({ id: new Uint8Array(8), type: 'public-key' })) }, limit],
    ['extends nothing', { 4: map({}) }, ok], ['has an array of extensions', { 4: [] }, type], ['has an extension that we do not know', { 4: map({ other: 1 }) }, ok], ['has no options', { 5: map({}) }, ok], ['has an array of options', { 5: [] }, type], ['wants uv', { 5: map({ uv: true }) }, ok], ['wants up', { 5: map({ up: true }) }, ok], ['wants rk', { 5: map({ rk: true }) }, unsupported], ['wants no rk', { 5: map({ rk: false }) }, unsupported],
    ['has a number as option', { 5: map({ up: 0 }) }, type], ['has an option that we do not know', { 5: map({ other: false }) }, ok], ['has a PIN', { 6: new Uint8Array(16), 7: 2 }, parameter], ['has a PIN without protocol', { 6: new Uint8Array(16) }, missing], ['has a text as PIN', { 6: 'x', 7: 1 }, type], ['has a parameter that we do not know', { 99: 'x' }, ok],
  ])('that %s has its status', async (_title, change, code) => {
    await send(creation({ 7: map({ rk: true }) }))
    expect((await send(assertion(change))).code).toBe(code)
  })

  it('is signed by the key over what it answers, and counts', async () => {
    const made = await send(creation({ 7: map({ rk: true }) }))
    const cose = readCbor(Uint8Array.from(bytesOf(made.answer.get(2)).subarray(87))) as CborMap
    const key = { kty: 'EC', crv: 'P-256', x: bytesOf(cose.get(-2)).toString('base64url'), y: bytesOf(cose.get(-3)).toString('base64url') }
    for (const counter of [1, 2, 3]) {
      const { answer } = await send(assertion())
      const data = bytesOf(answer.get(2))
      expect(data.subarray(0, 32)).toEqual(createHash('sha256').update('site.example').digest())
      expect(data[32]).toBe(0b101)
      expect(data.readUInt32BE(33)).toBe(counter)
      expect(data).toHaveLength(37)
      expect(verify('sha256', Buffer.concat([data, hash]), { key, format: 'jwk' }, bytesOf(answer.get(3)))).toBe(true)
      expect(answer.get(1)).toEqual(map({ id: idOf(made.answer), type: 'public-key' }))
      expect(answer.get(4)).toEqual(map({ id: Uint8Array.of(1, 2, 3) }))
      expect([answer.get(5), answer.get(6)]).toEqual([undefined, true])
    }
    // The names are for the phone, not for whoever holds the computer.
    expect(JSON.stringify([...(await send(assertion())).answer])).not.toContain('Ada')
  })

  it('lets the person choose among accounts, the one that was used last first, and finds by its id what is not discoverable', async () => {
    const hidden = await send(creation())
    expect((await send(assertion())).code).toBe(none)
    const { answer } = await send(assertion(allow(idOf(hidden.answer), { transports: ['usb'] })))
    expect([answer.get(4), answer.get(6)]).toEqual([undefined, undefined])
    const ids: Bytes[] = []
    for (const id of [1, 2, 3]) {
      device.time += 1_000
      ids.push(idOf((await send(creation({ 3: map({ id: Uint8Array.of(id) }), 7: map({ rk: true }) }))).answer))
    }
    device.picks = Buffer.from(ids[1] ?? '').toString('base64url')
    device.time += 1_000
    const chosen = await send(assertion())
    expect(chosen.answer.get(1)).toEqual(map({ id: ids[1], type: 'public-key' }))
    await send(assertion())
    const last = device.asked.at(-1)
    const handles = new Map((await device.store.list('site.example')).map(({ id, userHandle }) => [id, userHandle]))
    expect(last?.kind === 'get' && last.credentials.map(({ id }) => handles.get(id))).toEqual(['Ag', 'Aw', 'AQ'])
    // An account that was not offered cannot be chosen.
    device.picks = Buffer.from(idOf(hidden.answer)).toString('base64url')
    expect((await send(assertion())).code).toBe(none)
  })

  it('SEC-48 says without asking anybody that a key is there, and says that nobody was asked', async () => {
    const silent = { 5: map({ up: false }) }
    const [plain, byId, protectedOne] = [await send(creation({ 7: map({ rk: true }) })), await send(creation({ 3: map({ id: Uint8Array.of(2) }), 6: map({ credProtect: 2 }), 7: map({ rk: true }) })), await send(creation({ 3: map({ id: Uint8Array.of(3) }), 6: map({ credProtect: 3 }), 7: map({ rk: true }) }))]
    const asked = device.asked.length
    for (const [made, code] of [[plain, ok], [byId, ok], [protectedOne, none]] as const) {
      const { code: told, answer } = await send(assertion({ ...silent, ...allow(idOf(made.answer)) }))
      expect(told).toBe(code)
      if (code === ok) expect(bytesOf(answer.get(2))[32]).toBe(0)
    }
    expect((await send(assertion(silent))).answer.get(1)).toEqual(map({ id: idOf(plain.answer), type: 'public-key' }))
    expect(device.asked).toHaveLength(asked)
    await send(assertion({ 5: map({ up: false, uv: true }) }))
    expect(device.asked).toHaveLength(asked + 1)
    expect(bytesOf((await send(assertion(allow(idOf(protectedOne.answer))))).answer.get(2))[32]).toBe(0b101)
  })
})

describe('a program that only wants to know which key is meant', () => {
  it.each<[string, Change, number]>([
    ['Firefox', { 2: map({ id: 'make.me.blink' }), 3: map({ id: Uint8Array.of(0), name: 'make.me.blink' }), 8: new Uint8Array(0), 9: 1 }, 0x35], ['any, by a PIN of no length', { 8: new Uint8Array(0) }, 0x35],
    ['Chromium', { 2: map({ id: '.dummy' }), 3: map({ id: Uint8Array.of(1), name: 'dummy' }) }, ok], ['libfido2', { 2: map({ id: 'localhost' }), 3: map({ id: Uint8Array.of(1), name: 'dummy' }) }, ok],
  ])('is told so, and nothing is kept: %s', async (_title, change, code) => {
    expect((await send(creation(change))).code).toBe(code)
    device.says = 'denied'
    expect((await send(creation(change))).code).toBe(denied)
    expect([device.asked, device.kept.size]).toEqual([[{ kind: 'select' }, { kind: 'select' }], 0])
  })

  it('may ask so with an assertion too', async () => {
    expect((await send(assertion({ 6: new Uint8Array(0), 7: 1 }))).code).toBe(0x35)
    expect(device.asked).toEqual([{ kind: 'select' }])
  })

  it('is not taken for one that makes a key at this computer', async () => {
    for (const change of [{ 2: map({ id: 'localhost' }) }, { 2: map({ id: '.dummy' }), 7: map({ rk: true }) }]) await send(creation(change))
    expect([device.asked.map(({ kind }) => kind), device.kept.size]).toEqual([['create', 'create'], 2])
  })
})

describe('a person who does not approve', () => {
  it.each<[Declined, number]>([['denied', denied], ['reported', denied], ['not_unlocked', denied], ['too_late', late], ['cancelled', cancelled]])('and %s: nothing is made, signed or counted', async (says, code) => {
    await send(creation({ 7: map({ rk: true }) }))
    device.says = says
    for (const bytes of [creation({ 3: map({ id: Uint8Array.of(9) }) }), assertion(), raw('0b')]) expect((await send(bytes)).code).toBe(code)
    expect([...device.kept.values()].map(({ counter }) => counter)).toEqual([0])
  })
})

it('information says what there is', async () => {
  const { answer } = await send(raw('04'))
  expect([...answer.keys()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 10])
  expect([answer.get(1), answer.get(2), answer.get(6), answer.get(8)]).toEqual([['FIDO_2_0'], ['credProtect', 'hmac-secret'], [2, 1], 32])
  // That many ids, with their transports, fit into the longest command.
  const list = Array.from({ length: answer.get(7) as number }, () => map({ id: new Uint8Array(32), type: 'public-key', transports: ['usb', 'nfc', 'hybrid'] }))
  expect(assertion({ 1: 'a'.repeat(253), 3: list }).length).toBeLessThan(7609)
  expect(answer.get(4)).toEqual(map({ rk: true, up: true, uv: true, plat: false, alwaysUv: true }))
  expect(answer.get(5)).toBe(7609)
  expect((answer.get(10) as CborMap[]).map((entry) => entry.get('alg'))).toEqual([-7, -8, -257])
  expect(device.asked).toEqual([])
})
