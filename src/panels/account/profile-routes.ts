import { readName } from '../../directory/index.ts'
import { forgetChosenLocale, signedIn, type Context, type Routes } from '../../http/index.ts'
import type { AccountNeeds } from './needs.ts'
import { mountContact } from './contact-routes.ts'
import { showNav, visitorOf } from './shell.ts'

/** GET /profile; GET, POST /profile/name, /profile/preferences; addresses in contact-routes.ts (S93, S94). */
export function mountProfile(routes: Routes, needs: AccountNeeds): void {
  const me = async (ctx: Context) => {
    const visitor = visitorOf(ctx)
    const user = await needs.users.findById(visitor.userId)
    if (!user) throw new Error('a live session without its person')
    return user
  }

  routes.get('/profile', signedIn, async (ctx) => {
    showNav(ctx)
    const user = await me(ctx)
    ctx.page('account/profile', {
      name: user.name, email: user.email, phone: user.phone, phoneVerified: user.phoneVerified, managedBy: user.managedBy,
      language: user.locale === null ? null : languageName(user.locale, ctx.state.locale), timeZone: user.timeZone ?? 'UTC', smsPossible: needs.smsConfigured,
    })
  })

  routes.get('/profile/name', signedIn, async (ctx) => {
    showNav(ctx)
    const user = await me(ctx)
    if (user.managedBy !== null) return managed(ctx)
    ctx.page('account/profile-name', { givenName: user.givenName, familyName: user.familyName, errors: { given_name: null, family_name: null }, hasErrors: false })
  })

  routes.post('/profile/name', signedIn, async (ctx) => {
    const visitor = visitorOf(ctx)
    if ((await me(ctx)).managedBy !== null) return managed(ctx)
    const form = await ctx.form()
    const givenName = readName(form.text('given_name'))
    const familyName = readName(form.text('family_name'))
    if (!givenName || !familyName) {
      showNav(ctx)
      return ctx.page('account/profile-name', {
        givenName: form.text('given_name'), familyName: form.text('family_name'), hasErrors: true,
        errors: { given_name: givenName ? null : 'welcome.error.given_name', family_name: familyName ? null : 'welcome.error.family_name' },
      }, { status: 422 })
    }
    await needs.storage.write(async (tx) => {
      await needs.users.update(tx, visitor.organizationId, visitor.userId, { givenName, familyName })
      await needs.record(tx, ctx, { action: 'profile.changed', userId: visitor.userId, details: { changed: 'name' } })
    })
    ctx.redirectTo('/profile', { key: 'account.notice.saved' })
  })

  routes.get('/profile/preferences', signedIn, async (ctx) => {
    showNav(ctx)
    const user = await me(ctx)
    ctx.page('account/profile-preferences', {
      languages: ['', ...needs.locales].map((value) => ({
        value, selected: value === (user.locale ?? ''), text: value === '' ? '' : languageName(value, value), lang: value === '' ? null : value, labelKey: value === '' ? 'account.profile.language_auto' : null,
      })),
      zones: ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')].map((zone) => ({ value: zone, text: zone.replaceAll('_', ' '), selected: zone === (user.timeZone ?? 'UTC'), labelKey: null })),
    })
  })

  routes.post('/profile/preferences', signedIn, async (ctx) => {
    const visitor = visitorOf(ctx)
    const form = await ctx.form()
    const locale = needs.locales.includes(form.text('language')) ? form.text('language') : null
    const timeZone = Intl.supportedValuesOf('timeZone').includes(form.text('time_zone')) ? form.text('time_zone') : null
    await needs.storage.write((tx) => needs.users.update(tx, visitor.organizationId, visitor.userId, { locale, timeZone }))
    forgetChosenLocale(ctx)
    ctx.redirectTo('/profile', { key: 'account.notice.saved' })
  })

  mountContact(routes, needs, me)
}

/** Names and addresses that a directory owns are changed there. */
function managed(ctx: Context): void {
  ctx.redirectTo('/profile', { key: 'account.notice.managed', kind: 'warning' })
}

function languageName(tag: string, inLocale: string): string {
  return new Intl.DisplayNames([inLocale], { type: 'language' }).of(tag) ?? tag
}
