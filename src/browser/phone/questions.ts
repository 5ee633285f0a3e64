import type { Channel } from '../pairing/channel.ts'
import { acceptConnection } from '../pairing/connection.ts'
import type { ComputerMessage, FrameForPhone, FrameFromPhone, FramesForPhone, PhoneMessage, SecretsOrder } from '../pairing/wire.ts'
import { call, Refusal, serverNow } from './api.ts'
import { findComputer, type HeldComputer } from './computers.ts'
import type { HeldKey } from './keys.ts'

export type Asked = Exclude<ComputerMessage, { readonly kind: 'cancel' }>

/** What a paired computer wants of this phone, until it is answered, called back or too old. */
export interface Question {
  /** The connection it came by first. */
  readonly id: string
  /** The key of this phone that the computer is paired with. */
  readonly held: HeldKey
  readonly computer: HeldComputer
  readonly asked: Asked
  readonly ip: string
  readonly sameNetwork: boolean
  /** Ends when the computer calls it back. */
  readonly signal: AbortSignal
  /** Tells the computer; after anything but `shown` the question is over. @throws Refusal */
  answer(message: PhoneMessage): Promise<void>
  /** Whether the person has said anything to it, yes or no. */
  settled(answered: boolean): void
}

interface Connection { readonly held: string; channel: Channel | undefined; next: number; open: Open | undefined }
/** A question, and where its answer goes now: a computer that lost its connection asks the same by another one. */
interface Open { readonly question: Question; readonly ending: AbortController; readonly same: string; readonly key: string; by: By; shown: boolean }
interface By { readonly connection: string; readonly channel: Channel; readonly unsent: FrameFromPhone[]; turn: Promise<void> }

export interface Questions {
  /** Oldest first: whoever asked first is answered first. */
  readonly waiting: readonly Question[]
  /** Why the last one could not even be shown; read once. */
  takeTrouble(): 'far' | undefined
  /** Reads what waits for this key. */
  look(held: HeldKey): Promise<void>
  /** The key, or the last computer of it, is gone. */
  end(held: string): void
}

const lockName = 'doorward-questions'
/** The server keeps what is said for as long, and takes no answer to it later. */
const longestMilliseconds = 120_000
/** Of one computer. */
const mostOpen = 3
const mostInVain = 3
const quietMilliseconds = 60_000
/** Before each further try, where the network has lost what was said. */
const pauses = [500, 2_000, 5_000]

/**
 * The phone's end of the sealed talk. Of several windows of the app the one in front takes part, since each connection has one end only.
 * A connection whose keys went with the window that had them (the app was closed, and opened again) is ended: the computer asks the same anew.
 */
