import type { Context } from './context.ts'

/** `__Host-`: only this host, only over a secure channel, for every path. Browsers treat http://localhost as secure (SEC-66). */
export type CookieName = `__Host-${string}`

/** Reads one cookie; a malformed header is as good as none (SEC-86). */
export function readCookie(ctx: Pick<Context, 'req'>, name: CookieName): string | undefined {
  const header = ctx.req.headers.cookie
  if (header === undefined || header.length > 16_384) return undefined
  for (const part of header.split(';')) {
    const [key, ...value] = part.split('=')
    if (key?.trim() === name) return /^[\w.~-]{1,512}$/.test(value.join('=').trim()) ? value.join('=').trim() : undefined
  }
  return undefined
}

/** Sets a cookie that scripts cannot read. Without `maxAgeSeconds` it ends with the browser session; 0 removes it. */
export function setCookie(ctx: Pick<Context, 'append'>, name: CookieName, value: string, options: { maxAgeSeconds?: number; sameSite?: 'Lax' | 'Strict' | 'None' } = {}): void {
  const age = options.maxAgeSeconds === undefined ? '' : `; Max-Age=${options.maxAgeSeconds}`
  ctx.append('Set-Cookie', `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=${options.sameSite ?? 'Lax'}${age}`)
}
