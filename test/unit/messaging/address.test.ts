import { describe, expect, it } from 'vitest'
import { normaliseEmail, normalisePhone } from '../../../src/messaging/index.ts'

const long = (length: number): string => 'a'.repeat(length)

describe('mail addresses', () => {
  it.each([
    ['ada@example.com', 'ada@example.com', 'ada@example.com'],
    ['  ada@example.com\n', 'ada@example.com', 'ada@example.com'],
    ['Ada.Lovelace@Example.COM', 'Ada.Lovelace@example.com', 'ada.lovelace@example.com'],
    ['ada+tag@example.com', 'ada+tag@example.com', 'ada+tag@example.com'],
    [`o'brien@example.ie`, `o'brien@example.ie`, `o'brien@example.ie`],
    ['a@b.co', 'a@b.co', 'a@b.co'],
    ['ada@sub.sub2.example.com', 'ada@sub.sub2.example.com', 'ada@sub.sub2.example.com'],
    ['ada@bücher.example', 'ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example'],
    ['ada@BÜCHER.example', 'ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example'],
    ['ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example'],
    ['ada@ｅxample.com', 'ada@example.com', 'ada@example.com'],
    ['ada@مثال.ایران', 'ada@xn--mgbh0fb.xn--mgba3a4f16a', 'ada@xn--mgbh0fb.xn--mgba3a4f16a'],
    ['Jürgen@example.de', 'Jürgen@example.de', 'jürgen@example.de'],
    ['Ju\u0308rgen@example.de', 'Jürgen@example.de', 'jürgen@example.de'],
    ['\u212Aate@example.com', 'Kate@example.com', 'kate@example.com'],
    [`${long(64)}@example.com`, `${long(64)}@example.com`, `${long(64)}@example.com`],
    [`ada@${long(63)}.com`, `ada@${long(63)}.com`, `ada@${long(63)}.com`],
  ])('SEC-84 reads %j', (text, email, key) => {
    expect(normaliseEmail(text)).toEqual({ email, key })
  })

  it.each([
    ['', 'nothing'], ['ada', 'no @'], ['@example.com', 'no local part'], ['ada@', 'no domain'], ['ada@@example.com', 'two @'], ['a@b@example.com', 'two @'],
    ['ada@example.com, eve@example.com', 'a list'], ['ada@example.com;eve@example.com', 'a list'], ['ada@example.com eve@example.com', 'a list'],
    ['ada@example.com\r\nBcc: eve@example.com', 'a line break'], ['ada\n@example.com', 'a line break'], ['ada@exa\nmple.com', 'a line break'],
    ['ada\u0000@example.com', 'a control character'], ['ada@example.com\u0000.evil.example', 'a control character'],
    ['Ada <ada@example.com>', 'a name'], ['<ada@example.com>', 'brackets'], ['ada@<example.com>', 'brackets'], ['"ada"@example.com', 'quotes'],
    ['"eve@evil.example"@example.com', 'quotes'], ['ada(comment)@example.com', 'a comment'], ['ada@example.com (Ada)', 'a comment'],
    ['group: ada@example.com;', 'a group'], ['@relay.example:ada@example.com', 'a source route'], ['eve%evil.example@example.com', 'the percent hack'],
    ['evil!eve@example.com', 'a bang path'], ['ada|sh@example.com', 'a pipe'], ['a`id`@example.com', 'backticks'], ['ada\\@example.com', 'a backslash'],
    ['.ada@example.com', 'a dot first'], ['ada.@example.com', 'a dot last'], ['a..da@example.com', 'two dots'], ['ada @example.com', 'a blank'],
    ['ada@localhost', 'one label'], ['ada@example', 'one label'], ['ada@.example.com', 'an empty label'], ['ada@example..com', 'an empty label'],
    ['ada@example.com.', 'a trailing dot'], ['ada@-example.com', 'a hyphen first'], ['ada@example-.com', 'a hyphen last'], ['ada@exa_mple.com', 'an underscore'],
    ['ada@127.0.0.1', 'an IP address'], ['ada@[127.0.0.1]', 'an address literal'], ['ada@0x7f000001.1', 'an IP address in disguise'], ['ada@[IPv6:::1]', 'an address literal'],
    ['ada@%65xample.com', 'a percent escape'], ['ada@example.com/evil', 'a path'], ['ada@example.com:25', 'a port'], ['ada@example.com?x', 'a query'],
    ['ada＠example.com', 'a full-width @'], ['ada@example。com', 'an ideographic dot'], ['ａda@example.com', 'a full-width letter'], ['ﬁa@example.com', 'a ligature'],
    ['a\u202Eda@example.com', 'a turned direction'], ['a\u200Bda@example.com', 'an invisible blank'], ['ada@exam\u00ADple.com', 'a soft hyphen'], ['ada@xn--a.example', 'false punycode'],
    [`${long(65)}@example.com`, 'a long local part'], [`${'ü'.repeat(33)}@example.com`, 'a local part long in bytes'], [`ada@${long(64)}.com`, 'a long label'],
    [`ada@${`${long(60)}.`.repeat(4)}${long(8)}.com`, 'a long address'], [`${long(2_000)}@example.com`, 'far too much'],
  ])('SEC-84 refuses %j (%s)', (text) => {
    expect(normaliseEmail(text)).toBeUndefined()
  })

  it('SEC-84 gives what it read the same reading again', () => {
    for (const text of ['Ada@BÜCHER.example', 'Ju\u0308rgen@example.de', ' o\'brien@Example.ie ']) {
      const first = normaliseEmail(text)
      expect(normaliseEmail(first?.email ?? '')).toEqual(first)
    }
  })

  it('SEC-87 reads megabytes of hostile text in no time', () => {
    const started = performance.now()
    for (const text of ['a.'.repeat(500_000), `${'a'.repeat(500_000)}@`, '@'.repeat(1_000_000), `${'.'.repeat(900)}@${'a-'.repeat(40)}`, '+'.repeat(1_000_000)]) {
      expect(normaliseEmail(text)).toBeUndefined()
      expect(normalisePhone(text)).toBeUndefined()
    }
    expect(performance.now() - started).toBeLessThan(250)
  })
})

