import { agree, type Agreement, type PairingFacts } from './agreement.ts'
import type { Bytes } from './bytes.ts'
import { createComputerCall, postUnsigned, ComputerRefusal, type ComputerCall, type Send } from './call.ts'
import { makeOffer } from './offer.ts'
import { makeAgreementKey, makeSigningKey, publicPoint, type Key, type KeyPair } from './party.ts'
import type { Pairing } from './relay-client.ts'
import type { ComputerConfirmation, ComputerKind, OfferMade, OfferOrder, PairedPhone, PairingState, PublicPoint } from './wire.ts'

/** A computer that waits for a phone. Everything in it can be kept in IndexedDB. */
export interface Offered {
  /** The server's public URL; its origin is part of what both sides agree on. */
  readonly server: string
  readonly computerId: string
  readonly agreement: Key
  readonly agreementKey: PublicPoint
  readonly signing: Key
  readonly signingKey: PublicPoint
  readonly secret: Bytes
  /** What the QR code says. */
  readonly address: string
  /** By the server's clock; `now` is what that said when the offer was made. */
  readonly expiresAt: number
  readonly now: number
}

/** A phone took the offer, and has proven that it filmed the picture. */
export interface Taken {
  readonly phone: PairedPhone
  readonly facts: PairingFacts
  readonly agreement: Agreement
}

/** What a paired computer keeps. `secret` and `facts` make the root again where a key cannot be kept as such. */
export interface Paired extends Omit<Offered, 'address' | 'expiresAt' | 'now'> {
  readonly root: Key
  readonly facts: PairingFacts
  readonly phone: PairedPhone
}

/**
 * Makes an offer. With `keys` they are the caller's, who keeps them in his own way.
 * @throws ComputerRefusal
 */
export async function startPairing(order: { readonly server: string; readonly fetch: Send; readonly kind: ComputerKind; readonly name: string; readonly version: string; readonly keys?: { readonly agreement: KeyPair; readonly signing: KeyPair } }): Promise<Offered> {
  const { server, fetch: send, kind, name, version } = order
  const { agreement, signing } = order.keys ?? { agreement: await makeAgreementKey(), signing: await makeSigningKey() }
  const [agreementKey, signingKey] = [await publicPoint(agreement.publicKey), await publicPoint(signing.publicKey)]
  const { id, secret, address } = await makeOffer(server, agreementKey)
  const made = await postUnsigned<OfferMade>(send, `${server}/pairing/api/offers`, { offer: id, signingKey, agreementKey, kind, name, version } satisfies OfferOrder)
  return { server, computerId: made.computer, agreement: agreement.privateKey, agreementKey, signing: signing.privateKey, signingKey, secret, address, expiresAt: made.expiresAt, now: made.now }
}

/**
 * Waits until a phone has taken the offer. `over`: nobody came in time. `forged`: whoever came had not filmed the picture, or was given other
 * keys than ours; the offer is taken back.
 * @throws ComputerRefusal, or the signal's reason
 */
export async function awaitPairing(offered: Offered, call: ComputerCall, signal: AbortSignal): Promise<Taken | 'over' | 'forged'> {
  const state = await stateAfter(call, 'offered', signal)
  if (!state?.phone || !state.hello) return 'over'
  const { phone, hello } = state
  const facts: PairingFacts = {
    origin: new URL(offered.server).origin, computerId: offered.computerId, computerAgreementKey: offered.agreementKey, computerSigningKey: offered.signingKey,
    phoneId: phone.id, phoneAgreementKey: hello.agreementKey, phoneSigningKey: hello.signingKey,
  }
  // A server that answers with no key at all is as far off as one with a wrong key.
  const agreement = await agree({ secret: offered.secret, own: offered.agreement, theirs: hello.agreementKey, facts }).catch(() => undefined)
  if (agreement && await agreement.isConfirmation('hello', hello.proof)) return { phone, facts, agreement }
  await removePairing(call).catch(() => undefined)
  return 'forged'
}

/**
 * The person said that both show the same digits. Waits until it was said on the phone too, for which the server's word is enough: `hello` has
 * proven that whoever holds the phone's keys filmed our picture, and the digits that it is the phone in front of the person, so a server that
 * lies gains a computer whose questions no phone answers. The phone keeps nothing of us before its own person has confirmed it, asks the proof
 * of our confirmation, and opens no connection of a computer that it does not keep.
 * @throws ComputerRefusal, or the signal's reason
 */
export async function confirmPairing(offered: Offered, taken: Taken, call: ComputerCall, signal: AbortSignal): Promise<Paired | 'over'> {
  await call.post('/pairing/confirmation', { proof: await taken.agreement.confirmation('computer') } satisfies ComputerConfirmation, signal)
  const state = await stateAfter(call, 'taken', signal)
  if (state?.state !== 'active') return 'over'
  const { server, computerId, agreement, agreementKey, signing, signingKey, secret } = offered
  return { server, computerId, agreement, agreementKey, signing, signingKey, secret, root: taken.agreement.root, facts: taken.facts, phone: taken.phone }
}

/** The computer forgets the phone, at any time. @throws ComputerRefusal */
export async function removePairing(call: ComputerCall): Promise<void> {
  await call.post('/pairing/removal', {})
}

export function callOf({ server, computerId, signing }: Pick<Offered, 'server' | 'computerId' | 'signing'>, send: Send): ComputerCall {
  return createComputerCall({ server, computerId, signing, fetch: send })
}

/** For `ask`. */
export function pairingOf({ root, agreement, facts }: Pick<Paired, 'root' | 'agreement' | 'facts'>, call: ComputerCall): Pairing {
  return { root, own: agreement, theirs: facts.phoneAgreementKey, computerId: facts.computerId, phoneId: facts.phoneId, call }
}

/** Another state than `known`, as soon as there is one; undefined when the server knows nothing of this computer any more. */
async function stateAfter(call: ComputerCall, known: PairingState['state'], signal: AbortSignal): Promise<PairingState | undefined> {
  for (let failed = 0;;) {
    const asked = Date.now()
    try {
      const state = await call.get<PairingState>(`/pairing?known=${known}`, signal)
      if (state.state !== known) return state
      failed = 0
    } catch (error) {
      failed += 1
      if (error instanceof ComputerRefusal && error.code === 'unknown_computer') return undefined
      if (!(error instanceof ComputerRefusal) || error.code !== 'offline' || failed >= 3) throw error
    }
    signal.throwIfAborted()
    if (Date.now() - asked < 1_000) await new Promise((resolve) => { setTimeout(resolve, 1_000) })
  }
}
