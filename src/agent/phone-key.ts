import { readCbor, type CborMap } from '../browser/authenticator/cbor.ts'
import { idLength } from '../browser/authenticator/create.ts'
import type { Device } from '../browser/authenticator/credential.ts'
import { answered, command as answerCommand, isSilent, read } from '../browser/authenticator/ctap.ts'
import { needed, readDescriptors } from '../browser/authenticator/ctap-read.ts'
import { CtapError, status } from '../browser/authenticator/ctap-status.ts'
import { createKeyAgreement } from '../browser/authenticator/hmac-secret.ts'
import { base64url, fromBase64url, randomBytes, type Bytes } from '../browser/pairing/bytes.ts'
import { ComputerRefusal } from '../browser/pairing/call.ts'
import { ask, type Pairing, type PhoneAnswer } from '../browser/pairing/relay-client.ts'
import type { RefusedReason, SecretsOrder } from '../browser/pairing/wire.ts'
import type { Key } from './ctaphid.ts'
import type { Known } from './known.ts'

/** The server forgets a question after two minutes. */
const answerMilliseconds = 110_000
/** Long enough to take the phone and open its app, not much longer than somebody waits for ssh to try another key. */
const silentMilliseconds = 20_000

type Needs = Parameters<Key['command']>[1]

/**
 * A key whose questions a phone answers. `trouble` hears why it did not.
 *
 * Programs ask silently (`up: false`) whether a key is there before they ask for it. The answer is a signature, so only the phone can say yes, and it says so
 * without a tap, but while its app is open. What callers make of an answer: libfido2 and ssh wait for each key in turn and take the next one after any error;
 * Firefox takes any error for no; Chromium asks all keys at once, tells the person that this key is not registered after NO_CREDENTIALS and a tap, and
 * leaves a key away that answers with another error. So a key that was seen on the phone is worth the whole wait, one that was not on it today is denied at
 * once, and of others the phone is asked for a short time. When that is over they count as absent, which lets everybody go on; the next try finds the app open.
 */
export async function createPhoneKey({ pairing, known, trouble, patience = silentMilliseconds }: { readonly pairing: Pairing; readonly known: Known; readonly trouble: (error: unknown) => void; readonly patience?: number }): Promise<Key> {
  const agreement = await createKeyAgreement()
  return {
    async command(bytes, needs) {
      if (bytes[0] === 0x06) return answered(() => agreement.clientPin(read(bytes.subarray(1))))
      const local = await answerCommand(bytes, nobody)
      if (!isForPhone(bytes[0], local)) return local
      try {
        if (bytes[0] === 0x02 && local[0] === status.noCredentials) return await getAssertion(bytes, needs)
        const answer = bytesOf(await askPhone({ bytes, needs }))
        if (bytes[0] === 0x01) noteMade(bytes, answer)
        return answer
      } catch (error) {
        if (error instanceof CtapError) return Uint8Array.of(error.status)
        if (needs.signal.aborted) return Uint8Array.of(status.keepaliveCancel)
        trouble(error)
        return Uint8Array.of(error instanceof ComputerRefusal && error.code === 'far' ? status.operationDenied : status.other)
      }
    },
  }

  async function getAssertion(bytes: Bytes, needs: Needs): Promise<Bytes> {
    const parameters = read(bytes.subarray(1))
    const rpId = needed(parameters.text(0x01))
    const list = parameters.maps(0x03) ?? []
    // What is longer or shorter is of another make.
    const ids = readDescriptors(list).filter((id) => fromBase64url(id).length === idLength)
    if (list.length > 0 && ids.length === 0) return Uint8Array.of(status.noCredentials)
    const secrets = await agreement.secretsOf(parameters)
    const silent = isSilent(parameters)
    const seen = new Set(ids.map((id) => known.look(rpId, id)))
    if (silent && seen.size === 1 && seen.has('elsewhere')) return Uint8Array.of(status.noCredentials)
    const short = silent && !seen.has('here')
    const said = await askPhone({ bytes, secrets, needs, milliseconds: short ? patience : answerMilliseconds })
    if (short && said.kind === 'refused' && said.reason === 'too_late') return Uint8Array.of(status.noCredentials)
    const answer = bytesOf(said)
    if (said.kind === 'ctap' && answer[0] === status.noCredentials) known.note(rpId, ids, 'elsewhere')
    if (answer[0] === status.ok) known.note(rpId, [idOf(answer)], 'here')
    return answer
  }

  function noteMade(bytes: Bytes, answer: Bytes): void {
    if (answer[0] !== status.ok) return
    const data = (readCbor(answer.subarray(1)) as CborMap).get(0x02) as Bytes
    // Behind the site's hash, flags, counter and make come two bytes of length, then the id (WebAuthn L3 §6.5.1).
    known.note(needed(read(bytes.subarray(1)).map(0x02)?.text('id')), [base64url(data.subarray(55, 55 + idLength))], 'here')
  }

  async function askPhone({ bytes, secrets, needs, milliseconds = answerMilliseconds }: { readonly bytes: Bytes; readonly secrets?: SecretsOrder | undefined; readonly needs: Needs; readonly milliseconds?: number }): Promise<PhoneAnswer> {
    const at = pairing.call.now()
    return ask(pairing, { kind: 'ctap', request: base64url(randomBytes(16)), command: base64url(bytes), ...(secrets ? { secrets } : {}), at, expiresAt: at + milliseconds }, { signal: needs.signal, onStage: (stage) => { if (stage === 'shown') needs.waiting() } })
  }
}

/** Makes, uses and chooses keys. What is wrong with a command is wrong whoever is asked, so the phone sleeps on: `local` is what somebody says who has no keys and wants none. */
function isForPhone(code: number | undefined, local: Bytes): boolean {
  return (code === 0x01 || code === 0x02 || code === 0x0b) && (local[0] === status.operationDenied || local[0] === status.noCredentials)
}

function idOf(answer: Bytes): string {
  return base64url(((readCbor(answer.subarray(1)) as CborMap).get(0x01) as CborMap).get('id') as Bytes)
}

function bytesOf(answer: PhoneAnswer): Bytes {
  if (answer.kind === 'ctap') return fromBase64url(answer.response)
  return Uint8Array.of(answer.kind === 'refused' ? statuses[answer.reason] ?? status.other : status.other)
}

/** What a phone says when it does not even begin. */
const statuses: Readonly<Partial<Record<RefusedReason, number>>> = {
  denied: status.operationDenied, reported: status.operationDenied, not_unlocked: status.operationDenied, other_site: status.operationDenied, no_key: status.noCredentials, excluded: status.credentialExcluded,
  too_late: status.userActionTimeout, busy: status.notAllowed, not_supported: status.unsupportedOption, invalid: status.invalidParameter,
}

const nobody: Device = {
  now: () => 0,
  store: { list: () => Promise.resolve([]), save: () => Promise.resolve(), remove: () => Promise.resolve(), use: () => Promise.resolve(0) },
  ask: () => Promise.resolve({ outcome: 'denied' }),
}
