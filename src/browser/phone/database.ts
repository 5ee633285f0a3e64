/**
 * What the app keeps on the phone. Private keys lie there as objects of WebCrypto that nobody can read out.
 *
 *   keys          one for each account            keys.ts
 *   computers     those that this phone is paired with   computers.ts
 *   credentials   keys for sites                  credentials.ts
 */
const [name, version] = ['doorward-phone', 2]
const stores = ['keys', 'computers', 'credentials'] as const
export type StoreName = (typeof stores)[number]

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name, version)
    opening.onupgradeneeded = () => {
      for (const store of stores) if (!opening.result.objectStoreNames.contains(store)) opening.result.createObjectStore(store, { keyPath: 'id' })
    }
    opening.onsuccess = () => { resolve(opening.result) }
    opening.onerror = () => { reject(opening.error ?? new Error('no storage')) }
  })
}

/** One transaction on one store. Rejects when it was not stored. */
export async function inStore<T>(store: StoreName, mode: IDBTransactionMode, work: (objects: IDBObjectStore) => IDBRequest<T>): Promise<T> {
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
