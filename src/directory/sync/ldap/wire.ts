import type { Socket } from 'node:net'
import { BerWriter, Control, type Message } from 'ldapts'
import { enter, more, peek, readHead, readerOf, take, takeInteger, takeText, Unreadable, type Reader } from './ber.ts'
import { shorten, Trouble } from './trouble.ts'

/** One message of the server: its kind (RFC 4511 §4.2 and on) and content. */
export interface Answer {
  readonly kind: number
  readonly content: Reader
  readonly controls: ReadonlyMap<string, Buffer>
}

export interface Result {
  readonly status: number
  readonly message: string
  readonly controls: ReadonlyMap<string, Buffer>
}

export const kinds = { bind: 0x61, entry: 0x64, done: 0x65, reference: 0x73, extended: 0x78, intermediate: 0x79 } as const

/**
 * One socket, one question at a time, and when the socket ends so does the wire: there is no way back to a connection that
 * was once encrypted (SEC-62). While an answer is not read the socket is paused, so a large one does not fill the memory.
 */
export interface Wire {
  readonly host: string
  readonly closed: boolean
  /** The answers to one question, in the groups in which they arrive; ends after the last. */
  ask(build: (messageId: number) => Message): AsyncGenerator<readonly Answer[], void>
  /** Takes the socket away from here, for TLS; nothing may have arrived that was not read. */
  release(): Socket
  close(): void
}

const largestMessage = 64 * 1024 * 1024
const waiting = 4 * 1024 * 1024

export function openWire(socket: Socket, host: string, options: { readonly silenceMilliseconds: number; readonly signal?: AbortSignal | undefined }): Wire {
  let chunks: Buffer[] = []
  let size = 0
  let answers: Answer[] = []
  let unread = 0
  let asked = 0
  let open = false
  let trouble: Trouble | undefined
  let wake: (() => void) | undefined

  const fail = (reason: Trouble): void => {
    trouble ??= reason
    options.signal?.removeEventListener('abort', onAbort)
    socket.destroy()
    wake?.()
  }
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk)
    size += chunk.length
    try {
      for (let message = cut(); message !== undefined; message = cut()) accept(message)
    } catch (error) {
      fail(new Trouble('garbled', { host, detail: error instanceof Unreadable ? error.message : 'unreadable' }, error))
    }
    if (unread > waiting) socket.pause()
    wake?.()
  }
  /** The next whole message, when it is there. */
  const cut = (): Buffer | undefined => {
    const first = chunks[0]
    if (first === undefined) return undefined
    // Its head is in the first chunk but for a few bytes in ten thousand messages.
    const start = first.length >= 6 ? first : joined()
    const head = readHead(start, 0)
    if (start[0] !== 0x30) throw new Unreadable('this is not LDAP')
    if (head !== undefined && head.end > largestMessage) throw new Unreadable('a message of more than 64 MB')
    if (head === undefined || head.end > size) return undefined
    const whole = start.length >= head.end ? start : joined()
    const rest = whole.subarray(head.end)
    chunks = rest.length > 0 ? [rest] : []
    size = rest.length
    return whole.subarray(head.start, head.end)
  }
  const joined = (): Buffer => {
    const [first, second] = chunks
    const whole = second === undefined && first !== undefined ? first : Buffer.concat(chunks)
    chunks = [whole]
    return whole
  }
  const accept = (message: Buffer): void => {
    const reader = readerOf(message)
    const id = takeInteger(reader)
    const kind = peek(reader) ?? 0
    const content = enter(reader)
    const controls = peek(reader) === 0xa0 ? readControls(enter(reader)) : noControls
    // Message 0 is the server's good-bye (RFC 4511 §4.4.1), with its reason.
    if (id === 0) throw new Unreadable(`the server ended the connection: ${shorten(readResult(content, noControls).message)}`)
    if (id !== asked || !open) throw new Unreadable('an answer to no question')
    answers.push({ kind, content, controls })
    unread += message.length
  }
  const onError = (error: Error): void => { fail(new Trouble('lost', { host, detail: shorten(error.message) }, error)) }
  const onClose = (): void => { fail(new Trouble('lost', { host, detail: 'closed' })) }
  const onAbort = (): void => { fail(new Trouble('stopped', { host }, options.signal?.reason)) }
  const onSilence = (): void => {
    if (open && !socket.isPaused()) fail(new Trouble('silent', { host, seconds: String(Math.round(options.silenceMilliseconds / 1_000)) }))
  }
  socket.on('data', onData).on('error', onError).on('close', onClose)
  options.signal?.addEventListener('abort', onAbort, { once: true })
  if (options.signal?.aborted === true) onAbort()

  const detach = (): void => {
    socket.off('data', onData).off('close', onClose)
    options.signal?.removeEventListener('abort', onAbort)
  }
  return {
    host,
    get closed() { return trouble !== undefined || socket.destroyed },
    async *ask(build) {
      if (open) throw new Error('one question at a time')
      if (trouble) throw trouble
      asked = asked === 0x7fffffff ? 1 : asked + 1
      open = true
      let ended = false
      try {
        socket.write(build(asked).write())
        while (!ended) {
          if (answers.length === 0) await pause()
          if (answers.length === 0) continue
          const some = answers
          answers = []
          unread = 0
          if (socket.isPaused()) socket.resume()
          ended = lasts(some.at(-1))
          yield some
        }
      } finally {
        open = false
        // Whoever stops in the middle leaves answers on their way; the connection is of no use any more.
        if (!ended) fail(new Trouble('stopped', { host }))
      }
    },
    release() {
      if (trouble && trouble.code !== 'garbled') throw trouble
      if (trouble || size > 0 || answers.length > 0) throw new Trouble('tls_injected', { host })
      detach()
      socket.off('error', onError)
      return socket
    },
    close() {
      if (trouble) return
      detach()
      // An unbind (RFC 4511 §4.3): message, id, and nothing inside.
      socket.end(unbind)
      socket.unref()
      trouble = new Trouble('lost', { host, detail: 'closed' })
      setTimeout(() => { socket.destroy() }, 1_000).unref()
    },
  }

  async function pause(): Promise<void> {
    if (trouble) throw trouble
    const timer = setTimeout(onSilence, options.silenceMilliseconds)
    await new Promise<void>((resolve) => { wake = resolve })
    clearTimeout(timer)
    wake = undefined
    if (trouble && answers.length === 0) throw trouble
  }
}

