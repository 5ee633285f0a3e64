import { concat, sha256, uint32, utf8, type Bytes } from '../pairing/bytes.ts'
import { writeCbor, type CborMap } from './cbor.ts'

/**
 * Says which make a key is of: a phone with Doorward's app. The same for all of them, so it tells nobody apart; sites name keys by it and
 * organizations allow them by it. Random (version 4), in no list of the FIDO Alliance.
 */
export const aaguid = 'b5f0c3e2-6d1a-4a87-9c44-2f7be01d83a6'
export const aaguidBytes: Bytes = Uint8Array.from(aaguid.replaceAll('-', '').match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))

export interface AuthenticatorData {
  readonly rpId: string
  /** Somebody was there and unlocked the phone: always both, or neither. */
  readonly approved: boolean
  readonly counter: number
  readonly attested?: { readonly id: Bytes; readonly cose: Bytes }
  readonly extensions?: CborMap
}

/** WebAuthn L3 §6.1. Neither BE nor BS: these keys never leave the phone. */
export async function authenticatorData({ rpId, approved, counter, attested, extensions = new Map() }: AuthenticatorData): Promise<Bytes> {
  const flags = (approved ? 0b101 : 0) | (attested ? 0x40 : 0) | (extensions.size > 0 ? 0x80 : 0)
  return concat(
    await sha256(utf8(rpId)), Uint8Array.of(flags), uint32(counter),
    ...(attested ? [aaguidBytes, Uint8Array.of(attested.id.length >> 8, attested.id.length & 255), attested.id, attested.cose] : []),
    ...(extensions.size > 0 ? [writeCbor(extensions)] : []),
  )
}
