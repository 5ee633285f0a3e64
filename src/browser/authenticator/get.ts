import { concat, type Bytes } from '../pairing/bytes.ts'
import { signWith } from './algorithms.ts'
import { authenticatorData } from './authenticator-data.ts'
import type { CborMap } from './cbor.ts'
import type { Credential, Declined, Device } from './credential.ts'

export interface AssertionOrder {
  readonly rpId: string
  readonly origin: string | null
  /** Ids; undefined lets the person choose among all discoverable ones. */
  readonly allow: readonly string[] | undefined
  readonly clientDataHash: Bytes
  /** A program only wants to know whether we have one of `allow`: nobody is asked, and the answer says so. */
  readonly silent?: boolean
  /** What the answer says besides, of the passkey that was chosen. */
  readonly extensions?: (credential: Credential) => Promise<CborMap>
}

export interface Assertion {
  readonly outcome: 'signed'
  readonly credential: Credential
  readonly authenticatorData: Bytes
  readonly signature: Bytes
}

/** authenticatorGetAssertion (CTAP 2.1 §6.2, WebAuthn L3 §6.3.3). */
export async function get(order: AssertionOrder, device: Device): Promise<Assertion | { readonly outcome: Declined | 'no_key' }> {
  const { rpId, origin, allow, silent = false } = order
  const all = (await device.store.list(rpId)).filter(({ id, discoverable }) => (allow ? allow.includes(id) : discoverable))
  // What wants user verification, or is only to be found by its id, is not told to whoever just asks.
  const credentials = all.filter(({ protection }) => !silent || (protection === 1 || (protection === 2 && allow !== undefined)))
    .sort((a, b) => (b.lastUsedAt ?? b.createdAt) - (a.lastUsedAt ?? a.createdAt))
  const [first] = credentials
  if (!first) return { outcome: 'no_key' }
  if (silent) return sign(first, order, device)
  const answer = await device.ask({ kind: 'get', rpId, origin, credentials })
  if (answer.outcome !== 'approved') return answer
  const chosen = credentials.find(({ id }) => id === answer.choice)
  return chosen ? sign(chosen, order, device) : { outcome: 'no_key' }
}

async function sign(credential: Credential, { rpId, clientDataHash, silent = false, extensions }: AssertionOrder, device: Device): Promise<Assertion> {
  const counter = await device.store.use(credential.id, device.now())
  const data = await authenticatorData({ rpId, approved: !silent, counter, ...(extensions ? { extensions: await extensions(credential) } : {}) })
  return { outcome: 'signed', credential, authenticatorData: data, signature: await signWith(credential.algorithm, credential.key, concat(data, clientDataHash)) }
}
