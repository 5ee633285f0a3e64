import { createHmac, createSecretKey } from 'node:crypto'
import { equalInConstantTime } from '../equal.ts'
import { Forbidden } from '../errors.ts'
import type { Context } from './context.ts'

/** The form field that carries the token. */
export const csrfField = 'csrf'

export interface Csrf {
  token(browser: string): string
  /** @throws Forbidden `csrf` when the post does not come from a page of ours in this very browser. */
  check(ctx: Context, token: string): void
}

/**
 * Two independent checks on every post (SEC-67): the browser says the request starts on our origin, and the form carries a
 * token made for this browser's cookie. It holds before anyone is signed in too, so a stranger cannot sign a victim into
 * the stranger's account.
 */
export function createCsrf(key: Buffer, publicOrigin: string): Csrf {
  const secret = createSecretKey(key)
  const tokenOf = (browser: string): string => createHmac('sha256', secret).update(browser).digest('base64url')
  return {
    token: tokenOf,
    check(ctx, token) {
      const site = ctx.get('sec-fetch-site')
      if (site !== '' && site !== 'same-origin' && site !== 'none') throw new Forbidden('csrf', `sec-fetch-site is ${site}`)
      const origin = ctx.get('origin')
      if (origin !== '' && origin !== publicOrigin) throw new Forbidden('csrf', `origin is ${origin.slice(0, 200)}`)
      if (ctx.state.browser === '' || !equalInConstantTime(token, tokenOf(ctx.state.browser))) throw new Forbidden('csrf', 'the token does not fit this browser')
    },
  }
}
