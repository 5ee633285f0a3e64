import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A text, or its forms by CLDR plural category, chosen by the parameter `count`. */
type Entry = string | Readonly<Record<string, string>>
export type Parameters = Readonly<Record<string, unknown>>

export interface Translations {
  readonly locales: readonly string[]
  text(locale: string, key: string, parameters?: Parameters): string
  has(locale: string, key: string): boolean
  keys(locale: string): readonly string[]
  negotiate(acceptLanguage: string | undefined, chosen: string | undefined): string
}

const fallback = 'en'

/** Reads `locales/<tag>/<room>.json`. English is complete; what another language lacks shows in English. */
export function loadTranslations(folder: string, defaultLocale: string): Translations {
  const tables = new Map<string, ReadonlyMap<string, Entry>>()
  for (const tag of readdirSync(folder).sort()) {
    const entries = new Map<string, Entry>()
    for (const file of readdirSync(join(folder, tag)).sort()) {
      const content = JSON.parse(readFileSync(join(folder, tag, file), 'utf8')) as Record<string, Entry>
      for (const [key, entry] of Object.entries(content)) {
        if (entries.has(key)) throw new Error(`the text "${key}" stands twice in the locale ${tag}`)
        entries.set(key, entry)
      }
    }
    tables.set(tag, entries)
  }
  const locales = [...tables.keys()]
  const find = (locale: string, key: string): Entry | undefined => tables.get(locale)?.get(key) ?? tables.get(fallback)?.get(key)

  return {
    locales,
    has: (locale, key) => tables.get(locale)?.has(key) ?? false,
    keys: (locale) => [...(tables.get(locale)?.keys() ?? [])],
    text(locale, key, parameters = {}) {
      const entry = find(locale, key)
      if (entry === undefined) throw new Error(`no text for "${key}"`)
      return fill(typeof entry === 'string' ? entry : pluralForm(entry, locale, Number(parameters['count'])), locale, parameters)
    },
    negotiate(acceptLanguage, chosen) {
      if (chosen !== undefined && tables.has(chosen)) return chosen
      for (const part of (acceptLanguage ?? '').slice(0, 500).split(',')) {
        const tag = part.split(';')[0]?.trim().toLowerCase() ?? ''
        const match = locales.find((locale) => locale.toLowerCase() === tag || locale.toLowerCase() === tag.split('-')[0])
        if (match !== undefined) return match
      }
      return defaultLocale
    },
  }
}

function pluralForm(forms: Readonly<Record<string, string>>, locale: string, count: number): string {
  return forms[new Intl.PluralRules(locale).select(count)] ?? forms['other'] ?? ''
}

function fill(text: string, locale: string, parameters: Parameters): string {
  return text.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = parameters[name]
    if (value === undefined) throw new Error(`the text "${text}" needs the parameter ${name}`)
    return typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : String(value)
  })
}
