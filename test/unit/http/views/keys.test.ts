import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadTranslations } from '../../../../src/http/views/translate.ts'
import { keysOfExtension, keysOfSource, keysOfTemplates, patternsOfSource, refusalsOfSource } from '../../../support/locale-keys.ts'

const translations = loadTranslations(fileURLToPath(new URL('../../../../views/locales', import.meta.url)), 'en')
const english = translations.keys('en')
const has = (key: string): boolean => translations.has('en', key)
const rooms = new Set(english.map((key) => key.split('.')[0] ?? ''))
const templates = [...keysOfTemplates(), ...keysOfExtension()]
const source = keysOfSource(rooms)
const patterns = patternsOfSource(rooms)
const refusals = refusalsOfSource()

describe('the English texts', () => {
  it('have every key that a template shows', () => {
    expect(templates.length).toBeGreaterThan(300)
    expect(templates.filter(({ key }) => !has(key))).toEqual([])
  })

  it('have every key that the source names, whole or by its end', () => {
    expect(source.length).toBeGreaterThan(100)
    // Acts of the audit log have keys around them; a refusal is named below.
    const codes = new Set(refusals.map(({ code }) => code))
    const known = (key: string): boolean => has(key) || codes.has(key) || has(`activity.action.${key}`) || english.some((other) => other.endsWith(`.${key}`))
    expect(source.filter(({ key }) => !known(key))).toEqual([])
  })

  it('have keys for every beginning that the source completes', () => {
    expect(patterns.length).toBeGreaterThan(20)
    expect(patterns.filter(({ start, end }) => !english.some((key) => key.startsWith(start) && key.endsWith(end)))).toEqual([])
  })

  it('name every refusal, with what to do', () => {
    expect(refusals.length).toBeGreaterThan(20)
    // A conflict is told at its field; the route that meets it says so.
    const own = refusals.filter(({ kind }) => kind !== 'Conflict')
    expect(own.filter(({ code }) => !has(`error.${code}.title`) || !has(`error.${code}.text`))).toEqual([])
  })

  it('hold nothing that nobody shows', () => {
    const used = new Set([...templates, ...source].map(({ key }) => key))
    const codes = new Set(refusals.map(({ code }) => code))
    const unused = english.filter((key) => {
      if (used.has(key)) return false
      const code = /^error\.(.+)\.(?:title|text)$/.exec(key)?.[1]
      return code === undefined ? !patterns.some(({ start, end }) => start !== 'error.' && key.startsWith(start) && key.endsWith(end)) : !codes.has(code)
    })
    expect(unused).toEqual([])
  })
})
