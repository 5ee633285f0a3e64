import { NotFound } from '../../errors.ts'
import { freshlySignedIn, signedIn, type Context, type Routes } from '../../http/index.ts'
import { describeDevice } from '../../authentication/sessions/index.ts'
import { withComputers } from '../computer-rows.ts'
import type { AccountNeeds } from './needs.ts'
import { showNav, toKeyRow, visitorOf } from './shell.ts'
import { waysOfPerson } from './ways.ts'

const weekMilliseconds = 7 * 86_400_000

/** GET /security, recovery codes, and the list of places where the person is signed in. */
export function mountSecurity(routes: Routes, needs: AccountNeeds): void {
  const { storage, sessions, recoveryCodes } = needs

  routes.get('/security', signedIn, async (ctx) => {
    const visitor = visitorOf(ctx)
    showNav(ctx)
    const [keys, phones, computers, pausedUntil, live, left, own, password, authenticators] = await Promise.all([
      needs.passkeys.list(storage.read, visitor.userId), needs.phones.store.list(storage.read, visitor.userId), needs.phones.computers.store.list({ id: visitor.userId, organizationId: visitor.organizationId }), needs.phones.approvals.pausedUntil(visitor.userId), sessions.list(visitor.userId, visitor.sessionId), recoveryCodes.left(visitor.userId),
      waysOfPerson(needs, ctx), needs.localPasswords.find(visitor.userId), needs.authenticators.list(storage.read, visitor.userId),
    ])
    ctx.page('account/security', {
      keys: keys.map(toKeyRow), phones: withComputers(phones, computers, (id) => `/security/computers/${id}/removal`), pausedUntil, phonesShown: own.methods.phone || phones.length > 0,
      sessions: live.map((session) => ({ ...session, device: session.device || ctx.t('common.unknown_device') })), otherSessions: live.length > 1,
      recoveryOffered: own.methods.recoveryCodes, recoveryLeft: left, recoveryMade: own.user.recoveryCodesSeenAt !== null,
      mayPassword: own.mayPassword, passwordShown: own.mayPassword || password !== undefined, passwordChangedAt: password?.changedAt ?? null, passwordBlocked: password?.blocked ?? false,
      mayTotp: own.mayTotp, authenticatorsShown: own.mayTotp || authenticators.length > 0, authenticators,
    })
  })

  routes.get('/security/recovery-codes', freshlySignedIn, async (ctx) => {
    await requireOffered(ctx)
    showNav(ctx)
    const visitor = visitorOf(ctx)
    ctx.page('account/recovery-codes', { codes: null, left: await recoveryCodes.left(visitor.userId), account: visitor.email, madeAt: needs.clock.now(), onward: await onward(ctx) })
  })

  // The codes exist in this one answer only; a reload makes new ones.
  routes.post('/security/recovery-codes', freshlySignedIn, async (ctx) => {
    await requireOffered(ctx)
    showNav(ctx)
    const visitor = visitorOf(ctx)
    const next = await onward(ctx)
    const codes = await storage.write(async (tx) => {
      const made = await recoveryCodes.replace(tx, { id: visitor.userId, organizationId: visitor.organizationId })
      await needs.users.update(tx, visitor.organizationId, visitor.userId, { recoveryCodesSeen: true })
      await needs.record(tx, ctx, { action: 'recovery.codes_made', userId: visitor.userId, details: { count: made.length } })
      await notice(needs, tx, ctx, 'recovery-codes-made')
      return made
    })
    ctx.page('account/recovery-codes', { codes, left: codes.length, account: visitor.email, madeAt: needs.clock.now(), onward: next })
  })

  routes.post('/security/sessions/removal', signedIn, async (ctx) => {
    const visitor = visitorOf(ctx)
    const ended = await storage.write(async (tx) => {
      const all = await sessions.endAll(tx, visitor.userId, visitor.sessionId)
      await needs.record(tx, ctx, { action: 'session.ended', userId: visitor.userId, details: { by: 'person', count: all.length } })
      return all
    })
    await sessions.announce(ended, visitor.userId)
    ctx.redirectTo('/security', { key: 'account.notice.sessions_ended' })
  })

  routes.post('/security/sessions/:id/removal', signedIn, async (ctx) => {
    const visitor = visitorOf(ctx)
    const id = ctx.params['id'] ?? ''
    if (id === visitor.sessionId) return ctx.redirectTo('/security', { key: 'account.notice.this_session', kind: 'warning' })
    const ended = await storage.write(async (tx) => {
      const one = await sessions.end(tx, visitor.userId, id)
      if (one.length > 0) await needs.record(tx, ctx, { action: 'session.ended', userId: visitor.userId, details: { by: 'person', count: 1 } })
      return one
    })
    if (ended.length === 0) throw new NotFound()
    await sessions.announce(ended, visitor.userId)
    ctx.redirectTo('/security', { key: 'account.notice.session_ended' })
  })

  /** Where the page leads afterwards: the first time, right after the first key, to where the person's work begins (S16). */
  async function onward(ctx: Context): Promise<string> {
    const { userId, role } = visitorOf(ctx)
    if ((await needs.users.findById(userId))?.recoveryCodesSeenAt != null) return '/security'
    return role === 'user' ? '/' : '/admin'
  }

  async function requireOffered(ctx: Context): Promise<void> {
    const organization = await needs.organizations.find(visitorOf(ctx).organizationId)
    if (!organization?.settings.methods.recoveryCodes) throw new NotFound()
  }
}

/** Tells the person by mail what was done to their account, wherever the mail server is today. */
export async function notice(needs: AccountNeeds, tx: Parameters<AccountNeeds['mail']>[0], ctx: Context, template: string, model: Readonly<Record<string, string>> = {}, to?: string): Promise<void> {
  const visitor = visitorOf(ctx)
  const user = await needs.users.findById(visitor.userId, tx)
  await needs.mail(tx, {
    template, to: { organizationId: visitor.organizationId, email: to ?? visitor.email, givenName: user?.givenName ?? '', locale: visitor.locale }, expiresAt: needs.clock.now() + weekMilliseconds,
    model: { ip: ctx.state.request.ip, device: describe(ctx), link: `${needs.publicUrl}/security`, ...model },
  })
}

function describe(ctx: Context): string {
  return describeDevice(ctx.state.request.userAgent) || ctx.t('common.unknown_device')
}
