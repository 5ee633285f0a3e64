import { readPicture } from '../../applications/index.ts'
import { groupMethods, readName, type Organization } from '../../directory/index.ts'
import { may, roleMay, type Context, type Routes } from '../../http/index.ts'
import { changesBetween } from './changes.ts'
import { hueChoices, hueKey, readHue } from './colours.ts'
import { mountGuidanceSettings } from './guidance-routes.ts'
import { mountMail } from './mail-routes.ts'
import type { AdminNeeds } from './needs.ts'
import { mountOutbox } from './outbox-routes.ts'
import { actorOf, showNav } from './shell.ts'
import { methodFields } from './sign-in-settings.ts'
import { mountSignInSettings } from './sign-in-settings-routes.ts'

/**
 *   GET        /admin/settings                 what is set, with the mail first where it goes nowhere
 *   GET, POST  /admin/settings/organization    name, language, colour, logo
 *   GET, POST  /admin/settings/sign-in         sign-in-settings-routes.ts
 *   GET        /admin/settings/cross-device, …/first-steps   guidance-routes.ts
 *   GET        /admin/settings/mail            mail-routes.ts; /admin/settings/outbox → outbox-routes.ts
 */
export function mountSettings(routes: Routes, needs: AdminNeeds): void {
  const { storage, organizations } = needs

  routes.get('/admin/settings', may('settings.read'), async (ctx) => {
    const organization = await find(ctx)
    const { methods, session, invitationDays, userVerification } = organization.settings
    showNav(ctx)
    ctx.page('admin/settings', {
      mayWrite: roleMay(actorOf(ctx).role, 'settings.write'), name: organization.name, language: organization.defaultLocale === null ? null : languageName(organization.defaultLocale, ctx.state.locale),
      hueKey: hueKey(organization.hue), logo: logoOf(organization),
      methods: [
        { labelKey: 'admin.settings.method.keys', on: true }, { labelKey: 'admin.settings.method.email_code', on: methods.emailCode }, { labelKey: 'admin.settings.method.sms_code', on: methods.smsCode && needs.smsConfigured },
        { labelKey: 'admin.settings.method.codes_for_key_holders', on: methods.codesForKeyHolders }, { labelKey: 'admin.settings.method.recovery_codes', on: methods.recoveryCodes },
        ...groupMethods.map((method) => ({ labelKey: `admin.settings.method.${methodFields[method]}`, on: methods[method] })),
        { labelKey: 'admin.settings.method.phone', on: methods.phone }, { labelKey: 'admin.settings.method.phone_code', on: methods.phone && methods.phoneCode }, { labelKey: 'admin.settings.method.phone_near', on: methods.phoneNear },
        { labelKey: 'admin.settings.method.verification', on: userVerification === 'required' },
      ],
      ...session, invitationDays, mailConfigured: needs.mailConfigured, smsConfigured: needs.smsConfigured,
    })
  })

  routes.get('/admin/settings/organization', may('settings.write'), async (ctx) => {
    const organization = await find(ctx)
    show(ctx, organization, { name: organization.name, locale: organization.defaultLocale, hue: organization.hue }, {})
  })

  routes.post('/admin/settings/organization', may('settings.write'), async (ctx) => {
    const organization = await find(ctx)
    const form = await ctx.form()
    const typed = form.text('name')
    const name = readName(typed)
    const locale = needs.locales.includes(form.text('language')) ? form.text('language') : null
    const hue = readHue(form.text('hue'), organization.hue)
    const file = form.file('logo')
    const logo = form.checked('remove_logo') ? null : file && readPicture(file)
    if (name === undefined || typeof logo === 'string') {
      return show(ctx, organization, { name: typed, locale, hue }, { ...(name === undefined ? { name: 'admin.settings.error.name' } : {}), ...(typeof logo === 'string' ? { logo } : {}) })
    }
    await storage.write(async (tx) => {
      const before = (await organizations.find(organization.id, tx)) ?? organization
      await organizations.update(tx, organization.id, { name, defaultLocale: locale, hue, ...(logo === undefined ? {} : { logo }) })
      const details = changesBetween(
        { name: before.name, language: before.defaultLocale, hue: before.hue }, { name, language: locale, hue }, logo === undefined ? {} : { logo: logo === null ? 'removed' : 'replaced' })
      if (Object.keys(details).length > 0) await needs.record(tx, ctx, { action: 'settings.changed', target: { kind: 'organization', id: organization.id, name }, details })
    })
    await needs.refreshBrands()
    ctx.redirectTo('/admin/settings', { key: 'admin.settings.notice.saved' })
  })

  mountSignInSettings(routes, needs, find)
  mountMail(routes, needs)
  mountGuidanceSettings(routes, needs)
  mountOutbox(routes, needs)

  async function find(ctx: Context): Promise<Organization> {
    const organization = await organizations.find(actorOf(ctx).organizationId)
    if (!organization) throw new Error('a live session without its organization')
    return organization
  }

  function show(ctx: Context, organization: Organization, values: { name: string; locale: string | null; hue: number | null }, errors: { name?: string; logo?: string }): void {
    const hasErrors = Object.keys(errors).length > 0
    showNav(ctx)
    ctx.page('admin/settings-organization', {
      name: values.name, languages: languageChoices(needs.locales, values.locale), hues: hueChoices(values.hue), logo: logoOf(organization), errors: { name: errors.name ?? null, logo: errors.logo ?? null }, hasErrors,
    }, { status: hasErrors ? 422 : 200 })
  }
}

function logoOf(organization: Organization): string | null {
  return organization.hasLogo ? `/brand/${organization.slug}/logo?v=${organization.updatedAt}` : null
}

function languageChoices(locales: readonly string[], current: string | null) {
  return ['', ...locales].map((value) => ({
    value, selected: value === (current ?? ''), text: value === '' ? null : languageName(value, value), lang: value === '' ? null : value, labelKey: value === '' ? 'admin.settings.language_auto' : null,
  }))
}

function languageName(tag: string, inLocale: string): string {
  return new Intl.DisplayNames([inLocale], { type: 'language' }).of(tag) ?? tag
}
