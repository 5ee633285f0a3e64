import { concat, randomBytes, uint32, type Bytes } from '../browser/pairing/bytes.ts'
import { longestMessage, packetsOf, readPacket, type Packet } from './packets.ts'

/** What a key answers, below the packets. */
export interface Key {
  /** A command of CTAP 2.1 §6. `waiting` tells that the person has to do something now; `signal` ends when the program does not want it any more. */
  command(bytes: Bytes, needs: { readonly signal: AbortSignal; waiting(): void }): Promise<Bytes>
}

export interface CtapHid {
  /** A packet from a program. */
  receive(packet: Uint8Array): void
  /** Ends what is going on: nobody listens any more. */
  close(): void
}

const commands = { ping: 0x01, init: 0x06, wink: 0x08, cbor: 0x10, cancel: 0x11, keepalive: 0x3b, error: 0x3f } as const
const errors = { invalidCommand: 0x01, invalidLength: 0x03, invalidSequence: 0x04, timeout: 0x05, busy: 0x06, invalidChannel: 0x0b } as const
const [processing, upNeeded] = [1, 2] as const
/** Wink and CBOR; no U2F messages (§11.2.9.1.3). */
const capabilities = 0x01 | 0x04 | 0x08
const everybody = 0xffff_ffff
/** A program that died keeps its channel; the one that was made first is given up. */
const mostChannels = 256
const keepaliveMilliseconds = 100
const cancelled = Uint8Array.of(0x2d)
const broken = Uint8Array.of(0x7f)

interface Gathering { readonly kind: 'gathering'; readonly channel: number; readonly command: number; readonly length: number; readonly parts: Bytes[]; sequence: number; timer: NodeJS.Timeout }
interface Working { readonly kind: 'working'; readonly channel: number; readonly ending: AbortController; readonly timer: NodeJS.Timeout }

/**
 * CTAPHID (CTAP 2.1 §11.2): channels, messages in packets, one transaction at a time.
 * @param needs.packetMilliseconds how long the next packet of a message may take
 */
export function createCtapHid({ write, key, packetMilliseconds = 500 }: { readonly write: (packet: Bytes) => void; readonly key: Key; readonly packetMilliseconds?: number }): CtapHid {
  const channels = new Set<number>()
  let current: Gathering | Working | undefined

  const send = (channel: number, command: number, message: Uint8Array): void => { for (const packet of packetsOf(channel, command, message)) write(packet) }
  const refuse = (channel: number, error: number): void => { send(channel, commands.error, Uint8Array.of(error)) }

  return {
    receive(bytes) {
      const packet = readPacket(bytes)
      if (!packet) return
      if (packet.kind === 'next') next(packet)
      else first(packet)
    },
    close: stop,
  }

  function stop(): void {
    if (current) clearTimeout(current.timer)
    if (current?.kind === 'working') current.ending.abort()
    current = undefined
  }

  function first(packet: Packet & { kind: 'first' }): void {
    const { channel, command, length, data } = packet
    if (command === commands.init && (channel === everybody || channels.has(channel))) return init(channel, length, data)
    if (!channels.has(channel)) return refuse(channel, errors.invalidChannel)
    if (command === commands.cancel) return cancel(channel)
    if (current && current.channel !== channel) return refuse(channel, errors.busy)
    if (current?.kind === 'working') return refuse(channel, errors.busy)
    if (current) {
      stop()
      return refuse(channel, errors.invalidSequence)
    }
    if (length > longestMessage) return refuse(channel, errors.invalidLength)
    gather({ kind: 'gathering', channel, command, length, parts: [data], sequence: 0, timer: patience(channel) })
  }

  /** What belongs to no message is not answered (§11.2.5.2). */
  function next({ channel, sequence, data }: Packet & { kind: 'next' }): void {
    if (current?.kind !== 'gathering' || current.channel !== channel) return
    clearTimeout(current.timer)
    if (sequence !== current.sequence) {
      stop()
      return refuse(channel, errors.invalidSequence)
    }
    current.parts.push(data)
    gather({ ...current, sequence: sequence + 1, timer: patience(channel) })
  }

  function patience(channel: number): NodeJS.Timeout {
    return setTimeout(() => {
      stop()
      refuse(channel, errors.timeout)
    }, packetMilliseconds)
  }

  function gather(gathering: Gathering): void {
    current = gathering
    const message = concat(...gathering.parts)
    if (message.length < gathering.length) return
    stop()
    handle(gathering.channel, gathering.command, Uint8Array.from(message.subarray(0, gathering.length)))
  }

  function handle(channel: number, command: number, message: Bytes): void {
    if (command === commands.ping) return send(channel, command, message)
    if (command === commands.wink) return message.length === 0 ? send(channel, command, message) : refuse(channel, errors.invalidLength)
    if (command !== commands.cbor) return refuse(channel, errors.invalidCommand)
    if (message.length === 0) return refuse(channel, errors.invalidLength)
    void work(channel, message)
  }

  /** Programs give up on a key that is silent for half a second. */
  async function work(channel: number, message: Bytes): Promise<void> {
    let state: typeof processing | typeof upNeeded = processing
    const ending = new AbortController()
    const timer = setInterval(() => { send(channel, commands.keepalive, Uint8Array.of(state)) }, keepaliveMilliseconds)
    const working: Working = { kind: 'working', channel, ending, timer }
    current = working
    const answer = await key.command(message, { signal: ending.signal, waiting: () => { state = upNeeded } }).catch(() => broken)
    // Whoever has cancelled has its answer already.
    if (current !== working) return
    stop()
    send(channel, commands.cbor, answer)
  }

  /** Only of what is going on; anything else is not answered (§11.2.9.1.5). */
  function cancel(channel: number): void {
    if (current?.kind !== 'working' || current.channel !== channel) return
    stop()
    send(channel, commands.cbor, cancelled)
  }

  /** On a channel of its own it begins anew there; to everybody it asks for a new channel, which is given while others are busy too. */
  function init(channel: number, length: number, data: Bytes): void {
    if (length !== 8) return refuse(channel, errors.invalidLength)
    if (current?.channel === channel) stop()
    const given = channel === everybody ? allocate() : channel
    send(channel, commands.init, concat(data.subarray(0, 8), uint32(given), Uint8Array.of(2, 1, 0, 0, capabilities)))
  }

  function allocate(): number {
    const channel = new DataView(randomBytes(4).buffer).getUint32(0)
    if (channel === 0 || channel === everybody || channels.has(channel)) return allocate()
    const oldest = [...channels].find((one) => one !== current?.channel)
    if (channels.size >= mostChannels && oldest !== undefined) channels.delete(oldest)
    channels.add(channel)
    return channel
  }
}
