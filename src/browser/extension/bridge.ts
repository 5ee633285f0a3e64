import type { BridgeAnswer, BridgeRequest, PageRequest } from './page-wire.ts'
import type { Platform, Port } from './platform.ts'

// Beside the page, in a world of its own: the page cannot reach it but by messages. Who asks, the browser tells the worker.
{
  const { runtime } = (globalThis as unknown as { readonly chrome: Platform }).chrome
  /** A request that waits in the page's form until the person chooses the phone in the popup. */
  let waiting: { readonly begin: () => void } | undefined

  const sameOriginWithAncestors = (): boolean => {
    for (let frame: Window = window; frame !== frame.parent;) {
      frame = frame.parent
      try {
        if (frame.location.origin !== location.origin) return false
      } catch {
        return false
      }
    }
    return true
  }
  const permitted = (kind: 'create' | 'get'): boolean | null => {
    const { featurePolicy } = document as { readonly featurePolicy?: { allowsFeature(name: string): boolean } }
    return featurePolicy ? featurePolicy.allowsFeature(`publickey-credentials-${kind}`) : null
  }

  const forward = ({ kind, options }: PageRequest, page: MessagePort, chosen: boolean): Port => {
    const port = runtime.connect({ name: 'request' })
    let over = false
    const answer = (said: BridgeAnswer): void => {
      over = true
      page.postMessage(said)
      port.disconnect()
    }
    port.onMessage.addListener((said) => { answer(said as BridgeAnswer) })
    // The worker was ended with the request: what it asked the phone is over.
    port.onDisconnect.addListener(() => { if (!over) answer({ error: { name: 'NotAllowedError', message: 'The operation either timed out or was not allowed.' } }) })
    port.postMessage({ kind, options, chosen, secure: isSecureContext, activated: navigator.userActivation.isActive, sameOriginWithAncestors: sameOriginWithAncestors(), permitted: permitted(kind) } satisfies BridgeRequest)
    return port
  }

  window.addEventListener('message', (event: MessageEvent<Partial<PageRequest> | null>) => {
    const [page] = event.ports
    const { data } = event
    if (event.source !== window || data?.doorward !== 'request' || !page || (data.kind !== 'create' && data.kind !== 'get') || typeof data.options !== 'object') return
    event.stopImmediatePropagation()
    const request = data as PageRequest
    let port: Port | undefined
    let mine: typeof waiting
    page.onmessage = () => {
      if (waiting === mine) waiting = undefined
      port?.disconnect()
    }
    if (!request.conditional) port = forward(request, page, false)
    else waiting = mine = { begin: () => { port ??= forward(request, page, true) } }
  })

  runtime.onMessage.addListener((message, _sender, answer) => {
    if (!waiting) return undefined
    if (message === 'begin') waiting.begin()
    answer({ waiting: true })
    return undefined
  })
}
