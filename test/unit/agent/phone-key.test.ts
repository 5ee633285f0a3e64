import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createCtapHid, type Key } from '../../../src/agent/ctaphid.ts'
import type { Known } from '../../../src/agent/known.ts'
import { packetSize } from '../../../src/agent/packets.ts'
import { createPhoneKey } from '../../../src/agent/phone-key.ts'
import { readCbor, writeCbor, type Cbor, type CborKey, type CborMap } from '../../../src/browser/authenticator/cbor.ts'
import { command, commandText } from '../../../src/browser/authenticator/ctap.ts'
import { base64url, concat, type Bytes } from '../../../src/browser/pairing/bytes.ts'
import type { ComputerMessage, PhoneMessage, RefusedReason } from '../../../src/browser/pairing/wire.ts'
import { awaitPairing, callOf, confirmPairing, pairingOf, startPairing } from '../../../src/browser/pairing/pairing.ts'
import type { Pairing } from '../../../src/browser/pairing/relay-client.ts'
import { fido2Missing, runFido2 } from '../../support/fido2.ts'
import { createPocketDevice, type PocketDevice } from '../../support/pocket-device.ts'
import { skipWithout } from '../../support/skip.ts'
import { answerQuestions, createSmallRelay, takeOffer, type SmallRelay } from '../../support/small-relay.ts'

let relay: SmallRelay
let phone: Awaited<ReturnType<typeof takeOffer>>
let pairing: Pairing
const never = new AbortController().signal
beforeEach(async () => {
  relay = createSmallRelay()
  const offered = await startPairing({ server: relay.origin, fetch: relay.fetch, kind: 'agent', name: 'Programs', version: '1' })
  const call = callOf(offered, relay.fetch)
  const taking = takeOffer(relay, offered.address)
  const taken = await awaitPairing(offered, call, never)
  const paired = typeof taken === 'string' ? taken : await confirmPairing(offered, taken, call, never)
  if (typeof paired === 'string') throw new Error(paired)
  phone = await taking
  pairing = pairingOf(paired, call)
})

const needs = (change: { signal?: AbortSignal } = {}): { signal: AbortSignal; waiting(): void } => ({ signal: never, waiting: vi.fn(), ...change })
const trouble = vi.fn()
const memory = new Map<string, 'here' | 'elsewhere'>()
const known: Known = { look: (rpId, id) => memory.get(`${rpId} ${id}`), note: (rpId, ids, where) => { for (const id of ids) memory.set(`${rpId} ${id}`, where) } }
const aKey = (patience?: number): Promise<Key> => createPhoneKey({ pairing, known, trouble, ...(patience === undefined ? {} : { patience }) })
beforeEach(() => { memory.clear() })

const map = (entries: readonly (readonly [CborKey, Cbor])[]): Map<CborKey, Cbor> => new Map(entries)
const hash = new Uint8Array(32)
const descriptor = (id: Uint8Array<ArrayBuffer>): Cbor => map([['id', id], ['type', 'public-key']])
const creation = concat(Uint8Array.of(1), writeCbor(map([[1, hash], [2, map([['id', 'site.example']])], [3, map([['id', Uint8Array.of(1)]])], [4, [map([['alg', -7], ['type', 'public-key']])]]])))
const assertion = (ids: readonly Uint8Array<ArrayBuffer>[] = [], options: readonly (readonly [CborKey, Cbor])[] = []): Bytes => concat(Uint8Array.of(2), writeCbor(map([[1, 'site.example'], [2, hash], ...(ids.length > 0 ? [[3, ids.map(descriptor)] as const] : []), ...(options.length > 0 ? [[5, map(options)] as const] : [])])))
const look = (...ids: readonly Uint8Array<ArrayBuffer>[]): Bytes => assertion(ids, [['up', false]])
const selection = Uint8Array.of(0x0b)
const idOfMade = (answer: Bytes): Bytes => ((readCbor(answer.slice(1)) as CborMap).get(2) as Bytes).slice(55, 87)

