import { describe, expect, it } from 'vitest'
import { writeDetails } from '../../../src/audit/details.ts'
import { plainText } from '../../../src/audit/event.ts'

describe('details of an event', () => {
  it.each([
    'secret', 'clientSecret', 'client_secret', 'password', 'newPassword', 'token', 'accessToken', 'refresh_token', 'id_token', 'cookie', 'authorization', 'Authorization',
    'seed', 'totpSeed', 'privateKey', 'private_key', 'code', 'otp', 'pin', 'recoveryCode', 'recovery_codes', 'samlAssertion', 'SAMLResponse', 'jwt',
  ])('SEC-79 keeps no text named %s', (name) => {
    expect(writeDetails({ [name]: 'canary', deeper: { [name]: ['canary', { x: 'canary' }] } })).not.toContain('canary')
  })

  it.each([
    [{ errorCode: 'expired' }], [{ passwordSet: true }], [{ token: 3 }], [{ code: null }], [{ postalCode: '12345' }], [{ method: 'code' }], [{ tokenLifetime: '1 h' }],
  ])('keeps what only sounds like a secret: %j', (details) => {
    expect(JSON.parse(writeDetails(details))).toEqual(details)
  })

  it('SEC-79 makes control and direction characters visible', () => {
    expect(writeDetails({ name: 'a\nb\u001b[31m\u202Ec\0' })).toBe('{"name":"a\ufffdb\ufffd[31m\ufffdc\ufffd"}')
  })

  it('SEC-79 stays below 4 kB, whatever comes', () => {
    const many = Object.fromEntries(Array.from({ length: 190 }, (_, index) => [`name${index}`, 'ü'.repeat(100)]))
    for (const details of [{ text: 'x'.repeat(100_000) }, many, { list: Array.from({ length: 10_000 }, (_, index) => index) }]) {
      const json = writeDetails(details)
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(4_096)
      JSON.parse(json)
    }
    expect(JSON.parse(writeDetails(many))).toMatchObject({ truncated: true, name0: 'ü'.repeat(100) })
  })

  it('SEC-83 keeps a hostile key a key', () => {
    const json = writeDetails(JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as Record<string, unknown>)
    expect(json).toBe('{"__proto__":{"polluted":true},"constructor":1}')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('ends circles and depths', () => {
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    expect(writeDetails(circle)).toBe('{"self":{"self":{"self":{"self":"[removed]"}}}}')
  })

  it('cuts names between characters', () => {
    expect(plainText('ab😀', 3)).toBe('ab…')
    expect(plainText('abc', 3)).toBe('abc')
    expect(plainText('\ud800x', 10)).toBe('\ufffdx')
  })
})
