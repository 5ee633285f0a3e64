import { askAgain, askPhone, endAsking, isAsking } from './asking.ts'
import type { ProxyPlatform, ProxyRequest } from './platform.ts'
import { readProxied, siteErrorOf, type Outcome } from './request.ts'
import { readStanding } from './settings.ts'

/**
 * The browser hands over every request of every site while this extension is attached (switch.ts says when). It has checked the site's right to
 * its RP ID and to ask from a frame; it knows of no tab, no click and no time limit, and tells nothing when a page is closed.
 */
export function serveProxy(proxy: ProxyPlatform, isOn: () => Promise<boolean>, ready: () => Promise<void>): void {
  /** Which the browser took back, be it before anybody was asked. */
  const takenBack = new Set<number>()
  proxy.onCreateRequest.addListener((request) => { answering = serve('create', request) })
  proxy.onGetRequest.addListener((request) => { answering = serve('get', request) })
  // A page that asks waits until it is told. The phone is no part of this computer, and refuses what has to be one.
  proxy.onIsUvpaaRequest.addListener(({ requestId }) => { void proxy.completeIsUvpaaRequest({ requestId, isUvpaa: false }) })
  proxy.onRequestCanceled.addListener((requestId) => {
    takenBack.add(requestId)
    void ready().then(() => { endAsking('cancelled', idOf(requestId)) })
  })

  async function serve(kind: 'create' | 'get', request: ProxyRequest): Promise<void> {
    // Whatever goes wrong here, the page hears something.
    await complete(proxy, kind, request.requestId, await outcomeFor(kind, request).catch((): Outcome => ({ kind: 'trouble', trouble: 'invalid' })))
    takenBack.delete(request.requestId)
  }

  async function outcomeFor(kind: 'create' | 'get', { requestId, requestDetailsJson }: ProxyRequest): Promise<Outcome> {
    await ready()
    const request = readProxied(requestDetailsJson)
    if (request === undefined) return { kind: 'trouble', trouble: 'invalid' }
    return (await isOn()) && !takenBack.has(requestId) ? askPhone(kind, request, { id: idOf(requestId), proxied: requestId }) : { kind: 'trouble', trouble: 'cancelled' }
  }
}

/** Called once when a worker starts. The request of an earlier worker is still open in the browser, and any worker may complete it. */
export async function resumeProxied(proxy: ProxyPlatform): Promise<void> {
  const { pending } = await readStanding()
  if (!pending || pending.proxied === null || isAsking()) return
  const { proxied, kind } = pending
  answering = askAgain(pending).then((outcome) => complete(proxy, kind, proxied, outcome))
}

let answering: Promise<void> = Promise.resolve()

/** When the page of the last request has its answer: whoever detaches before leaves it without one. */
export async function answered(): Promise<void> {
  await answering.catch(() => undefined)
}

const idOf = (requestId: number): string => `proxied ${requestId}`

async function complete(proxy: ProxyPlatform, kind: 'create' | 'get', requestId: number, outcome: Outcome): Promise<void> {
  const send = kind === 'create' ? proxy.completeCreateRequest.bind(proxy) : proxy.completeGetRequest.bind(proxy)
  try {
    await send(outcome.kind === 'answer' ? { requestId, responseJson: JSON.stringify(outcome.response) } : { requestId, error: siteErrorOf(outcome.trouble) })
  } catch {
    // The browser took offence at the answer, or the page has given up; an open request would keep its page waiting for ever.
    await send({ requestId, error: siteErrorOf('invalid') }).catch(() => undefined)
  }
}
