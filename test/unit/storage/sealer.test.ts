import { describe, expect, it } from 'vitest'
import { createSealer, type Place } from '../../../src/storage/index.ts'

const sealer = createSealer(Buffer.alloc(32, 7))
const place: Place = { table: 'signing_keys', column: 'sealed_private_key', row: 'key-1' }

describe('the sealer', () => {
  it('SEC-74 opens what it sealed, on another node too', () => {
    for (const plain of ['', 'a', 'Zoë 🗝', '{"d":"x"}', 'x'.repeat(100_000)]) {
      expect(createSealer(Buffer.alloc(32, 7)).open(sealer.seal(plain, place), place)).toBe(plain)
    }
  })

  it('SEC-74 shows neither the value nor whether two are alike', () => {
    const sealed = sealer.seal('canary-4711', place)
    expect(sealed).not.toContain('canary')
    expect(sealed).not.toContain(Buffer.from('canary-4711').toString('base64url'))
    expect(sealer.seal('canary-4711', place)).not.toBe(sealed)
  })

  it.each<[string, Place]>([
    ['another row', { ...place, row: 'key-2' }], ['another column', { ...place, column: 'sealed' }], ['another table', { ...place, table: 'application_secrets' }],
    ['places whose names run together', { table: 'signing_keyssealed', column: '_private_key', row: 'key-1' }],
  ])('SEC-74 does not open a ciphertext that was moved to %s', (_name, other) => {
    expect(() => sealer.open(sealer.seal('secret', place), other)).toThrow()
  })

  it('SEC-74 does not open two ciphertexts that swapped their rows, whole or in part', () => {
    const other = { ...place, row: 'key-2' }
    const [first = '', second = ''] = [sealer.seal('first', place), sealer.seal('second', other)]
    expect(() => sealer.open(second, place)).toThrow()
    expect(() => sealer.open(first, other)).toThrow()
    const [kind, id, wrapped] = first.split('.')
    const mine = sealer.seal('mine', place).split('.')
    expect(() => sealer.open([kind, id, wrapped, mine[3]].join('.'), place)).toThrow()
    expect(() => sealer.open([kind, id, mine[2], first.split('.')[3]].join('.'), place)).toThrow()
  })

  it('SEC-74 names both keys when the key file is another one, and opens nothing', () => {
    const other = createSealer(Buffer.alloc(32, 8))
    expect(other.keyId).not.toBe(sealer.keyId)
    expect(() => other.open(sealer.seal('secret', place), place)).toThrow(`signing_keys.sealed_private_key was sealed with key ${sealer.keyId}, but the key file holds ${other.keyId}`)
    const renamed = sealer.seal('secret', place).replace(sealer.keyId, other.keyId)
    expect(() => other.open(renamed, place)).toThrow()
  })

  it('SEC-74 notices every changed byte', () => {
    const parts = sealer.seal('secret', place).split('.')
    for (const part of [2, 3]) {
      const bytes = Buffer.from(parts[part] ?? '', 'base64url')
      for (let position = 0; position < bytes.length; position++) {
        const changed = Buffer.from(bytes)
        changed[position] = (changed[position] ?? 0) ^ 1
        expect(() => sealer.open(parts.with(part, changed.toString('base64url')).join('.'), place)).toThrow()
      }
      for (const length of [0, 11, 12, 27, 28, bytes.length - 1]) {
        expect(() => sealer.open(parts.with(part, bytes.subarray(0, length).toString('base64url')).join('.'), place)).toThrow()
      }
    }
  })

  it.each(['', 'secret', 'v1', 'v1.a.b', 'v2.a.b.c', 'v1.a.b.c.d', 'v1.a..c', 'v1...', '....'])('SEC-74 takes %j for no sealed value', (text) => {
    expect(() => sealer.open(text, place)).toThrow('signing_keys.sealed_private_key holds no sealed value')
  })

  it('hashes and derives by purpose, the same on every node, unlike under another key', () => {
    const [twin, other] = [createSealer(Buffer.alloc(32, 7)), createSealer(Buffer.alloc(32, 8))]
    expect(twin.keyedHash('code', '123456')).toBe(sealer.keyedHash('code', '123456'))
    expect(sealer.keyedHash('code', '123456')).toMatch(/^[\w-]{43}$/)
    const distinct = new Set([sealer.keyedHash('code', '123456'), sealer.keyedHash('code', '123457'), sealer.keyedHash('recovery', '123456'), other.keyedHash('code', '123456')])
    expect(distinct.size).toBe(4)
    expect(twin.deriveKey('cookies')).toEqual(sealer.deriveKey('cookies'))
    expect(new Set([sealer.deriveKey('cookies'), sealer.deriveKey('csrf'), other.deriveKey('cookies')].map((key) => key.toString('hex'))).size).toBe(3)
    expect(sealer.deriveKey('cookies')).toHaveLength(32)
  })

  it.each([0, 16, 31, 33, 64])('refuses a key of %i bytes', (length) => {
    expect(() => createSealer(Buffer.alloc(length))).toThrow('the secret key must be 32 bytes')
  })
})
