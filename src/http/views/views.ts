import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import Handlebars from 'handlebars'
import { directionOf } from './direction.ts'
import { createHelperSet } from './helpers.ts'
import type { PageContext, Views } from './model.ts'
import { loadTranslations, type Parameters } from './translate.ts'

export interface ViewNeeds {
  /** The folder `views`. */
  readonly folder: string
  readonly defaultLocale: string
  readonly assetUrl: (name: string) => string
  readonly now: () => number
}

export interface MailOptions {
  readonly locale: string
  readonly organization: PageContext['organization']
  readonly timeZone?: string
}

export type Mail = { readonly subject: string; readonly text: string; readonly html: string }

const compileOptions: CompileOptions = {
  strict: true, knownHelpersOnly: true, preventIndent: true, knownHelpers: { t: true, date: true, number: true, asset: true, eq: true },
}

/**
 * All templates, compiled once at start. Strict: a misspelt name, partial or helper throws instead of showing nothing.
 * Values are escaped; there is no raw output in any template (a test looks).
 */
export function createViews(needs: ViewNeeds) {
  const translations = loadTranslations(join(needs.folder, 'locales'), needs.defaultLocale)
  const engine = Handlebars.create()
  for (const [name, helper] of Object.entries(createHelperSet(translations, needs.assetUrl, needs.now))) engine.registerHelper(name, helper)
  const templates = new Map<string, Handlebars.TemplateDelegate>()
  for (const { name, source } of templateFiles(needs.folder)) {
    const template = engine.compile(source, compileOptions)
    if (name.startsWith('layouts/')) engine.registerPartial(name, template)
    else if (name.startsWith('partials/')) engine.registerPartial(name.slice('partials/'.length), template)
    else templates.set(name, template)
  }
  const render = (name: string, model: object, page: PageContext): string => {
    const template = templates.get(name)
    if (!template) throw new Error(`there is no page ${name}`)
    return template(model, { data: { page } })
  }

  return {
    locales: translations.locales,
    /** Each by the name it calls itself. */
    languages: translations.locales.map((tag) => ({ tag, name: new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag })),
    translations,
    names: [...templates.keys()],
    negotiate: translations.negotiate.bind(translations),
    text: (locale: string, key: string, parameters?: Parameters) => translations.text(locale, key, parameters),
    shown: (locale: string, key: string, parameters?: Parameters) => translations.shown(locale, key, parameters),
    page<N extends keyof Views>(name: N, model: Views[N], page: PageContext): string {
      return render(name, model, page)
    },
    /** A mail in both forms; its subject is the text `mail.<name>.subject`. */
    mail(name: string, model: Readonly<Record<string, unknown>>, options: MailOptions): Mail {
      const page: PageContext = {
        locale: options.locale, dir: directionOf(options.locale), theme: null, timeZone: options.timeZone ?? 'UTC', organization: options.organization,
        csrf: '', path: '', requestId: '', user: null, nav: [], navLabel: null, notice: null, banner: null, locales: [], faceSwitch: null,
        links: { help: null, privacy: null, terms: null },
      }
      return {
        subject: translations.text(options.locale, `mail.${name}.subject`, { organization: options.organization.name, ...model }),
        text: unescapeText(render(`email/${name}.txt`, model, page)),
        html: render(`email/${name}`, model, page),
      }
    },
  }
}

/** Plain text mails come out of the same escaping templates; what was escaped for HTML is turned back. */
function unescapeText(text: string): string {
  return text.replaceAll(/<\/?(strong|time)[^>]*>/g, '')
    .replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#x27;', '\'').replaceAll('&#x60;', '`').replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')
}

function* templateFiles(folder: string): Generator<{ name: string; source: string }> {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.hbs')) continue
    const path = join(entry.parentPath, entry.name)
    yield { name: relative(folder, path).replaceAll('\\', '/').slice(0, -'.hbs'.length), source: readFileSync(path, 'utf8') }
  }
}
