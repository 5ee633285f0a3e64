import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadTranslations } from '../../../src/http/views/translate.ts'
import { explain, knownCodes } from '../../../src/microsoft365/explainer.ts'

const texts = loadTranslations(fileURLToPath(new URL('../../../views/locales', import.meta.url)), 'en')

const page = `Sorry, but we're having trouble signing you in.
AADSTS50107: The requested federation realm object 'https://id.corp.example/fed/x' does not exist.
Trace ID: 1b2c3d4e-0000-1111-2222-333344445555
Correlation ID: 9f8e7d6c-aaaa-bbbb-cccc-ddddeeeeffff
Timestamp: 2026-11-24 09:15:02Z`

describe('the explainer', () => {
  it('knows every code of the table, each with cause and fix in both languages', () => {
    expect(knownCodes.length).toBeGreaterThan(80)
    expect(new Set(knownCodes).size).toBe(knownCodes.length)
    for (const code of knownCodes) {
      const [explanation] = explain(String(code)).explanations
      for (const locale of ['en', 'de']) for (const key of [explanation?.causeKey, explanation?.fixKey]) expect(texts.has(locale, key ?? ''), `${locale} ${code}`).toBe(true)
    }
  })

  // The codes of sections 1.8, 4.7, 7.7 and of the client's own sign-in.
  it.each([20001, 20012, 20033, 50006, 50008, 500081, 500082, 500083, 5000811, 5000819, 500085, 500086, 500087, 500088, 500089, 50010, 50093, 50107, 50130, 50133, 500133, 50020, 50034, 50057, 51004, 90072,
    50027, 500126, 500277, 50032, 5001256, 50074, 50076, 50078, 50079, 53006, 53007, 50089, 50196, 50126, 50158, 50159, 50161, 50166, 50170, 50172, 1000021, 1000022, 70002, 700016, 700021, 700023, 700024, 700027,
    7000215, 7000218, 7000222, 700002, 7000011, 7000020, 75001, 75003, 75005, 75008, 7500514, 750054, 90020, 90050, 90081, 90082, 90087, 90107, 1000007, 1000008, 1000009, 1000011, 135000, 135020, 500344, 900612, 900491])('explains %s', (code) => {
    expect(explain(`AADSTS${code}: text`).explanations).toEqual([{ code, entry: expect.any(String) as unknown, causeKey: expect.any(String) as unknown, fixKey: expect.any(String) as unknown }])
  })

  it('reads the whole text of an error page', () => {
    expect(explain(page)).toMatchObject({
      explanations: [{ code: 50107, entry: 'issuer_unknown' }], correlationId: '9f8e7d6c-aaaa-bbbb-cccc-ddddeeeeffff', requestId: '1b2c3d4e-0000-1111-2222-333344445555', timestamp: '2026-11-24 09:15:02Z',
    })
  })

  it.each([['50107', [50107]], [' AADSTS50107 ', [50107]], ['Error Code: 50107', [50107]], ['aadsts50107 and AADSTS90072, again AADSTS50107', [50107, 90072]], ['AADSTS99999', [99999]], ['call 50107 again', []], ['', []], ['<script>', []]])('finds the codes in %j', (text, codes) => {
    expect(explain(text).explanations.map(({ code }) => code)).toEqual(codes)
  })

  it('says so when it does not know a code', () => { expect(explain('AADSTS99999').explanations[0]).toMatchObject({ entry: null, causeKey: null, fixKey: null }) })

  it('stays quick with hostile text', () => {
    const before = performance.now()
    explain(`correlation id${' '.repeat(200_000)}`)
    explain(`timestamp: ${'1'.repeat(200_000)}`)
    expect(performance.now() - before).toBeLessThan(200)
  })
})