describe('a command to the key', () => {
  it('is answered without the phone when it asks nobody, and when it is wrong whoever is asked', async () => {
    const key = await aKey()
    for (const bytes of [[0x04], [0x04, 0xa0], [0x07], [0x08], [0x40], [0x01], [0x01, 0xa0], [0x02, 0xff], [0x02, 0xa1, 0x01, 0x60], [0x0b, 0xa0]]) {
      expect(await key.command(Uint8Array.from(bytes), needs())).toEqual(await command(Uint8Array.from(bytes), createPocketDevice()))
    }
    expect([...await key.command(Uint8Array.of(0x06), needs())]).toEqual([0x14])
    expect(relay.toPhone).toEqual([])
  })

  it('goes to the phone when it asks somebody, with what is needed to see how old it is', async () => {
    const { asked } = answerQuestions(relay, phone.pair, () => [{ kind: 'shown' }, { kind: 'ctap', response: 'Jw' }])
    const key = await aKey()
    const given = needs()
    const commands = [creation, assertion(), selection]
    for (const bytes of commands) expect([...await key.command(bytes, given)]).toEqual([0x27])
    expect(given.waiting).toHaveBeenCalledTimes(3)
    expect(asked).toEqual(commands.map((bytes) => ({ kind: 'ctap', request: expect.stringMatching(/^[\w-]{22}$/) as string, command: base64url(bytes), at: expect.any(Number) as number, expiresAt: expect.any(Number) as number })))
    for (const message of asked) if (message.kind === 'ctap') expect(Math.abs(message.expiresAt - message.at - 109_500)).toBeLessThanOrEqual(500)
  })

  it.each<[RefusedReason, number]>([['denied', 0x27], ['reported', 0x27], ['not_unlocked', 0x27], ['other_site', 0x27], ['no_key', 0x2e], ['excluded', 0x19], ['too_late', 0x2f], ['busy', 0x30], ['not_supported', 0x2b], ['invalid', 0x02]])('that the phone refuses as %s has its status', async (reason, code) => {
    answerQuestions(relay, phone.pair, () => [{ kind: 'refused', reason }])
    expect([...await (await aKey()).command(creation, needs())]).toEqual([code])
  })

  it('that cannot be asked has a status, and the reason is told here', async () => {
    const key = await aKey()
    for (const [status, body, code, told] of [[409, { error: 'far' }, 0x27, 'far'], [409, { error: 'removed' }, 0x7f, 'removed'], [0, {}, 0x7f, 'offline']] as const) {
      relay.instead = () => ({ status, body })
      expect([...await key.command(creation, needs())]).toEqual([code])
      expect(trouble).toHaveBeenLastCalledWith(expect.objectContaining({ code: told }))
    }
    relay.instead = undefined
    relay.meddle = (frame) => [{ ...frame, body: 'AAAA' }]
    answerQuestions(relay, phone.pair, () => [{ kind: 'ctap', response: 'AA' }])
    expect([...await key.command(creation, needs())]).toEqual([0x7f])
    expect(trouble).toHaveBeenLastCalledWith(expect.objectContaining({ name: 'Tampered' }))
  })

  it('that the program cancels is cancelled on the phone', async () => {
    const ending = new AbortController()
    trouble.mockClear()
    const { asked } = answerQuestions(relay, phone.pair, ({ kind }) => (kind === 'cancel' ? [] : [{ kind: 'shown' }]))
    expect([...await (await aKey()).command(creation, { signal: ending.signal, waiting: () => { ending.abort() } })]).toEqual([0x2d])
    await vi.waitFor(() => { expect(asked.map(({ kind }) => kind)).toEqual(['ctap', 'cancel']) })
    expect(trouble).not.toHaveBeenCalled()
  })
})

