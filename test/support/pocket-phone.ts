import { commandText } from '../../src/browser/authenticator/ctap.ts'
import { answerWebAuthn } from '../../src/browser/authenticator/webauthn.ts'
import { agree, type Agreement, type PairingFacts } from '../../src/browser/pairing/agreement.ts'
import type { Channel } from '../../src/browser/pairing/channel.ts'
import { acceptConnection, type Pair } from '../../src/browser/pairing/connection.ts'
import { readOffer } from '../../src/browser/pairing/offer.ts'
import { makeAgreementKey, pointOfJwk, publicPoint, type KeyPair } from '../../src/browser/pairing/party.ts'
import type { ComputerMessage, ComputerView, FrameForPhone, PhoneConfirmation, PhoneMessage, PhonePairingState, RefusedReason } from '../../src/browser/pairing/wire.ts'
import type { Unlocking } from '../../src/browser/wire.ts'
import type { FakePhone } from './fake-phone.ts'
import { createPocketDevice, type PocketDevice } from './pocket-device.ts'

type Question = Exclude<ComputerMessage, { readonly kind: 'cancel' }>

/** An activated phone that pairs with computers and answers them, with the real channel and the real authenticator, and without a screen. */
export class PocketPhone {
  readonly phone: FakePhone
  readonly device: PocketDevice = createPocketDevice()
  readonly asked: Question[] = []
  cancelled = 0
  /** What it says instead of answering; `silence` shows the question and waits, `away` hears nothing. */
  mood: RefusedReason | 'answers' | 'silence' | 'away' = 'answers'
  #pair: Pair | undefined
  #stopped = false
  readonly #channels = new Map<string, { readonly channel: Channel; seen: number }>()

  constructor(phone: FakePhone) {
    this.phone = phone
  }

  /** Films the picture and takes the offer; what both show is compared by the caller. */
  async scan(address: string): Promise<{ readonly digits: string; confirm(): Promise<PhonePairingState> }> {
    const offer = await readOffer(address, this.phone.origin)
    if (!offer) throw new Error(`${address} is no offer`)
    const { body: { computer } } = await this.phone.call<{ computer: ComputerView | null }>('POST', '/offers', { offer: offer.id })
    if (!computer || computer.agreementKey !== offer.agreementKey) throw new Error('the server knows no such offer')
    const own: KeyPair = await makeAgreementKey()
    const facts: PairingFacts = {
      origin: this.phone.origin, computerId: computer.id, computerAgreementKey: offer.agreementKey, computerSigningKey: computer.signingKey,
      phoneId: this.phone.id, phoneAgreementKey: await publicPoint(own.publicKey), phoneSigningKey: pointOfJwk(JSON.parse(this.phone.publicKey()) as { kty: string }),
    }
    const agreement = await agree({ secret: offer.secret, own: own.privateKey, theirs: offer.agreementKey, facts })
    const { body } = await this.phone.call<{ outcome: string }>('POST', '/pairings', { offer: offer.id, agreementKey: facts.phoneAgreementKey, proof: await agreement.confirmation('hello') })
    if (body.outcome !== 'taken') throw new Error(`not taken: ${JSON.stringify(body)}`)
    this.#pair = { root: agreement.root, own: own.privateKey, theirs: offer.agreementKey, computerId: computer.id, phoneId: this.phone.id }
    return { digits: agreement.digits, confirm: () => this.#confirm(computer.id, agreement) }
  }

  async remove(): Promise<void> {
    await this.phone.call('POST', `/pairings/${this.#pair?.computerId ?? ''}/removal`, {})
  }

  /** Answers whatever comes, until it is stopped. */
  run(): { stop(): Promise<void> } {
    const running = (async () => {
      while (!this.#stopped) {
        if (this.#pair && this.mood !== 'away') {
          const { body } = await this.phone.frames()
          for (const frame of body.frames ?? []) await this.#take(this.#pair, frame)
        }
        await new Promise((resolve) => { setTimeout(resolve, 60) })
      }
    })()
    return {
      stop: async () => {
        this.#stopped = true
        await running
      },
    }
  }

  async #confirm(computer: string, agreement: Agreement): Promise<PhonePairingState> {
    const { body: { challengeId, options } } = await this.phone.call<Unlocking>('POST', `/pairings/${computer}/options`, {})
    const confirmation: PhoneConfirmation = { proof: await agreement.confirmation('phone'), unlocking: { challengeId, response: this.phone.passkey.sign(options) } }
    return (await this.phone.call<PhonePairingState>('POST', `/pairings/${computer}`, confirmation)).body
  }

  async #take(pair: Pair, { connection, sequence, body, computer }: FrameForPhone): Promise<void> {
    if (computer !== pair.computerId) return
    const known = this.#channels.get(connection)
    if (!known) {
      if (sequence !== 0) return
      const { body: answer, channel } = await acceptConnection(pair, connection, body)
      this.#channels.set(connection, { channel, seen: 0 })
      await this.phone.post(computer, connection, 0, answer)
      return
    }
    if (sequence !== known.seen + 1) return
    known.seen = sequence
    const message = (await known.channel.open({ sequence, body })) as ComputerMessage
    const say = async (said: PhoneMessage): Promise<void> => {
      const sealed = await known.channel.seal(said)
      await this.phone.post(computer, connection, sealed.sequence, sealed.body)
    }
    if (message.kind === 'cancel') {
      this.cancelled += 1
      await this.phone.call('POST', '/connections/end', { computer, connection })
      return
    }
    this.asked.push(message)
    await say({ kind: 'shown' })
    if (this.mood === 'silence' || this.mood === 'away') return
    if (this.mood !== 'answers') return say({ kind: 'refused', reason: this.mood })
    if (message.kind === 'ctap') return say({ kind: 'ctap', response: await commandText(message.command, this.device, message.secrets) })
    const answered = await answerWebAuthn(message, this.device)
    await say(answered.outcome === 'answer' ? { kind: 'answer', response: answered.response } : { kind: 'refused', reason: answered.outcome === 'refused' ? answered.reason : 'denied' })
  }
}
