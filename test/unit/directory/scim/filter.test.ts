import { describe, expect, it } from 'vitest'
import { groupKind, userKind } from '../../../../src/directory/scim/attributes.ts'
import { ScimError } from '../../../../src/directory/scim/errors.ts'
import { matches } from '../../../../src/directory/scim/evaluate.ts'
import { parseFilter, parsePath } from '../../../../src/directory/scim/filter.ts'
import type { Complex } from '../../../../src/directory/scim/values.ts'

const ada: Complex = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], id: 'aB3', externalId: 'Ext-1', userName: 'Ada@Engines.example', displayName: 'Ada Lovelace', title: 'Analyst', active: true,
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  emails: [{ value: 'ada@engines.example', type: 'work', primary: true }, { value: 'countess@home.example', type: 'home' }],
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'Mathematics', manager: { value: 'm1' } },
  meta: { resourceType: 'User', lastModified: '2026-03-01T10:00:00.000Z', created: '2026-01-01T10:00:00.000Z' },
}
const answers = (filter: string): boolean => matches(parseFilter(userKind, filter), ada)
const refusal = (work: () => unknown): ScimError => {
  try {
    work()
  } catch (error) {
    if (error instanceof ScimError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('a SCIM filter', () => {
  it.each([
    // RFC 7644 §3.4.2.2, figure 2, as far as our schemas have the attributes.
    ['userName Eq "ada@engines.example"', true], ['userName eq "bob@engines.example"', false],
    ['name.familyName co "love"', true], ['name.familyName co "bab"', false],
    ['userName sw "ADA"', true], ['userName sw "da"', false],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName sw "A"', true],
    ['title pr', true], ['nickName pr', false],
    ['meta.lastModified gt "2026-02-28T04:42:34Z"', true], ['meta.lastModified gt "2026-03-01T11:30:00+01:00"', false],
    ['meta.lastModified ge "2026-03-01T11:00:00+01:00"', true], ['meta.lastModified lt "2026-03-02T00:00:00Z"', true], ['meta.lastModified le "2026-02-01T00:00:00Z"', false],
    ['title pr and userType eq "Employee"', false], ['title pr or userType eq "Intern"', true],
    ['schemas eq "urn:ietf:params:scim:schemas:core:2.0:User"', true],
    ['title eq "Analyst" and (emails co "home.example" or emails.value co "example.org")', true],
    ['userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")', true],
    ['title pr and (emails.type eq "work")', true],
    ['title pr and emails[type eq "work" and value co "@engines.example"]', true],
    ['emails[type eq "home" and value co "@engines.example"]', false],
    ['emails[type eq "work" and value co "@x.example"] or emails[type eq "home" and value ew "home.example"]', true],
    // What directories send beyond the grammar.
    ['emails[type eq "work"].value eq "ADA@engines.example"', true], ['emails[type eq "home"].value eq "ada@engines.example"', false], ['emails[type eq "work"].display pr', false],
    ['active eq true', true], ['active eq "True"', true], ['active ne true', false], ['active eq false', false],
    // Case counts in ids and nowhere else.
    ['id eq "aB3"', true], ['id eq "ab3"', false], ['externalId eq "Ext-1"', true], ['externalId eq "ext-1"', false], ['USERNAME EQ "ada@engines.example"', true],
    ['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "mathematics"', true],
    ['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "m1"', true], ['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "m2"', false],
    ['nickName eq null', true], ['title ne null', true], ['nickName ne "x"', true],
    ['title gt "Aaa"', true], ['title lt "aaa"', false],
    // "and" binds closer than "or", and "not" closer than both.
    ['title eq "x" and title eq "y" or title pr', true], ['title pr or title eq "x" and title eq "y"', true], ['(title pr or title eq "x") and title eq "y"', false],
    ['not (title eq "x") and title pr', true], ['not(title pr)', false],
    ['displayName eq "\\u0041da Lovelace"', true],
  ])('%s is %s of Ada', (filter, expected) => {
    expect(answers(filter)).toBe(expected)
  })

  it.each([
    '', '   ', 'userName', 'userName eq', 'userName eq ada', 'userName eq "ada', 'userName eq "a" and', 'and userName eq "a"', '(userName eq "a"', 'userName eq "a")', 'userName eq "a" userName eq "b"',
    'userName like "a"', 'nothing eq "a"', 'userName.part eq "a"', 'name eq "Ada"', 'userName[type eq "x"]', 'emails[type eq "work"', 'emails[kind eq "work"]', 'emails[]', 'emails[type eq "work"].kind eq "x"',
    'userName eq 5', 'userName gt null', 'active gt true', 'active eq "yes"', 'meta.lastModified gt "yesterday"', 'not userName eq "a"', 'userName eq \'a\'', 'userName eq "a"; DROP TABLE users', 'userName eq "\\x"',
    'userName eq "a\\u0000"', 'userName eq "a\u0000"', 'urn:ietf:params:scim:schemas:core:2.0:Group:displayName eq "a"', '__proto__ pr', 'constructor.name pr', 'members eq "a"',
  ])('is refused with a reason where it makes no sense: %j', (filter) => {
    const { status, scimType, message } = refusal(() => parseFilter(userKind, filter))
    expect([status, scimType]).toEqual([400, 'invalidFilter'])
    expect(message.length).toBeGreaterThan(10)
  })

  it.each([
    ['10,000 brackets', '('.repeat(10_000)], ['brackets as deep as fit', `${'('.repeat(1_900)}title pr${')'.repeat(1_900)}`], ['negations as deep as fit', `${'not('.repeat(790)}title pr${')'.repeat(790)}`],
    ['many terms', Array.from({ length: 300 }, () => 'id pr').join(' or ')], ['a text that never ends', `title eq "${'\\\\'.repeat(1_900)}`], ['blanks', ' '.repeat(3_999)], ['nested value paths', 'emails['.repeat(500)],
  ])('SEC-86 costs no more than its length: %s', (_title, filter) => {
    const started = performance.now()
    expect(refusal(() => parseFilter(userKind, filter)).scimType).toBe('invalidFilter')
    expect(performance.now() - started).toBeLessThan(100)
  })

  it('keeps a quote and a percent sign as what they are', () => {
    expect(matches(parseFilter(userKind, String.raw`userName eq "' OR 1=1 --"`), ada)).toBe(false)
    expect(matches(parseFilter(userKind, 'userName co "%"'), ada)).toBe(false)
    expect(matches(parseFilter(userKind, String.raw`displayName eq "a \"quoted\" name"`), { ...ada, displayName: 'A "Quoted" Name' })).toBe(true)
  })

  it('asks a group who is in it by members alone, as Entra does', () => {
    const group: Complex = { id: 'g1', displayName: 'Engines', members: [{ value: 'u1' }, { value: 'u2' }] }
    expect(matches(parseFilter(groupKind, 'id eq "g1" and members eq "u2"'), group)).toBe(true)
    expect(matches(parseFilter(groupKind, 'id eq "g1" and members eq "u3"'), group)).toBe(false)
  })
})

describe('a SCIM path', () => {
  it.each([
    ['userName', 'userName', undefined, false], ['name.givenName', 'name', 'givenName', false], ['emails[type eq "work"].value', 'emails', 'value', true], ['emails[type eq "work"]', 'emails', undefined, true],
    ['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager', 'manager', undefined, false], ['urn:ietf:params:scim:schemas:core:2.0:User:NAME.familyname', 'name', 'familyName', false],
  ])('%s leads to its attribute', (path, attribute, sub, chosen) => {
    const read = parsePath(userKind, path)
    expect([read.attribute.name, read.sub?.name, read.where !== undefined]).toEqual([attribute, sub, chosen])
  })

  it.each(['', 'nothing', 'name.nothing', 'emails[type eq "work"', 'emails[type eq "work"] value', 'userName eq "a"', 'emails[type eq "work"].value.more', '.value'])('is refused where it leads nowhere: %j', (path) => {
    expect(refusal(() => parsePath(userKind, path)).scimType).toBe('invalidPath')
  })
})
