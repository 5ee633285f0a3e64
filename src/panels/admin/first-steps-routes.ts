import { longestOrganizationText, organizationText, paragraphsOf } from '../../directory/index.ts'
import { NotFound } from '../../errors.ts'
import { may, roleMay, type Context, type Routes } from '../../http/index.ts'
import type { AdminNeeds } from './needs.ts'
import { actorOf, showNav } from './shell.ts'

type Texts = Readonly<Record<string, string>>

/**
 *   GET        /admin/settings/first-steps                what new people are told to do
 *   GET, POST  /admin/settings/first-steps/:step          one step in the organization's own words, each language by itself; POST …/ours gives it back
 */
export function mountFirstSteps(routes: Routes, needs: AdminNeeds): void {
  const { locales } = needs
  const keysOf = (name: string) => ({ name, titleKey: `start.step.${name}.title`, textKey: `start.step.${name}.text` })

  routes.get('/admin/settings/first-steps', may('settings.read'), async (ctx) => {
    const all = await needs.texts.all(actorOf(ctx).organizationId)
    showNav(ctx)
    ctx.page('admin/first-steps', {
      steps: needs.firstSteps.map((name) => ({ ...keysOf(name), languages: locales.filter((locale) => organizationText(all, `start.${name}`, locale) !== '').map((locale) => languageOf(ctx, locale)) })),
      mayWrite: roleMay(actorOf(ctx).role, 'settings.write'),
    })
  })

  routes.get('/admin/settings/first-steps/:step', may('settings.write'), async (ctx) => {
    const name = stepOf(ctx)
    const all = await needs.texts.all(actorOf(ctx).organizationId)
    show(ctx, name, Object.fromEntries(locales.map((locale) => [locale, organizationText(all, `start.${name}`, locale)])), 'edit')
  })

  routes.post('/admin/settings/first-steps/:step', may('settings.write'), async (ctx) => {
    const name = stepOf(ctx)
    const form = await ctx.form()
    const texts: Texts = Object.fromEntries(locales.map((locale) => [locale, form.text(`text_${locale}`).replaceAll('\r\n', '\n').trim()]))
    if (Object.values(texts).some((text) => text.length > longestOrganizationText) || form.text('act') === 'preview') return show(ctx, name, texts, 'preview')
    await save(ctx, name, texts)
  })

  routes.post('/admin/settings/first-steps/:step/ours', may('settings.write'), (ctx) => save(ctx, stepOf(ctx), {}))

  async function save(ctx: Context, name: string, texts: Texts): Promise<void> {
    const { organizationId } = actorOf(ctx)
    const own = locales.filter((locale) => (texts[locale] ?? '') !== '')
    await needs.storage.write(async (tx) => {
      const organization = await needs.organizations.find(organizationId, tx)
      if (!organization) throw new NotFound()
      for (const locale of locales) await needs.texts.set(tx, organizationId, `start.${name}`, locale, texts[locale] ?? '')
      await needs.record(tx, ctx, { action: 'settings.changed', target: { kind: 'organization', id: organizationId, name: organization.name }, details: { firstStep: name, text: own.length === 0 ? 'ours' : own.join(', ') } })
    })
    ctx.redirectTo('/admin/settings/first-steps', { key: own.length === 0 ? 'admin.first_steps.notice.ours' : 'admin.first_steps.notice.own' })
  }

  function stepOf(ctx: Context): string {
    const name = needs.firstSteps.find((one) => one === ctx.params['step'])
    if (name === undefined) throw new NotFound()
    return name
  }

  function show(ctx: Context, name: string, texts: Texts, what: 'edit' | 'preview'): void {
    const fields = locales.map((locale) => {
      const value = texts[locale] ?? ''
      return { name: `text_${locale}`, locale, language: languageOf(ctx, locale), value, paragraphs: paragraphsOf(value), error: value.length > longestOrganizationText ? 'admin.first_steps.error.long' : null }
    })
    const hasErrors = fields.some(({ error }) => error !== null)
    showNav(ctx)
    ctx.page('admin/first-step', {
      ...keysOf(name), fields, previewed: what === 'preview' && !hasErrors, errors: Object.fromEntries(fields.map((field) => [field.name, field.error])), hasErrors,
    }, { status: hasErrors ? 422 : 200 })
  }
}

function languageOf(ctx: Context, locale: string): string {
  return new Intl.DisplayNames([ctx.state.locale], { type: 'language' }).of(locale) ?? locale
}
