import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { request } from 'node:http'
import type { FramesForPhone, OrderOptions, OrderOutcome, OrderView, PairingTaken, PhonePairingState } from '../../src/browser/pairing/wire.ts'
import type { ApprovalView, Activated, Decision, DecisionAnswer, PhoneRefusal, PhoneState, ScanAnswer, Unlocking } from '../../src/browser/wire.ts'
import type { User } from '../../src/directory/index.ts'
import { activationText, decisionText, requestText } from '../../src/phones/phone.ts'
import type { TestApp } from './app.ts'
import type { Answer, Browser } from './browser.ts'
import { askChallenge } from './ceremonies.ts'
import { aPoint, aProof } from './fake-computer.ts'
import { SecurityKey, type Tampering } from './security-key.ts'

interface Reply<T> { readonly status: number; readonly body: T & Partial<PhoneRefusal> }

export interface DecisionChange {
  readonly number?: number | null
  readonly nonce?: string
  readonly expiresAt?: number
  readonly origin?: string
  readonly signedNumber?: number
  readonly signedDecision?: Decision
  readonly unlocking?: null
  readonly key?: SecurityKey
  readonly unlock?: Tampering
  /** Right before the decision leaves. */
  readonly onSending?: () => void
}

/** The phone authenticator without a screen: an approval key, a passkey, and the words of src/browser/wire.ts. */
export class FakePhone {
  readonly origin: string
  readonly passkey: SecurityKey
  readonly #key: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  /** How far this phone's clock is ahead. */
  ahead = 0
  id = ''
  address: string
  readonly #now: () => number
  /** What a proxy of the operator's says about where the phone is. */
  ip: string | undefined

  constructor(origin: string, now: () => number = () => Date.now()) {
    this.origin = origin
    this.address = origin
    this.#now = now
    this.passkey = new SecurityKey(origin)
  }

