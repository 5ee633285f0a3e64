import { base64url, concat, fromBase64url, type Bytes } from '../pairing/bytes.ts'
import { makeAgreementKey, publicPoint, pointBytes, sharedBits } from '../pairing/party.ts'
import type { SecretsOrder } from '../pairing/wire.ts'
import type { Cbor, CborKey } from './cbor.ts'
import type { Credential } from './credential.ts'
import { needed, type Parameters } from './ctap-read.ts'
import { CtapError, status } from './ctap-status.ts'
import { decrypt, encrypt, isAuthentic, pinProtocols, sharedSecret, type PinProtocol } from './pin-protocol.ts'
import { hmacOf } from './prf.ts'

/** `hmac-secret` (CTAP 2.1 §12.5): secrets that a program derives from inputs of its own, such as the key of a disk. */
export const hmacSecret = 'hmac-secret'

/** The half that stays with the computer: it agrees with programs on what keeps inputs and secrets from the wire between them, and asks the phone for the secrets. */
export interface KeyAgreement {
  /** authenticatorClientPIN, the one part of it that needs no PIN (CTAP 2.1 §6.5.5.4). @throws CtapError */
  clientPin(parameters: Parameters): Promise<Cbor>
  /** What authenticatorGetAssertion asks with its extension, opened; undefined when it asks nothing. @throws CtapError */
  secretsOf(parameters: Parameters): Promise<SecretsOrder | undefined>
}

const getKeyAgreement = 0x02
/** ECDH-ES with HKDF-256, which it is not; the standard wants this number (CTAP 2.1 §6.5.6). */
const agreementAlgorithm = -25

/** One key for as long as the program runs: there is no PIN whose guessing a new one would slow down. */
export async function createKeyAgreement(): Promise<KeyAgreement> {
  const { privateKey, publicKey } = await makeAgreementKey()
  const point = pointBytes(await publicPoint(publicKey))
  return {
    clientPin(parameters) {
      const [protocol, subCommand] = [parameters.number(0x01), needed(parameters.number(0x02))]
      if (subCommand !== getKeyAgreement) throw new CtapError(status.invalidSubcommand)
      readProtocol(needed(protocol))
      return Promise.resolve(new Map<CborKey, Cbor>([[0x01, new Map<CborKey, Cbor>([[1, 2], [3, agreementAlgorithm], [-1, 1], [-2, point.slice(1, 33)], [-3, point.slice(33)]])]]))
    },
    async secretsOf(parameters) {
      const input = parameters.map(0x04)?.map(hmacSecret)
      if (!input) return undefined
      const [theirs, sealed, proof] = [readPoint(needed(input.map(0x01))), needed(input.bytes(0x02)), needed(input.bytes(0x03))]
      const protocol = readProtocol(input.number(0x04) ?? 1)
      // No secret without somebody who approves it.
      if (parameters.flags(0x05)?.get('up') === false) throw new CtapError(status.unsupportedOption)
      const bits = await sharedBits(privateKey, theirs).catch(() => { throw new CtapError(status.invalidParameter) })
      const shared = await sharedSecret(protocol, bits)
      if (!await isAuthentic(shared, sealed, proof)) throw new CtapError(status.pinAuthInvalid)
      const salts = await decrypt(shared, sealed)
      if (salts?.length !== 32 && salts?.length !== 64) throw new CtapError(status.invalidParameter)
      return { salts: base64url(salts), key: base64url(shared.encryption), protocol }
    },
  }
}

/** The phone's half: the secrets of this passkey, sealed for the program, since they are part of what the phone signs. @throws CtapError */
export async function sealSecrets({ prf }: Pick<Credential, 'prf'>, order: SecretsOrder): Promise<Bytes> {
  const { salts, encryption, protocol } = readOrder(order)
  const secrets: Bytes[] = []
  for (let at = 0; at < salts.length; at += 32) secrets.push(await hmacOf(prf, salts.slice(at, at + 32)))
  return encrypt({ protocol, encryption }, concat(...secrets))
}

function readOrder({ salts: text, key, protocol }: SecretsOrder): { readonly salts: Bytes; readonly encryption: Bytes; readonly protocol: PinProtocol } {
  try {
    const [salts, encryption] = [fromBase64url(text), fromBase64url(key)]
    if ((salts.length === 32 || salts.length === 64) && encryption.length === 32) return { salts, encryption, protocol: readProtocol(protocol) }
  } catch {
    // Not even base64url.
  }
  throw new CtapError(status.invalidParameter)
}

function readProtocol(number: number): PinProtocol {
  const protocol = pinProtocols.find((one) => one === number)
  if (protocol === undefined) throw new CtapError(status.invalidParameter)
  return protocol
}

function readPoint(key: Parameters): string {
  const [type, curve, x, y] = [needed(key.number(1)), needed(key.number(-1)), needed(key.bytes(-2)), needed(key.bytes(-3))]
  if (type !== 2 || curve !== 1 || x.length !== 32 || y.length !== 32) throw new CtapError(status.invalidParameter)
  return base64url(concat(Uint8Array.of(4), x, y))
}
