import { createHash, randomBytes, verify } from 'node:crypto'
import { agree, type Agreement } from '../../src/browser/pairing/agreement.ts'
import type { Send } from '../../src/browser/pairing/call.ts'
import type { Channel } from '../../src/browser/pairing/channel.ts'
import { acceptConnection, type Pair } from '../../src/browser/pairing/connection.ts'
import { readOffer } from '../../src/browser/pairing/offer.ts'
import { makeAgreementKey, makeSigningKey, publicPoint } from '../../src/browser/pairing/party.ts'
import type { ComputerMessage, Frame, OfferOrder, PairedPhone, PairingHello, PairingState, PhoneMessage } from '../../src/browser/pairing/wire.ts'

interface Computer { order: OfferOrder; state: PairingState['state']; hello: PairingHello | null; computerProof: string | null; phoneConfirmed: boolean }

/** The server between computer and phone, in memory and as short as it can be: what a computer's half is tried with. */
export interface SmallRelay {
  readonly origin: string
  readonly fetch: Send
  readonly computers: Map<string, Computer>
  /** What came from computers, and what goes to them. */
  readonly toPhone: Frame[]
  readonly toComputer: Frame[]
  readonly calls: { readonly method: string; readonly path: string; readonly body: string }[]
  /** Answers instead of it, as long as it says something. */
  instead: ((path: string) => { readonly status: number; readonly body?: object } | undefined) | undefined
  /** What becomes of a frame of the phone on its way. */
  meddle: ((frame: Frame) => readonly Frame[]) | undefined
  /** Connections that the phone has ended. */
  readonly over: Set<string>
  clock(): number
  ahead: number
  /** Wakes whoever waits. */
  changed(): void
  next(): Promise<void>
}

export const pocketPhone: PairedPhone = { id: 'L_bNbyvmb9R6iqrTEn9OZA', name: 'Pocket', model: 'Pixel 9', organization: 'Engines', email: 'ada@engines.example' }

