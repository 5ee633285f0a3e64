import { expect, it } from 'vitest'
import { readTyped } from '../../../src/browser/phone/code.ts'

const origin = 'https://id.example'
const token = 'a'.repeat(43)

it.each<[string, ReturnType<typeof readTyped>]>([
  [`${origin}/phone/scan#abc.5.def`, { kind: 'scan', secret: 'abc.5.def' }], [` ${origin}/phone/activate/${token} `, { kind: 'activate', path: `/phone/activate/${token}` }],
  ['4071 2286', { kind: 'scan', secret: '40712286' }], ['4071-2286', { kind: 'scan', secret: '40712286' }], ['40712286', { kind: 'scan', secret: '40712286' }],
  ['4071228', undefined], ['407122861', undefined], ['', undefined], ['hello', undefined], [`${origin}/phone/scan`, undefined], [`${origin}/phone/scan#`, undefined],
  [`https://evil.example/phone/scan#abc.5.def`, undefined], [`https://id.example.evil.example/phone/activate/${token}`, undefined], [`http://id.example/phone/activate/${token}`, undefined],
  [`${origin}/phone/activate/${token}/../../admin`, undefined], [`${origin}/admin`, undefined], [`javascript:alert(1)`, undefined], ['otpauth://totp/x?secret=y', undefined],
])('SEC-46 a phone reads %j as what it is for, and follows nobody else’s', (text, code) => {
  expect(readTyped(text, origin)).toEqual(code)
})
