import { describe, expect, it } from 'vitest'
import type { Context } from '../../../src/http/index.ts'
import { readCookie, setCookie } from '../../../src/http/index.ts'

const reading = (cookie?: string): string | undefined => readCookie({ req: { headers: { cookie } } } as Context, '__Host-doorward')
function setting(...rest: Parameters<typeof setCookie> extends [unknown, ...infer R] ? R : never): string[] {
  const lines: string[] = []
  setCookie({ append: (_name: string, line: string | string[]) => { lines.push(...[line].flat()) } } as Context, ...rest)
  return lines
}

describe('reading a cookie', () => {
  it.each([
    ['__Host-doorward=abc', 'abc'], ['a=b; __Host-doorward=abc; c=d', 'abc'], ['a=b;__Host-doorward=abc', 'abc'], ['__Host-doorward= abc ', 'abc'], ['__Host-doorward=a.b~c-d_e', 'a.b~c-d_e'], ['__Host-doorward=first; __Host-doorward=second', 'first'],
    [`__Host-doorward=${'x'.repeat(512)}`, 'x'.repeat(512)],
  ])('SEC-66 finds it in %j', (header, value) => {
    expect(reading(header)).toBe(value)
  })

  it.each([
    undefined, '', ';', '=', '__Host-doorward', '__Host-doorward=', 'doorward=abc', '__host-doorward=abc', '__Host-doorward2=abc', 'x__Host-doorward=abc', 'a=__Host-doorward=abc', '__Host-doorward="abc"', '__Host-doorward=a b', '__Host-doorward=%41', '__Host-doorward=é',
    '__Host-doorward=a=b', '__Host-doorward=<script>', '__Host-doorward=a,b', `__Host-doorward=${'x'.repeat(513)}`, `__Host-doorward=abc; a=${'x'.repeat(16_384)}`, '__Secure-doorward=abc', ' __Host-doorward : abc',
  ])('SEC-86 finds nothing in %j', (header) => {
    expect(reading(header)).toBeUndefined()
  })
})

describe('setting a cookie', () => {
  it('SEC-66 keeps it to this host, to secure channels and from scripts', () => {
    expect(setting('__Host-doorward', 'abc')).toEqual(['__Host-doorward=abc; Path=/; Secure; HttpOnly; SameSite=Lax'])
    expect(setting('__Host-doorward', 'abc', { maxAgeSeconds: 60 })).toEqual(['__Host-doorward=abc; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60'])
    expect(setting('__Host-doorward', '', { maxAgeSeconds: 0, sameSite: 'Strict' })).toEqual(['__Host-doorward=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0'])
  })
})
