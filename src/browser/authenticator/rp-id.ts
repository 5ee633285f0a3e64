import { parse } from 'tldts'

/**
 * Whether a page of this origin may use keys of this RP ID (WebAuthn L3 §5.1.3 step 7, HTML "is a registrable domain suffix of or is equal to"):
 * its own host, or a domain above it that somebody can register. Browsers have looked already; the phone does not take their word for it.
 * A public suffix belongs to everybody on it, so its keys would be everybody's.
 */
export function isRpIdOf(rpId: string, origin: string): boolean {
  const host = hostOf(origin)
  if (host === undefined || !isWritten(rpId)) return false
  const { domain, isIp, isIcann, isPrivate } = parse(rpId, { allowPrivateDomains: true, extractHostname: false })
  if (rpId === host) return isIp === true || domain !== null || (isIcann !== true && isPrivate !== true)
  return isIp !== true && domain !== null && host.endsWith(`.${rpId}`)
}

/** The host of a secure origin: with TLS, or on this very computer. */
export function hostOf(origin: string): string | undefined {
  if (!URL.canParse(origin)) return undefined
  const url = new URL(origin)
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && (url.hostname === 'localhost' || url.hostname.endsWith('.localhost')))
  return secure && url.origin === origin ? url.hostname : undefined
}

/** As browsers write a host: lower case, international names in punycode, no port and no dot behind it. */
function isWritten(rpId: string): boolean {
  return rpId !== '' && rpId.length <= 253 && !rpId.endsWith('.') && URL.canParse(`https://${rpId}`) && new URL(`https://${rpId}`).host === rpId
}
