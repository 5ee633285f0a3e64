import type { OutboundResponse } from './exchange.ts'
import { OutboundRefused } from './refused.ts'
import type { Outbound, OutboundRequest } from './request.ts'

/**
 * For libraries that bring their own requests and take a `fetch` (oidc-provider's `fetch` option). Their `dispatcher` and
 * `redirect` options have no effect: addresses are checked here, and no redirect is followed.
 */
export function wrapAsFetch(call: Outbound['fetch'], limits: OutboundRequest): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer())
    try {
      return toResponse(await call(request.url, { ...limits, method: request.method, headers: Object.fromEntries(request.headers), body, signal: request.signal }))
    } catch (error) {
      if (error instanceof OutboundRefused) throw new TypeError(error.message, { cause: error })
      throw error
    }
  }
}

function toResponse({ status, headers, body }: OutboundResponse): Response {
  if (status < 200 || status > 599) throw new TypeError(`the other host answered with status ${status}`)
  const empty = status === 204 || status === 205 || status === 304
  return new Response(empty ? null : new Uint8Array(body), { status, headers })
}
