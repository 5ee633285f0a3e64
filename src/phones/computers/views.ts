import { stateOf, type Computer, type ComputerState } from './computer.ts'
import { pointOf } from './point.ts'

/** A pairing as the computer sees it; see `PairingState` of src/browser/pairing/wire.ts. */
export function pairingView(computer: Computer | undefined, now: number) {
  const state: ComputerState = computer ? stateOf(computer, now) : 'removed'
  const pairing = state === 'removed' ? null : computer?.pairing ?? null
  return {
    state, expiresAt: state === 'removed' ? null : computer?.expiresAt ?? null,
    phone: pairing && { id: pairing.phone.id, name: pairing.phone.name, model: pairing.phone.model, organization: pairing.organization, email: pairing.email },
    hello: pairing && { agreementKey: pairing.agreementKey, signingKey: pointOf(pairing.phone.publicKey), proof: pairing.helloProof },
    phoneConfirmed: pairing !== null && computer?.phoneProof !== null, computerConfirmed: pairing !== null && computer?.computerProof !== null,
  }
}

/** A computer as its phone sees it. */
export function computerView({ id, kind, name, agreementKey, signingKey, ip, createdAt, lastUsedAt }: Computer, sameNetwork: boolean) {
  return { id, kind, name, agreementKey, signingKey, ip, sameNetwork, createdAt, lastUsedAt }
}
