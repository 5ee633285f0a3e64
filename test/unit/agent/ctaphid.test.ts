import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createCtapHid, type CtapHid } from '../../../src/agent/ctaphid.ts'
import { longestMessage, packetsOf, readPacket } from '../../../src/agent/packets.ts'

const [ping, msg, lock, init, wink, cbor, cancel, keepalive, error] = [0x01, 0x03, 0x04, 0x06, 0x08, 0x10, 0x11, 0x3b, 0x3f]
const everybody = 0xffff_ffff
const nonce = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
const bytes = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, index) => index % 251)

interface Asked { readonly command: Uint8Array; readonly signal: AbortSignal; waiting(): void; answer(bytes: Uint8Array<ArrayBuffer>): void; fail(error: Error): void }
let sent: Uint8Array[]
let asked: Asked[]
let hid: CtapHid
beforeEach(() => {
  vi.useFakeTimers()
  sent = []
  asked = []
  hid = createCtapHid({
    write: (packet) => { sent.push(packet) },
    key: { command: (command, needs) => new Promise((resolve, reject) => { asked.push({ command, ...needs, answer: resolve, fail: reject }) }) },
  })
})
afterEach(() => {
  hid.close()
  vi.useRealTimers()
})

const send = (channel: number, command: number, message: Uint8Array): void => { for (const packet of packetsOf(channel, command, message)) hid.receive(packet) }
/** Everything that was answered since it was last looked at, packets joined again. */
function answers(): { channel: number; command: number; message: Uint8Array }[] {
  const found: { channel: number; command: number; message: Uint8Array; length: number }[] = []
  for (const packet of sent.splice(0).map(readPacket)) {
    if (packet?.kind === 'first') found.push({ channel: packet.channel, command: packet.command, length: packet.length, message: packet.data.subarray(0, packet.length) })
    const last = found.at(-1)
    if (packet?.kind === 'next' && last) last.message = Uint8Array.from([...last.message, ...packet.data]).subarray(0, last.length)
  }
  return found.map(({ channel, command, message }) => ({ channel, command, message }))
}
function open(): number {
  send(everybody, init, nonce)
  const [answer] = answers()
  return Buffer.from(answer?.message ?? []).readUInt32BE(8)
}
const refused = (channel: number, code: number): object[] => [{ channel, command: error, message: Uint8Array.of(code) }]
const settle = async (): Promise<void> => { await vi.advanceTimersByTimeAsync(0) }

describe('packets', () => {
  it('carry a message as it is written down', () => {
    const [first, ...rest] = packetsOf(0x01020304, cbor, bytes(100))
    expect(Buffer.from(first ?? []).toString('hex')).toBe(`0102030490${'0064'}${Buffer.from(bytes(57)).toString('hex')}`)
    expect(rest).toHaveLength(1)
    expect(Buffer.from(rest[0] ?? []).toString('hex')).toBe(`0102030400${Buffer.from(bytes(100).subarray(57)).toString('hex')}${'00'.repeat(16)}`)
    expect([0, 57, 58, 57 + 59, 57 + 60, longestMessage].map((length) => packetsOf(1, ping, bytes(length)).length)).toEqual([1, 1, 2, 2, 3, 129])
    expect(longestMessage).toBe(7609)
  })

  it('have 64 bytes, and others are passed over', () => {
    for (const length of [0, 1, 63, 65]) {
      expect(readPacket(new Uint8Array(length))).toBeUndefined()
      hid.receive(new Uint8Array(length).fill(0xff))
    }
    expect(sent).toEqual([])
  })
})

