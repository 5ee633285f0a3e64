import { base64url, concat, fromBase64url, type Bytes } from '../pairing/bytes.ts'
import type { SecretsOrder } from '../pairing/wire.ts'
import { algorithms } from './algorithms.ts'
import { aaguidBytes } from './authenticator-data.ts'
import { Malformed, readCbor, writeCbor, type Cbor, type CborKey } from './cbor.ts'
import { create, idLength } from './create.ts'
import type { Credential, Declined, Device } from './credential.ts'
import { isSelection, needed, parametersOf, readAlgorithms, readDescriptors, readHash, readProtection, readRpId, refusePin, type Parameters } from './ctap-read.ts'
import { CtapError, status, type Status } from './ctap-status.ts'
import { get } from './get.ts'
import { hmacSecret, sealSecrets } from './hmac-secret.ts'
import { pinProtocols } from './pin-protocol.ts'

/** The longest command: what 129 frames of 64 bytes carry (CTAP 2.1 §11.2.4). */
export const longestCommand = 7609
/** So many ids fit into one, with what stands around them. */
const mostInList = 64

/**
 * A command of CTAP 2.1 §6: its byte, then canonical CBOR. Answers with a status byte and CBOR; never throws.
 * Resetting is a matter of the app, PINs are not needed: the phone unlocks for each approval.
 * @param secrets what is asked with `hmac-secret`, opened by whoever agreed with the program on how (hmac-secret.ts)
 */
export async function command(bytes: Uint8Array, device: Device, secrets?: SecretsOrder): Promise<Bytes> {
  return answered(() => run(bytes, device, secrets))
}

/** As a status byte and CBOR. */
export async function answered(work: () => Promise<Cbor | undefined>): Promise<Bytes> {
  try {
    const answer = await work()
    return answer ? concat(Uint8Array.of(status.ok), writeCbor(answer)) : Uint8Array.of(status.ok)
  } catch (error) {
    return Uint8Array.of(error instanceof CtapError ? error.status : error instanceof Malformed ? status.invalidCbor : status.other)
  }
}

async function run(bytes: Uint8Array, device: Device, secrets: SecretsOrder | undefined): Promise<Cbor | undefined> {
  const { code, parameters } = split(bytes)
  switch (code) {
    case undefined: throw new CtapError(status.invalidLength)
    case 0x01: return makeCredential(read(parameters), device)
    case 0x02: return getAssertion(read(parameters), device, secrets)
    case 0x04: return bare(parameters) && getInfo(device)
    case 0x07: throw new CtapError(bare(parameters) && status.operationDenied)
    // There is never a next one: the person has chosen on the phone.
    case 0x08: throw new CtapError(status.notAllowed)
    case 0x0b: return bare(parameters) && select(device)
    default: throw new CtapError(status.invalidCommand)
  }
}

function split(bytes: Uint8Array): { readonly code: number | undefined; readonly parameters: Uint8Array } {
  if (bytes.length > longestCommand) throw new CtapError(status.requestTooLarge)
  return { code: bytes[0], parameters: bytes.subarray(1) }
}

/** What comes after the byte of a command. @throws CtapError, Malformed */
export function read(bytes: Uint8Array): Parameters {
  if (bytes.length === 0) throw new CtapError(status.missingParameter)
  return parametersOf(readCbor(bytes))
}

function bare(parameters: Uint8Array): true {
  if (parameters.length > 0) throw new CtapError(status.invalidLength)
  return true
}

/**
 * The same for every phone, so whoever stands between may answer it: no phone has to wake for it.
 * Its version is FIDO_2_0: whoever keeps discoverable credentials and calls itself FIDO_2_1 lets programs list and remove them, with tokens for permissions
 * (CTAP 2.1 §9: credMgmt, pinUvAuthToken). Here the app on the phone does that, and no computer learns what is on it. There is no `clientPin` either: it would
 * offer to have a PIN set; `hmac-secret` needs the agreement on a key alone.
 */
export function getInfo(device: Pick<Device, 'algorithms'>): Map<CborKey, Cbor> {
  return new Map<CborKey, Cbor>([
    [0x01, ['FIDO_2_0']],
    [0x02, ['credProtect', hmacSecret]],
    [0x03, aaguidBytes],
    [0x04, new Map<CborKey, Cbor>([['rk', true], ['up', true], ['uv', true], ['plat', false], ['alwaysUv', true]])],
    [0x05, longestCommand],
    [0x06, pinProtocols],
    // Without these Firefox and Chromium ask for each id of a site alone; with them, ids that cannot be ours are not asked for at all.
    [0x07, mostInList],
    [0x08, idLength],
    [0x0a, (device.algorithms ?? algorithms).map((alg) => new Map<CborKey, Cbor>([['alg', alg], ['type', 'public-key']]))],
  ])
}

