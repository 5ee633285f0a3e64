import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isolate } from './direction.ts'

/** A text, or its forms by CLDR plural category, chosen by the parameter `count`. */
type Entry = string | Readonly<Record<string, string>>
export type Parameters = Readonly<Record<string, unknown>>

export interface Translations {
  readonly locales: readonly string[]
  /** For subjects and SMS, where nothing invisible belongs. */
  text(locale: string, key: string, parameters?: Parameters): string
  /** For pages and letters: what is put in keeps its own direction (direction.ts). */
  shown(locale: string, key: string, parameters?: Parameters): string
  has(locale: string, key: string): boolean
  keys(locale: string): readonly string[]
  /** Whether a language has every text. */
  isComplete(locale: string): boolean
  negotiate(acceptLanguage: string | undefined, chosen: string | undefined): string
}

/** The language that has every text. */
export const fallback = 'en'

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
  const keys = (locale: string): readonly string[] => [...(tables.get(locale)?.keys() ?? [])]
  const complete = new Set(locales.filter((locale) => keys(fallback).every((key) => tables.get(locale)?.has(key))))
  const supported = (tag: string): string | undefined => {
    const wanted = tag.toLowerCase()
    return locales.find((locale) => locale.toLowerCase() === wanted) ?? locales.find((locale) => locale.toLowerCase() === wanted.split(/[-_]/)[0])
  }
  const write = (locale: string, key: string, parameters: Parameters, put: (value: string) => string): string => {
    const entry = tables.get(locale)?.get(key) ?? tables.get(fallback)?.get(key)
    if (entry === undefined) throw new Error(`no text for "${key}"`)
    return fill(typeof entry === 'string' ? entry : pluralForm(entry, locale, Number(parameters['count'])), locale, parameters, put)
  }

  return {
    locales,
    keys,
    has: (locale, key) => tables.get(locale)?.has(key) ?? false,
    isComplete: (locale) => complete.has(locale),
    text: (locale, key, parameters = {}) => write(locale, key, parameters, (value) => value),
    shown: (locale, key, parameters = {}) => write(locale, key, parameters, (value) => isolate(value, locale)),
    negotiate(acceptLanguage, chosen) {
      const choice = supported(chosen ?? '')
      if (choice !== undefined) return choice
      for (const tag of mostWantedFirst(acceptLanguage ?? '')) {
        const match = tag === '*' ? defaultLocale : supported(tag)
        if (match !== undefined) return match
      }
      return defaultLocale
    },
  }
}

/** The tags of an Accept-Language header by their weight (RFC 9110 §12.5.4); a weight of 0, or none that can be read, refuses. */
function mostWantedFirst(header: string): string[] {
  return header.slice(0, 500).split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
      return { tag, weight: Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1) }
    })
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight)
    .map(({ tag }) => tag)
}

function pluralForm(forms: Readonly<Record<string, string>>, locale: string, count: number): string {
  return forms[new Intl.PluralRules(locale).select(count)] ?? forms['other'] ?? ''
}

function fill(text: string, locale: string, parameters: Parameters, put: (value: string) => string): string {
  return text.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = parameters[name]
    if (value === undefined) throw new Error(`the text "${text}" needs the parameter ${name}`)
    return typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : put(String(value))
  })
}
