import { expect, it } from 'vitest'
import { safeReturnPath } from '../../../src/authentication/signin/index.ts'

it.each([
  ['/', '/'], ['/security', '/security'], ['/activity?text=a&from=2026-01-01', '/activity?text=a&from=2026-01-01'], ['/admin/users?after=WzEsImEiXQ.abc', '/admin/users?after=WzEsImEiXQ.abc'], ['/oidc/interaction/abc/complete', '/oidc/interaction/abc/complete'],
  ['/apps/a%20b', '/apps/a%20b'], ['/a/../security', '/security'], ['/a/./b', '/a/b'], ['/?next=https://evil.example', '/?next=https://evil.example'], ['/security#keys', '/security'], ['/@evil.example', '/@evil.example'], ['/:80', '/:80'], ['/%5Cevil.example', '/%5Cevil.example'],
  ['/%2F%2Fevil.example', '/%2F%2Fevil.example'], ['/a//b', '/a//b'], ['/https://evil.example', '/https://evil.example'],
])('SEC-14 goes back to %j as %j', (path, target) => {
  expect(safeReturnPath(path)).toBe(target)
  expect(new URL(safeReturnPath(path), 'https://id.example.com').host).toBe('id.example.com')
})

it.each([
  undefined, null, 42, {}, ['/security'], '', ' ', 'security', 'https://evil.example', 'http://evil.example/', 'HTTPS://evil.example', 'https:evil.example', '//evil.example', '///evil.example', '////evil.example/..', '/\\evil.example', '\\\\evil.example', '\\/evil.example', '/\\/evil.example',
  '/\t/evil.example', '\t//evil.example', '/\n/evil.example', '/\r\nLocation: https://evil.example', ' //evil.example', '/ /evil.example', '/\u0000/evil.example', '/\u00a0/evil.example', '／／evil.example', '/／evil.example', '/\u2028/evil.example', '/é', 'javascript:alert(1)', 'data:text/html,x', '@evil.example',
  'evil.example', '.evil.example', '?https://evil.example', '#//evil.example', '/.//evil.example', '/..//evil.example', '/%2e//evil.example', '/%2E%2e//evil.example', '/x/..//evil.example', '/x/y/../..//evil.example', '/.//..//evil.example', '/./\\evil.example', '/security\\..\\evil', '//evil.example@id.example.com',
  `/${'a'.repeat(2_000)}`, 'blob:https://evil.example/x', '//[::1]/', '//%65vil.example',
])('SEC-14 goes home instead of %j', (path) => {
  expect(safeReturnPath(path)).toBe('/')
})
