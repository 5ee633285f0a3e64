import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadTranslations } from '../../../../../src/http/views/translate.ts'
import { checkSteps, gapText, stepText, Trouble, troubles, troubleTexts } from '../../../../../src/directory/sync/ldap/index.ts'
import { shorten, troubleOf } from '../../../../../src/directory/sync/ldap/trouble.ts'

const translations = loadTranslations(fileURLToPath(new URL('../../../../../views/locales', import.meta.url)), 'en')

describe('what went wrong with a directory', () => {
  it.each(['en', 'de'])('has in %s a text that says what happened, and one that says what to do', (locale) => {
    for (const code of troubles) for (const key of Object.values(troubleTexts(code))) expect(translations.has(locale, key), key).toBe(true)
    for (const gap of ['size', 'time', 'limit', 'referral', 'circle', 'nobody'] as const) expect(translations.has(locale, gapText(gap))).toBe(true)
    for (const step of checkSteps) expect(translations.has(locale, stepText(step))).toBe(true)
    const source = readFileSync(new URL('../../../../../src/directory/sync/ldap/check.ts', import.meta.url), 'utf8')
    const problems = [...(/type Problem = (.+)/.exec(source)?.[1] ?? '').matchAll(/'(\w+)'/g)].map(([, name = '']) => name)
    expect(problems.length).toBeGreaterThan(5)
    for (const problem of problems) for (const room of ['problem', 'remedy']) expect(translations.has(locale, `ldap.${room}.${problem}`), problem).toBe(true)
  })

  it.each([
    ['525', 'unknown_account'], ['52e', 'wrong_password'], ['530', 'not_now'], ['531', 'not_here'], ['532', 'password_expired'], ['533', 'account_disabled'], ['701', 'account_expired'], ['773', 'password_must_change'], ['775', 'account_locked'], ['999', 'credentials'],
  ])('is told as exactly as Active Directory does: data %s is %s', (datum, code) => {
    const trouble = troubleOf(49, `80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data ${datum}, v4563\0`, { host: 'dc1', name: 'reader' })
    expect(trouble.code).toBe(code)
    for (const key of Object.values(troubleTexts(trouble.code))) expect(translations.text('en', key, trouble.parameters)).not.toMatch(/[{}]/)
  })

  it.each([[3, 'time'], [4, 'size'], [8, 'confidentiality'], [10, 'referral'], [32, 'base'], [34, 'dn'], [50, 'access'], [51, 'busy'], [53, 'unwilling'], [80, 'other'], [49, 'credentials'], [7, 'method'], [11, 'limit'], [12, 'control'], [13, 'confidentiality'], [48, 'method'], [52, 'busy']])('result code %i is %s, with the words of the server', (status, code) => {
    const trouble = troubleOf(status, 'no', { host: 'dc1' })
    expect(trouble).toMatchObject({ code, parameters: { message: 'no' } })
    for (const key of Object.values(troubleTexts(trouble.code))) expect(translations.text('en', key, trouble.parameters)).not.toMatch(/[{}]/)
  })

  it('SEC-79 shows the words of a server on one line, in their own direction and shortened', () => {
    expect(shorten('a\r\n\u0000b\u202ec\u2066')).toBe('a b c')
    expect(shorten('x'.repeat(500))).toHaveLength(200)
    expect(new Trouble('lost', { host: 'a', detail: 'say "no"' }).message).toBe('ldap: lost host="a" detail="say \\"no\\""')
  })
})
