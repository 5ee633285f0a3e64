import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../../src/config/index.ts'

type Entry = string | Readonly<Record<string, string>>

const folder = fileURLToPath(new URL('../../../../views/locales/', import.meta.url))
const read = (locale: string, file: string) => JSON.parse(readFileSync(`${folder}${locale}/${file}`, 'utf8')) as Readonly<Record<string, Entry>>
const forms = (entry: Entry | undefined): string[] => (entry === undefined ? [] : typeof entry === 'string' ? [entry] : Object.values(entry))
const marks = (entry: Entry | undefined): string[] => [...new Set(forms(entry).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort()
const count = (text: string, part: string): number => text.split(part).length - 1

const locales = readdirSync(folder)
/** Administration speaks English and German; every other room speaks every language. */
const rooms = (locale: string): string[] => readdirSync(`${folder}en`).filter((file) => locale !== 'fa' || !/^admin(?!-mail)/.test(file))

describe('the languages', () => {
  it('S125 are those that the configuration offers', () => {
    expect(locales).toEqual(['de', 'en', 'fa'])
    for (const locale of locales) expect(readConfig('', { DOORWARD_LOCALE: locale }).problems).toEqual([])
    expect(readConfig('', { DOORWARD_LOCALE: 'xx' }).problems).toHaveLength(1)
  })

  describe.each(['de', 'fa'])('%s', (locale) => {
    it.each(rooms(locale))('S125 has every text of %s, in the same order', (file) => {
      expect(Object.keys(read(locale, file))).toEqual(Object.keys(read('en', file)))
    })

    it.each(rooms(locale))('puts the same values into the texts of %s and sets as much in bold', (file) => {
      const texts = read(locale, file)
      for (const [key, entry] of Object.entries(read('en', file))) {
        expect(marks(texts[key]), key).toEqual(marks(entry))
        for (const form of forms(texts[key])) expect(count(form, '**'), key).toBe(count(forms(entry)[0] ?? '', '**'))
      }
    })

    it.each(rooms(locale))('has the forms of number that the language asks for in %s', (file) => {
      const texts = read(locale, file)
      for (const [key, entry] of Object.entries(read('en', file))) {
        const own = texts[key]
        expect(typeof own, key).toBe(typeof entry)
        if (typeof own === 'object') expect(Object.keys(own).sort(), key).toEqual([...new Intl.PluralRules(locale).resolvedOptions().pluralCategories].sort())
      }
    })
  })

  it('write quotation marks, apostrophes and letters as the language does', () => {
    const all = (locale: string): string => readdirSync(`${folder}${locale}`).flatMap((file) => Object.values(read(locale, file)).flatMap(forms)).join('\n')
    expect(all('de')).not.toMatch(/["'”«»]|\.\.\.|\b(du|dein|dich|dir)\b/i)
    // Arabic kaf and yeh look like the Persian letters and are not found by a search for them.
    expect(all('fa')).not.toMatch(/["'“”„]|\.\.\.|[ك\u064aى]|[?;](?!\w)|\bمی /)
  })
})
