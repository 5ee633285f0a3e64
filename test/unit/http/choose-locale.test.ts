import { expect, it } from 'vitest'
import type { Context } from '../../../src/http/context.ts'
import { chooseLocale } from '../../../src/http/render.ts'

function localeOf(path: string, complete: readonly string[]): string {
  const ctx = { method: 'GET', path, query: {}, querystring: '', req: { headers: {} }, get: () => 'fa', state: { visitor: undefined, locale: '' } } as unknown as Context
  const views = { locales: ['de', 'en', 'fa'], negotiate: (languages: string) => languages, translations: { isComplete: (locale: string) => complete.includes(locale) } }
  chooseLocale(ctx, views as unknown as Parameters<typeof chooseLocale>[1])
  return ctx.state.locale
}

it('administration is English as a whole where a language lacks texts, and the rest is not', () => {
  expect(localeOf('/admin/users', ['de', 'en'])).toBe('en')
  expect(localeOf('/profile', ['de', 'en'])).toBe('fa')
})

it('administration speaks a language that has every text', () => {
  expect(localeOf('/admin/users', ['de', 'en', 'fa'])).toBe('fa')
})