describe('a channel', () => {
  it('is given to whoever asks everybody, another one each time, and says what the key can', () => {
    send(everybody, init, nonce)
    const [answer] = answers()
    expect(answer).toMatchObject({ channel: everybody, command: init })
    expect([...answer?.message.subarray(0, 8) ?? []]).toEqual([...nonce])
    expect([...answer?.message.subarray(12) ?? []]).toEqual([2, 1, 0, 0, 0x0d])
    const channels = [Buffer.from(answer?.message ?? []).readUInt32BE(8), ...Array.from({ length: 20 }, open)]
    expect(new Set(channels).size).toBe(21)
    expect(channels.filter((channel) => channel === 0 || channel === everybody)).toEqual([])
  })

  it('is needed for everything else', () => {
    for (const channel of [0, 1, everybody]) {
      for (const command of [ping, cbor, wink, cancel]) {
        send(channel, command, nonce)
        expect(answers()).toEqual(refused(channel, 0x0b))
      }
    }
    send(7, init, nonce)
    expect(answers()).toEqual(refused(7, 0x0b))
    for (const length of [0, 7, 9]) {
      send(everybody, init, bytes(length))
      expect(answers()).toEqual(refused(everybody, 0x03))
    }
  })

  it('is begun anew by its own program', async () => {
    const channel = open()
    hid.receive(packetsOf(channel, ping, bytes(100))[0] ?? nonce)
    send(channel, init, nonce)
    expect(answers()).toEqual([expect.objectContaining({ channel, command: init })])
    send(channel, cbor, Uint8Array.of(1))
    send(channel, init, nonce)
    expect(asked[0]?.signal.aborted).toBe(true)
    asked[0]?.answer(Uint8Array.of(0))
    await settle()
    expect(answers()).toEqual([expect.objectContaining({ channel, command: init })])
    send(channel, ping, nonce)
    expect(answers()).toEqual([{ channel, command: ping, message: nonce }])
  })

  it('is given up when too many were made after it', () => {
    const first = open()
    for (let times = 0; times < 256; times += 1) open()
    send(first, ping, nonce)
    expect(answers()).toEqual(refused(first, 0x0b))
  })
})

describe('a message', () => {
  it.each([0, 1, 57, 58, 116, 117, 1_000, 7_609])('of %i bytes comes back from a ping', (length) => {
    const channel = open()
    send(channel, ping, bytes(length))
    expect(answers()).toEqual([{ channel, command: ping, message: bytes(length) }])
  })

  it('that is too long, empty or of an unknown command is refused', () => {
    const channel = open()
    const [long = nonce] = packetsOf(channel, ping, bytes(57))
    hid.receive(Uint8Array.from(long).fill(0xff, 5, 7))
    expect(answers()).toEqual(refused(channel, 0x03))
    send(channel, cbor, bytes(0))
    expect(answers()).toEqual(refused(channel, 0x03))
    send(channel, wink, bytes(1))
    expect(answers()).toEqual(refused(channel, 0x03))
    for (const command of [msg, lock, 0x00, 0x40, 0x7f, keepalive, error]) {
      send(channel, command, nonce)
      expect(answers(), String(command)).toEqual(refused(channel, 0x01))
    }
    send(channel, wink, bytes(0))
    expect(answers()).toEqual([{ channel, command: wink, message: bytes(0) }])
  })

  it('whose packets are out of order is given up', () => {
    const channel = open()
    const [first = nonce, second = nonce, third = nonce] = packetsOf(channel, ping, bytes(170))
    for (const packets of [[first, third], [first, second, second], [first, first]]) {
      for (const packet of packets) hid.receive(packet)
      expect(answers()).toEqual(refused(channel, 0x04))
      // What belongs to no message is not answered.
      hid.receive(third)
      expect(answers()).toEqual([])
    }
    for (const packet of [first, second, third]) hid.receive(packet)
    expect(answers()).toEqual([{ channel, command: ping, message: bytes(170) }])
  })

  it('whose next packet is late is given up', () => {
    const channel = open()
    const [first = nonce, second = nonce, third = nonce] = packetsOf(channel, ping, bytes(170))
    hid.receive(first)
    vi.advanceTimersByTime(499)
    hid.receive(second)
    vi.advanceTimersByTime(499)
    expect(answers()).toEqual([])
    vi.advanceTimersByTime(1)
    expect(answers()).toEqual(refused(channel, 0x05))
    hid.receive(third)
    expect(answers()).toEqual([])
  })

  it('of another program waits its turn: the key is busy', () => {
    const [one, other] = [open(), open()]
    const [first = nonce, second = nonce] = packetsOf(one, ping, bytes(100))
    hid.receive(first)
    send(other, ping, nonce)
    expect(answers()).toEqual(refused(other, 0x06))
    hid.receive(packetsOf(other, ping, bytes(100))[1] ?? nonce)
    expect(answers()).toEqual([])
    hid.receive(second)
    expect(answers()).toEqual([{ channel: one, command: ping, message: bytes(100) }])
    send(other, ping, nonce)
    expect(answers()).toEqual([{ channel: other, command: ping, message: nonce }])
  })
})

