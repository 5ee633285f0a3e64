import type { Sessions } from '../authentication/sessions/index.ts'
import type { Desk } from '../authentication/signin/index.ts'
import { Forbidden } from '../errors.ts'
import { roleMay, type Context, type Gatekeeper } from '../http/index.ts'

/**
 * Lets in or sends to where the visitor gets in: a stranger to the sign-in page, a signed-in person to a confirmation when
 * the act needs a fresh proof, an administrator without a phishing-resistant proof to their key (SEC-69, SEC-71).
 */
export function createGatekeeper(needs: { sessions: Sessions; desk: () => Desk; publicUrl: string }): Gatekeeper {
  return async (ctx, access) => {
    if ('public' in access) return true
    const { visitor } = ctx.state
    const session = visitor && (await needs.sessions.ofBrowser(ctx))
    if (!visitor || !session) {
      if (ctx.accepts('html', 'json') === 'json') throw new Forbidden('signed_out')
      ctx.redirectTo(`/signin?return=${encodeURIComponent(pageOf(ctx, needs.publicUrl))}`)
      return false
    }
    // Out again is the one way that everybody has.
    const leaves = ctx.path === '/signout'
    if (session.opens === 'first_key' && !leaves && !leadsToFirstKey.test(ctx.path)) {
      ctx.redirectTo('/security/keys/new', { key: 'signin.notice.first_key', kind: 'warning' })
      return false
    }
    if (session.opens === 'second_step' && !leaves) {
      ctx.redirectTo(await needs.desk().begin(ctx.state.browser, {
        application: null, assurance: null, maxAgeSeconds: null, loginHint: null, userId: session.userId, returnTo: pageOf(ctx, needs.publicUrl),
      }))
      return false
    }
    if ('permission' in access) {
      if (!roleMay(visitor.role, access.permission)) throw new Forbidden('forbidden', `${visitor.role} lacks ${access.permission}`)
      if (!session.proofs.some((proof) => proof.phishingResistant)) {
        if (session.user.passkeys === 0) ctx.redirectTo('/security', { key: 'admin_gate.notice.key_needed', kind: 'warning' })
        else {
          ctx.redirectTo(await needs.desk().begin(ctx.state.browser, {
            application: null, assurance: 'phr', maxAgeSeconds: null, loginHint: null, userId: session.userId, returnTo: pageOf(ctx, needs.publicUrl),
          }))
        }
        return false
      }
    }
    if (access.fresh && !visitor.fresh) {
      const from = 'from' in access ? access.from : undefined
      const returnTo = from === undefined ? pageOf(ctx, needs.publicUrl) : `${from}${ctx.search}`
      ctx.redirectTo(await needs.desk().beginStepUp(ctx.state.browser, session, returnTo), from === undefined ? undefined : { key: 'admin_gate.notice.then_again', kind: 'warning' })
      return false
    }
    return true
  }
}

/** All that an access pass opens, or a password that may only enroll the first key. */
const leadsToFirstKey = /^\/security\/keys(?:\/new(?:\/options)?)?$/

/** Where to come back to: the page itself, or for a post the page whose form was sent. */
function pageOf(ctx: Context, publicUrl: string): string {
  if (ctx.method === 'GET') return `${ctx.path}${ctx.search}`
  const referrer = ctx.get('referer')
  return referrer.startsWith(`${publicUrl}/`) ? referrer.slice(publicUrl.length) : '/'
}
