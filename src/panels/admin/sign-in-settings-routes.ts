import { countReach, type Organization, type OrganizationSettings } from '../../directory/index.ts'
import { may, mayFreshly, type Context, type Routes } from '../../http/index.ts'
import { changesBetween } from './changes.ts'
import type { AdminNeeds } from './needs.ts'
import { actorOf, showNav } from './shell.ts'
import { changesWays, checkSignInValues, effectsOf, flatten, readSignInValues, toFields, valuesOf, type SignInErrors, type SignInValues } from './sign-in-settings.ts'

const page = '/admin/settings/sign-in'

/**
 *   GET, POST  /admin/settings/sign-in
 *   GET, POST  /admin/settings/sign-in/confirmation    whom it concerns, before ways to sign in change
 *
 * What was typed travels to the second page in its address: the question for a fresh proof in between comes back to an
 * address, and only the second page saves it.
 */
export function mountSignInSettings(routes: Routes, needs: AdminNeeds, find: (ctx: Context) => Promise<Organization>): void {
  const { storage, organizations } = needs

  routes.get(page, may('settings.write'), async (ctx) => { show(ctx, valuesOf((await find(ctx)).settings), undefined) })

  routes.post(page, may('settings.write'), async (ctx) => {
    const organization = await find(ctx)
    const form = await ctx.form()
    const values = readSignInValues((name) => form.text(name), organization.settings, needs.smsConfigured)
    const checked = checkSignInValues(values)
    if ('errors' in checked) return show(ctx, values, checked.errors)
    if (changesWays(organization.settings, checked.settings)) return ctx.redirectTo(`${page}/confirmation?${new URLSearchParams(toFields(values))}`)
    await save(ctx, checked.settings)
  })

  routes.get(`${page}/confirmation`, mayFreshly('settings.write'), async (ctx) => {
    const organization = await find(ctx)
    const values = readSignInValues((name) => (typeof ctx.query[name] === 'string' ? ctx.query[name] : ''), organization.settings, needs.smsConfigured)
    const checked = checkSignInValues(values)
    if ('errors' in checked || !changesWays(organization.settings, checked.settings)) return ctx.redirectTo(page)
    const reach = await countReach(storage.read, organization.id, effective(organization.settings), effective(checked.settings))
    const [was, is] = [flatten(organization.settings), flatten(checked.settings)]
    showNav(ctx)
    ctx.page('admin/settings-sign-in-confirmation', {
      changes: Object.keys(is).filter((name) => was[name] !== is[name]).map((name) => ({ labelKey: `admin.settings.field.${name}`, before: word(ctx, was[name]), after: word(ctx, is[name]) })),
      effects: effectsOf(organization.settings, checked.settings, reach), fields: Object.entries(toFields(values)).map(([name, value]) => ({ name, value })),
    })
  })

  routes.post(`${page}/confirmation`, mayFreshly('settings.write'), async (ctx) => {
    const organization = await find(ctx)
    const form = await ctx.form()
    const values = readSignInValues((name) => form.text(name), organization.settings, needs.smsConfigured)
    const checked = checkSignInValues(values)
    if ('errors' in checked) return show(ctx, values, checked.errors)
    await save(ctx, checked.settings)
  })

  async function save(ctx: Context, settings: OrganizationSettings): Promise<void> {
    const { organizationId } = actorOf(ctx)
    await storage.write(async (tx) => {
      const before = await organizations.find(organizationId, tx)
      if (!before) return
      await organizations.update(tx, organizationId, { settings })
      const details = changesBetween(flatten(before.settings), flatten(settings))
      if (Object.keys(details).length > 0) await needs.record(tx, ctx, { action: 'settings.changed', target: { kind: 'organization', id: organizationId, name: before.name }, details })
    })
    ctx.redirectTo('/admin/settings', { key: 'admin.settings.notice.saved' })
  }

  /** Without a gateway nobody is let in by SMS, whatever is stored. */
  function effective({ methods }: OrganizationSettings): OrganizationSettings['methods'] {
    return { ...methods, smsCode: methods.smsCode && needs.smsConfigured }
  }

  function show(ctx: Context, values: SignInValues, errors: SignInErrors | undefined): void {
    showNav(ctx)
    ctx.page('admin/settings-sign-in', {
      values, smsChecked: values.smsCode && needs.smsConfigured, smsMissing: !needs.smsConfigured, smsHintKey: needs.smsConfigured ? 'admin.settings.hint.sms_code' : 'admin.settings.hint.sms_missing',
      errors: errors ?? { idle_minutes: null, absolute_hours: null, invitation_days: null }, hasErrors: errors !== undefined,
    }, { status: errors ? 422 : 200 })
  }
}

function word(ctx: Context, value: string | number | boolean | undefined): string {
  if (typeof value === 'boolean') return ctx.t(value ? 'admin.settings.on' : 'admin.settings.off')
  return value === 'required' || value === 'preferred' ? ctx.t(`admin.settings.verification.${value}`) : String(value ?? '')
}
