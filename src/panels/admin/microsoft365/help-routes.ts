import { may, type Context, type Routes } from '../../../http/index.ts'
import { explain, longestGuideText, setUpRequirements, signInHosts, windowsKit, type PeopleGuide, type SetUpRequirement } from '../../../microsoft365/index.ts'
import { choicesOf } from '../choices.ts'
import { actorOf, showNav } from '../shell.ts'
import type { Microsoft365PageNeeds } from './needs.ts'
import { root } from './shared.ts'

const steps = ['domain', 'browser', 'token', 'analyzer', 'logs', 'mfa', 'sign_out', 'clock', 'certificate', 'undo', 'monitor'] as const
const unproven = ['skew', 'step_up', 'expired', 'windows', 'polling', 'throttling', 'codes', 'clouds', 'apps', 'keys'] as const
const limits = ['hybrid', 'strength', 'saml_join', 'external_mfa', 'live'] as const

/** GET, POST …/explain; GET …/windows, …/checklist; GET, POST …/people */
export function mountHelp(routes: Routes, needs: Microsoft365PageNeeds): void {
  const { peopleGuide } = needs.room

  routes.get(`${root}/explain`, may('settings.read'), (ctx) => { showExplained(ctx, '') })
  routes.post(`${root}/explain`, may('settings.read'), async (ctx) => { showExplained(ctx, (await ctx.form()).text('pasted')) })

  routes.get(`${root}/windows`, may('settings.read'), async (ctx) => {
    showNav(ctx)
    const kit = windowsKit(needs.publicUrl)
    const page = await needs.signInPage()
    const hosts = page ? signInHosts(page.html, page.contentSecurityPolicy, `${needs.publicUrl}/signin`) : null
    ctx.page('admin/microsoft-windows', { settings: kit.settings.map((setting, index) => ({ id: `setting-${index + 1}`, ...setting })), package: kit.package, hosts, one: hosts?.length === 1 })
  })

  routes.get(`${root}/checklist`, may('settings.read'), (ctx) => {
    showNav(ctx)
    ctx.page('admin/microsoft-checklist', {
      steps: steps.map((name) => `microsoft.checklist.${name}`), unproven: unproven.map((name) => `microsoft.unproven.${name}`), limits: limits.map((name) => `microsoft.limit.${name}`),
    })
  })

  routes.get(`${root}/people`, may('settings.write'), async (ctx) => { showPeople(ctx, await peopleGuide.find(actorOf(ctx).organizationId), null) })

  routes.post(`${root}/people`, may('settings.write'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const form = await ctx.form()
    const guide: PeopleGuide = {
      requirement: setUpRequirements.find((value) => value === form.text('requirement')) ?? ('not_needed' satisfies SetUpRequirement),
      texts: Object.fromEntries(needs.locales.map((locale) => [locale, form.text(`text_${locale}`).replaceAll('\r\n', '\n')])),
    }
    const tooLong = needs.locales.find((locale) => (guide.texts[locale] ?? '').length > longestGuideText)
    if (tooLong !== undefined) return showPeople(ctx, guide, tooLong)
    await needs.storage.write(async (tx) => {
      await peopleGuide.save(tx, organizationId, guide)
      await needs.record(tx, ctx, { action: 'microsoft.guide_changed', details: { requirement: guide.requirement, languages: needs.locales.filter((locale) => guide.texts[locale] !== '').join(', ') } })
    })
    ctx.redirectTo(root, { key: 'microsoft.notice.guide_saved' })
  })

  function showPeople(ctx: Context, guide: PeopleGuide, tooLong: string | null): void {
    showNav(ctx)
    ctx.page('admin/microsoft-people', {
      requirements: choicesOf(setUpRequirements, guide.requirement, (value) => `microsoft.requirement.${value}`),
      texts: needs.locales.map((locale) => ({ name: `text_${locale}`, language: new Intl.DisplayNames([ctx.state.locale], { type: 'language' }).of(locale) ?? locale, value: guide.texts[locale] ?? '' })),
      errors: Object.fromEntries(needs.locales.map((locale) => [`text_${locale}`, locale === tooLong ? 'microsoft.error.guide_text' : null])), hasErrors: tooLong !== null,
    }, { status: tooLong === null ? 200 : 422 })
  }
}

function showExplained(ctx: Context, pasted: string): void {
  showNav(ctx)
  const { explanations, ...ids } = explain(pasted)
  ctx.page('admin/microsoft-explain', { pasted, asked: pasted !== '', explanations: explanations.map(({ code, causeKey, fixKey }) => ({ code: `AADSTS${code}`, causeKey, fixKey })), ...ids })
}
