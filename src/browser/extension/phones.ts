import { ComputerRefusal } from '../pairing/call.ts'
import { callOf, pairingOf, removePairing, type Paired } from '../pairing/pairing.ts'
import type { Pairing } from '../pairing/relay-client.ts'
import { platform } from './platform.ts'

/** A phone as this browser keeps it. Its keys cannot be read out, not even by this extension; the picture's secret is not kept at all. */
export interface KeptPhone extends Omit<Paired, 'secret'> { readonly pairedAt: number }

const tableName = 'phones'

export async function keepPhone(paired: Paired, pairedAt: number): Promise<void> {
  const { secret: _forgotten, ...rest } = paired
  await change((table) => { table.put({ ...rest, pairedAt } satisfies KeptPhone) })
}

/** The oldest first. */
export async function keptPhones(): Promise<readonly KeptPhone[]> {
  const database = await open()
  try {
    const all = await ended(database.transaction(tableName).objectStore(tableName).getAll() as IDBRequest<KeptPhone[]>)
    return all.sort((a, b) => a.pairedAt - b.pairedAt)
  } finally {
    database.close()
  }
}

/** The one that is asked: the chosen one, or else the newest. */
export function chosenPhone(phones: readonly KeptPhone[], chosen: string | null): KeptPhone | undefined {
  return phones.find(({ computerId }) => computerId === chosen) ?? phones.at(-1)
}

export async function forgetPhone(computerId: string): Promise<void> {
  await change((table) => { table.delete(computerId) })
}

/** Takes the pairing away on both sides. Where the server cannot be reached it stays, so that the phone does not keep what is gone here. @throws ComputerRefusal */
export async function removePhone(phone: KeptPhone): Promise<void> {
  try {
    await removePairing(callOf(phone, (url, order) => fetch(url, order)))
  } catch (error) {
    // It was removed on the phone before.
    if (!(error instanceof ComputerRefusal) || (error.code !== 'removed' && error.code !== 'unknown_computer')) throw error
  }
  await forgetPhone(phone.computerId)
}

export function toAsk(phone: KeptPhone): Pairing {
  return pairingOf(phone, callOf(phone, (url, order) => fetch(url, order)))
}

async function change(work: (table: IDBObjectStore) => void): Promise<void> {
  const database = await open()
  try {
    const transaction = database.transaction(tableName, 'readwrite', { durability: 'strict' })
    work(transaction.objectStore(tableName))
    await new Promise<void>((resolve, reject) => {
      transaction.addEventListener('complete', () => { resolve() })
      transaction.addEventListener('abort', () => { reject(transaction.error ?? new Error('nothing was kept')) })
    })
  } finally {
    database.close()
  }
  // Databases tell nobody that they changed; popup and worker listen to this.
  await platform.storage.local.set({ phonesChangedAt: Date.now() })
}

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open('doorward', 1)
  request.addEventListener('upgradeneeded', () => { request.result.createObjectStore(tableName, { keyPath: 'computerId' }) })
  return ended(request)
}

function ended<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => { resolve(request.result) })
    request.addEventListener('error', () => { reject(request.error ?? new Error('the database of this extension did not answer')) })
  })
}
