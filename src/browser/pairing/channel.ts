import { base64url, concat, fromBase64url, lengthPrefixed, uint32, utf8, type Bytes } from './bytes.ts'
import type { Key } from './party.ts'

/** Somebody between computer and phone changed, repeated, kept back, swapped or sent back what they said. */
export class Tampered extends Error {
  override readonly name = 'Tampered'
}

export type Side = 'computer' | 'phone'

export interface Channel {
  seal(message: unknown): Promise<{ readonly sequence: number; readonly body: string }>
  /** Takes exactly the frame that comes next. @throws Tampered for any other, after which the right one is still taken */
  open(frame: { readonly sequence: number; readonly body: string }): Promise<unknown>
}

/** Messages fill blocks of this size: their length tells little of what they say. */
const block = 256

/**
 * AES-256-GCM with a key for each direction, and the sequence as nonce: each pair of key and nonce is used once, since a connection's keys are new.
 * What is sealed is bound to its connection, direction and place (additional data).
 */
export function createChannel(order: { readonly connection: string; readonly side: Side; readonly keys: Readonly<Record<Side, Key>> }): Channel {
  const { connection, side, keys } = order
  const other: Side = side === 'computer' ? 'phone' : 'computer'
  let sent = 0
  let received = 0
  let opening: Promise<unknown> = Promise.resolve()

  return {
    async seal(message) {
      sent += 1
      const sequence = sent
      return { sequence, body: base64url(new Uint8Array(await crypto.subtle.encrypt(binding(connection, side, sequence), keys[side], pad(utf8(JSON.stringify(message)))))) }
    },
    open(frame) {
      // One after the other: two of the same sequence at once must not both be the next one.
      const opened = opening.then(() => take(frame))
      opening = opened.catch(() => undefined)
      return opened
    },
  }

  async function take({ sequence, body }: { readonly sequence: number; readonly body: string }): Promise<unknown> {
    if (sequence !== received + 1) throw new Tampered(`frame ${sequence} came where ${received + 1} is next`)
    try {
      const message = unpad(new Uint8Array(await crypto.subtle.decrypt(binding(connection, other, sequence), keys[other], fromBase64url(body))))
      received = sequence
      return message
    } catch (cause) {
      throw new Tampered(`frame ${sequence} is not what was sent`, { cause })
    }
  }
}

function binding(connection: string, from: Side, sequence: number): { name: 'AES-GCM'; iv: Bytes; additionalData: Bytes } {
  const iv = new Uint8Array(12)
  new DataView(iv.buffer).setBigUint64(4, BigInt(sequence))
  return { name: 'AES-GCM', iv, additionalData: lengthPrefixed(connection, from, String(sequence)) }
}

function pad(message: Bytes): Bytes {
  const length = 4 + message.length
  return concat(uint32(message.length), message, new Uint8Array((block - (length % block)) % block))
}

function unpad(padded: Bytes): unknown {
  const length = new DataView(padded.buffer).getUint32(0)
  if (length > padded.length - 4) throw new RangeError('longer than its frame')
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(padded.subarray(4, 4 + length)))
}
