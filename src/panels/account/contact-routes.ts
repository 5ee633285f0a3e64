import { maskEmail, maskPhone, type CodeCheck } from '../../authentication/methods/code/index.ts'
import { describeDevice } from '../../authentication/sessions/index.ts'
import type { User } from '../../directory/index.ts'
import { Conflict, NotFound } from '../../errors.ts'
import { freshlySignedIn, type Context, type Routes } from '../../http/index.ts'
import type { Transaction } from '../../storage/index.ts'
import type { AccountNeeds } from './needs.ts'
import { notice } from './security-routes.ts'
import { showNav, visitorOf } from './shell.ts'

type Kind = 'email' | 'phone'
type Deliver = (tx: Transaction, code: string, expiresAt: number) => Promise<void>

/**
 * GET, POST /profile/email and /profile/phone: a code to the new address, then GET, POST …/:code. The new address counts only
 * after its code; the old one is told (S94).
 */
export function mountContact(routes: Routes, needs: AccountNeeds, me: (ctx: Context) => Promise<User>): void {
  const { storage, codes } = needs
  const binding = (ctx: Context, kind: Kind): string => `${kind} ${visitorOf(ctx).sessionId}`

  for (const kind of ['email', 'phone'] as const) {
    const purpose = `${kind}-change` as const

    routes.get(`/profile/${kind}`, freshlySignedIn, async (ctx) => {
      const user = await open(ctx)
      if (user) show(ctx, kind, '', kind === 'email' ? user.email : user.phone, null)
    })

    routes.post(`/profile/${kind}`, freshlySignedIn, async (ctx) => {
      const user = await open(ctx)
      if (!user) return
      const typed = (await ctx.form()).text('value')
      if (kind === 'phone' && typed === '' && user.phone !== null) return removePhone(ctx, user)
      const address = kind === 'email' ? needs.normaliseEmail(typed)?.email : needs.normalisePhone(typed)
      if (address === undefined) return show(ctx, kind, typed, kind === 'email' ? user.email : user.phone, `account.error.${kind}`)
      if (kind === 'phone' && !servedCountry(address)) return show(ctx, kind, typed, user.phone, 'account.error.phone_country')
      await needs.throttle.admit(needs.limits.codesPerAccount, `${kind} ${user.id}`)
      const deliver = kind === 'email' ? await mailOrder(ctx, user, address) : await smsOrder(user, address)
      const code = await storage.write((tx) => codes.issue(tx, {
        purpose, binding: binding(ctx, kind), userId: user.id, organizationId: user.organizationId, channel: kind === 'email' ? 'mail' : 'sms', destination: address,
        deliver: (text, expiresAt) => deliver(tx, text, expiresAt),
      }))
      ctx.redirectTo(`/profile/${kind}/${code.id}`)
    })

    routes.get(`/profile/${kind}/:code`, freshlySignedIn, async (ctx) => { await showCode(ctx, kind, undefined) })

    routes.post(`/profile/${kind}/:code`, freshlySignedIn, async (ctx) => {
      const user = await open(ctx)
      if (!user) return
      await needs.throttle.admit(needs.limits.triesPerAccount, user.id)
      const check = await codes.check({ id: ctx.params['code'] ?? '', purpose, binding: binding(ctx, kind), typed: (await ctx.form()).text('code') })
      if (check.outcome === 'rejected') return showCode(ctx, kind, check)
      await (kind === 'email' ? changeEmail(ctx, user, check.code.destination) : changePhone(ctx, user, check.code.destination))
    })
  }

  async function open(ctx: Context): Promise<User | undefined> {
    showNav(ctx)
    const user = await me(ctx)
    if (user.managedBy === null) return user
    ctx.redirectTo('/profile', { key: 'account.notice.managed', kind: 'warning' })
    return undefined
  }

  function servedCountry(phone: string): boolean {
    const { smsCountries } = needs.limits
    return smsCountries.length === 0 || smsCountries.some((prefix) => phone.startsWith(prefix))
  }

  /** Whether someone else has the address is told to nobody but that someone (SEC-54). */
  async function mailOrder(ctx: Context, user: User, address: string): Promise<Deliver> {
    const owner = await needs.users.findByEmailKey(needs.normaliseEmail(address)?.key ?? '')
    const device = describeDevice(ctx.state.request.userAgent) || ctx.t('common.unknown_device')
    return async (tx, code, expiresAt) => {
      const to = { organizationId: user.organizationId, email: address, givenName: user.givenName, locale: user.locale }
      const model = { ip: ctx.state.request.ip, device, minutes: 10 }
      if (owner && owner.id !== user.id) await needs.mail(tx, { template: 'signup-taken', to: { ...to, organizationId: owner.organizationId, givenName: owner.givenName, locale: owner.locale }, model, expiresAt })
      else await needs.mail(tx, { template: 'email-change-code', to, model: { ...model, code }, expiresAt, urgent: true })
    }
  }

  /** The limits of SMS hold here as they do for signing in (SEC-58). */
  async function smsOrder(user: User, phone: string): Promise<Deliver> {
    if (!needs.smsConfigured) throw new NotFound()
    await needs.throttle.admit(needs.limits.smsPerNumber, phone)
    await needs.throttle.admit(needs.limits.smsPerPrefix, phone.slice(0, -4))
    await needs.throttle.admit(needs.limits.smsDaily, 'all')
    return (tx, code, expiresAt) => needs.sms(tx, { organizationId: user.organizationId, phone, code, expiresAt, locale: user.locale })
  }

  async function changeEmail(ctx: Context, user: User, destination: string): Promise<void> {
    const email = needs.normaliseEmail(destination)
    if (!email) throw new Error('a code was issued for something that is no address')
    try {
      await storage.write(async (tx) => {
        await needs.users.update(tx, user.organizationId, user.id, { email, emailVerified: true })
        // A link that waits in the old mailbox is for whoever reads it now.
        await needs.invitations.cancel(tx, user.organizationId, user.id)
        await needs.record(tx, ctx, { action: 'email.changed', userId: user.id, details: { before: maskEmail(user.email), after: maskEmail(email.email) } })
        await notice(needs, tx, ctx, 'email-changed', { before: user.email, after: maskEmail(email.email) }, user.email)
      })
    } catch (error) {
      // Taken between the code and now; the code itself went to nobody else.
      if (error instanceof Conflict) return ctx.redirectTo('/profile/email', { key: 'account.notice.email_taken', kind: 'warning' })
      throw error
    }
    ctx.redirectTo('/profile', { key: 'account.notice.email_changed' })
  }

  async function changePhone(ctx: Context, user: User, phone: string): Promise<void> {
    await storage.write(async (tx) => {
      await needs.users.update(tx, user.organizationId, user.id, { phone, phoneVerified: true })
      await needs.record(tx, ctx, { action: 'phone.changed', userId: user.id, details: { after: maskPhone(phone) } })
      await notice(needs, tx, ctx, 'phone-changed', { phone: maskPhone(phone) })
    })
    ctx.redirectTo('/profile', { key: 'account.notice.phone_changed' })
  }

  async function removePhone(ctx: Context, user: User): Promise<void> {
    await storage.write(async (tx) => {
      await needs.users.update(tx, user.organizationId, user.id, { phone: null })
      await needs.record(tx, ctx, { action: 'phone.changed', userId: user.id, details: { removed: true } })
      await notice(needs, tx, ctx, 'phone-changed', { phone: '–' })
    })
    ctx.redirectTo('/profile', { key: 'account.notice.phone_removed' })
  }

  async function showCode(ctx: Context, kind: Kind, check: CodeCheck | undefined): Promise<void> {
    showNav(ctx)
    const row = await codes.pending(ctx.params['code'] ?? '', `${kind}-change`, binding(ctx, kind))
    if (!row) return ctx.redirectTo(`/profile/${kind}`)
    const rejected = check?.outcome === 'rejected' ? check : undefined
    const secondsLeft = Math.max(0, Math.ceil((row.expiresAt - needs.clock.now()) / 1_000))
    const error = rejected ? `signin.code.error.${rejected.reason}` : null
    ctx.page('account/profile-code', {
      kind, destination: row.destination, expiresAt: row.expiresAt, secondsLeft, startAgain: `/profile/${kind}`, errors: { code: error }, hasErrors: error !== null,
      triesLeft: rejected?.reason === 'wrong' ? rejected.triesLeft : null, over: secondsLeft === 0 || rejected?.reason === 'locked' || rejected?.reason === 'expired',
    }, { status: error === null ? 200 : 422 })
  }
}

function show(ctx: Context, kind: Kind, value: string, current: string | null, error: string | null): void {
  ctx.page('account/profile-contact', { kind, value, current, errors: { value: error }, hasErrors: error !== null }, { status: error === null ? 200 : 422 })
}
