import { isRpIdOf } from '../authenticator/rp-id.ts'
import type { BridgeRequest } from './page-wire.ts'
import type { Sender } from './platform.ts'
import { timeOf, type SiteRequest } from './request.ts'

/** By the browser's word: Firefox tells the address only. */
export function originOf(sender: Sender | undefined): string | undefined {
  if (sender?.origin !== undefined) return sender.origin
  try {
    const { origin } = new URL(sender?.url ?? '')
    return origin === 'null' ? undefined : origin
  } catch {
    return undefined
  }
}

/** What a browser asks of a request before any authenticator hears of it (WebAuthn §5.1.3, §5.1.4). In doubt it is left to the browser. */
export function judge(message: BridgeRequest, origin: string): SiteRequest | 'native' {
  const { kind, options, secure, permitted, sameOriginWithAncestors } = message
  if (!secure || !/^https:\/\/|^http:\/\/localhost(?::\d+)?$/.test(origin)) return 'native'
  if (permitted === false || (permitted === null && !sameOriginWithAncestors)) return 'native'
  if (!message.activated && !message.chosen) return 'native'
  const { hostname } = new URL(origin)
  const asked = kind === 'create' ? options.rp?.id : options.rpId
  const rpId = asked === undefined ? hostname : asked
  // A browser may know by the site's list of related origins that this is right; it says so itself.
  if (typeof rpId !== 'string' || !isRpIdOf(rpId, origin)) return 'native'
  const { timeout, ...rest } = options
  const named = kind === 'create' ? { ...rest, rp: { ...options.rp, id: rpId } } : { ...rest, rpId }
  return { options: { ...named, ...(timeout === undefined ? {} : { timeout }) }, origin, crossOrigin: !sameOriginWithAncestors, milliseconds: timeOf(timeout) }
}
