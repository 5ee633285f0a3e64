import { base64url, fromBase64url, lengthPrefixed, sha256, utf8, type Bytes } from './bytes.ts'
import { deriveBits, isMac, labelledBits, mac, macKey, rootOf } from './derive.ts'
import { pointBytes, sharedBits, type Key } from './party.ts'
import type { PublicPoint } from './wire.ts'

/** What both sides must have seen alike: who pairs with whom, through which server, by which keys. */
export interface PairingFacts {
  readonly origin: string
  readonly computerId: string
  readonly computerAgreementKey: PublicPoint
  readonly computerSigningKey: PublicPoint
  readonly phoneId: string
  readonly phoneAgreementKey: PublicPoint
  readonly phoneSigningKey: PublicPoint
}

/** `hello`: the phone filmed the picture. `phone`, `computer`: the person there said that both show the same digits. */
export type ConfirmationLabel = 'hello' | 'phone' | 'computer'

export interface Agreement {
  /** Lasts as long as the pairing; IndexedDB keeps it, nobody reads it out. */
  readonly root: Key
  readonly digits: string
  confirmation(label: ConfirmationLabel): Promise<string>
  isConfirmation(label: ConfirmationLabel, proof: string): Promise<boolean>
}

/**
 * Both sides come to the same root and digits only if they saw the same keys and names and know the picture's secret: whoever stands between
 * them, the server among others, and gave each side a key of his own, shows two people different digits.
 * @throws RangeError when `theirs` is not one of the two agreement keys, or any of the keys is no point
 */
export async function agree(order: { readonly secret: Bytes; readonly own: Key; readonly theirs: PublicPoint; readonly facts: PairingFacts }): Promise<Agreement> {
  const { secret, own, theirs, facts } = order
  if (theirs !== facts.computerAgreementKey && theirs !== facts.phoneAgreementKey) throw new RangeError('this key belongs to another pairing')
  const shared = await rootOf(await sharedBits(own, theirs))
  const root = await rootOf(await deriveBits(shared, secret, await transcriptOf(facts), 32))
  const key = await macKey(root, 'doorward-pairing-1 confirmation')
  return {
    root,
    digits: await digitsOf(root),
    confirmation: async (label) => base64url(await mac(key, utf8(label))),
    async isConfirmation(label, proof) {
      try {
        return await isMac(key, fromBase64url(proof), utf8(label))
      } catch {
        return false
      }
    },
  }
}

function transcriptOf(facts: PairingFacts): Promise<Bytes> {
  return sha256(lengthPrefixed(
    'doorward-pairing-1', facts.origin, facts.computerId, pointBytes(facts.computerAgreementKey), pointBytes(facts.computerSigningKey),
    facts.phoneId, pointBytes(facts.phoneAgreementKey), pointBytes(facts.phoneSigningKey),
  ))
}

/** Of 64 bits, so that no row of digits is likelier than another by more than one in 10^13. */
async function digitsOf(root: Key): Promise<string> {
  const bits = await labelledBits(root, 'doorward-pairing-1 digits', 8)
  return String(new DataView(bits.buffer).getBigUint64(0) % 1_000_000n).padStart(6, '0')
}
