import type { PhoneState } from '../wire.ts'
import { call, Refusal } from './api.ts'
import { listen } from './events.ts'
import { listKeys, saveKey, type HeldKey } from './keys.ts'

/** What the screens share: the keys of this phone, what was last heard of each, and who wants to know of news. */
export interface App {
  readonly keys: readonly HeldKey[]
  key(id: string): HeldKey | undefined
  /** Asks the server for every key, or for one. */
  look(id?: string): Promise<void>
  put(held: HeldKey): Promise<void>
  drop(id: string): void
  onNews(hear: () => void): void
  /** Since when the server has not been heard; undefined while it is. */
  readonly offlineSince: number | undefined
}

export async function openApp(): Promise<App> {
  const keys = new Map((await listKeys()).map((held) => [held.id, held]))
  const hearers = new Set<() => void>()
  const stops = new Map<string, () => void>()
  let offlineSince: number | undefined
  const tell = (): void => { for (const hear of hearers) hear() }

  async function put(held: HeldKey): Promise<void> {
    keys.set(held.id, held)
    await saveKey(held)
    attend(held)
  }

  function attend({ id, lost }: HeldKey): void {
    if (lost === null && !stops.has(id)) {
      const held = keys.get(id)
      if (held) stops.set(id, listen(held, () => void look(id)))
    } else if (lost !== null) {
      stops.get(id)?.()
      stops.delete(id)
    }
  }

  async function lookAt(held: HeldKey): Promise<void> {
    try {
      const state = await call<PhoneState>(held, 'GET', '/state')
      offlineSince = undefined
      await put({ ...held, state, phone: state.phone, account: state.account, seenAt: Date.now(), lost: null })
    } catch (error) {
      const code = error instanceof Refusal ? error.code : 'offline'
      if (code === 'unknown_phone' || code === 'suspended') await put({ ...held, lost: code, state: held.state && { ...held.state, approvals: [] } })
      else offlineSince ??= held.seenAt ?? Date.now()
    }
  }

  async function look(id?: string): Promise<void> {
    await Promise.all([...keys.values()].filter((held) => id === undefined || held.id === id).map(lookAt))
    tell()
  }

  for (const held of keys.values()) attend(held)
  return {
    get keys() { return [...keys.values()] },
    get offlineSince() { return offlineSince },
    key: (id) => keys.get(id),
    look, put,
    drop(id) {
      stops.get(id)?.()
      stops.delete(id)
      keys.delete(id)
    },
    onNews: (hear) => { hearers.add(hear) },
  }
}
