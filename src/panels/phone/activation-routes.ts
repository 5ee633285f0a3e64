import { NotFound, TooManyRequests } from '../../errors.ts'
import { maskEmail, readCode } from '../../authentication/methods/code/index.ts'
import { qrPicture } from '../../authentication/methods/totp/index.ts'
import { atEvenPace } from '../../authentication/signin/index.ts'
import { networkOf } from '../../authentication/throttle/index.ts'
import { anyone, type Context, type Routes } from '../../http/index.ts'
import { isHandheld } from '../../phones/index.ts'
import { createActivating, phoneHues, type Guest } from './activating.ts'
import type { PhonePanelNeeds } from './needs.ts'

/**
 *   GET, POST /phone/activate               the six digits of a page or mail
 *   GET       /phone/activate/:token        who asks; on a computer the code to scan; …/qr.svg
 *   POST      /phone/activate/:token/options, /phone/activate/:token, …/deny
 *
 * Looking never uses a link up, since scanners of mail look too; the phone's approval or refusal does (S68, S99).
 */
export function mountActivation(routes: Routes, needs: PhonePanelNeeds): void {
  const { phones, users, throttle, limits } = needs
  const activating = createActivating(needs)

  async function guest(ctx: Context): Promise<Guest> {
    const token = ctx.params['token'] ?? ''
    const activation = await phones.activations.find(token)
    const user = activation && (await users.find(activation.organizationId, activation.userId))
    const organization = activation && (await needs.organizations.find(activation.organizationId))
    if (!activation || !user || !organization || !(await activating.mayUse(activation, user))) throw new NotFound('link_used')
    ctx.state.brand = await needs.brandOf(organization.id)
    return { activation, user, organization, path: `/phone/activate/${token}` }
  }

  routes.get('/phone/activate', anyone, (ctx) => { showCode(ctx, '', {}) })

  routes.post('/phone/activate', anyone, async (ctx) => {
    const form = await ctx.form()
    const typed = { email: form.text('email'), code: form.text('code') }
    const address = needs.normaliseEmail(typed.email)
    const code = readCode(typed.code)
    if (!address || code === undefined) return showCode(ctx, typed.email, { email: address ? null : 'signin.email.error.syntax', code: code === undefined ? 'phone.code.error.empty' : null })
    const token = await atEvenPace(async () => {
      const user = await users.findByEmailKey(address.key)
      const seconds = await throttle.countAll([[limits.triesPerAddress, networkOf(ctx.state.request.ip)], [limits.triesPerAccount, `phone ${user?.id ?? address.key}`]])
      if (seconds > 0) throw new TooManyRequests(seconds)
      const found = user && (await phones.activations.tokenByCode(user.id, code))
      if (user && found === undefined) await needs.storage.write((tx) => needs.record(tx, ctx, { action: 'phone.code_refused', outcome: 'failure', organizationId: user.organizationId, user, details: {} }))
      return found
    })
    if (token === undefined) return showCode(ctx, typed.email, { code: 'phone.code.error.wrong' })
    ctx.redirectTo(`/phone/activate/${token}`)
  })

  routes.get('/phone/activate/:token', anyone, async (ctx) => {
    const { activation, user, organization, path } = await guest(ctx)
    const existing = activation.replaces === null ? undefined : await phones.store.find({ id: user.id, organizationId: user.organizationId }, activation.replaces)
    const owned = (await phones.store.list(needs.storage.read, user.id)).length
    ctx.page('phone/activation', {
      action: path, organization: ctx.state.brand?.name ?? organization.name, kind: organization.kind, email: maskEmail(user.email), expiresAt: activation.expiresAt, note: activation.note, replaces: existing?.name ?? null,
      onPhone: isHandheld(ctx.state.request.userAgent), hues: phoneHues.map(({ hue, name }, index) => ({ hue, labelKey: `phone.hue.${name}`, checked: index === owned % phoneHues.length })), picture: `${path}/qr.svg`, link: `${needs.publicUrl}${path}`,
    })
  })

  routes.get('/phone/activate/:token/qr.svg', anyone, async (ctx) => {
    const { path } = await guest(ctx)
    ctx.set('Content-Type', 'image/svg+xml')
    ctx.set('Cache-Control', 'no-store')
    ctx.body = qrPicture(`${needs.publicUrl}${path}`)
  })

  routes.post('/phone/activate/:token/options', anyone, async (ctx) => {
    await activating.begin(ctx, await guest(ctx))
  })

  routes.post('/phone/activate/:token', anyone, async (ctx) => {
    let found: Guest
    try {
      found = await guest(ctx)
    } catch (error) {
      if (!(error instanceof NotFound)) throw error
      ctx.status = 404
      ctx.body = { error: 'link_used' }
      return
    }
    await activating.finish(ctx, found)
  })

  routes.post('/phone/activate/:token/deny', anyone, async (ctx) => {
    const { activation, user } = await guest(ctx)
    await needs.storage.write(async (tx) => {
      if (!(await phones.activations.decide(tx, activation.id, 'denied'))) throw new NotFound('link_used')
      await needs.record(tx, ctx, { action: 'phone.activation_denied', outcome: 'denied', organizationId: user.organizationId, user, details: { byMail: activation.byMail } })
    })
    ctx.redirectTo('/phone/activate', { key: 'phone.notice.activation_denied', kind: 'warning' })
  })

  function showCode(ctx: Context, email: string, errors: Readonly<Record<string, string | null>>): void {
    const hasErrors = Object.values(errors).some((error) => error !== null)
    ctx.page('phone/activation-code', { email, errors: { email: null, code: null, ...errors }, hasErrors }, { status: hasErrors ? 422 : 200 })
  }
}
