import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { loadTranslations } from '../../../../src/http/views/translate.ts'

const folders: string[] = []
afterEach(() => { for (const folder of folders.splice(0)) rmSync(folder, { recursive: true }) })

type Texts = Readonly<Record<string, string | Readonly<Record<string, string>>>>

function translations(texts: Readonly<Record<string, Texts>>, defaultLocale = 'en') {
  const folder = mkdtempSync(join(tmpdir(), 'doorward-locales-'))
  folders.push(folder)
  for (const [tag, entries] of Object.entries(texts)) {
    mkdirSync(join(folder, tag))
    writeFileSync(join(folder, tag, 'room.json'), JSON.stringify(entries))
  }
  return loadTranslations(folder, defaultLocale)
}

const greeting = { en: { hello: 'Hello {name}', bye: 'Bye' }, de: { hello: 'Hallo {name}', bye: 'Tschüss' }, fa: { hello: 'سلام {name}' } }

describe('choosing a language', () => {
  const { negotiate } = translations(greeting)

  it.each([
    ['de-AT', 'de'], ['de-AT,de;q=0.9,en;q=0.8', 'de'], ['fr-FR,fr;q=0.9,fa;q=0.8', 'fa'], ['FA-ir', 'fa'],
    ['en;q=0.5,de;q=0.9', 'de'], ['en; q=0.2, fa; q=0.3', 'fa'], ['fa;q=0.5,de;q=0.5', 'fa'],
    ['de;q=0,fa;q=0.1', 'fa'], ['de;q=often,fa;q=0.1', 'fa'], ['*', 'en'], ['fr, *;q=0.1', 'en'], ['fr', 'en'], ['', 'en'], [',;=,', 'en'],
  ])('S125 "%s" gives %s', (header, locale) => {
    expect(negotiate(header, undefined)).toBe(locale)
  })

  it('takes the language of the installation when the browser asks for none we have', () => {
    expect(translations(greeting, 'de').negotiate('fr, *;q=0.5', undefined)).toBe('de')
    expect(translations(greeting, 'de').negotiate(undefined, undefined)).toBe('de')
  })

  it('puts the person’s own choice first, also when a directory wrote it with a country', () => {
    expect(negotiate('de', 'fa')).toBe('fa')
    expect(negotiate('en', 'de_AT')).toBe('de')
    expect(negotiate('de', 'xx')).toBe('de')
  })
})

describe('putting values into texts', () => {
  const { text, shown } = translations(greeting)

  it('sets what is put in apart where the sentence runs from right to left', () => {
    expect(shown('fa', 'hello', { name: '+49 170 12' })).toBe('سلام \u2068+49 170 12\u2069')
  })

  it('sets a name apart that runs against the sentence, and leaves others as they are', () => {
    expect(shown('de', 'hello', { name: 'سارا' })).toBe('Hallo \u2068سارا\u2069')
    expect(shown('de', 'hello', { name: 'Sara' })).toBe('Hallo Sara')
  })

  it('lets no name turn the text around it', () => {
    expect(shown('fa', 'hello', { name: 'a\u202eb\u2069c' })).toBe('سلام \u2068abc\u2069')
  })

  it('puts no invisible marks into subjects and SMS', () => {
    expect(text('fa', 'hello', { name: 'Sara' })).toBe('سلام Sara')
    expect(text('de', 'hello', { name: 'سارا' })).toBe('Hallo سارا')
  })

  it('writes numbers with the digits of the language, and codes as they are', () => {
    const { shown: write } = translations({ en: { left: { one: '{count} try', other: '{count} tries' } }, fa: { left: { one: '{count} تلاش', other: '{count} تلاش' } } })
    expect(write('fa', 'left', { count: 4 })).toBe('۴ تلاش')
    expect(write('en', 'left', { count: 1 })).toBe('1 try')
    expect(shown('fa', 'hello', { name: '042137' })).toContain('042137')
  })

  it('says which languages have every text', () => {
    const { isComplete } = translations(greeting)
    expect(['en', 'de', 'fa'].filter(isComplete)).toEqual(['en', 'de'])
  })

  it('shows the English text where a language lacks one', () => {
    expect(text('fa', 'bye')).toBe('Bye')
  })
})
