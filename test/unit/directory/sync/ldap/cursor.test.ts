import { describe, expect, it } from 'vitest'
import { CursorRefused, directoryDefaults, parseDirectorySettings } from '../../../../../src/directory/sync/index.ts'
import { hashSettings, readCursor, writeCursor, type Cursor } from '../../../../../src/directory/sync/ldap/cursor.ts'
import { oldestUnseen } from '../../../../../src/directory/sync/ldap/changes.ts'

describe('a cursor', () => {
  it.each<Cursor>([{ kind: 'usn', at: 1, invocation: 'ab', usn: '9223372036854775807' }, { kind: 'csn', at: 2, seen: { '000': '20261124090000.000000Z#000000#000#000000' } }, { kind: 'time', at: 3 }, { kind: 'dirsync', at: 4, cookie: 'TVNEUw==' }])('comes back as it went: %j', (cursor) => {
    expect(readCursor(writeCursor(cursor, 'h'), 'h')).toEqual(cursor)
  })

  it.each(['', '{', 'null', '[]', '{"version":2,"settings":"h","kind":"time","at":1}', '{"version":1,"settings":"other","kind":"time","at":1}', '{"version":1,"settings":"h","kind":"usn","at":1,"invocation":"a","usn":"1)(x=*"}', '{"version":1,"settings":"h","kind":"time"}', '{"version":1,"settings":"h","kind":"x","at":1}', '{"version":1,"settings":"h","kind":"csn","at":1,"seen":{"000":5}}'])('that reads %j is refused', (text) => {
    expect(() => readCursor(text, 'h')).toThrow(CursorRefused)
  })

  it('is worth nothing once something else is read, and goes on when a server takes over or a limit changes', () => {
    const settings = parseDirectorySettings({ ...directoryDefaults.openldap, servers: [{ url: 'ldaps://a.test' }], base: 'dc=test' })
    const hash = hashSettings('openldap', settings)
    for (const change of [{ base: 'ou=x,dc=test' }, { userFilter: '(uid=*)' }, { scope: 'one' as const }, { anchor: 'uid' }, { mapping: { ...settings.mapping, title: ['x'] } }, { groups: { ...settings.groups, mode: 'all' as const } }]) expect(hashSettings('openldap', { ...settings, ...change })).not.toBe(hash)
    for (const change of [{ servers: [{ url: 'ldaps://b.test' }] }, { keepDays: 1 }, { everySeconds: 90 }]) expect(hashSettings('openldap', { ...settings, ...change })).toBe(hash)
  })

  it('goes back to the oldest change that a replica may have brought', () => {
    const csn = (second: number, replica: string): string => `2026112409000${second}.000000Z#000000#${replica}#000000`
    expect(oldestUnseen({ a: csn(1, 'a'), b: csn(2, 'b') }, { a: csn(1, 'a'), b: csn(2, 'b') })).toBe('nothing')
    expect(oldestUnseen({ a: csn(1, 'a'), b: csn(2, 'b') }, { a: csn(1, 'a'), b: csn(3, 'b') })).toBe(csn(2, 'b'))
    expect(oldestUnseen({ a: csn(1, 'a'), b: csn(2, 'b') }, { a: csn(4, 'a'), b: csn(3, 'b') })).toBe(csn(1, 'a'))
    expect(() => oldestUnseen({ a: csn(1, 'a') }, { a: csn(1, 'a'), b: csn(3, 'b') })).toThrow(CursorRefused)
    expect(() => oldestUnseen({ a: csn(3, 'a') }, { a: csn(1, 'a') })).toThrow(CursorRefused)
  })
})