  publicKey(): string {
    return JSON.stringify(this.#key.publicKey.export({ format: 'jwk' }))
  }

  sign(text: string): string {
    return sign('sha256', Buffer.from(text), { key: this.#key.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  }

  /** Approves an activation that was opened at this path. */
  async activate(browser: Browser, path: string, change: { readonly possession?: string; readonly publicKey?: string; readonly unlock?: Tampering; readonly name?: string } = {}): Promise<Answer> {
    const { challengeId, options } = await askChallenge(browser, `${path}/options`)
    const answer = await browser.post(path, {
      challenge_id: challengeId, response: this.passkey.register(options, change.unlock), transports: 'internal', public_key: change.publicKey ?? this.publicKey(),
      possession: change.possession ?? this.sign(activationText(challengeId, this.origin)), name: change.name ?? 'Pixel', model: 'Pixel 9', platform: 'Android',
    }, { headers: { accept: 'application/json' } })
    if (answer.status === 200) this.id = answer.json<Activated>().phone.id
    return answer
  }

  call<T>(method: 'GET' | 'POST', path: string, body?: unknown, change: { readonly signature?: string; readonly signedPath?: string; readonly id?: string } = {}): Promise<Reply<T>> {
    const content = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body))
    const full = `/phone/api${path}`
    const at = this.#now() + this.ahead
    const signature = change.signature ?? this.sign(requestText(method, change.signedPath ?? full, at, content))
    return new Promise((resolve, reject) => {
      const sent = request(new URL(full, this.address), {
        method, headers: {
          host: new URL(this.origin).host, authorization: `Doorward-Phone ${change.id ?? this.id}.${at}.${signature}`, 'content-type': 'application/json', 'content-length': String(content.length), 'user-agent': 'Mozilla/5.0 (Linux; Android 16; Pixel 9)',
          ...(this.ip === undefined ? {} : { 'x-forwarded-for': this.ip }),
        },
      }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part)).on('error', reject).on('end', () => {
          const text = Buffer.concat(parts).toString()
          resolve({ status: response.statusCode ?? 0, body: (text === '' ? {} : JSON.parse(text)) as T & Partial<PhoneRefusal> })
        })
      })
      sent.on('error', reject)
      sent.end(content.length > 0 ? content : undefined)
    })
  }

  state(): Promise<Reply<PhoneState>> {
    return this.call('GET', '/state')
  }

  async request(): Promise<ApprovalView> {
    const { body } = await this.state()
    const [first] = body.approvals
    if (!first) throw new Error(`this phone is asked nothing: ${JSON.stringify(body)}`)
    return first
  }

  async orders(): Promise<readonly OrderView[]> {
    return (await this.state()).body.orders
  }

  orderOptions(order: Pick<OrderView, 'id'>): Promise<Reply<OrderOptions>> {
    return this.call('POST', `/orders/${order.id}/options`, {})
  }

  /** @param response null says no */
  answerOrder(order: Pick<OrderView, 'id'>, response: object | 'excluded' | null): Promise<Reply<OrderOutcome>> {
    return this.call('POST', `/orders/${order.id}`, { response })
  }

  scan(secret: string): Promise<Reply<ScanAnswer>> {
    return this.call('POST', '/scans', { secret })
  }

  async decide(approval: ApprovalView, decision: Decision, change: DecisionChange = {}): Promise<Reply<DecisionAnswer>> {
    let unlocking: { challengeId: string; response: string } | null = null
    if (decision === 'approve' && change.unlocking !== null) {
      const { body, status } = await this.call<Unlocking>('POST', `/approvals/${approval.id}/options`, {})
      if (status !== 200) return { status, body: { outcome: 'over', triesLeft: 0, ...body } }
      unlocking = { challengeId: body.challengeId, response: (change.key ?? this.passkey).sign(body.options, change.unlock) }
    }
    const number = change.number === undefined ? null : change.number
    const [expiresAt, origin] = [change.expiresAt ?? approval.expiresAt, change.origin ?? this.origin]
    const signature = this.sign(decisionText({ id: approval.id, decision: change.signedDecision ?? decision, number: change.signedNumber ?? number, nonce: change.nonce ?? approval.nonce, origin, expiresAt }))
    change.onSending?.()
    return this.call('POST', `/approvals/${approval.id}`, { decision, number, unlocking, expiresAt, origin, signature })
  }

  take(offer: string): Promise<Reply<PairingTaken>> {
    return this.call('POST', '/pairings', { offer, agreementKey: aPoint(), proof: aProof() })
  }

  /** Says yes to a pairing with the phone's lock. */
  async confirmPairing(computer: string, change: { readonly unlock?: Tampering; readonly key?: SecurityKey; readonly optionsOf?: string } = {}): Promise<Reply<PhonePairingState>> {
    const { body, status } = await this.call<Unlocking>('POST', `/pairings/${change.optionsOf ?? computer}/options`, {})
    if (status !== 200) return { status, body: { state: 'removed', computerProof: null, computer: null, ...body } }
    return this.call('POST', `/pairings/${computer}`, { proof: aProof(), unlocking: { challengeId: body.challengeId, response: (change.key ?? this.passkey).sign(body.options, change.unlock) } })
  }

  frames(): Promise<Reply<FramesForPhone>> {
    return this.call('GET', '/frames')
  }

  post(computer: string, connection: string, sequence: number, body = 'YW5zd2Vy'): Promise<Reply<object>> {
    return this.call('POST', '/frames', { computer, connection, sequence, body })
  }

  /** The bytes of the open app's line, until it ends or enough was heard. */
  listen(onLine: (line: string) => void): { close(): void } {
    const at = this.#now()
    const sent = request(new URL('/phone/api/events', this.address), { headers: { host: new URL(this.origin).host, authorization: `Doorward-Phone ${this.id}.${at}.${this.sign(requestText('GET', '/phone/api/events', at, Buffer.alloc(0)))}` } }, (response) => {
      response.on('data', (part: Buffer) => { for (const line of part.toString().split('\n')) if (line !== '') onLine(line) }).on('error', () => undefined)
      response.on('close', () => { onLine('closed') })
    })
    sent.on('error', () => undefined)
    sent.end()
    return { close: () => { sent.destroy() } }
  }
}

/** A phone that is activated for this person, by a link that somebody handed over. */
export async function givePhone(app: TestApp, user: User, options: { readonly name?: string } = {}): Promise<FakePhone> {
  const { phones } = app.app.parts
  const { token } = await app.foundation.storage.write((tx) => phones.activations.create(tx, user, { byMail: false, replaces: null, note: '', createdBy: null, lifetimeSeconds: 600 }))
  const phone = new FakePhone(app.url, () => app.foundation.clock.now())
  const browser = app.browser('Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/156.0.0.0 Mobile Safari/537.36')
  await browser.get('/signup/personal')
  const answer = await phone.activate(browser, `/phone/activate/${token}`, options)
  if (answer.status !== 200) throw new Error(`the phone was not activated: ${answer.status} ${answer.body}`)
  return phone
}

/** The number that the page shows. */
export function numberOf(page: string): number {
  const number = /class="match__number[^"]*"[^>]*>(\d\d)</.exec(page)?.[1]
  if (number === undefined) throw new Error('this page shows no number')
  return Number(number)
}

/** Names an address on the way in, and lands on the page that waits for its phone. */
export async function askPhoneOf(browser: Browser, email: string, page = '/'): Promise<{ signIn: string; answer: Answer }> {
  const signIn = (await browser.get(page)).path
  await browser.get(`${signIn}/phone`)
  return { signIn, answer: await browser.post(`${signIn}/phone/request`, { email }) }
}
