import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { ProxyAnswer, ProxyPlatform, ProxyRequest } from '../../../src/browser/extension/platform.ts'
import { browserModule } from '../../support/phone-page.ts'

interface Lane { serveProxy(proxy: ProxyPlatform, isOn: () => Promise<boolean>, ready: () => Promise<void>): void }

const hear = new Map<string, (given: ProxyRequest) => void>()
const completed: ProxyAnswer[] = []
let broken: boolean

/** As much of a browser as a request needs, whose database may fail. */
beforeEach(() => {
  hear.clear()
  completed.length = 0
  broken = true
  vi.resetModules()
  const area = { get: () => Promise.resolve({}), set: () => Promise.resolve() }
  const nothing = { addListener: () => undefined }
  vi.stubGlobal('chrome', {
    webAuthenticationProxy: {}, storage: { local: area, session: area, managed: area, onChanged: nothing }, permissions: { contains: () => Promise.resolve(false) },
    alarms: { create: () => undefined, clear: () => Promise.resolve(true) }, runtime: { getPlatformInfo: () => Promise.resolve({ os: 'linux' }) },
  })
  vi.stubGlobal('indexedDB', { open: () => {
    if (broken) throw new Error('the disk is full')
    const request = (result: unknown) => ({ result, addEventListener: (type: string, told: () => void) => { if (type === 'success') queueMicrotask(told) } })
    return request({ transaction: () => ({ objectStore: () => ({ getAll: () => request([]) }) }), close: () => undefined })
  } })
})
afterEach(() => { vi.unstubAllGlobals() })

it('a request that this extension fails at is told to its page, and the next one is not taken for a second one', async () => {
  const { serveProxy } = await browserModule<Lane>('extension/proxy-lane.ts')
  const listen = (name: string) => ({ addListener: (told: (given: never) => void) => { hear.set(name, told as (given: ProxyRequest) => void) } })
  const complete = (answer: ProxyAnswer): Promise<void> => { completed.push(answer); return Promise.resolve() }
  const proxy = {
    completeCreateRequest: complete, completeGetRequest: complete, completeIsUvpaaRequest: () => Promise.resolve(), attach: () => Promise.resolve(undefined), detach: () => Promise.resolve(undefined),
    onCreateRequest: listen('create'), onGetRequest: listen('get'), onIsUvpaaRequest: listen('uvpaa'), onRequestCanceled: listen('cancel'),
  } as unknown as ProxyPlatform
  serveProxy(proxy, () => Promise.resolve(true), () => Promise.resolve())
  const asks = (requestId: number): void => { hear.get('get')?.({ requestId, requestDetailsJson: JSON.stringify({ challenge: 'AAAA', extensions: { remoteDesktopClientOverride: { origin: 'https://site.example', sameOriginWithAncestors: true } } }) }) }
  const notAllowed = expect.objectContaining({ name: 'NotAllowedError' }) as object
  asks(1)
  await vi.waitFor(() => { expect(completed).toEqual([{ requestId: 1, error: notAllowed }]) })
  broken = false
  const set = vi.spyOn((globalThis as unknown as { chrome: { storage: { session: { set(values: object): Promise<void> } } } }).chrome.storage.session, 'set')
  asks(2)
  await vi.waitFor(() => { expect(completed[1]).toEqual({ requestId: 2, error: notAllowed }) })
  // No phone is paired here any more, says the popup then; not that there are two requests.
  expect(set.mock.calls.at(-1)?.[0]).toMatchObject({ notice: { trouble: 'no_phone' } })
})
