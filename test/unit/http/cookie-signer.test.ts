import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createCookieSigner } from '../../../src/http/cookie-signer.ts'

const key = randomBytes(32)
const signer = createCookieSigner(key)

it('SEC-66 takes back the cookie it has signed, on every node', () => {
  const signature = signer.sign('interaction=abc')
  expect(signature).toMatch(/^[\w-]{43}$/)
  expect(createCookieSigner(key).verify('interaction=abc', signature)).toBe(true)
  expect(signer.index('interaction=abc', signature)).toBe(0)
})

it.each([
  ['another value', 'interaction=abd', signer.sign('interaction=abc')], ['another name', 'resume=abc', signer.sign('interaction=abc')],
  ['the signature of another key', 'interaction=abc', createCookieSigner(randomBytes(32)).sign('interaction=abc')],
  ['half a signature', 'interaction=abc', signer.sign('interaction=abc').slice(0, 20)], ['no signature', 'interaction=abc', ''],
])('SEC-66 refuses a cookie with %s', (_name, data, signature) => {
  expect(signer.verify(data, signature)).toBe(false)
  expect(signer.index(data, signature)).toBe(-1)
})
