import { command as answerCommand, getInfo } from '../browser/authenticator/ctap.ts'
import { writeCbor } from '../browser/authenticator/cbor.ts'
import type { Device } from '../browser/authenticator/credential.ts'
import { status } from '../browser/authenticator/ctap-status.ts'
import { base64url, concat, fromBase64url, randomBytes, type Bytes } from '../browser/pairing/bytes.ts'
import { ComputerRefusal } from '../browser/pairing/call.ts'
import { ask, type Pairing } from '../browser/pairing/relay-client.ts'
import type { RefusedReason } from '../browser/pairing/wire.ts'
import type { Key } from './ctaphid.ts'

/** The server forgets a question after two minutes. */
const answerMilliseconds = 110_000

/** A key whose questions a phone answers. `trouble` hears why it did not. */
export function createPhoneKey({ pairing, trouble }: { readonly pairing: Pairing; readonly trouble: (error: unknown) => void }): Key {
  return {
    async command(bytes, { signal, waiting }) {
      switch (bytes[0]) {
        // Makes, uses and chooses keys: the person is asked, so the phone is.
        case 0x01: case 0x02: case 0x0b: break
        case 0x04: return bytes.length === 1 ? concat(Uint8Array.of(status.ok), writeCbor(getInfo({}))) : answerCommand(bytes, nobody)
        default: return answerCommand(bytes, nobody)
      }
      try {
        return await askPhone(pairing, bytes, signal, waiting)
      } catch (error) {
        if (signal.aborted) return Uint8Array.of(status.keepaliveCancel)
        trouble(error)
        return Uint8Array.of(error instanceof ComputerRefusal && error.code === 'far' ? status.operationDenied : status.other)
      }
    },
  }
}

async function askPhone(pairing: Pairing, bytes: Bytes, signal: AbortSignal, waiting: () => void): Promise<Bytes> {
  const at = pairing.call.now()
  const answer = await ask(pairing, { kind: 'ctap', request: base64url(randomBytes(16)), command: base64url(bytes), at, expiresAt: at + answerMilliseconds }, { signal, onShown: waiting })
  if (answer.kind === 'ctap') return fromBase64url(answer.response)
  return Uint8Array.of(answer.kind === 'refused' ? statuses[answer.reason] ?? status.other : status.other)
}

/** What a phone says when it does not even begin. */
const statuses: Readonly<Partial<Record<RefusedReason, number>>> = {
  denied: status.operationDenied, reported: status.operationDenied, not_unlocked: status.operationDenied, other_site: status.operationDenied, no_key: status.noCredentials, excluded: status.credentialExcluded,
  too_late: status.userActionTimeout, busy: status.notAllowed, not_supported: status.unsupportedOption, invalid: status.invalidParameter,
}

/** For commands that ask nobody. */
const nobody: Device = {
  now: () => 0,
  store: { list: () => Promise.resolve([]), save: () => Promise.resolve(), remove: () => Promise.resolve(), use: () => Promise.resolve(0) },
  ask: () => Promise.resolve({ outcome: 'denied' }),
}
