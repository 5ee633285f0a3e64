import { createCipheriv, createDecipheriv, createECDH, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { readCbor, writeCbor, type Cbor, type CborKey, type CborMap } from '../../../src/browser/authenticator/cbor.ts'
import type { Declined } from '../../../src/browser/authenticator/credential.ts'
import { answered, command, read } from '../../../src/browser/authenticator/ctap.ts'
import { createKeyAgreement, type KeyAgreement } from '../../../src/browser/authenticator/hmac-secret.ts'
import { concat, type Bytes } from '../../../src/browser/pairing/bytes.ts'
import type { SecretsOrder } from '../../../src/browser/pairing/wire.ts'
import { createPocketDevice, type PocketDevice } from '../../support/pocket-device.ts'

const map = (entries: object): Map<CborKey, Cbor> => new Map(Object.entries(entries).filter(([, value]) => value !== undefined).map(([key, value]): [CborKey, Cbor] => [/^-?\d+$/.test(key) ? Number(key) : key, value as Cbor]))
const bytes = (part: Uint8Array): Bytes => Uint8Array.from(part)
const [hash, one, two] = [new Uint8Array(32), new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
const [ok, parameter, type, missing, denied, unsupported, late, auth, subcommand] = [0, 2, 0x11, 0x14, 0x27, 0x2b, 0x2f, 0x33, 0x3e]

let device: PocketDevice
let agreement: KeyAgreement
let id: Bytes
beforeEach(async () => {
  device = createPocketDevice()
  agreement = await createKeyAgreement()
  const made = await command(concat(Uint8Array.of(1), writeCbor(map({ 1: hash, 2: map({ id: 'site.example' }), 3: map({ id: one }), 4: [map({ alg: -7, type: 'public-key' })], 6: map({ 'hmac-secret': true }) }))), device)
  const data = (readCbor(made.slice(1)) as CborMap).get(2) as Bytes
  id = data.slice(55, 87)
  expect(data[32]).toBe(0b1100_0101)
  expect(readCbor(data.slice(87 + 77))).toEqual(map({ 'hmac-secret': true }))
})

const clientPin = (parameters: object): Promise<Bytes> => answered(() => agreement.clientPin(read(writeCbor(map(parameters)))))

/** A platform as the standard describes it, by Node's own cryptography. */
async function platform(protocol: 1 | 2) {
  const answer = readCbor((await clientPin({ 1: protocol, 2: 2 })).slice(1)) as CborMap
  const theirs = answer.get(1) as CborMap
  expect([theirs.get(1), theirs.get(3), theirs.get(-1)]).toEqual([2, -25, 1])
  const own = createECDH('prime256v1')
  own.generateKeys()
  const z = own.computeSecret(Buffer.concat([Uint8Array.of(4), theirs.get(-2) as Bytes, theirs.get(-3) as Bytes]))
  const derive = (info: string): Buffer => (protocol === 1 ? createHash('sha256').update(z).digest() : Buffer.from(hkdfSync('sha256', z, new Uint8Array(32), info, 32)))
  const [mac, aes] = [derive('CTAP2 HMAC key'), derive('CTAP2 AES key')]
  const point = own.getPublicKey()
  return {
    key: map({ 1: 2, 3: -25, [-1]: 1, [-2]: bytes(point.subarray(1, 33)), [-3]: bytes(point.subarray(33)) }),
    seal(plain: Uint8Array): Bytes {
      const iv = protocol === 1 ? Buffer.alloc(16) : randomBytes(16)
      const cipher = createCipheriv('aes-256-cbc', aes, iv).setAutoPadding(false)
      return bytes(Buffer.concat([protocol === 1 ? Buffer.alloc(0) : iv, cipher.update(plain), cipher.final()]))
    },
    open(sealed: Uint8Array): Buffer {
      const decipher = createDecipheriv('aes-256-cbc', aes, protocol === 1 ? Buffer.alloc(16) : sealed.subarray(0, 16)).setAutoPadding(false)
      return Buffer.concat([decipher.update(protocol === 1 ? sealed : sealed.subarray(16)), decipher.final()])
    },
    prove: (sealed: Uint8Array): Bytes => bytes(createHmac('sha256', mac).update(sealed).digest().subarray(0, protocol === 1 ? 16 : 32)),
  }
}

/** The agent opens what is asked, the phone answers. */
async function ask(input: Cbor, change: object = {}): Promise<{ status: number | undefined; order: SecretsOrder | undefined; data: Bytes }> {
  const sent = concat(Uint8Array.of(2), writeCbor(map({ 1: 'site.example', 2: hash, 3: [map({ id, type: 'public-key' })], 4: map({ 'hmac-secret': input }), ...change })))
  let order: SecretsOrder | undefined
  const refused = await answered(async () => { order = await agreement.secretsOf(read(sent.slice(1))) })
  const answer = refused[0] === ok ? await command(sent, device, order) : refused
  return { status: answer[0], order, data: answer.length > 1 ? (readCbor(answer.slice(1)) as CborMap).get(2) as Bytes : new Uint8Array(0) }
}

const secretOf = async (salt: Bytes): Promise<Buffer> => Buffer.from(await crypto.subtle.sign('HMAC', [...device.kept.values()][0]?.prf ?? expect.fail('no passkey'), salt))

describe.each([1, 2] as const)('secrets by protocol %i', (protocol) => {
  it('come sealed in what is signed: one for each input, the same each time, of this passkey only', async () => {
    const { key, seal, open, prove } = await platform(protocol)
    for (const salts of [one, two, concat(one, two), one]) {
      const sealed = seal(salts)
      const { status, data } = await ask(map({ 1: key, 2: sealed, 3: prove(sealed), 4: protocol }))
      expect([status, data[32]]).toEqual([ok, 0b1000_0101])
      const answer = (readCbor(data.slice(37)) as CborMap).get('hmac-secret') as Bytes
      expect(answer).toHaveLength((protocol === 1 ? 0 : 16) + salts.length)
      expect(open(answer)).toEqual(Buffer.concat([await secretOf(salts.slice(0, 32)), ...(salts.length > 32 ? [await secretOf(salts.slice(32))] : [])]))
    }
  })

  it('are asked in one way, and refused in any other', async () => {
    const { key, seal, prove } = await platform(protocol)
    const sealed = seal(one)
    const proof = prove(sealed)
    const good = { 1: key, 2: sealed, 3: proof, 4: protocol }
    const point = (change: object): Cbor => new Map([...key, ...map(change)])
    const cut = (length: number): object => ({ 2: sealed.slice(0, length), 3: prove(sealed.slice(0, length)) })
    const fresh = (length: number): object => { const made = seal(new Uint8Array(length)); return { 2: made, 3: prove(made) } }
    const cases: [string, object, number][] = [
      ['good', {}, ok], ['no key', { 1: undefined }, missing], ['no salts', { 2: undefined }, missing], ['no proof', { 3: undefined }, missing], ['a text as key', { 1: 'x' }, type], ['a text as salts', { 2: 'x' }, type], ['a number as proof', { 3: 1 }, type], ['a text as protocol', { 4: '1' }, type],
      ['protocol 0', { 4: 0 }, parameter], ['protocol 3', { 4: 3 }, parameter], ['the other protocol', { 4: 3 - protocol }, auth],
      ['a key of another type', { 1: point({ 1: 1 }) }, parameter], ['a key on another curve', { 1: point({ [-1]: 2 }) }, parameter], ['a short x', { 1: point({ [-2]: new Uint8Array(31) }) }, parameter], ['a long y', { 1: point({ [-3]: new Uint8Array(33) }) }, parameter], ['a point that is on no curve', { 1: point({ [-2]: one }) }, parameter],
      ['a text as x', { 1: point({ [-2]: 'x' }) }, type], ['a forged proof', { 3: new Uint8Array(proof.length) }, auth], ['a short proof', { 3: proof.slice(0, -1) }, auth], ['a long proof', { 3: concat(proof, Uint8Array.of(0)) }, auth], ['an empty proof', { 3: new Uint8Array(0) }, auth], ['changed salts', { 2: concat(sealed.slice(0, -1), Uint8Array.of((sealed.at(-1) ?? 0) ^ 1)) }, auth],
      ['no bytes of salts', cut(0), parameter], ['half a block', cut(8), parameter], ['a block and a half', cut(24), parameter], ['one block', fresh(16), parameter], ['three blocks', fresh(48), parameter], ['five blocks', fresh(80), parameter], ['six blocks', fresh(96), parameter],
    ]
    for (const [title, change, expected] of cases) {
      const before = device.asked.length
      expect((await ask(map({ ...good, ...change }))).status, title).toBe(expected)
      expect(device.asked.length - before, title).toBe(expected === ok ? 1 : 0)
    }
    expect((await ask('x')).status).toBe(type)
  })

  it('SEC-48 need somebody who approves', async () => {
    const { key, seal, prove } = await platform(protocol)
    const sealed = seal(one)
    const input = map({ 1: key, 2: sealed, 3: prove(sealed), 4: protocol })
    expect((await ask(input, { 5: map({ up: false }) })).status).toBe(unsupported)
    expect((await ask(input, { 5: map({ up: false, uv: true }) })).status).toBe(unsupported)
    // Nor does the phone give one to a computer that says otherwise.
    const { order } = await ask(input)
    const silent = concat(Uint8Array.of(2), writeCbor(map({ 1: 'site.example', 2: hash, 3: [map({ id, type: 'public-key' })], 4: map({ 'hmac-secret': input }), 5: map({ up: false }) })))
    expect([...await command(silent, device, order)]).toEqual([unsupported])
    const asked = device.asked.length
    for (const [says, status] of [['denied', denied], ['too_late', late]] as const) {
      device.says = says satisfies Declined
      expect((await ask(input)).status).toBe(status)
    }
    expect(device.asked).toHaveLength(asked + 2)
  })
})

it('SEC-48 what the phone is told is the inputs and how to seal, not what proves them; it takes nothing else', async () => {
  const { key, seal, prove } = await platform(2)
  const sealed = seal(one)
  const input = map({ 1: key, 2: sealed, 3: prove(sealed), 4: 2 })
  const { order } = await ask(input)
  expect(order).toEqual({ salts: Buffer.from(one).toString('base64url'), key: expect.stringMatching(/^[\w-]{43}$/) as string, protocol: 2 })
  const sent = concat(Uint8Array.of(2), writeCbor(map({ 1: 'site.example', 2: hash, 4: map({ 'hmac-secret': input }), 3: [map({ id, type: 'public-key' })] })))
  const good = order ?? expect.fail('nothing was asked')
  for (const wrong of [{ ...good, salts: '' }, { ...good, salts: 'AAAA' }, { ...good, salts: '!' }, { ...good, key: 'AAAA' }, { ...good, protocol: 3 }]) expect([...await command(sent, device, wrong)]).toEqual([parameter])
  // A phone that is told of no secrets signs without them, and without being asked for them in the command it seals none.
  expect((await command(sent, device))[0]).toBe(ok)
  const plain = await command(concat(Uint8Array.of(2), writeCbor(map({ 1: 'site.example', 2: hash, 3: [map({ id, type: 'public-key' })] }))), device, good)
  expect((readCbor(plain.slice(1)) as CborMap).get(2)).toHaveLength(37)
})

it.each<[string, object, number]>([
  ['asks for nothing', {}, missing], ['asks for a key of no protocol', { 2: 2 }, missing], ['asks for a key of protocol 1', { 1: 1, 2: 2 }, ok], ['asks for a key of protocol 2', { 1: 2, 2: 2 }, ok], ['asks for a key of protocol 3', { 1: 3, 2: 2 }, parameter], ['asks by a text', { 1: 1, 2: '2' }, type], ['names a protocol by a text', { 1: '1', 2: 2 }, type],
  ...[1, 3, 4, 5, 6, 7, 8, 9, 10, 99].map((number): [string, object, number] => [`asks for part ${number}`, { 1: 2, 2: number }, subcommand]),
])('authenticatorClientPIN that %s has its status', async (_title, parameters, status) => {
  const answer = await clientPin(parameters)
  expect([answer[0], answer.length > 1]).toEqual([status, status === ok])
})
