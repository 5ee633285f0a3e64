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

async function install(): Promise<void> {
  const cache = await caches.open(name)
  const response = await fetch(shell, { credentials: 'same-origin' })
  if (!response.ok) return
  const text = await response.clone().text()
  await cache.put(shell, response)
  const assets = [...new Set([...text.matchAll(/"(\/assets\/[^"#]+)/g)].map(([, path = '']) => path))]
  await cache.addAll(assets)
}

async function clean(): Promise<void> {
  for (const key of await caches.keys()) if (key.startsWith('doorward-phone-') && key !== name) await caches.delete(key)
  await worker.clients.claim()
}

async function answer(request: Request): Promise<Response> {
  try {
    const response = await fetch(request)
    // Modules load each other; what the app has used once it may use again without the server.
    if (response.ok && new URL(request.url).pathname.startsWith('/assets/')) await (await caches.open(name)).put(request, response.clone())
    return response
  } catch (error) {
    const kept = await caches.match(request.mode === 'navigate' ? shell : request)
    if (kept) return kept
    throw error
  }
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
