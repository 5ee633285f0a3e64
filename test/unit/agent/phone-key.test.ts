import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createCtapHid } from '../../../src/agent/ctaphid.ts'
import { packetSize } from '../../../src/agent/packets.ts'
import { createPhoneKey } from '../../../src/agent/phone-key.ts'
import { command, commandText } from '../../../src/browser/authenticator/ctap.ts'
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

describe('a command to the key', () => {
  it('is answered without the phone when it asks nobody', async () => {
    const key = createPhoneKey({ pairing, trouble: vi.fn() })
    for (const bytes of [[0x04], [0x04, 0xa0], [0x06, 0xa0], [0x07], [0x08], [0x40]]) {
      expect(await key.command(Uint8Array.from(bytes), needs())).toEqual(await command(Uint8Array.from(bytes), createPocketDevice()))
    }
    expect(relay.toPhone).toEqual([])
  })

  it('goes to the phone when it asks somebody, with what is needed to see how old it is', async () => {
    const { asked } = answerQuestions(relay, phone.pair, () => [{ kind: 'shown' }, { kind: 'ctap', response: 'AAEC' }])
    const key = createPhoneKey({ pairing, trouble: vi.fn() })
    const given = needs()
    for (const byte of [0x01, 0x02, 0x0b]) expect([...await key.command(Uint8Array.of(byte), given)]).toEqual([0, 1, 2])
    expect(given.waiting).toHaveBeenCalledTimes(3)
    expect(asked).toEqual([expect.objectContaining({ kind: 'ctap', command: 'AQ' }), expect.objectContaining({ command: 'Ag' }), expect.objectContaining({ command: 'Cw' })])
    for (const message of asked) if (message.kind === 'ctap') expect(Math.abs(message.expiresAt - message.at - 109_500)).toBeLessThanOrEqual(500)
  })

  it.each<[RefusedReason, number]>([['denied', 0x27], ['reported', 0x27], ['not_unlocked', 0x27], ['other_site', 0x27], ['no_key', 0x2e], ['excluded', 0x19], ['too_late', 0x2f], ['busy', 0x30], ['not_supported', 0x2b], ['invalid', 0x02]])('that the phone refuses as %s has its status', async (reason, code) => {
    answerQuestions(relay, phone.pair, () => [{ kind: 'refused', reason }])
    expect([...await createPhoneKey({ pairing, trouble: vi.fn() }).command(Uint8Array.of(1), needs())]).toEqual([code])
  })

  it('that cannot be asked has a status, and the reason is told here', async () => {
    const trouble = vi.fn()
    const key = createPhoneKey({ pairing, trouble })
    for (const [status, body, code, told] of [[409, { error: 'far' }, 0x27, 'far'], [409, { error: 'removed' }, 0x7f, 'removed'], [0, {}, 0x7f, 'offline']] as const) {
      relay.instead = () => ({ status, body })
      expect([...await key.command(Uint8Array.of(1), needs())]).toEqual([code])
      expect(trouble).toHaveBeenLastCalledWith(expect.objectContaining({ code: told }))
    }
    relay.instead = undefined
    relay.meddle = (frame) => [{ ...frame, body: 'AAAA' }]
    answerQuestions(relay, phone.pair, () => [{ kind: 'ctap', response: 'AA' }])
    expect([...await key.command(Uint8Array.of(1), needs())]).toEqual([0x7f])
    expect(trouble).toHaveBeenLastCalledWith(expect.objectContaining({ name: 'Tampered' }))
  })

  it('that the program cancels is cancelled on the phone', async () => {
    const ending = new AbortController()
    const trouble = vi.fn()
    const { asked } = answerQuestions(relay, phone.pair, ({ kind }) => (kind === 'cancel' ? [] : [{ kind: 'shown' }]))
    expect([...await createPhoneKey({ pairing, trouble }).command(Uint8Array.of(1), { signal: ending.signal, waiting: () => { ending.abort() } })]).toEqual([0x2d])
    await vi.waitFor(() => { expect(asked.map(({ kind }) => kind)).toEqual(['ctap', 'cancel']) })
    expect(trouble).not.toHaveBeenCalled()
  })
})

describe('python-fido2, as a program with this key', () => {
  skipWithout(fido2Missing())
  let folder: string
  let server: Server
  let device: PocketDevice
  beforeEach(() => {
    device = createPocketDevice()
    folder = mkdtempSync(join(tmpdir(), 'doorward-hid-'))
    server = createServer((socket) => {
      const hid = createCtapHid({ key: createPhoneKey({ pairing, trouble: vi.fn() }), write: (packet) => { socket.write(packet) } })
      let received = Buffer.alloc(0)
      socket.on('data', (part: Buffer) => {
        received = Buffer.concat([received, part])
        for (; received.length >= packetSize; received = received.subarray(packetSize)) hid.receive(received.subarray(0, packetSize))
      })
      socket.on('close', () => { hid.close() })
      socket.on('error', () => undefined)
    })
    return new Promise<void>((resolve) => { server.listen(join(folder, 'key'), resolve) })
  })
  afterEach(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })

  const slowly = (answer: (message: ComputerMessage) => readonly PhoneMessage[] | Promise<readonly PhoneMessage[]>) => async (message: ComputerMessage): Promise<readonly PhoneMessage[]> => {
    await new Promise((resolve) => { setTimeout(resolve, 250) })
    return answer(message)
  }
  const run = (act: string): Promise<unknown> => runFido2('fido2_program.py', { act, socket: join(folder, 'key'), rpId: 'site.example', origin: 'https://site.example' })

  it('S111 registers it, signs in with it, and is told that it has it already', async () => {
    answerQuestions(relay, phone.pair, slowly(async (message) => (message.kind === 'ctap' ? [{ kind: 'ctap', response: await commandText(message.command, device) }] : [])))
    expect(await run('sign-in')).toEqual({
      ping: true, options: { rk: true, up: true, uv: true, plat: false, alwaysUv: true }, format: 'packed', user: 'ada', waiting: expect.arrayContaining([1]) as number[],
      again: { client: 'DEVICE_INELIGIBLE', cause: expect.stringContaining('CREDENTIAL_EXCLUDED') as string },
    })
    expect(device.asked.map(({ kind }) => kind)).toEqual(['create', 'get', 'excluded'])
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
