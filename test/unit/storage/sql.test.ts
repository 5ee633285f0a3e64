import { describe, expect, it } from 'vitest'
import { columnName, newId, newSecret, placeholders, sha256 } from '../../../src/storage/index.ts'
import { withNumberedParameters } from '../../../src/storage/sql.ts'

describe('SQL for both databases', () => {
  it.each([
    ['SELECT 1', 'SELECT 1'], ['a = ?', 'a = $1'], ['a = ? AND b IN (?, ?)', 'a = $1 AND b IN ($2, $3)'], ['?'.repeat(11), '$1$2$3$4$5$6$7$8$9$10$11'],
  ])('SEC-88 numbers the parameters of %j', (sql, expected) => {
    expect(withNumberedParameters(sql)).toBe(expected)
    expect(withNumberedParameters(sql)).toBe(expected)
  })

  it('SEC-88 writes lists of placeholders, and none for an empty list', () => {
    expect(placeholders(1)).toBe('?')
    expect(placeholders(3)).toBe('?, ?, ?')
    for (const count of [0, -1]) expect(() => placeholders(count)).toThrow('an IN list needs at least one value')
  })

  it.each([['id', 'id'], ['createdAt', 'created_at'], ['idleExpiresAt', 'idle_expires_at'], ['codeID', 'code_i_d']])('names the column of %s %s', (property, column) => {
    expect(columnName(property)).toBe(column)
  })
})

describe('ids and secrets', () => {
  it('are random, of one length, and safe in a URL', () => {
    const ids = Array.from({ length: 1_000 }, () => newId())
    expect(new Set(ids).size).toBe(1_000)
    for (const id of ids) expect(id).toMatch(/^[\w-]{22}$/)
    expect(newSecret()).toMatch(/^[\w-]{43}$/)
    expect(newSecret()).not.toBe(newSecret())
  })

  it('are compared by their hash', () => {
    expect(sha256('')).toBe('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')
    expect(sha256('a')).not.toBe(sha256('b'))
  })
})
