import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { request, type IncomingHttpHeaders } from 'node:http'
import type { FramesForComputer, OfferMade, OfferOrder, PairingState, PhonePairingState } from '../../src/browser/pairing/wire.ts'
import type { TestApp } from './app.ts'
import type { FakePhone } from './fake-phone.ts'

export interface ComputerReply<T> { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: T & { readonly error?: string; readonly now?: number } }

/** As long as a proof of the channel is; the server carries it and can judge none. */
export const aProof = (): string => randomBytes(32).toString('base64url')
/** A name for a connection, as random as the real ones. */
export const aConnection = (): string => randomBytes(16).toString('base64url')
/** A public key as a point. */
export function pointOf(key: KeyObject): string {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  return Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]).toString('base64url')
}
export const aPoint = (): string => pointOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)

/** The pairing tool without a browser: a signing key, an agreement key, and the words of src/browser/pairing/wire.ts. */
export class FakeComputer {
  readonly origin: string
  readonly #signing = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  readonly agreementKey = aPoint()
  readonly #now: () => number
  /** How far this computer's clock is ahead. */
  ahead = 0
  id = ''
  /** What the picture says, hashed. */
  offer = randomBytes(32).toString('base64url')
  address: string
  /** What a proxy of the operator's says about where the computer is. */
  ip: string | undefined

  constructor(origin: string, now: () => number) {
    this.origin = origin
    this.address = origin
    this.#now = now
  }

  get signingKey(): string {
    return pointOf(this.#signing.publicKey)
  }

  send<T>(method: string, path: string, headers: Readonly<Record<string, string>>, body?: unknown, signal?: AbortSignal): Promise<ComputerReply<T>> {
    const content = body === undefined ? Buffer.alloc(0) : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    return new Promise((resolve, reject) => {
      const sent = request(new URL(path, this.address), {
        method, headers: { host: new URL(this.origin).host, 'content-type': 'application/json', 'content-length': String(content.length), ...(this.ip === undefined ? {} : { 'x-forwarded-for': this.ip }), ...headers }, ...(signal ? { signal } : {}),
      }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part)).on('error', reject).on('end', () => {
          const text = Buffer.concat(parts).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: (String(response.headers['content-type']).startsWith('application/json') ? JSON.parse(text) : {}) as ComputerReply<T>['body'] })
        })
      })
      sent.on('error', reject)
      sent.end(content.length > 0 ? content : undefined)
    })
  }

  call<T>(method: 'GET' | 'POST', path: string, body?: unknown, change: { readonly signature?: string; readonly signedPath?: string; readonly signedBody?: string; readonly id?: string; readonly signal?: AbortSignal } = {}): Promise<ComputerReply<T>> {
    const full = `/pairing/api${path}`
    const at = this.#now() + this.ahead
    const text = change.signedBody ?? (body === undefined ? '' : JSON.stringify(body))
    const signed = `${method}\n${change.signedPath ?? full}\n${at}\n${createHash('sha256').update(text).digest('base64url')}`
    const signature = change.signature ?? sign('sha256', Buffer.from(signed), { key: this.#signing.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
    return this.send(method, full, { authorization: `Doorward-Computer ${change.id ?? this.id}.${at}.${signature}` }, body, change.signal)
  }

  async makeOffer(change: Partial<Record<keyof OfferOrder, unknown>> = {}): Promise<ComputerReply<OfferMade>> {
    const made = await this.send<OfferMade>('POST', '/pairing/api/offers', {}, { offer: this.offer, signingKey: this.signingKey, agreementKey: this.agreementKey, kind: 'extension', name: 'Chrome on Linux', version: '1.0.0', ...change })
    if (made.status === 201) this.id = made.body.computer
    return made
  }

  pairing(known = ''): Promise<ComputerReply<PairingState>> {
    return this.call('GET', `/pairing?known=${known}`)
  }

  confirm(proof = aProof()): Promise<ComputerReply<PairingState>> {
    return this.call('POST', '/pairing/confirmation', { proof })
  }

  post(connection: string, sequence: number, body = 'c2VhbGVk'): Promise<ComputerReply<object>> {
    return this.call('POST', '/frames', { connection, sequence, body })
  }

  frames(connection: string, after = -1): Promise<ComputerReply<FramesForComputer>> {
    return this.call('GET', `/frames?connection=${connection}&after=${after}`)
  }

  end(connection: string): Promise<ComputerReply<object>> {
    return this.call('POST', '/connections/end', { connection })
  }
}

/** A computer with an offer that nobody has taken yet. */
export async function offerOf(app: TestApp, change: Partial<Record<keyof OfferOrder, unknown>> = {}): Promise<FakeComputer> {
  const computer = new FakeComputer(app.url, () => app.foundation.clock.now())
  const made = await computer.makeOffer(change)
  if (made.status !== 201) throw new Error(`no offer was made: ${made.status} ${JSON.stringify(made.body)}`)
  return computer
}

/** A computer that is paired with this phone. */
export async function pairComputer(app: TestApp, phone: FakePhone, name = 'Chrome on Linux'): Promise<FakeComputer> {
  const computer = await offerOf(app, { name })
  await phone.take(computer.offer)
  await computer.confirm()
  const paired: { status: number; body: Partial<PhonePairingState> } = await phone.confirmPairing(computer.id)
  if (paired.body.state !== 'active') throw new Error(`not paired: ${paired.status} ${JSON.stringify(paired.body)}`)
  return computer
}
