// Runs beside the app: shows the shell when the server is away, and wakes the person when a push service calls. It knows nothing and keeps no answer of the API.
interface PushScope {
  readonly location: Location
  readonly registration: ServiceWorkerRegistration
  readonly clients: { matchAll(options: { type: 'window'; includeUncontrolled: boolean }): Promise<readonly { readonly url: string; focus(): Promise<unknown> }[]>; openWindow(url: string): Promise<unknown>; claim(): Promise<void> }
  skipWaiting(): Promise<void>
  addEventListener(type: string, listener: (event: never) => void): void
}
interface Lasting { waitUntil(work: Promise<unknown>): void }
interface Fetching extends Lasting { readonly request: Request; respondWith(answer: Promise<Response>): void }

const worker = self as unknown as PushScope
// Its own address names the version, the title and what to keep.
const facts = new URL(worker.location.href).searchParams
const name = `doorward-phone-${facts.get('version') ?? ''}`
const shell = '/phone/'
const patienceMilliseconds = 6_000

/** The page and every module that it loads: without one of them the rest is nothing when the server is away. */
async function install(): Promise<void> {
  const cache = await caches.open(name)
  const page = await fetch(shell, { credentials: 'same-origin' })
  if (!page.ok) throw new Error('the server has no app')
  const waiting = [...(await page.clone().text()).matchAll(/"(\/assets\/[^"#]+)/g)].map(([, path = '']) => path)
  await cache.put(shell, page)
  const kept = new Set<string>()
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (kept.has(path)) continue
    kept.add(path)
    const asset = await fetch(path)
    if (!asset.ok) continue
    if (path.endsWith('.js')) for (const [, next = ''] of (await asset.clone().text()).matchAll(/\bfrom '(\.[^']+)'/g)) waiting.push(new URL(next, asset.url).pathname)
    await cache.put(path, asset)
  }
}

async function clean(): Promise<void> {
  for (const key of await caches.keys()) if (key.startsWith('doorward-phone-') && key !== name) await caches.delete(key)
  await worker.clients.claim()
}

/** The server's answer; for the page what is kept, when there is none or it keeps somebody with a request waiting. */
async function answer(request: Request): Promise<Response> {
  const navigates = request.mode === 'navigate'
  try {
    return await (navigates ? Promise.race([fetch(request), late()]) : fetch(request))
  } catch (error) {
    const kept = await (await caches.open(name)).match(navigates ? shell : request)
    if (kept) return kept
    throw error
  }
}

function late(): Promise<never> {
  return new Promise((_resolve, reject) => { setTimeout(() => { reject(new Error('the server is slow')) }, patienceMilliseconds) })
}

async function wake(): Promise<void> {
  await worker.registration.showNotification(facts.get('title') ?? 'Doorward', { body: facts.get('body') ?? '', tag: 'doorward', icon: facts.get('icon') ?? '' })
}

async function openApp(): Promise<void> {
  const windows = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const app = windows.find(({ url }) => new URL(url).pathname.startsWith(shell))
  await (app ? app.focus() : worker.clients.openWindow(shell))
}

worker.addEventListener('install', (event: Lasting) => { event.waitUntil(install().then(() => worker.skipWaiting())) })
worker.addEventListener('activate', (event: Lasting) => { event.waitUntil(clean()) })
worker.addEventListener('fetch', (event: Fetching) => {
  const url = new URL(event.request.url)
  if (event.request.method !== 'GET' || url.origin !== worker.location.origin || url.pathname.startsWith('/phone/api/') || url.pathname.startsWith('/phone/activate')) return
  event.respondWith(answer(event.request))
})
worker.addEventListener('push', (event: Lasting) => { event.waitUntil(wake()) })
worker.addEventListener('notificationclick', (event: Lasting & { readonly notification: Notification }) => {
  event.notification.close()
  event.waitUntil(openApp())
})
