export type Code = { readonly kind: 'scan'; readonly secret: string } | { readonly kind: 'activate'; readonly path: string } | { readonly kind: 'pair'; readonly address: string }

/** What somebody types who has no camera: the eight digits under a code, or its address. A picture that only says digits is no code of ours. */
export function readTyped(text: string, origin: string): Code | undefined {
  const digits = text.replaceAll(/[\s-]/g, '')
  return /^\d{8}$/.test(digits) ? { kind: 'scan', secret: digits } : readCode(text, origin)
}

/** What a code of this server is for; codes of anybody else are none. */
export function readCode(text: string, origin: string): Code | undefined {
  let url: URL
  try {
    url = new URL(text.trim())
  } catch {
    return undefined
  }
  if (url.origin !== origin) return undefined
  if (url.pathname === '/phone/scan' && url.hash.length > 1) return { kind: 'scan', secret: url.hash.slice(1) }
  if (url.pathname === '/phone/pair' && url.hash.length > 1) return { kind: 'pair', address: url.href }
  return /^\/phone\/activate\/[\w-]{20,100}$/.test(url.pathname) ? { kind: 'activate', path: url.pathname } : undefined
}
