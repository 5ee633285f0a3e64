import { describe, expect, it } from 'vitest'
import { foldText, mayGrant, mayManage, nameOf, readName, searchKeyOf, type UserRole } from '../../../src/directory/user.ts'

describe('a name as typed', () => {
  it.each([
    ['Ada', 'Ada'], ['  Ada  ', 'Ada'], ['Ada  Mary\tLovelace', 'Ada Mary Lovelace'], ['Ada\nLovelace', 'Ada Lovelace'], ["O'Brien", "O'Brien"], ['Núñez-Łoś', 'Núñez-Łoś'], ['Nu\u0301n\u0303ez', 'Núñez'],
    ['سارا', 'سارا'], ['می\u200cخواهم', 'می\u200cخواهم'], ['李', '李'], ['X Æ A-12', 'X Æ A-12'], ['J.', 'J.'], ['37signals & Söhne, Inc.', '37signals & Söhne, Inc.'], ['🗝', '🗝'], ['"Ada"', '"Ada"'], ['x'.repeat(100), 'x'.repeat(100)],
    ['🗝'.repeat(100), '🗝'.repeat(100)], ["'; DROP TABLE users; --", "'; DROP TABLE users; --"], ['=1+1', '=1+1'], ['{{constructor}}', '{{constructor}}'],
  ])('%j is %j', (typed, name) => {
    expect(readName(typed)).toBe(name)
  })

  it.each([
    ['nothing', ''], ['blanks', '   '], ['only line breaks', '\n\n'], ['too long', 'x'.repeat(101)], ['a NUL', 'Ada\u0000'], ['an escape', 'Ada\u001b[31m'], ['a delete', 'Ada\u007f'], ['a next line', 'Ada\u0085Eve'], ['a tag', '<b>Ada</b>'],
    ['a lone bracket', 'Ada >'], ['a turned direction', 'Ada\u202Egnp'], ['an isolate', '\u2066Ada\u2069'], ['an embedding', '\u202AAda'], ['only a blank nobody sees', '\u200b'], ['only joiners', '\u200d\u200c'], ['only marks of direction', '\u200e\u200f'],
    ['only a soft hyphen', '\u00ad'], ['a Hangul filler', '\u3164'], ['only a combining accent', '\u0301'],
  ])('SEC-88 is refused when it is or holds %s', (_what, typed) => {
    expect(readName(typed)).toBeUndefined()
  })

  it('SEC-87 is read quickly, however long', () => {
    const started = performance.now()
    for (const text of [' '.repeat(1_000_000), `${' '.repeat(500_000)}x`, 'a '.repeat(500_000), '\u0301'.repeat(500_000)]) expect(readName(text)).not.toBe(text)
    expect(performance.now() - started).toBeLessThan(500)
  })
})

describe('what a person is called', () => {
  it('is the names, or one of them, or the address', () => {
    expect(nameOf({ givenName: 'Ada', familyName: 'Lovelace', email: 'ada@example.com' })).toBe('Ada Lovelace')
    expect(nameOf({ givenName: 'Ada', familyName: '', email: 'ada@example.com' })).toBe('Ada')
    expect(nameOf({ givenName: '', familyName: 'Lovelace', email: 'ada@example.com' })).toBe('Lovelace')
    expect(nameOf({ givenName: '', familyName: '', email: 'ada@example.com' })).toBe('ada@example.com')
  })
})

describe('folding', () => {
  it.each([
    ['Ada', 'ada'], ['ÅNGSTRÖM', 'angstrom'], ['Núñez', 'nunez'], ['  two   words ', 'two words'], ['ﬁle', 'file'], ['ＡＤＡ', 'ada'], ['İstanbul', 'istanbul'], ['ISTANBUL', 'istanbul'], ['ẞ', 'ß'], ['Łoś', 'łos'], ['سارا', 'سارا'],
  ])('%j is looked for as %j', (text, folded) => {
    expect(foldText(text)).toBe(folded)
    expect(foldText(folded)).toBe(folded)
  })

  it('sorts people by family name and finds them by all of their names', () => {
    expect(searchKeyOf({ givenName: 'Ada', familyName: 'Lovelace', email: 'ADA@Example.com' })).toBe('lovelace ada ada@example.com')
    expect(searchKeyOf({ givenName: '', familyName: '', email: 'ada@example.com' })).toBe('ada@example.com')
  })
})

describe('roles', () => {
  const roles: readonly UserRole[] = ['user', 'helpdesk', 'administrator', 'owner']

  it('SEC-69 are given and taken by owners, and below ownership by administrators', () => {
    for (const actor of roles) for (const from of roles) for (const to of roles) {
      const allowed = actor === 'owner' || (actor === 'administrator' && from !== 'owner' && to !== 'owner')
      expect(mayGrant(actor, from, to), `${actor}: ${from} → ${to}`).toBe(allowed)
    }
  })

  it('SEC-69 never let anybody raise themselves', () => {
    for (const role of roles) for (const to of roles) if (roles.indexOf(to) > roles.indexOf(role) && role !== 'owner') expect(mayGrant(role, role, to) && to === 'owner', `${role} → ${to}`).toBe(false)
    for (const to of roles) {
      expect(mayGrant('user', 'user', to)).toBe(false)
      expect(mayGrant('helpdesk', 'helpdesk', to)).toBe(false)
    }
  })

  it.each<[UserRole, readonly UserRole[]]>([['user', []], ['helpdesk', ['user']], ['administrator', ['user', 'helpdesk', 'administrator']], ['owner', roles]])('SEC-69 %s manages %j', (actor, targets) => {
    expect(roles.filter((target) => mayManage(actor, target))).toEqual(targets)
  })
})
