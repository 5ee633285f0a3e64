import { createHash } from 'node:crypto'
import { vi } from 'vitest'

/** What the app's modules need of a browser, in memory: a store, locks, and a server that answers what it is told to. */
export interface PhonePage {
  readonly stores: Map<string, Map<string, { readonly id: string }>>
  readonly calls: { readonly method: string; readonly path: string; readonly body: unknown }[]
  /** Answers `/phone/api…`; undefined is no network. */
  answer: (method: string, path: string, body: unknown) => unknown
  /** Whoever holds the lock, and how it is taken away. */
  readonly locks: { granted: () => unknown; lose: () => void }[]
  show(): void
}

export function openPhonePage(): PhonePage {
  const seen: (() => void)[] = []
  const page: PhonePage = { stores: new Map(), calls: [], answer: () => ({}), locks: [], show() { for (const see of seen) see() } }
  vi.stubGlobal('document', { visibilityState: 'visible', addEventListener: (_type: string, see: () => void) => { seen.push(see) }, documentElement: { lang: 'en' } })
  vi.stubGlobal('location', { origin: 'https://id.engines.example', hostname: 'id.engines.example', hash: '' })
  vi.stubGlobal('window', globalThis)
  vi.stubGlobal('navigator', {
    locks: {
      request: (_name: string, _options: object, granted: () => unknown) => new Promise((_resolve, reject) => { page.locks.push({ granted, lose: () => { reject(new Error('stolen')) } }) }),
    },
  })
  vi.stubGlobal('indexedDB', { open: () => opening(page) })
  vi.stubGlobal('fetch', async (path: string, { method, body }: { method: string; body?: string }) => {
    const order: unknown = body === undefined ? undefined : JSON.parse(body)
    page.calls.push({ method, path, body: order })
    const answer = await page.answer(method, path, order)
    if (answer === undefined) throw new TypeError('fetch failed')
    return answer instanceof Response ? answer : new Response(JSON.stringify(answer))
  })
  return page
}

/** Modules of the browser are no part of this program's types. */
export async function browserModule<T>(path: string): Promise<T> {
  return (await import(new URL(`../../src/browser/${path}`, import.meta.url).href)) as T
}

export const idOf = (name: string): string => createHash('sha256').update(name).digest('base64url').slice(0, 22)

/** IndexedDB as far as one transaction on one store needs it. */
function opening(page: PhonePage): object {
  const storeOf = (name: string) => page.stores.get(name) ?? page.stores.set(name, new Map()).get(name) ?? new Map<string, { readonly id: string }>()
  const transaction = (name: string) => {
    const kept = storeOf(name)
    let open = 0
    const running: { oncomplete?: () => void; objectStore(): object } = { objectStore: () => objects }
    const request = (work: () => unknown) => {
      open += 1
      const asked: { result?: unknown; onsuccess?: () => void } = {}
      queueMicrotask(() => {
        asked.result = work()
        asked.onsuccess?.()
        open -= 1
        if (open === 0) queueMicrotask(() => running.oncomplete?.())
      })
      return asked
    }
    const objects = {
      get: (id: string) => request(() => kept.get(id)), getAll: () => request(() => [...kept.values()]),
      put: (value: { readonly id: string }) => request(() => kept.set(value.id, value)), delete: (id: string) => request(() => kept.delete(id)),
    }
    return running
  }
  const asked: { result: object; onsuccess?: () => void } = { result: { transaction, close: () => undefined } }
  queueMicrotask(() => asked.onsuccess?.())
  return asked
}
