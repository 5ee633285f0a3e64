/** What a code of this server is for; codes of anybody else are none. */
export function readCode(text: string, origin: string): { readonly kind: 'scan'; readonly secret: string } | { readonly kind: 'activate'; readonly path: string } | undefined {
  let url: URL
  try {
    url = new URL(text.trim())
  } catch {
    return undefined
  }
  if (url.origin !== origin) return undefined
  if (url.pathname === '/phone/scan' && url.hash.length > 1) return { kind: 'scan', secret: url.hash.slice(1) }
  return /^\/phone\/activate\/[\w-]{20,100}$/.test(url.pathname) ? { kind: 'activate', path: url.pathname } : undefined
}