describe('a command', () => {
  it('is answered once, and meanwhile the program hears ten times a second that somebody is at it', async () => {
    const channel = open()
    send(channel, cbor, bytes(300))
    expect(asked[0]?.command).toEqual(bytes(300))
    vi.advanceTimersByTime(250)
    expect(answers()).toEqual([{ channel, command: keepalive, message: Uint8Array.of(1) }, { channel, command: keepalive, message: Uint8Array.of(1) }])
    asked[0]?.waiting()
    vi.advanceTimersByTime(100)
    expect(answers()).toEqual([{ channel, command: keepalive, message: Uint8Array.of(2) }])
    asked[0]?.answer(bytes(500))
    await settle()
    vi.advanceTimersByTime(1_000)
    expect(answers()).toEqual([{ channel, command: cbor, message: bytes(500) }])
  })

  it('is cancelled by its own program only', async () => {
    const [channel, other] = [open(), open()]
    send(channel, cancel, bytes(0))
    expect(answers()).toEqual([])
    send(channel, cbor, Uint8Array.of(1))
    send(other, cancel, bytes(0))
    expect(asked[0]?.signal.aborted).toBe(false)
    send(channel, cancel, bytes(0))
    expect(asked[0]?.signal.aborted).toBe(true)
    expect(answers()).toEqual([{ channel, command: cbor, message: Uint8Array.of(0x2d) }])
    // What the phone says after that is nobody's answer.
    asked[0]?.answer(Uint8Array.of(0))
    await settle()
    vi.advanceTimersByTime(1_000)
    expect(answers()).toEqual([])
  })

  it('keeps others waiting, but gives them channels', async () => {
    const [channel, other] = [open(), open()]
    send(channel, cbor, Uint8Array.of(1))
    send(other, cbor, Uint8Array.of(1))
    send(channel, ping, nonce)
    expect(answers()).toEqual([...refused(other, 0x06), ...refused(channel, 0x06)])
    expect(open()).not.toBe(channel)
    expect(asked).toHaveLength(1)
    asked[0]?.answer(Uint8Array.of(0))
    await settle()
    expect(answers()).toEqual([{ channel, command: cbor, message: Uint8Array.of(0) }])
  })

  it('that fails has an answer too, and one that the agent ends has none', async () => {
    const channel = open()
    send(channel, cbor, Uint8Array.of(1))
    asked[0]?.fail(new Error('broken'))
    await settle()
    expect(answers()).toEqual([{ channel, command: cbor, message: Uint8Array.of(0x7f) }])
    send(channel, cbor, Uint8Array.of(1))
    hid.close()
    expect(asked[1]?.signal.aborted).toBe(true)
    vi.advanceTimersByTime(1_000)
    expect(answers()).toEqual([])
  })
})

it('keeps as many channels as it may, and never gives up the one that it works for', async () => {
  const [busy, idle] = [open(), open()]
  send(busy, cbor, Uint8Array.of(4))
  for (let count = 0; count < 256; count += 1) open()
  send(idle, ping, bytes(1))
  expect(answers().filter(({ command }) => command !== keepalive)).toEqual(refused(idle, 0x0b))
  asked[0]?.answer(Uint8Array.of(0))
  await settle()
  expect(answers()).toEqual([{ channel: busy, command: cbor, message: Uint8Array.of(0) }])
})
