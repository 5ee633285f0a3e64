import Handlebars from 'handlebars'
import type { PageContext } from './model.ts'
import type { Translations } from './translate.ts'

type Options = Handlebars.HelperOptions & { data: { page: PageContext } }

/**
 * The helpers of every template, and no others: logic belongs to the view model.
 *   {{t "key" name=value}}  text; values are escaped, **bold** becomes <strong>
 *   {{date at style="…"}}   <time>, in the reader's time zone; styles: date, datetime, relative
 *   {{number n}}  {{asset "styles/app.css"}}  {{eq a b}}
 */
export function createHelperSet(translations: Translations, assetUrl: (name: string) => string, now: () => number): Record<string, Handlebars.HelperDelegate> {
  // Most texts take no values, so they are the same on every page.
  const fixed = new Map<string, Handlebars.SafeString>()
  const write = (locale: string, key: string, values: Record<string, unknown>): Handlebars.SafeString => new Handlebars.SafeString(richText(translations.shown(locale, key, values)))
  return {
    t(key: string, options: Options) {
      const { locale } = options.data.page
      const values = options.hash as Record<string, unknown>
      if (Object.keys(values).length > 0) return write(locale, key, values)
      const name = `${locale} ${key}`
      let text = fixed.get(name)
      if (!text) fixed.set(name, (text = write(locale, key, values)))
      return text
    },
    date(at: number, options: Options) {
      const { locale, timeZone } = options.data.page
      const style = (options.hash as { style?: string }).style ?? 'datetime'
      const full = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'long', timeZone }).format(at)
      const text = style === 'relative' ? relative(at, now(), locale)
        : new Intl.DateTimeFormat(locale, { dateStyle: 'medium', ...(style === 'datetime' ? { timeStyle: 'short' } : {}), timeZone }).format(at)
      // UTC stands in where the reader's own time zone is not known, so it says what it is.
      const zone = style === 'datetime' && timeZone === 'UTC' ? ' UTC' : ''
      return new Handlebars.SafeString(`<time datetime="${new Date(at).toISOString()}" title="${Handlebars.escapeExpression(full)}">${Handlebars.escapeExpression(text)}${zone}</time>`)
    },
    number: (value: number, options: Options) => new Intl.NumberFormat(options.data.page.locale).format(value),
    asset: (name: string) => assetUrl(name),
    eq: (a: unknown, b: unknown) => a === b,
  }
}

/** Escapes everything, then lets **bold** through. */
export function richText(text: string): string {
  return Handlebars.escapeExpression(text).replaceAll(/\*\*(.+?)\*\*/g, '<strong>$1</strong>')
}

function relative(at: number, now: number, locale: string): string {
  const seconds = Math.round((at - now) / 1_000)
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const size = Math.abs(seconds)
  if (size < 60) return format.format(0, 'minute')
  if (size < 3_600) return format.format(Math.round(seconds / 60), 'minute')
  if (size < 86_400) return format.format(Math.round(seconds / 3_600), 'hour')
  if (size < 86_400 * 30) return format.format(Math.round(seconds / 86_400), 'day')
  if (size < 86_400 * 365) return format.format(Math.round(seconds / 86_400 / 30), 'month')
  return format.format(Math.round(seconds / 86_400 / 365), 'year')
}
