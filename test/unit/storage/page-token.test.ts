import { describe, expect, it } from 'vitest'
import { InvalidRequest } from '../../../src/errors.ts'
import { createPageTokens, createSealer } from '../../../src/storage/index.ts'

const sealer = createSealer(Buffer.alloc(32, 7))
const tokens = createPageTokens(sealer)

describe('page tokens', () => {
  it('SEC-88 reads back what it wrote', () => {
    const token = tokens.write({ at: 1_764_000_000_000, id: 'abc_-1' }, 'audit o1')
    expect(tokens.read(token, 'audit o1')).toEqual({ at: 1_764_000_000_000, id: 'abc_-1' })
    expect(token).toMatch(/^[\w-]+\.[\w-]{22}$/)
  })

  it('SEC-88 refuses a token of another list or another key', () => {
    const token = tokens.write({ at: 1, id: 'a' }, 'audit o1')
    expect(() => tokens.read(token, 'audit o2')).toThrow(InvalidRequest)
    expect(() => createPageTokens(createSealer(Buffer.alloc(32, 8))).read(token, 'audit o1')).toThrow(InvalidRequest)
  })

  it.each(['', '.', 'a.b', 'a.b.c', '%%%', `${'x'.repeat(10_000)}.y`])('SEC-88 refuses %j', (token) => {
    expect(() => tokens.read(token, 'audit o1')).toThrow(InvalidRequest)
  })

  it.each(['[1]', '["1","a"]', '[1,"a b"]', `[1,"a' OR 1=1 --"]`, '{"__proto__":1}', '[1e400,"a"]', 'null', '[1.5,"a"]', 'no json'])(
    'SEC-88 refuses hostile content although the key is right: %s', (content) => {
      const body = Buffer.from(content).toString('base64url')
      const mac = sealer.keyedHash('page token', JSON.stringify(['audit o1', body])).slice(0, 22)
      expect(() => tokens.read(`${body}.${mac}`, 'audit o1')).toThrow(InvalidRequest)
    })
})
