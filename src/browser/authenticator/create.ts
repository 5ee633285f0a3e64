import { base64url, concat, randomBytes, type Bytes } from '../pairing/bytes.ts'
import { plain } from '../plain.ts'
import { chooseAlgorithm, makeCredentialKey, signWith } from './algorithms.ts'
import { authenticatorData } from './authenticator-data.ts'
import type { Cbor, CborKey, CborMap } from './cbor.ts'
import type { Algorithm, Credential, Declined, Device, Protection } from './credential.ts'

export interface CreationOrder {
  readonly rpId: string
  readonly rpName: string
  readonly origin: string | null
  readonly userHandle: Bytes
  readonly userName: string
  readonly displayName: string
  /** As the site prefers them. */
  readonly algorithms: readonly number[]
  /** Ids of what the site knows for this account. */
  readonly exclude: readonly string[]
  readonly discoverable: boolean
  /** Undefined when the site did not ask for one. */
  readonly protection: Protection | undefined
  readonly clientDataHash: Bytes
  readonly attested: boolean
  /** What the answer says besides. */
  readonly extensions?: CborMap
  /** A program only wants to know which key the person means: nothing is kept. */
  readonly selecting?: boolean
}

export interface Created {
  readonly outcome: 'created'
  readonly credential: Credential
  readonly authenticatorData: Bytes
  readonly format: 'none' | 'packed'
  readonly statement: CborMap
  readonly spki: Bytes
}

/** Of a credential's id, in bytes. */
export const idLength = 32

/** authenticatorMakeCredential (CTAP 2.1 §6.1, WebAuthn L3 §6.3.2). Nothing is kept unless the person approves. */
export async function create(wanted: CreationOrder, device: Device): Promise<Created | { readonly outcome: Declined | 'excluded' | 'no_algorithm' }> {
  // Shown to the person, kept with the credential, told to the server: names are as long and as odd as a site likes (CTAP 2.1 §6.1.2 lets us cut them).
  const order = { ...wanted, rpName: plain(wanted.rpName) || wanted.rpId, userName: plain(wanted.userName, 200), displayName: plain(wanted.displayName) }
  const algorithm = await chooseAlgorithm(order.algorithms, device.algorithms)
  if (algorithm === undefined) return { outcome: 'no_algorithm' }
  const { rpId, rpName, origin, userName, displayName } = order
  const about = { rpId, rpName, origin, userName, displayName }
  const known = await device.store.list(rpId)
  const excluded = known.find(({ id }) => order.exclude.includes(id))
  if (excluded) {
    const answer = await device.ask({ kind: 'excluded', ...about, credential: excluded })
    return { outcome: answer.outcome === 'approved' ? 'excluded' : answer.outcome }
  }
  const answer = await device.ask(order.selecting ? { kind: 'select' } : { kind: 'create', ...about })
  return answer.outcome === 'approved' ? make(order, algorithm, answer.choice, device) : answer
}

async function make(order: CreationOrder, algorithm: Algorithm, holder: string, device: Device): Promise<Created> {
  const { rpId, rpName, userName, displayName, discoverable, protection } = order
  const { key, cose, spki } = await makeCredentialKey(algorithm)
  const id = randomBytes(idLength)
  const prf = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['sign'])
  const credential: Credential = {
    id: base64url(id), rpId, rpName, userHandle: base64url(order.userHandle), userName, displayName, algorithm, key, prf, discoverable, protection: protection ?? 1,
    counter: 0, createdAt: device.now(), lastUsedAt: null, holder,
  }
  const extensions = new Map<CborKey, Cbor>([...protection === undefined ? [] : [['credProtect', protection] as const], ...order.extensions ?? []])
  const data = await authenticatorData({ rpId, approved: true, counter: 0, attested: { id, cose }, extensions })
  // Self attestation (WebAuthn L3 §8.2): no certificate of a maker, which a key in software could not keep to itself.
  const statement = new Map<string, Cbor>(order.attested ? [['alg', algorithm], ['sig', await signWith(algorithm, key, concat(data, order.clientDataHash))]] : [])
  if (!order.selecting) {
    await device.store.save(credential)
    await forgetReplaced(credential, device)
  }
  return { outcome: 'created', credential, authenticatorData: data, format: order.attested ? 'packed' : 'none', statement, spki }
}

/** An account has one discoverable credential with each key (CTAP 2.1 §6.1.2 step 17): the site asked for another one. */
async function forgetReplaced({ id, rpId, userHandle, holder, discoverable }: Credential, { store }: Device): Promise<void> {
  if (!discoverable) return
  for (const other of await store.list(rpId)) {
    if (other.id !== id && other.discoverable && other.userHandle === userHandle && other.holder === holder) await store.remove(other.id)
  }
}
