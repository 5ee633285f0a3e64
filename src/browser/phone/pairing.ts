import { agree, type Agreement } from '../pairing/agreement.ts'
import type { Offer } from '../pairing/offer.ts'
import { makeAgreementKey, pointOfJwk, publicPoint, type Key } from '../pairing/party.ts'
import type { ComputerView, OfferLook, PairingOrder, PairingTaken, PhoneConfirmation, PhonePairingState, PublicPoint } from '../pairing/wire.ts'
import { performCeremony } from '../webauthn.ts'
import type { Unlocking } from '../wire.ts'
import { call } from './api.ts'
import { saveComputer } from './computers.ts'
import type { HeldKey } from './keys.ts'

/** A pairing that this phone has begun, until the person has compared the digits. */
export interface Begun {
  readonly held: HeldKey
  readonly computer: ComputerView
  readonly agreement: Agreement
  readonly own: Key
  readonly theirs: PublicPoint
  /** Whether the person has said here that the digits are the same, and unlocked the phone for it. */
  confirmed: boolean
}

/** Who shows this picture; looking takes nothing. @returns undefined for a picture that is too old, used, or not of the computer that the server knows */
export async function lookAt(held: HeldKey, offer: Offer): Promise<ComputerView | undefined> {
  const { computer } = await call<{ readonly computer: ComputerView | null }>(held, 'POST', '/offers', { offer: offer.id } satisfies OfferLook)
  // The key in the picture counts, never the server's word.
  return computer?.agreementKey === offer.agreementKey ? computer : undefined
}

/** Takes the offer, before anybody else does. @returns undefined when somebody was faster */
export async function begin(held: HeldKey, offer: Offer, computer: ComputerView): Promise<Begun | undefined> {
  const { privateKey, publicKey } = await makeAgreementKey()
  const agreementKey = await publicPoint(publicKey)
  const agreement = await agree({
    secret: offer.secret, own: privateKey, theirs: offer.agreementKey,
    facts: {
      origin: location.origin, computerId: computer.id, computerAgreementKey: offer.agreementKey, computerSigningKey: computer.signingKey,
      phoneId: held.id, phoneAgreementKey: agreementKey, phoneSigningKey: await signingPoint(held),
    },
  })
  const order: PairingOrder = { offer: offer.id, agreementKey, proof: await agreement.confirmation('hello') }
  const { outcome } = await call<PairingTaken>(held, 'POST', '/pairings', order)
  return outcome === 'taken' ? { held, computer, agreement, own: privateKey, theirs: offer.agreementKey, confirmed: false } : undefined
}

/** The digits are the same, says the person, and unlocks the phone; the server judges that (SEC-46). */
export async function confirm(begun: Begun, signal: AbortSignal): Promise<PhonePairingState> {
  const { held, computer, agreement } = begun
  const { challengeId, options } = await call<Unlocking>(held, 'POST', `/pairings/${computer.id}/options`, {})
  const { response } = await performCeremony('get', options, { signal })
  begun.confirmed = true
  return call<PhonePairingState>(held, 'POST', `/pairings/${computer.id}`, { proof: await agreement.confirmation('phone'), unlocking: { challengeId, response } } satisfies PhoneConfirmation)
}

/**
 * How far the computer is.
 * @returns `forged` when its word is not that of the computer that showed the picture, or when the server calls a pairing finished that nobody has
 * confirmed here: with its help a stranger's computer would be paired by scanning alone
 */
export async function progress(begun: Begun): Promise<PhonePairingState['state'] | 'forged'> {
  const { held, computer, agreement } = begun
  const { state, computerProof } = await call<PhonePairingState>(held, 'GET', `/pairings/${computer.id}`)
  if (computerProof !== null && !(await agreement.isConfirmation('computer', computerProof))) return 'forged'
  return state === 'active' && (computerProof === null || !begun.confirmed) ? 'forged' : state
}

/** Both said yes. */
export async function keep({ held, computer, agreement, own, theirs }: Begun): Promise<void> {
  await saveComputer({ id: computer.id, held: held.id, kind: computer.kind, name: computer.name, root: agreement.root, own, theirs, createdAt: Date.now() })
}

export async function giveUp({ held, computer }: Pick<Begun, 'held' | 'computer'>): Promise<void> {
  await call(held, 'POST', `/pairings/${computer.id}/removal`, {})
}

/** The public half of the approval key, which the server has under the same name. */
async function signingPoint(held: HeldKey): Promise<PublicPoint> {
  return held.publicKey ?? pointOfJwk(await call<JsonWebKey>(held, 'GET', '/public-key'))
}
