import type { OidcKind } from './application.ts'

export type UriProblem = 'syntax' | 'fragment' | 'userinfo' | 'wildcard' | 'scheme' | 'https' | 'dots' | 'too_long' | 'own'

const dangerous = new Set(['javascript:', 'data:', 'vbscript:', 'file:', 'blob:', 'about:', 'ftp:', 'ws:', 'wss:', 'mailto:', 'intent:', 'view-source:', 'filesystem:', 'chrome:', 'content:'])

/**
 * Whether an address may be registered as a redirect URI (RFC 6749 §3.1.2, RFC 8252, RFC 9700 §2.1; SEC-01).
 *
 * https anywhere; http only on the loopback interface; a private scheme (reverse domain name, with a dot) only for public
 * applications. What an application registers is compared later character by character, so nothing may be in it that a
 * browser would read differently from us.
 */
export function redirectUriProblem(uri: string, kind: OidcKind): UriProblem | undefined {
  if (uri.length > 2_000) return 'too_long'
  // A browser drops blanks and control characters, and turns backslashes into slashes.
  if (!/^[\u0021-\u007e]+$/.test(uri) || /[\\"<>^`{|}]/.test(uri)) return uri.includes('{') ? 'wildcard' : 'syntax'
  if (uri.includes('#')) return 'fragment'
  if (uri.includes('*')) return 'wildcard'
  if (/%(?![0-9a-f]{2})/i.test(uri)) return 'syntax'
  let url: URL
  try {
    url = new URL(uri)
  } catch {
    return 'syntax'
  }
  if (dangerous.has(url.protocol)) return 'scheme'
  if (url.protocol === 'https:' || url.protocol === 'http:') {
    if (url.username !== '' || url.password !== '' || /^[a-z]+:\/\/[^/?]*@/i.test(uri)) return 'userinfo'
    if (!/^https?:\/\/[^/?]+/.test(uri)) return 'syntax'
    if (/(^|\/)(\.|%2e){1,2}(\/|\?|$)/i.test(uri.slice(uri.indexOf('//') + 2).replace(/^[^/?]*/, '').replace(/\?.*$/, ''))) return 'dots'
    // The text must be what the parser makes of it: 0x7f.1, upper-case hosts, default ports and the like come back changed.
    if (!sameText(uri, url)) return 'syntax'
    if (url.protocol === 'http:' && !isLoopback(url.hostname)) return 'https'
    return undefined
  }
  if (kind !== 'public') return 'scheme'
  return /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+:\/(?!\/)/.test(uri) && url.host === '' ? undefined : 'scheme'
}

/** Addresses that our server calls or sends people to: back-channel logout, keys, launch, login initiation. */
export function webAddressProblem(uri: string): UriProblem | undefined {
  return redirectUriProblem(uri, 'web')
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
}

function sameText(uri: string, url: URL): boolean {
  return uri === url.href || `${uri}/` === url.href || (url.pathname === '/' && uri === url.href.replace(/^([a-z]+:\/\/[^/]+)\//, '$1'))
}
