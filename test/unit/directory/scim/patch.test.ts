import { describe, expect, it } from 'vitest'
import { enterprise, groupKind, userKind } from '../../../../src/directory/scim/attributes.ts'
import { ScimError } from '../../../../src/directory/scim/errors.ts'
import { readMemberStep } from '../../../../src/directory/scim/members.ts'
import { applyOperations, readOperations } from '../../../../src/directory/scim/patch.ts'
import type { Complex } from '../../../../src/directory/scim/values.ts'

const ada: Complex = {
  userName: 'ada@engines.example', active: true, name: { givenName: 'Ada', familyName: 'Lovelace' }, title: 'Analyst',
  emails: [{ value: 'ada@engines.example', type: 'work', primary: true }, { value: 'ada@home.example', type: 'home' }],
  [enterprise]: { department: 'Mathematics', manager: { value: 'm1', $ref: 'https://x/m1' } },
}
type Operations = readonly Readonly<Record<string, unknown>>[]
const patched = (operations: Operations, before = ada): Complex => applyOperations(before, readOperations(userKind, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations }))
const refusal = (work: () => unknown): string | undefined => {
  try {
    work()
  } catch (error) {
    if (error instanceof ScimError) return error.scimType
    throw error
  }
  throw new Error('nothing was refused')
}