describe('a program that only asks whether a key is there', () => {
  const [one, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const answering = (device: PocketDevice): ReturnType<typeof answerQuestions> => answerQuestions(relay, phone.pair, async (message) => (message.kind === 'ctap' ? [{ kind: 'ctap', response: await commandText(message.command, device) }] : []))

  it('hears from the phone, which asks nobody', async () => {
    const device = createPocketDevice()
    answering(device)
    const key = await aKey()
    const id = idOfMade(await key.command(creation, needs()))
    expect((await key.command(look(other, id), needs()))[0]).toBe(0)
    expect([...await key.command(look(other), needs())]).toEqual([0x2e])
    expect(device.asked.map(({ kind }) => kind)).toEqual(['create'])
  })

  it('waits shortly while the app is closed, goes on as if it were not there, and asks again the next time', async () => {
    const { asked } = answerQuestions(relay, phone.pair, () => [])
    const key = await aKey(150)
    for (const bytes of [look(one), look(), look(one)]) {
      const begun = performance.now()
      expect([...await key.command(bytes, needs())]).toEqual([0x2e])
      expect(performance.now() - begun).toBeGreaterThan(140)
    }
    await vi.waitFor(() => { expect(asked.map(({ kind }) => kind)).toEqual(['ctap', 'cancel', 'ctap', 'cancel', 'ctap', 'cancel']) })
    expect(memory.size).toBe(0)
  })

  it('waits for a key that was seen on the phone as long as for any answer', async () => {
    const device = createPocketDevice()
    let isOpen = true
    const { asked } = answerQuestions(relay, phone.pair, async (message) => (isOpen && message.kind === 'ctap' ? [{ kind: 'ctap', response: await commandText(message.command, device) }] : []))
    const key = await aKey(1)
    const id = idOfMade(await key.command(creation, needs()))
    isOpen = false
    const ending = new AbortController()
    const waiting = key.command(look(other, id), needs({ signal: ending.signal }))
    await vi.waitFor(() => { expect(asked).toHaveLength(2) })
    const question = asked[1]
    expect(question?.kind === 'ctap' && question.expiresAt - question.at).toBeGreaterThan(100_000)
    ending.abort()
    expect([...await waiting]).toEqual([0x2d])
  })

  it('is told at once of a key that was not on the phone, and of ids of another make', async () => {
    const device = createPocketDevice()
    answering(device)
    const key = await aKey()
    await key.command(look(one), needs())
    const before = relay.toPhone.length
    for (const bytes of [look(one), look(new Uint8Array(64)), look(new Uint8Array(16), one), assertion([new Uint8Array(64)])]) expect([...await key.command(bytes, needs())]).toEqual([0x2e])
    expect(relay.toPhone).toHaveLength(before)
    // Whoever wants to sign in always asks the phone, whatever was seen before.
    await key.command(assertion([one]), needs())
    await key.command(look(one, other), needs())
    expect(relay.toPhone.length).toBeGreaterThan(before)
  })

  it('finds a key here that was elsewhere once it has signed', async () => {
    const device = createPocketDevice()
    answering(device)
    const key = await aKey()
    const id = idOfMade(await key.command(creation, needs()))
    known.note('site.example', [base64url(id)], 'elsewhere')
    expect([...await key.command(look(id), needs())]).toEqual([0x2e])
    expect((await key.command(assertion([id]), needs()))[0]).toBe(0)
    expect((await key.command(look(id), needs()))[0]).toBe(0)
  })
})

describe('python-fido2, as a program with this key', () => {
  skipWithout(fido2Missing())
  let folder: string
  let server: Server
  let device: PocketDevice
  beforeEach(async () => {
    device = createPocketDevice()
    const made = await aKey()
    folder = mkdtempSync(join(tmpdir(), 'doorward-hid-'))
    server = createServer((socket) => {
      const hid = createCtapHid({ key: made, write: (packet) => { socket.write(packet) } })
      let received = Buffer.alloc(0)
      socket.on('data', (part: Buffer) => {
        received = Buffer.concat([received, part])
        for (; received.length >= packetSize; received = received.subarray(packetSize)) hid.receive(received.subarray(0, packetSize))
      })
      socket.on('close', () => { hid.close() })
      socket.on('error', () => undefined)
    })
    await new Promise<void>((resolve) => { server.listen(join(folder, 'key'), resolve) })
  })
  afterEach(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })

  const slowly = (answer: (message: ComputerMessage) => readonly PhoneMessage[] | Promise<readonly PhoneMessage[]>) => async (message: ComputerMessage): Promise<readonly PhoneMessage[]> => {
    await new Promise((resolve) => { setTimeout(resolve, 250) })
    return answer(message)
  }
  const run = (act: string, more: object = {}): Promise<unknown> => runFido2('fido2_program.py', { ...more, act, socket: join(folder, 'key'), rpId: 'site.example', origin: 'https://site.example' })

  it('S111 registers it, signs in with it, and is told that it has it already', async () => {
    answerQuestions(relay, phone.pair, slowly(async (message) => (message.kind === 'ctap' ? [{ kind: 'ctap', response: await commandText(message.command, device, message.secrets) }] : [])))
    expect(await run('sign-in')).toEqual({
      ping: true, options: { rk: true, up: true, uv: true, plat: false, alwaysUv: true }, format: 'packed', user: 'ada', waiting: expect.arrayContaining([1]) as number[],
      again: { client: 'DEVICE_INELIGIBLE', cause: expect.stringContaining('CREDENTIAL_EXCLUDED') as string },
    })
    expect(device.asked.map(({ kind }) => kind)).toEqual(['create', 'get', 'excluded'])
  })

  it.each([1, 2])('derives the secrets of a disk or a site from what it keeps itself, by protocol %i', async (protocol) => {
    answerQuestions(relay, phone.pair, async (message) => (message.kind === 'ctap' ? [{ kind: 'ctap', response: await commandText(message.command, device, message.secrets) }] : []))
    const told = await run('secrets', { protocol }) as { created: object; secrets: Record<'first' | 'again' | 'both' | 'other', Record<'output1' | 'output2', string>>; refused: Record<string, string> }
    expect(told.created).toEqual({ hmacCreateSecret: true })
    const [kept] = device.kept.values()
    const hmac = async (salt: Uint8Array<ArrayBuffer>): Promise<string> => Buffer.from(await crypto.subtle.sign('HMAC', kept?.prf ?? expect.fail('nothing was made'), salt)).toString('hex')
    const [first, second] = [await hmac(new Uint8Array(32).fill(1)), await hmac(new Uint8Array(32).fill(2))]
    expect(told.secrets).toEqual({ first: { output1: first }, again: { output1: first }, both: { output1: first, output2: second }, other: { output1: second } })
    expect(told.refused).toEqual({ forged: 'PIN_AUTH_INVALID', silent: 'UNSUPPORTED_OPTION', pin: 'INVALID_SUBCOMMAND', uv: 'INVALID_SUBCOMMAND', retries: 'INVALID_SUBCOMMAND' })
  })

  it('S117 hears no', async () => {
    device.says = 'denied'
    answerQuestions(relay, phone.pair, async (message) => (message.kind === 'ctap' ? [{ kind: 'shown' }, { kind: 'ctap', response: await commandText(message.command, device) }] : []))
    expect(await run('refused')).toMatchObject({ refused: { cause: expect.stringContaining('OPERATION_DENIED') as string } })
    expect(device.kept.size).toBe(0)
  })

  it('sees that somebody looks at the phone, and can cancel', async () => {
    const { asked } = answerQuestions(relay, phone.pair, ({ kind }) => (kind === 'cancel' ? [] : [{ kind: 'shown' }]))
    expect(await run('cancelled')).toMatchObject({ waiting: expect.arrayContaining([2]) as number[], cancelled: { cause: expect.stringContaining('KEEPALIVE_CANCEL') as string } })
    await vi.waitFor(() => { expect(asked.at(-1)).toEqual({ kind: 'cancel' }) })
  })
})
