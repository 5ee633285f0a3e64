import type { Credential, CredentialStore, Declined, Device, DeviceQuestion } from '../../src/browser/authenticator/credential.ts'

export interface PocketDevice extends Device {
  /** What the person was asked. */
  readonly asked: DeviceQuestion[]
  readonly kept: Map<string, Credential>
  /** What the person says; approves unless told otherwise. */
  says: Declined | undefined
  /** Which of the accounts; the first unless told otherwise. */
  picks: string | undefined
  holder: string
  time: number
}

/** The phone around the authenticator: a store in memory, and a person who answers at once. */
export function createPocketDevice(): PocketDevice {
  const kept = new Map<string, Credential>()
  const store: CredentialStore = {
    list: (rpId) => Promise.resolve([...kept.values()].filter((credential) => credential.rpId === rpId)),
    save: (credential) => Promise.resolve(void kept.set(credential.id, credential)),
    remove: (id) => Promise.resolve(void kept.delete(id)),
    use(id, at) {
      const credential = kept.get(id)
      if (!credential) throw new Error('there is no such credential')
      kept.set(id, { ...credential, counter: credential.counter + 1, lastUsedAt: at })
      return Promise.resolve(credential.counter + 1)
    },
  }
  const device: PocketDevice = {
    store, kept, asked: [], says: undefined, picks: undefined, holder: 'work', time: 1_795_510_800_000,
    now: () => device.time,
    ask(question) {
      device.asked.push(question)
      if (device.says) return Promise.resolve({ outcome: device.says })
      return Promise.resolve({ outcome: 'approved', choice: question.kind === 'get' ? device.picks ?? question.credentials[0]?.id ?? '' : device.holder })
    },
  }
  return device
}
