import type { Csrf } from './csrf.ts'
import { readCookie, setCookie } from './cookies.ts'
import type { Brand, Context, Helpers, Notice } from './context.ts'
import { directionOf, type PageContext, type createViews } from './views/index.ts'

type Views = ReturnType<typeof createViews>

const noticeCookie = '__Host-doorward-notice'
const localeCookie = '__Host-doorward-locale'
const themeCookie = '__Host-doorward-theme'
const yearSeconds = 31_536_000

export interface RenderNeeds {
  readonly views: Views
  readonly csrf: Csrf
  readonly defaultBrand: () => Brand
  readonly links: PageContext['links']
  /** Said on every panel page while something needs the administrator, such as mail that does not leave the machine. */
  readonly banner: (ctx: Context) => PageContext['banner']
}

/** Adds `page`, `redirectTo` and `t` to each request's context. */
export function createHelpers(needs: RenderNeeds): (ctx: Context) => Pick<Helpers, 'page' | 'redirectTo' | 't'> {
  return (ctx) => ({
    page(name, model, options = {}) {
      ctx.status = options.status ?? 200
      ctx.type = 'html'
      ctx.body = needs.views.page(name, model, pageContext(ctx, needs, options.organization))
    },
    redirectTo(target, notice) {
      if (notice) setCookie(ctx, noticeCookie, Buffer.from(JSON.stringify(notice)).toString('base64url'), { maxAgeSeconds: 60 })
      ctx.redirect(ownPath(target))
      ctx.status = 303
    },
    t: (key, params) => needs.views.shown(ctx.state.locale, key, params),
  })
}

/** A path that starts with two slashes, of either kind, would be read as another host (SEC-14). */
function ownPath(target: string): string {
  return target.replace(/^[/\\]{2,}|^\\/, '/')
}

/** Language by the person's choice (cookie), profile, then browser. `?lang=` and `?theme=` store a choice and come back clean. */
export function chooseLocale(ctx: Context, views: Views): boolean {
  const { lang, theme } = ctx.query
  if (ctx.method === 'GET' && (typeof lang === 'string' || typeof theme === 'string')) {
    if (typeof lang === 'string' && views.locales.includes(lang)) setCookie(ctx, localeCookie, lang, { maxAgeSeconds: yearSeconds })
    if (theme === 'light' || theme === 'dark') setCookie(ctx, themeCookie, theme, { maxAgeSeconds: yearSeconds })
    if (theme === 'system') setCookie(ctx, themeCookie, 'system', { maxAgeSeconds: 0 })
    const rest = new URLSearchParams(ctx.querystring)
    rest.delete('lang')
    rest.delete('theme')
    ctx.redirect(`${ownPath(ctx.path)}${rest.size > 0 ? `?${rest}` : ''}`)
    ctx.status = 303
    return true
  }
  ctx.state.locale = localeOf(ctx, views)
  return false
}

/** What is known already: the choice of this browser, the profile of whoever is signed in, the browser's languages. */
export function localeOf(ctx: Context, views: Views): string {
  const locale = views.negotiate(ctx.get('accept-language') || undefined, readCookie(ctx, localeCookie) ?? ctx.state.visitor?.locale ?? undefined)
  // Where a language lacks the texts of administration, its pages are English as a whole: half of each reads badly, and in two directions worse.
  return ctx.path.startsWith('/admin') && !views.translations.isComplete(locale) ? 'en' : locale
}

/** Whoever chooses a language in the profile means it from now on, whatever was chosen on a page before. */
export function forgetChosenLocale(ctx: Context): void {
  setCookie(ctx, localeCookie, '', { maxAgeSeconds: 0 })
}

function pageContext(ctx: Context, needs: RenderNeeds, organization: Brand | undefined): PageContext {
  const { visitor, locale } = ctx.state
  const theme = readCookie(ctx, themeCookie)
  return {
    locale,
    dir: directionOf(locale),
    theme: theme === 'light' || theme === 'dark' ? theme : null,
    timeZone: visitor?.timeZone ?? 'UTC',
    organization: organization ?? visitor?.brand ?? ctx.state.brand ?? needs.defaultBrand(),
    csrf: ctx.state.browser === '' ? '' : needs.csrf.token(ctx.state.browser),
    path: ctx.path,
    requestId: ctx.state.request.id,
    user: visitor ? { name: visitor.name, email: visitor.email, initials: visitor.initials } : null,
    nav: ctx.state.nav,
    navLabel: ctx.state.navLabel,
    notice: takeNotice(ctx, needs.views),
    banner: needs.banner(ctx),
    locales: needs.views.languages.map(({ tag, name }) => ({ tag, name, current: tag === locale })),
    faceSwitch: faceSwitch(ctx),
    links: needs.links,
  }
}

/** Administrators move between their own panel and the administration. */
function faceSwitch(ctx: Context): PageContext['faceSwitch'] {
  if (!ctx.state.visitor || ctx.state.visitor.role === 'user') return null
  return ctx.path.startsWith('/admin') ? { href: '/', labelKey: 'nav.own_panel' } : { href: '/admin', labelKey: 'nav.administration' }
}

function takeNotice(ctx: Context, views: Views): PageContext['notice'] {
  const cookie = readCookie(ctx, noticeCookie)
  if (cookie === undefined) return null
  setCookie(ctx, noticeCookie, '', { maxAgeSeconds: 0 })
  try {
    const notice = JSON.parse(Buffer.from(cookie, 'base64url').toString()) as Notice
    // The cookie is the reader's own, yet it may only choose among texts of ours, never bring one.
    if (typeof notice.key !== 'string' || !views.locales.includes(ctx.state.locale)) return null
    return { kind: notice.kind === 'warning' ? 'warning' : 'success', text: views.shown(ctx.state.locale, notice.key, notice.params ?? {}) }
  } catch {
    return null
  }
}
