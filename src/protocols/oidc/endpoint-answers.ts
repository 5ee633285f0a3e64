import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Unavailable } from '../../errors.ts'
import type { Context } from '../../http/index.ts'
import type { Transaction, UserId } from '../../storage/index.ts'
import { factsOf } from './client.ts'
import { routes, showError } from './configuration.ts'
import type { LiveSession, OidcNeeds } from './needs.ts'
import { ConsumedMeanwhile } from './payloads.ts'
import type { Work } from './work.ts'

/** The session was ended between our look and our commit; nothing is issued in it. */
export class SessionEnded extends Error {
  override readonly name = 'SessionEnded'
}

/** What the library was about to say is no longer true: nothing of it was written. */
export function answerRefused(ctx: Context, reason: ConsumedMeanwhile | SessionEnded): void {
  ctx.remove('Location')
  ctx.status = 400
  if (ctx.path === routes.token) ctx.body = { error: 'invalid_grant', error_description: 'grant request is invalid' }
  else if (reason instanceof SessionEnded) showError(ctx, 'session_not_found')
  else ctx.page('error', { titleText: ctx.t('error.link_used.title'), text: ctx.t('error.link_used.text'), reference: ctx.state.request.id }, { status: 400 })
}

export function answerUnavailable(ctx: Context, error: Unavailable): void {
  ctx.remove('Location')
  ctx.status = 503
  ctx.set('Retry-After', String(error.retryAfterSeconds ?? 5))
  if (ctx.accepts('json', 'html') === 'html') showError(ctx, 'temporarily_unavailable')
  else ctx.body = { error: 'temporarily_unavailable', error_description: 'try again in a moment' }
}

/** Somebody got into an application, with or without a page in between: single sign-on is a sign-in too (S17, S128). */
export async function recordOpening(ctx: Context, needs: OidcNeeds, live: LiveSession, tx: Transaction): Promise<void> {
  const { client } = (ctx as unknown as KoaContextWithOIDC).oidc
  if (!client) return
  const { id, name, organizationId } = factsOf(client)
  await needs.record(tx, ctx, {
    action: 'application.opened', outcome: 'success', organizationId, userId: live.userId, userName: live.user.email, application: { id, name }, details: { protocol: 'oidc' },
  })
}

/** A code or refresh token came a second time: someone else holds it, so everything under its grant is gone (SEC-05, SEC-07). */
export async function recordReuse(ctx: Context, needs: OidcNeeds, work: Work, tx: Transaction): Promise<void> {
  const { client } = (ctx as unknown as KoaContextWithOIDC).oidc
  if (!client) return
  const facts = factsOf(client)
  const [owner = null] = work.grantsAtStake.values()
  needs.log.warn('a code or refresh token was used twice', { application: facts.name })
  await needs.record(tx, ctx, {
    action: 'token.reuse_detected', outcome: 'denied', organizationId: facts.organizationId, userId: owner as UserId | null, application: { id: facts.id, name: facts.name }, details: {},
  })
}