async function makeCredential(parameters: Parameters, device: Device): Promise<Cbor> {
  await refuseEmptyPin(parameters.bytes(0x08), device)
  const clientDataHash = readHash(parameters.bytes(0x01))
  const [rp, user] = [needed(parameters.map(0x02)), needed(parameters.map(0x03))]
  const rpId = readRpId(rp.text('id'))
  const userHandle = needed(user.bytes('id'))
  if (userHandle.length < 1 || userHandle.length > 64) throw new CtapError(status.invalidLength)
  const [userName, displayName] = [user.text('name') ?? '', user.text('displayName') ?? '']
  const wanted = readAlgorithms(parameters.maps(0x04))
  const exclude = readDescriptors(parameters.maps(0x05))
  const protection = readProtection(parameters.map(0x06)?.number('credProtect'))
  const derives = parameters.map(0x06)?.flag(hmacSecret) === true
  const options = parameters.flags(0x07)
  if (options?.get('up') === false) throw new CtapError(status.invalidOption)
  refusePin(parameters.bytes(0x08), parameters.number(0x09))
  if (parameters.number(0x0a) !== undefined) throw new CtapError(status.invalidParameter)
  const formats = parameters.texts(0x0b) ?? []

  const discoverable = options?.get('rk') ?? false
  const made = await create({
    rpId, rpName: rp.text('name') ?? rpId, origin: null, userHandle, userName, displayName, algorithms: wanted, exclude, discoverable, protection, clientDataHash,
    attested: formats.find((format) => format === 'packed' || format === 'none') !== 'none',
    extensions: new Map(derives ? [[hmacSecret, true]] : []), selecting: isSelection(rpId, userName, discoverable),
  }, device)
  if (made.outcome === 'excluded') throw new CtapError(status.credentialExcluded)
  if (made.outcome === 'no_algorithm') throw new CtapError(status.unsupportedAlgorithm)
  if (made.outcome !== 'created') throw new CtapError(declined[made.outcome])
  return new Map<CborKey, Cbor>([[0x01, made.format], [0x02, made.authenticatorData], [0x03, made.statement]])
}

async function getAssertion(parameters: Parameters, device: Device, secrets: SecretsOrder | undefined): Promise<Cbor> {
  await refuseEmptyPin(parameters.bytes(0x06), device)
  const rpId = readRpId(parameters.text(0x01))
  const clientDataHash = readHash(parameters.bytes(0x02))
  const list = parameters.maps(0x03)
  const allow = list === undefined || list.length === 0 ? undefined : readDescriptors(list)
  const derives = parameters.map(0x04)?.map(hmacSecret) !== undefined
  const options = parameters.flags(0x05)
  if (options?.has('rk')) throw new CtapError(status.unsupportedOption)
  refusePin(parameters.bytes(0x06), parameters.number(0x07))
  // No secret without somebody who approves it, whatever the computer says.
  if (derives && options?.get('up') === false) throw new CtapError(status.unsupportedOption)
  const silent = isSilent(parameters)

  const extensions = derives && secrets ? { extensions: async (credential: Credential) => new Map([[hmacSecret, await sealSecrets(credential, secrets)]]) } : {}
  const signed = await get({ rpId, origin: null, allow, clientDataHash, silent, ...extensions }, device)
  if (signed.outcome === 'no_key') throw new CtapError(status.noCredentials)
  if (signed.outcome !== 'signed') throw new CtapError(declined[signed.outcome])
  const { credential, authenticatorData, signature } = signed
  // Names stay on the phone, where the person has seen them.
  const user: readonly (readonly [CborKey, Cbor])[] = credential.discoverable ? [[0x04, new Map<CborKey, Cbor>([['id', fromBase64url(credential.userHandle)]])]] : []
  const chosen: readonly (readonly [CborKey, Cbor])[] = allow || silent ? [] : [[0x06, true]]
  return new Map<CborKey, Cbor>([[0x01, new Map<CborKey, Cbor>([['id', fromBase64url(credential.id)], ['type', 'public-key']])], [0x02, authenticatorData], [0x03, signature], ...user, ...chosen])
}

/** Whether a program only asks if a key is there: nobody has to do anything. */
export function isSilent(parameters: Parameters): boolean {
  const options = parameters.flags(0x05)
  return options?.get('up') === false && options.get('uv') !== true
}

/**
 * A PIN of no length asks the person for a sign, and is answered with what there would be to say about the PIN (CTAP 2.1 §6.1.2 step 1). The standard has it for
 * keys with a PIN only; Firefox asks every one so which of several is meant, and leaves away what answers otherwise.
 */
async function refuseEmptyPin(param: Bytes | undefined, device: Device): Promise<void> {
  if (param?.length !== 0) return
  await select(device)
  throw new CtapError(status.pinNotSet)
}

async function select(device: Device): Promise<undefined> {
  const { outcome } = await device.ask({ kind: 'select' })
  if (outcome !== 'approved') throw new CtapError(declined[outcome])
}

const declined: Readonly<Record<Declined, Status>> = {
  denied: status.operationDenied, reported: status.operationDenied, not_unlocked: status.operationDenied, too_late: status.userActionTimeout, cancelled: status.keepaliveCancel,
}

/** A command and its answer as a frame carries them. */
export async function commandText(text: string, device: Device, secrets?: SecretsOrder): Promise<string> {
  return base64url(await command(fromBase64url(text), device, secrets))
}