describe('a SCIM PATCH', () => {
  it.each<[string, Operations, Partial<Record<string, unknown>>]>([
    // RFC 7644 §3.5.2.1 to §3.5.2.3.
    ['adds what was not there', [{ op: 'add', path: 'nickName', value: 'Countess' }], { nickName: 'Countess' }],
    ['adds to a list', [{ op: 'add', path: 'emails', value: [{ value: 'a@x.example', type: 'other' }] }], { emails: [...ada['emails'] as Complex[], { value: 'a@x.example', type: 'other' }] }],
    ['adds nothing twice', [{ op: 'add', path: 'emails', value: [{ value: 'ada@home.example', type: 'home' }] }], { emails: ada['emails'] }],
    ['without a path takes each name', [{ op: 'add', value: { nickName: 'C', title: 'Countess' } }], { nickName: 'C', title: 'Countess' }],
    ['gives a new primary value the place of the old one', [{ op: 'add', path: 'emails', value: { value: 'b@x.example', type: 'other', primary: true } }],
      { emails: [{ value: 'ada@engines.example', type: 'work', primary: false }, { value: 'ada@home.example', type: 'home' }, { value: 'b@x.example', type: 'other', primary: true }] }],
    ['replaces a whole list', [{ op: 'replace', path: 'emails', value: [{ value: 'b@x.example' }] }], { emails: [{ value: 'b@x.example' }] }],
    ['replaces the parts that are given', [{ op: 'replace', path: 'name', value: { familyName: 'King' } }], { name: { givenName: 'Ada', familyName: 'King' } }],
    ['replaces one part', [{ op: 'replace', path: 'name.familyName', value: 'King' }], { name: { givenName: 'Ada', familyName: 'King' } }],
    ['replaces a part of one value', [{ op: 'replace', path: 'emails[type eq "home"].value', value: 'new@home.example' }], { emails: [(ada['emails'] as Complex[])[0], { value: 'new@home.example', type: 'home' }] }],
    ['removes an attribute', [{ op: 'remove', path: 'title' }], { title: undefined }],
    ['removes a value', [{ op: 'remove', path: 'emails[type eq "home"]' }], { emails: [(ada['emails'] as Complex[])[0]] }],
    ['removes the last value with its list', [{ op: 'remove', path: 'emails[type pr]' }], { emails: undefined }],
    ['takes operations one after the other', [{ op: 'add', path: 'nickName', value: 'A' }, { op: 'replace', path: 'nickName', value: 'B' }, { op: 'remove', path: 'title' }], { nickName: 'B', title: undefined }],

    // Entra: learn.microsoft.com "Develop and plan provisioning for a SCIM endpoint", requests of users.
    ['reads the operations of Entra in upper case', [{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'updated@microsoft.example' }, { op: 'Replace', path: 'name.familyName', value: 'updatedFamilyName' }],
      { emails: [{ value: 'updated@microsoft.example', type: 'work', primary: true }, (ada['emails'] as Complex[])[1]], name: { givenName: 'Ada', familyName: 'updatedFamilyName' } }],
    ['disables as Entra does', [{ op: 'Replace', path: 'active', value: false }], { active: false }],
    ['disables as Entra does without its compliance flag', [{ op: 'Replace', path: 'active', value: 'False' }], { active: false }],
    ['takes an address that was not there', [{ op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+49 151 1' }], { phoneNumbers: [{ type: 'mobile', value: '+49 151 1' }] }],
    ['takes it under replace too', [{ op: 'Replace', path: 'addresses[type eq "work"].locality', value: 'London' }], { addresses: [{ type: 'work', locality: 'London' }] }],
    ['keeps both parts of an address that was not there', [{ op: 'Add', path: 'addresses[type eq "work"].locality', value: 'London' }, { op: 'Add', path: 'addresses[type eq "work"].country', value: 'GB' }], { addresses: [{ type: 'work', locality: 'London', country: 'GB' }] }],
    ['takes names that are paths', [{ op: 'Add', value: { 'name.givenName': 'Augusta', [`${enterprise}:department`]: 'Poetry', 'emails[type eq "home"].value': 'h@x.example' } }],
      { name: { givenName: 'Augusta', familyName: 'Lovelace' }, [enterprise]: { department: 'Poetry', manager: { value: 'm1', $ref: 'https://x/m1' } }, emails: [(ada['emails'] as Complex[])[0], { value: 'h@x.example', type: 'home' }] }],
    ['takes a manager as an id', [{ op: 'Add', path: `${enterprise}:manager`, value: 'm2' }], { [enterprise]: { department: 'Mathematics', manager: { value: 'm2' } } }],
    ['takes a manager as a list of one', [{ op: 'Replace', path: `${enterprise}:manager`, value: [{ $ref: 'https://x/m2', value: 'm2' }] }], { [enterprise]: { department: 'Mathematics', manager: { value: 'm2', $ref: 'https://x/m2' } } }],
    ['removes a manager', [{ op: 'Remove', path: `${enterprise}:manager` }], { [enterprise]: { department: 'Mathematics' } }],
    ['removes a manager by an empty id', [{ op: 'Replace', path: `${enterprise}:manager`, value: '' }], { [enterprise]: { department: 'Mathematics' } }],
    ['leaves out what it does not know when no path names it', [{ op: 'Add', value: { favouriteColour: 'green', title: 'T', id: 'x', groups: [], meta: {} } }], { title: 'T' }],

    // Okta: developer.okta.com "SCIM 2.0 protocol reference", deactivate and update.
    ['disables as Okta does', [{ op: 'replace', value: { active: false } }], { active: false }],
    ['takes an extension as an object', [{ op: 'replace', value: { [enterprise]: { department: 'Poetry' } } }], { [enterprise]: { department: 'Poetry', manager: { value: 'm1', $ref: 'https://x/m1' } } }],
  ])('%s', (_title, operations, expected) => {
    const wanted = Object.fromEntries(Object.entries({ ...ada, ...expected }).filter(([, value]) => value !== undefined))
    expect(patched(operations)).toEqual(wanted)
  })

  it.each<[string, Operations, string]>([
    ['an unknown operation', [{ op: 'move', path: 'title', value: 'x' }], 'invalidSyntax'], ['no operations', [], 'invalidSyntax'], ['a value that is no object where there is no path', [{ op: 'add', value: 'x' }], 'invalidSyntax'],
    ['a removal of everything', [{ op: 'remove' }], 'noTarget'], ['an unknown path', [{ op: 'add', path: 'favouriteColour', value: 'x' }], 'invalidPath'], ['a broken path', [{ op: 'add', path: 'emails[', value: 'x' }], 'invalidPath'],
    ['a value nobody has, by a filter that describes none', [{ op: 'replace', path: 'emails[value co "nobody"].type', value: 'work' }], 'noTarget'],
    ['our id', [{ op: 'replace', path: 'id', value: 'x' }], 'mutability'], ['the groups of a person', [{ op: 'add', path: 'groups', value: [{ value: 'g1' }] }], 'mutability'], ['meta', [{ op: 'replace', path: 'meta.created', value: 'x' }], 'mutability'],
    ['a person without a name', [{ op: 'remove', path: 'userName' }], 'mutability'], ['a text that is none', [{ op: 'replace', path: 'title', value: { a: 1 } }], 'invalidValue'], ['a flag that is none', [{ op: 'replace', path: 'active', value: 'maybe' }], 'invalidValue'],
    ['a control character', [{ op: 'replace', path: 'title', value: 'a\u0000b' }], 'invalidValue'], ['a text without end', [{ op: 'replace', path: 'title', value: 'x'.repeat(2_000) }], 'invalidValue'],
    ['two primary addresses', [{ op: 'replace', path: 'emails', value: [{ value: 'a', primary: true }, { value: 'b', primary: 'True' }] }], 'invalidValue'], ['too many addresses', [{ op: 'replace', path: 'emails', value: Array.from({ length: 51 }, (_, index) => ({ value: `a${index}` })) }], 'invalidValue'],
    ['nothing to add', [{ op: 'add', path: 'title' }], 'invalidValue'],
  ])('refuses %s', (_title, operations, scimType) => {
    expect(refusal(() => patched(operations))).toBe(scimType)
  })

  it('changes nothing when a later operation fails, and never the resource it was given', () => {
    const before = structuredClone(ada)
    expect(refusal(() => patched([{ op: 'add', path: 'title', value: 'T' }, { op: 'replace', path: 'emails[value co "nobody"].type', value: 'x' }], before))).toBe('noTarget')
    expect(before).toEqual(ada)
  })

  it('does not let a name of JavaScript become an attribute', () => {
    const after = patched([JSON.parse('{"op":"add","value":{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}}') as Readonly<Record<string, unknown>>])
    expect(after).toEqual(ada)
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined()
  })
})

describe('the members in a PATCH', () => {
  const steps = (operations: Operations) => readOperations(groupKind, { Operations: operations }).map(readMemberStep)

  it.each<[string, Operations, unknown]>([
    ['Entra adds', [{ op: 'Add', path: 'members', value: [{ $ref: null, value: 'u1' }, { value: 'u2' }] }], [{ kind: 'add', ids: ['u1', 'u2'] }]],
    ['Entra removes by value', [{ op: 'Remove', path: 'members', value: [{ $ref: null, value: 'u1' }] }], [{ kind: 'remove', ids: ['u1'] }]],
    ['Okta removes by path', [{ op: 'remove', path: 'members[value eq "u1"]' }], [{ kind: 'remove', ids: ['u1'] }]],
    ['several are removed by path', [{ op: 'remove', path: 'members[value eq "u1" or value eq "u2"]' }], [{ kind: 'remove', ids: ['u1', 'u2'] }]],
    ['Okta replaces', [{ op: 'replace', path: 'members', value: [{ value: 'u1', display: 'Ada' }] }], [{ kind: 'replace', ids: ['u1'] }]],
    ['all are removed', [{ op: 'remove', path: 'members' }], [{ kind: 'clear' }]],
    ['Okta renames', [{ op: 'replace', value: { id: 'g1', displayName: 'New' } }], [undefined]],
    ['members come without a path', [{ op: 'add', value: { members: [{ value: 'u1' }, { value: 'u1' }] } }], [{ kind: 'add', ids: ['u1'] }]],
  ])('%s', (_title, operations, expected) => {
    expect(steps(operations)).toEqual(expected)
  })

  it.each<[string, Operations, string]>([
    ['a group in a group', [{ op: 'add', path: 'members', value: [{ value: 'g1', type: 'Group' }] }], 'invalidValue'], ['a member without an id', [{ op: 'add', path: 'members', value: [{ display: 'Ada' }] }], 'invalidValue'],
    ['an id that is none of ours', [{ op: 'add', path: 'members', value: [{ value: 'u1\u0000' }] }], 'invalidValue'], ['a removal by anything but the id', [{ op: 'remove', path: 'members[display eq "Ada"]' }], 'invalidPath'],
    ['a part of a member', [{ op: 'replace', path: 'members[value eq "u1"].value', value: 'u2' }], 'invalidPath'],
  ])('refuse %s', (_title, operations, scimType) => {
    expect(refusal(() => steps(operations))).toBe(scimType)
  })
})
