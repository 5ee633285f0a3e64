import type { AccountView, PhoneState, PhoneView } from '../wire.ts'

/** One key on this phone: what signs for it, and what was last known of its account. */
export interface HeldKey {
  readonly id: string
  /** Cannot be read out, by us neither (WebCrypto `extractable: false`). */
  readonly key: CryptoKey
  readonly phone: PhoneView
  readonly account: AccountView
  readonly state: PhoneState | null
  /** When the server was last heard. */
  readonly seenAt: number | null
  /** Why the server does not take it any more. */
  readonly lost: 'unknown_phone' | 'suspended' | null
}

const [database, store] = ['doorward-phone', 'keys']

export async function makeKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(database, 1)
    opening.onupgradeneeded = () => { opening.result.createObjectStore(store, { keyPath: 'id' }) }
    opening.onsuccess = () => { resolve(opening.result) }
    opening.onerror = () => { reject(opening.error ?? new Error('no storage')) }
  })
}

async function run<T>(mode: IDBTransactionMode, work: (keys: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opened = await open()
  try {
    return await new Promise((resolve, reject) => {
      const transaction = opened.transaction(store, mode)
      const request = work(transaction.objectStore(store))
      transaction.oncomplete = () => { resolve(request.result) }
      transaction.onabort = transaction.onerror = () => { reject(transaction.error ?? new Error('not stored')) }
    })
  } finally {
    opened.close()
  }
}

export async function listKeys(): Promise<HeldKey[]> {
  return ((await run('readonly', (keys) => keys.getAll())) as HeldKey[]).sort((a, b) => a.phone.createdAt - b.phone.createdAt)
}

export async function saveKey(held: HeldKey): Promise<void> {
  await run('readwrite', (keys) => keys.put(held))
}

export async function forgetKey(id: string): Promise<void> {
  await run('readwrite', (keys) => keys.delete(id))
}

/** Browsers may clear what is stored for a site that is not installed; this asks ours to be kept. */
export async function keepStored(): Promise<boolean> {
  return (await navigator.storage?.persist?.().catch(() => false)) ?? false
}