const unbind = Buffer.from([0x30, 0x05, 0x02, 0x01, 0x7f, 0x42, 0x00])
const noControls: ReadonlyMap<string, Buffer> = new Map()

/** Entries, references and intermediate answers come before the end. */
function lasts(answer: Answer | undefined): boolean {
  return answer !== undefined && answer.kind !== kinds.entry && answer.kind !== kinds.reference && answer.kind !== kinds.intermediate
}

/** The one answer of a question that has only one. */
export async function askOnce(wire: Wire, kind: number, build: (messageId: number) => Message): Promise<Result> {
  let result: Result | undefined
  for await (const answers of wire.ask(build)) {
    for (const answer of answers) if (answer.kind === kind) result = readable(wire, () => readResult(answer.content, answer.controls))
  }
  if (result === undefined) throw new Trouble('garbled', { host: wire.host, detail: 'an answer of another kind' })
  return result
}

/** What cannot be read is the server's fault, and ends the connection. */
export function readable<T>(wire: Wire, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    wire.close()
    throw new Trouble('garbled', { host: wire.host, detail: error.message }, error)
  }
}

export function readResult(content: Reader, controls: ReadonlyMap<string, Buffer>): Result {
  const status = takeInteger(content, 0x0a)
  take(content, 0x04)
  return { status, message: takeText(content), controls }
}

function readControls(reader: Reader): ReadonlyMap<string, Buffer> {
  const controls = new Map<string, Buffer>()
  while (more(reader)) {
    const control = enter(reader, 0x30)
    const type = takeText(control)
    if (peek(control) === 0x01) take(control, 0x01)
    controls.set(type, more(control) ? take(control, 0x04) : Buffer.alloc(0))
  }
  return controls
}

/** A control with a value that is written here; its answer is read from `Result.controls`. */
export class ValueControl extends Control {
  readonly #value: Buffer | undefined

  constructor(type: string, value: ((writer: BerWriter) => void) | undefined, critical: boolean) {
    super(type, { critical })
    if (value === undefined) return
    const writer = new BerWriter()
    writer.startSequence()
    value(writer)
    writer.endSequence()
    this.#value = Buffer.from(writer.buffer)
  }

  protected override writeControl(writer: BerWriter): void {
    if (this.#value !== undefined) writer.writeBuffer(this.#value, 0x04)
  }
}
