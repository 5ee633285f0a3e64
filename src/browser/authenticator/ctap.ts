import { base64url, concat, fromBase64url, type Bytes } from '../pairing/bytes.ts'
import { algorithms } from './algorithms.ts'
import { aaguidBytes } from './authenticator-data.ts'
import { Malformed, readCbor, writeCbor, type Cbor, type CborKey } from './cbor.ts'
import { create } from './create.ts'
import type { Declined, Device } from './credential.ts'
import { needed, parametersOf, readAlgorithms, readDescriptors, readHash, readProtection, readRpId, refusePin, type Parameters } from './ctap-read.ts'
import { CtapError, status, type Status } from './ctap-status.ts'
import { get } from './get.ts'

/** The longest command: what 129 frames of 64 bytes carry (CTAP 2.1 §11.2.4). */
export const longestCommand = 7609

/**
 * A command of CTAP 2.1 §6: its byte, then canonical CBOR. Answers with a status byte and CBOR; never throws.
 * Resetting is a matter of the app, PINs are not needed: the phone unlocks for each approval.
 */
export async function command(bytes: Uint8Array, device: Device): Promise<Bytes> {
  try {
    const answer = await run(bytes, device)
    return answer ? concat(Uint8Array.of(status.ok), writeCbor(answer)) : Uint8Array.of(status.ok)
  } catch (error) {
    return Uint8Array.of(error instanceof CtapError ? error.status : error instanceof Malformed ? status.invalidCbor : status.other)
  }
}

async function run(bytes: Uint8Array, device: Device): Promise<Cbor | undefined> {
  if (bytes.length > longestCommand) throw new CtapError(status.requestTooLarge)
  const [code, parameters] = [bytes[0], bytes.subarray(1)]
  switch (code) {
    case undefined: throw new CtapError(status.invalidLength)
    case 0x01: return makeCredential(read(parameters), device)
    case 0x02: return getAssertion(read(parameters), device)
    case 0x04: return bare(parameters) && getInfo(device)
    case 0x07: throw new CtapError(bare(parameters) && status.operationDenied)
    // There is never a next one: the person has chosen on the phone.
    case 0x08: throw new CtapError(status.notAllowed)
    case 0x0b: return bare(parameters) && select(device)
    default: throw new CtapError(status.invalidCommand)
  }
}

function read(bytes: Uint8Array): Parameters {
  if (bytes.length === 0) throw new CtapError(status.missingParameter)
  return parametersOf(readCbor(bytes))
}

function bare(parameters: Uint8Array): true {
  if (parameters.length > 0) throw new CtapError(status.invalidLength)
  return true
}

/**
 * The same for every phone, so whoever stands between may answer it: no phone has to wake for it.
 * Its version is FIDO_2_0: to call itself 2.1 it would need hmac-secret and PIN protocols (CTAP 2.1 §9), which people with a phone do not.
 */
export function getInfo(device: Pick<Device, 'algorithms'>): Map<CborKey, Cbor> {
  return new Map<CborKey, Cbor>([
    [0x01, ['FIDO_2_0']],
    [0x02, ['credProtect']],
    [0x03, aaguidBytes],
    [0x04, new Map<CborKey, Cbor>([['rk', true], ['up', true], ['uv', true], ['plat', false], ['alwaysUv', true]])],
    [0x05, longestCommand],
    [0x0a, (device.algorithms ?? algorithms).map((alg) => new Map<CborKey, Cbor>([['alg', alg], ['type', 'public-key']]))],
  ])
}

async function makeCredential(parameters: Parameters, device: Device): Promise<Cbor> {
  const clientDataHash = readHash(parameters.bytes(0x01))
  const [rp, user] = [needed(parameters.map(0x02)), needed(parameters.map(0x03))]
  const rpId = readRpId(rp.text('id'))
  const userHandle = needed(user.bytes('id'))
  if (userHandle.length < 1 || userHandle.length > 64) throw new CtapError(status.invalidLength)
  const [userName, displayName] = [user.text('name') ?? '', user.text('displayName') ?? '']
  const wanted = readAlgorithms(parameters.maps(0x04))
  const exclude = readDescriptors(parameters.maps(0x05))
  const protection = readProtection(parameters.map(0x06)?.number('credProtect'))
  const options = parameters.flags(0x07)
  if (options?.get('up') === false) throw new CtapError(status.invalidOption)
  refusePin(parameters.bytes(0x08), parameters.number(0x09))
  if (parameters.number(0x0a) !== undefined) throw new CtapError(status.invalidParameter)
  const formats = parameters.texts(0x0b) ?? []

  const made = await create({
    rpId, rpName: rp.text('name') ?? rpId, origin: null, userHandle, userName, displayName, algorithms: wanted, exclude, discoverable: options?.get('rk') ?? false, protection, clientDataHash,
    attested: formats.find((format) => format === 'packed' || format === 'none') !== 'none',
  }, device)
  if (made.outcome === 'excluded') throw new CtapError(status.credentialExcluded)
  if (made.outcome === 'no_algorithm') throw new CtapError(status.unsupportedAlgorithm)
  if (made.outcome !== 'created') throw new CtapError(declined[made.outcome])
  return new Map<CborKey, Cbor>([[0x01, made.format], [0x02, made.authenticatorData], [0x03, made.statement]])
}

async function getAssertion(parameters: Parameters, device: Device): Promise<Cbor> {
  const rpId = readRpId(parameters.text(0x01))
  const clientDataHash = readHash(parameters.bytes(0x02))
  const list = parameters.maps(0x03)
  const allow = list === undefined || list.length === 0 ? undefined : readDescriptors(list)
  parameters.map(0x04)
  const options = parameters.flags(0x05)
  if (options?.has('rk')) throw new CtapError(status.unsupportedOption)
  refusePin(parameters.bytes(0x06), parameters.number(0x07))
  const silent = options?.get('up') === false && options.get('uv') !== true

  const signed = await get({ rpId, origin: null, allow, clientDataHash, silent }, device)
  if (signed.outcome === 'no_key') throw new CtapError(status.noCredentials)
  if (signed.outcome !== 'signed') throw new CtapError(declined[signed.outcome])
  const { credential, authenticatorData, signature } = signed
  // Names stay on the phone, where the person has seen them.
  const user: readonly (readonly [CborKey, Cbor])[] = credential.discoverable ? [[0x04, new Map<CborKey, Cbor>([['id', fromBase64url(credential.userHandle)]])]] : []
  const chosen: readonly (readonly [CborKey, Cbor])[] = allow || silent ? [] : [[0x06, true]]
  return new Map<CborKey, Cbor>([[0x01, new Map<CborKey, Cbor>([['id', fromBase64url(credential.id)], ['type', 'public-key']])], [0x02, authenticatorData], [0x03, signature], ...user, ...chosen])
}

async function select(device: Device): Promise<undefined> {
  const { outcome } = await device.ask({ kind: 'select' })
  if (outcome !== 'approved') throw new CtapError(declined[outcome])
}

const declined: Readonly<Record<Declined, Status>> = {
  denied: status.operationDenied, reported: status.operationDenied, not_unlocked: status.operationDenied, too_late: status.userActionTimeout, cancelled: status.keepaliveCancel,
}

/** A command and its answer as a frame carries them. */
export async function commandText(text: string, device: Device): Promise<string> {
  return base64url(await command(fromBase64url(text), device))
}
