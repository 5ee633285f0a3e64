import type { Context, Handler } from './context.ts'

const policy = [
  `default-src 'none'`, `script-src 'self'`, `style-src 'self'`, `img-src 'self' data:`, `font-src 'self'`, `connect-src 'self'`,
  `manifest-src 'self'`, `worker-src 'self'`, `base-uri 'none'`, `frame-ancestors 'none'`, `require-trusted-types-for 'script'`,
].join('; ')
const panelPolicy = `${policy}; form-action 'self'`

/**
 * Security headers for every answer of this process, ours and the protocol libraries' (SEC-13).
 * Two policies: pages that lead back to an application leave `form-action` out, since Chrome and Safari apply it to the
 * whole redirect chain after a form post (w3c/webappsec-csp#8).
 */
export function securityHeaders(publicUrl: string): (ctx: Context, next: () => Promise<unknown>) => Promise<void> {
  const headers = Object.entries({
    'Content-Security-Policy': panelPolicy,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(self), geolocation=(), microphone=()',
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    ...(publicUrl.startsWith('https:') ? { 'Strict-Transport-Security': 'max-age=63072000; includeSubDomains' } : {}),
  })
  return async (ctx, next) => {
    for (const [name, value] of headers) ctx.res.setHeader(name, value)
    await next()
    if (ctx.state.leavesFormActionOpen) ctx.set('Content-Security-Policy', ctx.response.get('Content-Security-Policy').replace(/; ?form-action 'self'/, ''))
    // An application that signs out may lead its frame on through other hosts of its own.
    if (ctx.state.frames.length > 0) ctx.set('Content-Security-Policy', `${ctx.response.get('Content-Security-Policy')}; frame-src ${[...new Set([`'self'`, 'https:', ...ctx.state.frames])].join(' ')}`)
    if (ctx.state.framedByUs) {
      ctx.set('Content-Security-Policy', ctx.response.get('Content-Security-Policy').replace(`frame-ancestors 'none'`, `frame-ancestors 'self'`))
      ctx.set('X-Frame-Options', 'SAMEORIGIN')
    }
    if (String(ctx.res.getHeader('Content-Type')).startsWith('text/html') && !ctx.response.get('Cache-Control')) ctx.set('Cache-Control', 'no-store')
  }
}

/** For pages whose form ends, after redirects, at an application: sign-in, consent, hand-over. */
export const leadsToApplication: Handler = (ctx) => {
  ctx.state.leavesFormActionOpen = true
}
