import { mostTokens, type ScimToken } from '../../directory/scim/index.ts'
import { readName } from '../../directory/index.ts'
import { NotFound } from '../../errors.ts'
import { may, mayFreshly, roleMay, type Context, type Routes } from '../../http/index.ts'
import { changesBetween } from './changes.ts'
import { choicesOf } from './choices.ts'
import type { AdminNeeds } from './needs.ts'
import type { ScimTokenRow } from './scim-pages.ts'
import { actorOf, showNav } from './shell.ts'

const page = '/admin/directories/scim'
const scopes = ['write', 'read'] as const
const lifetimes = ['365', '90', '180', '730'] as const
const soonMilliseconds = 30 * 86_400_000
const mostKeepDays = 3_650

/**
 *   GET        /admin/directories/scim                 how to connect Entra, Okta and others; the tokens
 *   GET, POST  …/tokens/new                            the token is shown in this answer only
 *   GET, POST  …/tokens/:id/revocation     …/settings
 *
 * Each change asks for a fresh proof: who has a token says who exists here (SEC-71).
 */
export function mountScim(routes: Routes, needs: AdminNeeds): void {
  const { storage, clock } = needs
  const { tokens } = needs.scim
  const address = `${needs.publicUrl}/scim/v2`
  const isLive = (token: ScimToken): boolean => token.expiresAt > clock.now()

  routes.get(page, may('settings.read'), async (ctx) => {
    const { organizationId, role } = actorOf(ctx)
    const [list, counts, settings] = await Promise.all([tokens.list(organizationId), needs.scim.counts(organizationId), tokens.settings(organizationId)])
    showNav(ctx)
    ctx.page('admin/scim', {
      address, insecure: !needs.publicUrl.startsWith('https:'), ...counts, ...settings, tokens: list.map(toRow), mayWrite: roleMay(role, 'settings.write'), mayAdd: list.filter(isLive).length < mostTokens,
      lastRequestAt: list.reduce<number | null>((latest, { lastUsedAt }) => (lastUsedAt !== null && lastUsedAt > (latest ?? 0) ? lastUsedAt : latest), null),
    })
  })

  routes.get(`${page}/tokens/new`, mayFreshly('settings.write'), (ctx) => { showForm(ctx, '', 'write', '365', null) })

  routes.post(`${page}/tokens/new`, mayFreshly('settings.write'), async (ctx) => {
    const { organizationId, userId } = actorOf(ctx)
    const form = await ctx.form()
    const [typed, scope = 'read', days = '90'] = [form.text('name'), scopes.find((one) => one === form.text('scope')), lifetimes.find((one) => one === form.text('days'))]
    const name = readName(typed)
    if (name === undefined) return showForm(ctx, typed, scope, days, 'admin.scim.error.name')
    const made = await storage.write(async (tx) => {
      const token = await tokens.create(tx, organizationId, { name, scope, days: Number(days), createdBy: userId })
      if (token) await needs.record(tx, ctx, { action: 'scim.token_made', details: { name, scope, days: Number(days) } })
      return token
    })
    if (!made) return showForm(ctx, typed, scope, days, 'admin.scim.error.too_many')
    showNav(ctx)
    ctx.set('Cache-Control', 'no-store')
    ctx.page('admin/scim-token', { name, token: made.token, address, expiresAt: clock.now() + Number(days) * 86_400_000 })
  })

  routes.get(`${page}/tokens/:id/revocation`, mayFreshly('settings.write'), async (ctx) => {
    const token = await find(ctx)
    showNav(ctx)
    ctx.page('admin/act', {
      titleKey: 'admin.scim.revoke.title', name: token.name, backHref: page, backText: 'SCIM', yesKey: 'admin.scim.revoke.yes', danger: true, items: [],
      points: ['admin.scim.revoke.text', 'admin.scim.revoke.point_people', 'admin.scim.revoke.point_next'].map((key) => ({ key, name: token.name, count: 0 })),
    })
  })

  routes.post(`${page}/tokens/:id/revocation`, mayFreshly('settings.write'), async (ctx) => {
    const token = await find(ctx)
    await storage.write(async (tx) => {
      if (!(await tokens.revoke(tx, token.organizationId, token.id))) throw new NotFound()
      await needs.record(tx, ctx, { action: 'scim.token_revoked', details: { name: token.name, scope: token.scope } })
    })
    ctx.redirectTo(page, { key: 'admin.scim.notice.revoked', params: { name: token.name } })
  })

  routes.get(`${page}/settings`, mayFreshly('settings.write'), async (ctx) => {
    const { takeOver, keepDays } = await tokens.settings(actorOf(ctx).organizationId)
    showSettings(ctx, takeOver, String(keepDays), null)
  })

  routes.post(`${page}/settings`, mayFreshly('settings.write'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const form = await ctx.form()
    const [takeOver, typed] = [form.checked('take_over'), form.text('keep_days')]
    const keepDays = /^\d{1,4}$/.test(typed) ? Number(typed) : -1
    if (keepDays < 0 || keepDays > mostKeepDays) return showSettings(ctx, takeOver, typed, 'admin.scim.error.keep_days')
    await storage.write(async (tx) => {
      const details = changesBetween({ ...(await tokens.settings(organizationId, tx)) }, { takeOver, keepDays })
      await tokens.saveSettings(tx, organizationId, { takeOver, keepDays })
      if (Object.keys(details).length > 0) await needs.record(tx, ctx, { action: 'scim.settings_changed', details })
    })
    ctx.redirectTo(page, { key: 'admin.scim.notice.saved' })
  })

  /** One of another organization is not found (SEC-73). */
  async function find(ctx: Context): Promise<ScimToken> {
    const token = (await tokens.list(actorOf(ctx).organizationId)).find(({ id }) => id === ctx.params['id'])
    if (!token) throw new NotFound()
    return token
  }

  function toRow(token: ScimToken): ScimTokenRow {
    const { id, name, scope, hint, createdAt, expiresAt, lastUsedAt } = token
    return { id, name, scopeKey: `admin.scim.scope.${scope}`, hint, createdAt, expiresAt, lastUsedAt, expired: !isLive(token), ending: isLive(token) && expiresAt < clock.now() + soonMilliseconds }
  }
}

function showForm(ctx: Context, name: string, scope: string, days: string, error: string | null): void {
  showNav(ctx)
  ctx.page('admin/scim-token-new', {
    name, scopes: choicesOf(scopes, scope, (value) => `admin.scim.scope.${value}`), days: choicesOf(lifetimes, days, (value) => `admin.scim.days.${value}`), errors: { name: error }, hasErrors: error !== null,
  }, { status: error === null ? 200 : 422 })
}

function showSettings(ctx: Context, takeOver: boolean, keepDays: string, error: string | null): void {
  showNav(ctx)
  ctx.page('admin/scim-settings', { takeOver, keepDays, errors: { keep_days: error }, hasErrors: error !== null }, { status: error === null ? 200 : 422 })
}