export function createSmallRelay(): SmallRelay {
  const origin = 'https://id.engines.example'
  let waiting: (() => void)[] = []
  const relay: SmallRelay = {
    origin, computers: new Map(), toPhone: [], toComputer: [], calls: [], instead: undefined, meddle: undefined, ahead: 0, over: new Set(),
    clock: () => Date.now() + relay.ahead,
    changed() {
      const woken = waiting
      waiting = []
      for (const wake of woken) wake()
    },
    next: () => new Promise((resolve) => { waiting.push(resolve) }),
    async fetch(url, order) {
      order.signal.throwIfAborted()
      const path = url.slice(origin.length)
      relay.calls.push({ method: order.method, path, body: order.body ?? '' })
      const instead = relay.instead?.(path)
      const { status, body = {} } = instead ?? await Promise.race([answer(path, order.method, order.body ?? '', order.headers['Authorization']), new Promise<never>((_resolve, reject) => {
        order.signal.addEventListener('abort', () => { reject(order.signal.reason as Error) })
      })])
      if (status === 0) throw new TypeError('fetch failed')
      return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
    },
  }
  return relay

  async function answer(path: string, method: string, body: string, authorization: string | undefined): Promise<{ status: number; body?: object }> {
    if (path === '/pairing/api/offers') {
      const id = randomBytes(16).toString('base64url')
      relay.computers.set(id, { order: JSON.parse(body) as OfferOrder, state: 'offered', hello: null, computerProof: null, phoneConfirmed: false })
      return { status: 201, body: { computer: id, now: relay.clock(), expiresAt: relay.clock() + 120_000 } }
    }
    const [id = '', at = '', signature = ''] = (authorization ?? '').replace('Doorward-Computer ', '').split('.')
    const computer = relay.computers.get(id)
    if (!computer) return { status: 401, body: { error: 'unknown_computer' } }
    if (Math.abs(Number(at) - relay.clock()) > 120_000) return { status: 401, body: { error: 'clock', now: relay.clock() } }
    const text = `${method}\n${path}\n${at}\n${createHash('sha256').update(body).digest('base64url')}`
    const point = Buffer.from(computer.order.signingKey, 'base64url')
    const key = { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') }
    if (!verify('sha256', Buffer.from(text), { key, format: 'jwk', dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))) return { status: 401, body: { error: 'unknown_computer' } }
    return answerComputer(computer, new URL(path, origin), body)
  }

  async function answerComputer(computer: Computer, { pathname, searchParams }: URL, body: string): Promise<{ status: number; body?: object }> {
    const order = (body === '' ? {} : JSON.parse(body)) as Partial<Frame> & { proof?: string }
    switch (pathname) {
      case '/pairing/api/pairing':
        while (computer.state === searchParams.get('known')) await relay.next()
        return { status: 200, body: { state: computer.state, expiresAt: null, phone: computer.hello ? pocketPhone : null, hello: computer.hello, phoneConfirmed: computer.phoneConfirmed, computerConfirmed: computer.computerProof !== null } satisfies PairingState }
      case '/pairing/api/pairing/confirmation':
        computer.computerProof = order.proof ?? ''
        if (computer.phoneConfirmed) computer.state = 'active'
        break
      case '/pairing/api/pairing/removal':
        computer.state = 'removed'
        break
      case '/pairing/api/frames': {
        if (body === '') {
          const after = Number(searchParams.get('after'))
          const later = (): Frame[] => relay.toComputer.filter(({ connection, sequence }) => connection === searchParams.get('connection') && sequence > after)
          const isOver = (): boolean => relay.over.has(searchParams.get('connection') ?? '')
          while (later().length === 0 && !isOver()) await relay.next()
          return { status: 200, body: { frames: later(), refused: isOver() ? 'over' : null } }
        }
        if (computer.state !== 'active') return { status: 409, body: { error: 'removed' } }
        relay.toPhone.push(order as Frame)
        break
      }
    }
    relay.changed()
    return { status: 200 }
  }
}

/** A phone that takes the offer of a picture, as the app does, and says that the digits are the same. */
export async function takeOffer(relay: SmallRelay, address: string, change: { readonly secret?: Uint8Array<ArrayBuffer>; readonly confirm?: boolean } = {}): Promise<{ pair: Pair; agreement: Agreement }> {
  const offer = await readOffer(address, relay.origin)
  const [computerId, computer] = [...relay.computers].find(([, { order }]) => order.offer === offer?.id) ?? []
  if (!offer || !computer || computerId === undefined) throw new Error('there is no such offer')
  const [own, signing] = [await makeAgreementKey(), await makeSigningKey()]
  const facts = {
    origin: relay.origin, computerId, computerAgreementKey: offer.agreementKey, computerSigningKey: computer.order.signingKey,
    phoneId: pocketPhone.id, phoneAgreementKey: await publicPoint(own.publicKey), phoneSigningKey: await publicPoint(signing.publicKey),
  }
  const agreement = await agree({ secret: change.secret ?? offer.secret, own: own.privateKey, theirs: offer.agreementKey, facts })
  computer.hello = { agreementKey: facts.phoneAgreementKey, signingKey: facts.phoneSigningKey, proof: await agreement.confirmation('hello') }
  computer.state = 'taken'
  relay.changed()
  if (change.confirm !== false) {
    computer.phoneConfirmed = true
    while (computer.computerProof === null) await relay.next()
    if (!await agreement.isConfirmation('computer', computer.computerProof)) throw new Error('the computer agreed on something else')
    computer.state = 'active'
    relay.changed()
  }
  return { pair: { root: agreement.root, own: own.privateKey, theirs: offer.agreementKey, computerId, phoneId: pocketPhone.id }, agreement }
}

/** Answers what computers ask, until it is stopped. @returns what it was asked, and how to stop it */
export function answerQuestions(relay: SmallRelay, pair: Pair, decide: (question: ComputerMessage) => readonly PhoneMessage[] | Promise<readonly PhoneMessage[]>): { readonly asked: ComputerMessage[]; stop(): void } {
  const asked: ComputerMessage[] = []
  const channels = new Map<string, Channel>()
  let stopped = false
  void run()
  return { asked, stop: () => { stopped = true } }

  async function run(): Promise<void> {
    for (let seen = 0; !stopped;) {
      const frame = relay.toPhone[seen]
      if (!frame) {
        await relay.next()
        continue
      }
      seen += 1
      const channel = channels.get(frame.connection)
      if (!channel) {
        const accepted = await acceptConnection(pair, frame.connection, frame.body)
        channels.set(frame.connection, accepted.channel)
        tell({ connection: frame.connection, sequence: 0, body: accepted.body })
        continue
      }
      const question = (await channel.open(frame)) as ComputerMessage
      asked.push(question)
      // Meanwhile the person may be told that it was cancelled.
      void answerOne(frame.connection, channel, question)
    }
  }

  async function answerOne(connection: string, channel: Channel, question: ComputerMessage): Promise<void> {
    for (const message of await decide(question)) tell({ connection, ...await channel.seal(message) })
  }

  function tell(frame: Frame): void {
    relay.toComputer.push(...relay.meddle?.(frame) ?? [frame])
    relay.changed()
  }
}
