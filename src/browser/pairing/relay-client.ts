import { ComputerRefusal, type ComputerCall } from './call.ts'
import { Tampered, type Channel } from './channel.ts'
import { openConnection, type Pair } from './connection.ts'
import type { ComputerMessage, Frame, FramesForComputer, PhoneMessage } from './wire.ts'

/** A phone that this computer is paired with, and how the server between them is called. */
export interface Pairing extends Pair { readonly call: ComputerCall }

export type Question = Exclude<ComputerMessage, { readonly kind: 'cancel' }>
export type PhoneAnswer = Exclude<PhoneMessage, { readonly kind: 'shown' }>

/** How far a question is: the server has it · the phone's app is open, and near where it has to be · the person sees it. It may begin anew. */
export type Stage = 'sent' | 'reached' | 'shown'

const quick = 5_000
/** The server keeps what is said for as long, and takes no answer to it later. */
const longest = 120_000
const pause = 1_000
/** How often in a row the server may not be there while somebody looks at the phone. */
const failures = 3
/** Somebody who opens and closes the app all the time is left alone in the end. */
const mostConnections = 8

/**
 * Asks the phone, and waits until the person has answered there. What was not answered in time is refused as `too_late`; when `signal` ends it,
 * the phone is told. A phone that lost the connection, because its app was closed and opened again, is asked the same by another one.
 * @throws ComputerRefusal, Tampered, or the signal's reason
 */
export async function ask(pairing: Pairing, question: Question, { signal, onStage }: { readonly signal: AbortSignal; readonly onStage?: (stage: Stage) => void }): Promise<PhoneAnswer> {
  signal.throwIfAborted()
  const lasts = Math.min(Math.max(0, question.expiresAt - pairing.call.now()), longest)
  const ending = AbortSignal.any([signal, AbortSignal.timeout(lasts)])
  // Counted without a clock: this computer's may be set right by the first answer of the server.
  const until = performance.now() + lasts
  const left = (): number => Math.round(Math.max(0, until - performance.now()))
  for (let opened = 1; opened <= mostConnections; opened += 1) {
    const answer = await askOnce(pairing, question, { signal, ending, left, onStage })
    if (answer !== 'over') return answer
  }
  throw new ComputerRefusal('offline')
}

interface Waiting { readonly signal: AbortSignal; readonly ending: AbortSignal; readonly left: () => number; readonly onStage: ((stage: Stage) => void) | undefined }

async function askOnce(pairing: Pairing, question: Question, { signal, ending, left, onStage }: Waiting): Promise<PhoneAnswer | 'over'> {
  const { call } = pairing
  const { connection, body, accepted } = await openConnection(pairing)
  /** The server keeps the same frame once, however often it comes. */
  const send = async (frame: Omit<Frame, 'connection'>, until: AbortSignal, failed = 1): Promise<void> => {
    try {
      await call.post('/frames', { connection, ...frame } satisfies Frame, until)
    } catch (error) {
      if (!(error instanceof ComputerRefusal) || error.code !== 'offline' || failed >= failures) throw error
      await rest(until)
      return send(frame, until, failed + 1)
    }
  }
  let channel: Channel | undefined
  let cancelled = false
  try {
    await send({ sequence: 0, body }, ending)
    onStage?.('sent')
    for await (const frame of framesOf(call, connection, ending)) {
      if (channel === undefined) {
        if (frame.sequence !== 0) throw new Tampered('the phone does not begin with its key')
        channel = await accepted(frame.body)
        onStage?.('reached')
        const at = call.now()
        await send(await channel.seal({ ...question, at, expiresAt: at + left() }), ending)
        continue
      }
      const message = readMessage(await channel.open(frame))
      if (message.kind !== 'shown') return message
      onStage?.('shown')
    }
    return 'over'
  } catch (error) {
    if (!ending.aborted) throw error
    if (channel) {
      cancelled = true
      void channel.seal({ kind: 'cancel' } satisfies ComputerMessage).then((frame) => send(frame, AbortSignal.timeout(quick))).catch(() => undefined)
    }
    signal.throwIfAborted()
    return { kind: 'refused', reason: 'too_late' }
  } finally {
    // Whoever ends a connection takes its frames away, and the phone has to see that it was cancelled.
    if (!cancelled) void call.post('/connections/end', { connection }, AbortSignal.timeout(quick)).catch(() => undefined)
  }
}

/** What comes from the phone, in order, until `signal` ends or the phone ends the connection. */
async function* framesOf(call: ComputerCall, connection: string, signal: AbortSignal): AsyncGenerator<Frame> {
  let after = -1
  for (let failed = 0;;) {
    const asked = Date.now()
    let answer: FramesForComputer | undefined
    try {
      answer = await call.get<FramesForComputer>(`/frames?connection=${encodeURIComponent(connection)}&after=${after}`, signal)
      failed = 0
    } catch (error) {
      failed += 1
      if (!(error instanceof ComputerRefusal) || error.code !== 'offline' || failed >= failures) throw error
    }
    if (answer?.refused === 'far') throw new ComputerRefusal('far')
    const frames = (answer?.frames ?? []).filter(({ sequence }) => sequence > after).sort((a, b) => a.sequence - b.sequence)
    for (const frame of frames) {
      after = frame.sequence
      yield frame
    }
    if (answer?.refused) return
    // The server waits for frames; whoever answers at once without one is not asked without a break.
    if (frames.length === 0 && Date.now() - asked < pause) await rest(signal)
  }
}

function rest(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, pause)
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

/** A phone that speaks otherwise is newer than this program, or broken. */
function readMessage(message: unknown): PhoneMessage {
  const { kind, response, reason } = (message ?? {}) as { readonly kind?: unknown; readonly response?: unknown; readonly reason?: unknown }
  const known = kind === 'shown' || (kind === 'answer' && typeof response === 'object' && response !== null) || (kind === 'ctap' && typeof response === 'string') || (kind === 'refused' && typeof reason === 'string')
  return known ? (message as PhoneMessage) : { kind: 'refused', reason: 'not_supported' }
}
