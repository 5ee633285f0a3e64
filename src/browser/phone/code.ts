/** What a code of this server is for, or the eight digits below it; codes of anybody else are none. */
export function readCode(text: string, origin: string): { readonly kind: 'scan'; readonly secret: string } | { readonly kind: 'activate'; readonly path: string } | undefined {
  const digits = text.replaceAll(/[\s-]/g, '')
  if (/^\d{8}$/.test(digits)) return { kind: 'scan', secret: digits }
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