export function createQuestions(hear: () => void): Questions {
  const connections = new Map<string, Connection>()
  /** How often in a row a computer has asked without an answer of the person, and when last. */
  const inVain = new Map<string, { readonly count: number; readonly at: number }>()
  /** What was said lately to which request, for a computer that did not hear it: nobody is asked the same twice. */
  const said = new Map<string, { readonly same: string; readonly message: PhoneMessage; readonly until: number }>()
  let turn = Promise.resolve()
  let mine = true
  let claims = 0
  let trouble: 'far' | undefined
  claim()
  document.addEventListener('visibilitychange', claim)

  function claim(): void {
    if (document.visibilityState !== 'visible' || !('locks' in navigator)) return
    // Whoever opens the app wants to see who asks.
    inVain.clear()
    claims += 1
    const claimed = claims
    void navigator.locks.request(lockName, { steal: true }, () => {
      mine = true
      return new Promise(() => undefined)
      // What is taken from our own older claim is ours still, whichever of the two is told first.
    }).catch(() => { if (claimed === claims) mine = false })
  }

  async function read(held: HeldKey): Promise<void> {
    if (!mine) return
    const { frames } = await call<FramesForPhone>(held, 'GET', '/frames')
    for (const frame of [...frames].sort((a, b) => a.sequence - b.sequence)) await take(held, frame).catch(() => { drop(frame.connection) })
    const there = new Set(frames.map(({ connection }) => connection))
    // Ended by the computer, or by time: the server takes no answer to it any more. Should its frames come again, they open nothing.
    forget((id, of) => of === held.id && !there.has(id))
  }

  async function take(held: HeldKey, frame: FrameForPhone): Promise<void> {
    const known = connections.get(frame.connection) ?? { held: held.id, channel: undefined, next: 0, open: undefined }
    if (frame.sequence !== known.next) return
    const computer = await findComputer(frame.computer)
    if (computer?.held !== held.id) return
    connections.set(frame.connection, known)
    known.next += 1
    if (known.channel === undefined) return greet(held, computer, frame, known)
    const by: By = { connection: frame.connection, channel: known.channel, unsent: [], turn: Promise.resolve() }
    const message = readMessage(await known.channel.open(frame), frame)
    if (message?.kind === 'cancel') {
      drop(frame.connection)
      // The computer leaves that to us: whoever ends a connection takes its frames away.
      return end(held, computer, frame.connection)
    }
    if (known.open) return
    const answer = (answered: PhoneMessage): Promise<void> => {
      known.next = Number.MAX_SAFE_INTEGER
      return tell(held, computer, by, answered)
    }
    // Of a newer program, or a broken one: whoever waits there hears it now.
    if (message === undefined) return answer({ kind: 'refused', reason: 'invalid' })
    const key = `${computer.id} ${message.request}`
    const same = JSON.stringify({ ...message, at: 0, expiresAt: 0 }, inOrder)
    const before = said.get(key)
    const twin = [...connections.values()].find(({ open }) => open?.key === key)
    // A number stands for one question only.
    if ((before ?? twin?.open ?? { same }).same !== same) return answer({ kind: 'refused', reason: 'invalid' })
    if (before && before.until > serverNow()) return answer(before.message)
    if (twin?.open) {
      known.open = twin.open
      twin.open = undefined
      known.open.by = by
      if (known.open.shown) await tell(held, computer, by, { kind: 'shown' })
      return
    }
    if (isTooMuch(computer.id)) return answer({ kind: 'refused', reason: 'busy' })
    known.open = openQuestion(held, computer, frame, message, { key, same, by })
  }

  async function greet(held: HeldKey, computer: HeldComputer, { connection, body: theirs }: FrameForPhone, known: Connection): Promise<void> {
    const { body, channel } = await acceptConnection({ root: computer.root, own: computer.own, theirs: computer.theirs, computerId: computer.id, phoneId: held.id }, connection, theirs)
    known.channel = channel
    try {
      await send(held, { computer: computer.id, connection, sequence: 0, body })
    } catch (error) {
      // Another window has greeted here before; what was said then, only that one could read.
      if (error instanceof Refusal && error.code === 'invalid') end(held, computer, connection)
      // Its frame comes again, and so does the greeting; should the lost one have arrived after all, the computer asks anew.
      if (error instanceof Refusal && error.code === 'offline') connections.delete(connection)
      throw error
    }
  }

  function openQuestion(held: HeldKey, computer: HeldComputer, { connection, ip, sameNetwork }: FrameForPhone, asked: Asked, place: Pick<Open, 'key' | 'same' | 'by'>): Open {
    const ending = new AbortController()
    const open: Open = {
      ...place, ending, shown: false,
      question: {
        id: connection, held, computer, asked, ip, sameNetwork, signal: ending.signal,
        async answer(message) {
          const { by } = open
          if (message.kind === 'shown') open.shown = true
          else {
            said.set(open.key, { same: open.same, message, until: asked.expiresAt })
            const known = connections.get(by.connection)
            // Stays known, so that frames that come again open nothing.
            if (known) Object.assign(known, { open: undefined, next: Number.MAX_SAFE_INTEGER })
          }
          await tell(held, computer, by, message)
        },
        settled(answered) { settle(computer.id, answered) },
      },
    }
    return open
  }

  /** A computer takes everything in its order, and calls a gap tampering: one after the other, and what did not arrive goes first. */
  function tell(held: HeldKey, computer: HeldComputer, by: By, message: PhoneMessage): Promise<void> {
    const { connection, channel, unsent } = by
    const sealing = channel.seal(message)
    by.turn = by.turn.catch(() => undefined).then(async () => {
      unsent.push({ computer: computer.id, connection, ...(await sealing) })
      for (let next = unsent[0]; next; next = unsent[0]) {
        await send(held, next)
        unsent.shift()
      }
    })
    return by.turn
  }

  function end(held: HeldKey, computer: HeldComputer, connection: string): void {
    void call(held, 'POST', '/connections/end', { computer: computer.id, connection }).catch(() => undefined)
  }

  /** Somebody who asks on and on hopes for a tap by mistake (SEC-43): without a word of the person, the computer is not heard for a while. */
  function isTooMuch(computer: string): boolean {
    const { count, at } = inVain.get(computer) ?? { count: 0, at: 0 }
    return (count >= mostInVain && Date.now() < at + quietMilliseconds) || waiting().filter((question) => question.computer.id === computer).length >= mostOpen
  }

  function settle(computer: string, answered: boolean): void {
    if (answered) inVain.delete(computer)
    else inVain.set(computer, { count: (inVain.get(computer)?.count ?? 0) + 1, at: Date.now() })
  }

  function waiting(): Question[] {
    return [...connections.values()].flatMap(({ open }) => (open && open.question.asked.expiresAt > serverNow() ? [open.question] : []))
  }

  /** The server keeps the same frame once, however often it comes. */
  async function send(held: HeldKey, frame: FrameFromPhone, tried = 0): Promise<void> {
    try {
      await call(held, 'POST', '/frames', frame)
    } catch (error) {
      if (error instanceof Refusal && error.code === 'far') trouble = 'far'
      const pause = pauses[tried]
      if (!(error instanceof Refusal) || error.code !== 'offline' || pause === undefined) throw error
      await new Promise((resolve) => { setTimeout(resolve, pause) })
      return send(held, frame, tried + 1)
    }
  }

  function drop(id: string): void {
    const known = connections.get(id)
    if (!known) return
    if (known.open) settle(known.open.question.computer.id, false)
    known.open?.ending.abort()
    connections.set(id, { held: known.held, channel: undefined, next: Number.MAX_SAFE_INTEGER, open: undefined })
  }

  function forget(isOver: (id: string, held: string) => boolean): void {
    for (const [id, { held }] of connections) {
      if (!isOver(id, held)) continue
      drop(id)
      connections.delete(id)
    }
    for (const [key, { until }] of said) if (until <= serverNow()) said.delete(key)
  }

  return {
    get waiting() { return waiting() },
    takeTrouble() {
      const taken = trouble
      trouble = undefined
      return taken
    },
    look(held) {
      // One after the other: each frame counts.
      turn = turn.then(() => read(held)).catch(() => undefined)
      // Whoever hears of it may fail without keeping the next one away.
      return turn.then(hear)
    },
    end(held) { forget((_id, of) => of === held) },
  }
}