describe('phone numbers', () => {
  it.each([
    ['+491512345678', '+491512345678'], ['+49 151 2345678', '+491512345678'], ['0049 151 2345678', '+491512345678'], ['+49-151-2345678', '+491512345678'],
    ['+49 (0) 151 / 23 45 67 8', '+491512345678'], ['+49.151.2345678', '+491512345678'], ['+1 (415) 555-0132', '+14155550132'],
    ['\u202A+49 151 2345678\u202C', '+491512345678'], ['+49\u00A0151\u20112345678', '+491512345678'], ['＋４９１５１２３４５６７８', '+491512345678'],
    ['+٩٨ ٩١٢ ٣٤٥ ٦٧٨٩', '+989123456789'], ['+۹۸۹۱۲۳۴۵۶۷۸۹', '+989123456789'], ['۰۰۹۸۹۱۲۳۴۵۶۷۸۹', '+989123456789'], ['+९१ ९८७६५ ४३२१०', '+919876543210'],
    ['+𝟒𝟗𝟏𝟓𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖', '+491512345678'], ['+2901234', '+2901234'], ['+123456789012345', '+123456789012345'],
  ])('reads %j', (text, number) => {
    expect(normalisePhone(text)).toBe(number)
  })

  it.each([
    '', '+', '01512345678', '491512345678', '+0491512345678', '+49', '+123456', '+1234567890123456', '+49151abc5678', '+49 151 2345678 ext 5', '++491512345678',
    '+49+1512345678', '+49151;2345678', '+49 151,2345678', '00', '000491512345678', 'tel:+491512345678', '+491512345678\n+491512345679', `+49${'1'.repeat(200)}`,
  ])('refuses %j', (text) => {
    expect(normalisePhone(text)).toBeUndefined()
  })
})
