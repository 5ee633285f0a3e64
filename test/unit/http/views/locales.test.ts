import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../../src/config/index.ts'

type Entry = string | Readonly<Record<string, string>>

const folder = fileURLToPath(new URL('../../../../views/locales/', import.meta.url))
const read = (locale: string, file: string): Readonly<Record<string, Entry>> => {
  const path = `${folder}${locale}/${file}`
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) as Record<string, Entry> : {}
}
const forms = (entry: Entry | undefined): string[] => (entry === undefined ? [] : typeof entry === 'string' ? [entry] : Object.values(entry))
const marks = (entry: Entry | undefined): string[] => [...new Set(forms(entry).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort()
const count = (text: string, part: string): number => text.split(part).length - 1

const locales = readdirSync(folder)
const rooms = readdirSync(`${folder}en`)
/** Administration speaks English and German. What comes from it to everybody, and every other room, speaks every language. */
const expected = (locale: string, file: string): [string, Entry][] => Object.entries(read('en', file))
  .filter(([key]) => locale !== 'fa' || !/^admin(?!-mail)/.test(file) || /^(activity|error|mail|sms)\./.test(key))

describe('the languages', () => {
  it('S125 are those that the configuration offers', () => {
    expect(locales).toEqual(['de', 'en', 'fa'])
    for (const locale of locales) expect(readConfig('', { DOORWARD_LOCALE: locale }).problems).toEqual([])
    expect(readConfig('', { DOORWARD_LOCALE: 'xx' }).problems).toHaveLength(1)
  })

  describe.each(['de', 'fa'])('%s', (locale) => {
    it.each(rooms)('S125 has every text of %s, in the same order', (file) => {
      expect(Object.keys(read(locale, file))).toEqual(expected(locale, file).map(([key]) => key))
    })

    it.each(rooms)('puts the same values into the texts of %s and sets as much in bold', (file) => {
      const texts = read(locale, file)
      for (const [key, entry] of expected(locale, file)) {
        expect(marks(texts[key]), key).toEqual(marks(entry))
        for (const form of forms(texts[key])) expect(count(form, '**'), key).toBe(count(forms(entry)[0] ?? '', '**'))
      }
    })

    it.each(rooms)('has the forms of number that the language asks for in %s', (file) => {
      const texts = read(locale, file)
      for (const [key, entry] of expected(locale, file)) {
        const own = texts[key]
        expect(typeof own, key).toBe(typeof entry)
        if (typeof own === 'object') expect(Object.keys(own).sort(), key).toEqual([...new Intl.PluralRules(locale).resolvedOptions().pluralCategories].sort())
      }
    })
  })

  it('write quotation marks, apostrophes and letters as the language does', () => {
    const all = (locale: string): string => readdirSync(`${folder}${locale}`).flatMap((file) => Object.values(read(locale, file)).flatMap(forms)).join('\n')
    expect(all('de').replaceAll('{"keys": […]}', '')).not.toMatch(/["'”«»]|\.\.\.|\b(du|dein|dich|dir)\b/i)
    // Arabic kaf and yeh look like the Persian letters and are not found by a search for them.
    expect(all('fa')).not.toMatch(/["'“”„]|\.\.\.|[ك\u064aى]|[?;](?!\w)|\bمی /)
  })
})
