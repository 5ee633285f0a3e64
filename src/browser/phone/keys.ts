import type { AccountView, PhoneState, PhoneView } from '../wire.ts'
import type { PublicPoint } from '../pairing/wire.ts'
import { inStore } from './database.ts'

/** One key on this phone: what signs for it, and what was last known of its account. */
export interface HeldKey {
  readonly id: string
  /** Cannot be read out, by us neither (WebCrypto `extractable: false`). */
  readonly key: CryptoKey
  /** Its public half, as a point; keys of the first version do not have it. */
  readonly publicKey?: PublicPoint
  readonly phone: PhoneView
  readonly account: AccountView
  readonly state: PhoneState | null
  /** When the server was last heard. */
  readonly seenAt: number | null
  /** Why the server does not take it any more. */
  readonly lost: 'unknown_phone' | 'suspended' | null
}

export async function makeKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
}

export async function listKeys(): Promise<HeldKey[]> {
  return ((await inStore('keys', 'readonly', (keys) => keys.getAll())) as HeldKey[]).sort((a, b) => a.phone.createdAt - b.phone.createdAt)
}

export async function saveKey(held: HeldKey): Promise<void> {
  await inStore('keys', 'readwrite', (keys) => keys.put(held))
}

export async function forgetKey(id: string): Promise<void> {
  await inStore('keys', 'readwrite', (keys) => keys.delete(id))
}

/** Browsers may clear what is stored for a site that is not installed; this asks ours to be kept. */
export async function keepStored(): Promise<boolean> {
  return (await navigator.storage?.persist?.().catch(() => false)) ?? false
}
