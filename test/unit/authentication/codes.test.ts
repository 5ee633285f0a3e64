import { describe, expect, it } from 'vitest'
import { maskEmail, maskPhone, newCode, readCode } from '../../../src/authentication/methods/code/code.ts'
import { formatRecoveryCode, readRecoveryCode } from '../../../src/authentication/methods/recovery-code/index.ts'

describe('a code as typed', () => {
  it.each([
    ['042137', '042137'], [' 042137 ', '042137'], ['042 137', '042137'], ['042-137', '042137'], ['0 4 2 1 3 7', '042137'], ['۰۴۲۱۳۷', '042137'], ['٠٤٢١٣٧', '042137'], ['０４２１３７', '042137'], ['042\u00a0137', '042137'], ['\u200e042137\u200f', '042137'],
    ['۰42۱37', '042137'], ['042\n137', '042137'], ['𝟎𝟒𝟐𝟏𝟑𝟕', '042137'], ['042‑137', undefined],
  ])('%j is %j', (typed, code) => {
    expect(readCode(typed)).toBe(code)
  })

  it.each(['', '04213', '0421377', 'abcdef', '04213a', '०४२१३७', '-', '+42137', '4.2137', '042137; 042138', '0x2137', '１２３', '042,137', `${'0'.repeat(1_000_000)}`, '①②③④⑤⑥⑦'])('SEC-57 %j is none', (typed) => {
    expect(readCode(typed.slice(0, 2_000))).toBeUndefined()
  })

  it('is six digits, evenly spread, zeros in front too', () => {
    const codes = Array.from({ length: 5_000 }, newCode)
    for (const code of codes) expect(code).toMatch(/^\d{6}$/)
    expect(new Set(codes).size).toBeGreaterThan(4_950)
    const first = codes.filter((code) => code.startsWith('0')).length
    expect(first).toBeGreaterThan(380)
    expect(first).toBeLessThan(620)
  })
})

describe('a destination as shown', () => {
  it.each([
    ['ada@example.com', 'a•••@e•••.com'], ['a@b.example', 'a•••@b•••.example'], ['ada.lovelace+x@mail.engines.co.uk', 'a•••@m•••.uk'], ['🗝key@example.com', '🗝•••@e•••.com'], ['ada@localhost', 'a•••@l•••'], ['grace@xn--mnchen-3ya.example', 'g•••@m•••.example'], ['a@xn--e1afmkfd.xn--p1ai', 'a•••@п•••.рф'], ['', '•••@•••'],
  ])('SEC-60 %j is %j', (email, masked) => {
    expect(maskEmail(email)).toBe(masked)
  })

  it('SEC-60 tells of a phone number where it is and how it ends', () => {
    expect(maskPhone('+491512345678')).toBe('+49 ••• 78')
    expect(maskPhone('+14155550132')).toBe('+14 ••• 32')
  })
})

describe('a recovery code', () => {
  const code = '0123456789ABCDEF'

  it('is written in four groups', () => {
    expect(formatRecoveryCode(code)).toBe('0123-4567-89AB-CDEF')
    expect(readRecoveryCode(formatRecoveryCode(code))).toBe(code)
  })

  it.each([
    '0123-4567-89ab-cdef', '0123 4567 89AB CDEF', 'o123-4567-89AB-CDEF', 'O123456789ABCDEF', '0I23-4567-89AB-CDEF', '0l23-4567-89AB-CDEF', ' 0123-4567-\n89AB-CDEF ', '０１２３４５６７８９ＡＢＣＤＥＦ', '0-1-2-3-4-5-6-7-8-9-A-B-C-D-E-F',
  ])('is read from %j', (typed) => {
    expect(readRecoveryCode(typed)).toBe(code)
  })

  it.each(['', '0123', '0123-4567-89AB-CDE', '0123-4567-89AB-CDEFG', '0123-4567-89AB-CDEU', '0123-4567-89AB-CDE!', '0123_4567_89AB_CDEF', '----------------', "0123-4567-89AB-CDE'", 'x'.repeat(100_000)])('SEC-58 is not %j', (typed) => {
    expect(readRecoveryCode(typed)).toBeUndefined()
  })
})