/**
 * What a computer may say, with a life that is bounded here whatever it says. Its clock only measures how long that is, since it may be off by
 * more than that: it begins when the server had it.
 */
function readMessage(message: unknown, { connection, createdAt: sentAt }: FrameForPhone): ComputerMessage | undefined {
  // Older programs number nothing, and ask nothing twice.
  const { kind, options, origin, crossOrigin, at: from, expiresAt: until, command, request = connection, secrets } = (message ?? {}) as Readonly<Record<string, unknown>>
  if (kind === 'cancel') return { kind }
  if (typeof from !== 'number' || typeof until !== 'number' || typeof request !== 'string') return undefined
  const at = Math.min(sentAt, serverNow())
  const expiresAt = at + Math.min(Math.max(0, until - from), longestMilliseconds)
  if (kind === 'ctap' && typeof command === 'string') return { kind, request, command, ...readSecrets(secrets), at, expiresAt }
  if ((kind === 'create' || kind === 'get') && typeof options === 'object' && options !== null && typeof origin === 'string' && typeof crossOrigin === 'boolean') return { kind, request, options, origin, crossOrigin, at, expiresAt }
  return undefined
}

/** For JSON.stringify. Browsers keep the parts of an object for their extensions in an order of their own. */
function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}

function readSecrets(order: unknown): { readonly secrets?: SecretsOrder } {
  const { salts, key, protocol } = (order ?? {}) as Readonly<Record<string, unknown>>
  return typeof salts === 'string' && typeof key === 'string' && typeof protocol === 'number' ? { secrets: { salts, key, protocol } } : {}
}
