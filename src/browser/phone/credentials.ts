import type { Credential, CredentialStore } from '../authenticator/credential.ts'
import { inStore } from './database.ts'

/** Passkeys for sites, of all keys on this phone. */
export async function listCredentials(): Promise<Credential[]> {
  return ((await inStore('credentials', 'readonly', (credentials) => credentials.getAll())) as Credential[]).sort((a, b) => a.rpId.localeCompare(b.rpId) || a.createdAt - b.createdAt)
}

export async function forgetCredential(id: string): Promise<void> {
  await inStore('credentials', 'readwrite', (credentials) => credentials.delete(id))
}

/** Those of these holders only: a key that the server does not take any more opens no other site either. */
export function storeFor(holders: () => ReadonlySet<string>): CredentialStore {
  return {
    list: async (rpId) => (await listCredentials()).filter((credential) => credential.rpId === rpId && holders().has(credential.holder)),
    async save(credential) {
      if (!holders().has(credential.holder)) throw new Error('the key that was to hold it was removed a moment ago')
      await inStore('credentials', 'readwrite', (credentials) => credentials.put(credential))
    },
    remove: forgetCredential,
    async use(id, at) {
      let counter = 0
      await inStore('credentials', 'readwrite', (credentials) => {
        const reading = credentials.get(id)
        reading.onsuccess = () => {
          const credential = reading.result as Credential | undefined
          if (!credential || !holders().has(credential.holder)) return
          counter = credential.counter + 1
          credentials.put({ ...credential, counter, lastUsedAt: at })
        }
        return reading
      })
      if (counter === 0) throw new Error('this passkey, or the key that holds it, was removed a moment ago')
      return counter
    },
  }
}
