import SCIMMY from 'scimmy'
import { describe, expect, it } from 'vitest'
import { userKind } from '../../../src/directory/scim/attributes.ts'
import { matches } from '../../../src/directory/scim/evaluate.ts'
import { parseFilter } from '../../../src/directory/scim/filter.ts'
import { applyOperations, readOperations } from '../../../src/directory/scim/patch.ts'
import { readResource, type Complex } from '../../../src/directory/scim/values.ts'
import { withApp } from '../../support/app.ts'
import { enterpriseSchema, groupSchema, patchSchema, scimClient, userSchema } from '../../support/scim.ts'

// Everybody has every complex attribute: the other implementation looks inside without asking whether there is one.
const people: readonly Complex[] = [
  { schemas: [userSchema], userName: 'ada@e.example', displayName: 'Ada', title: 'Analyst', active: true, name: { givenName: 'Ada', familyName: 'Lovelace' }, emails: [{ value: 'ada@e.example', type: 'work', primary: true }, { value: 'ada@h.example', type: 'home' }], phoneNumbers: [{ value: '3', type: 'work' }] },
  { schemas: [userSchema], userName: 'bob@e.example', active: false, name: { familyName: 'Babbage' }, emails: [{ value: 'bob@h.example', type: 'home' }], phoneNumbers: [{ value: '2', type: 'work' }] },
  { schemas: [userSchema], userName: 'carl', displayName: 'Carl', nickName: 'C', name: { familyName: 'Gauss' }, emails: [{ value: 'carl@c.example', type: 'other' }], phoneNumbers: [{ value: '1', type: 'work' }, { value: '2', type: 'mobile' }] },
]

// An implementation by other people (scimmy), which shares nothing with ours but the RFC.
describe('our rules and those of another implementation', () => {
  it.each([
    'userName eq "ada@e.example"', 'userName ne "ada@e.example"', 'displayName pr', 'not (displayName pr)', 'userName co "e.example"', 'userName sw "c"', 'userName ew "example"', 'active eq true', 'active eq false',
    'name.familyName eq "Babbage"', 'emails.value ew "h.example"', 'emails[type eq "work"]', 'emails[type eq "work" and value co "h.example"]', 'emails[type eq "home" and value co "h.example"]', 'title eq "x" or displayName pr and nickName pr',
    '(title eq "Analyst" or nickName pr) and userName pr', 'not (name.familyName eq "Babbage") and active pr', 'userName gt "b"', 'userName le "b"', 'phoneNumbers[type eq "mobile" and value eq "2"] or title pr',
  ])('agree on who answers %s', (filter) => {
    const theirs = new SCIMMY.Types.Filter(filter).match(people.map((person) => ({ ...person }))) as { userName: string }[]
    const ours = people.filter((person) => matches(parseFilter(userKind, filter), person))
    expect(ours.map((person) => person['userName'])).toEqual(theirs.map(({ userName }) => userName))
  })

  it.each<[string, { op: 'add' | 'replace' | 'remove'; path?: string; value?: unknown }[]]>([
    ['add', [{ op: 'add', path: 'nickName', value: 'N' }]], ['add to a list', [{ op: 'add', path: 'emails', value: [{ value: 'x@e.example', type: 'other' }] }]], ['add without a path', [{ op: 'add', value: { nickName: 'N', title: 'T' } }]],
    ['replace', [{ op: 'replace', path: 'title', value: 'T' }]], ['replace a part', [{ op: 'replace', path: 'name.familyName', value: 'King' }]], ['replace a part of a value', [{ op: 'replace', path: 'emails[type eq "home"].value', value: 'n@h.example' }]],
    ['replace a list', [{ op: 'replace', path: 'emails', value: [{ value: 'n@h.example' }] }]], ['replace without a path', [{ op: 'replace', value: { active: false } }]], ['remove', [{ op: 'remove', path: 'title' }]], ['remove a part', [{ op: 'remove', path: 'name.givenName' }]],
    ['remove a value', [{ op: 'remove', path: 'emails[type eq "home"]' }]], ['one after the other', [{ op: 'add', path: 'nickName', value: 'N' }, { op: 'remove', path: 'title' }, { op: 'replace', path: 'nickName', value: 'M' }]],
  ])('agree on what a PATCH leaves: %s', async (_title, operations) => {
    const before = people[0] ?? {}
    const request = { schemas: [patchSchema] as [typeof patchSchema], Operations: operations }
    const theirs = await new SCIMMY.Messages.PatchOp(request as unknown as ConstructorParameters<typeof SCIMMY.Messages.PatchOp>[0]).apply(new SCIMMY.Schemas.User({ ...before }, 'in'))
    const { meta: _meta, ...plain } = JSON.parse(JSON.stringify(theirs)) as Complex
    const { schemas: _schemas, ...rest } = before
    expect(applyOperations(rest, readOperations(userKind, request))).toEqual(readResource(userKind, plain))
  })
})

withApp('what another implementation thinks of our answers', (current) => {
  it('knows every attribute of our schemas by the same type, number and duty', async () => {
    const client = await scimClient(current())
    interface Facts { name: string; type: string; multiValued: boolean; required: boolean; returned: string; mutability: string; subAttributes?: Facts[] }
    const flat = (attributes: readonly Facts[], prefix = ''): [string, string][] => attributes.flatMap(({ name, type, multiValued, required, returned, mutability, subAttributes = [] }) => [
      // A name for people to read: theirs to keep there, ours to look up here.
      [prefix + name, prefix + name === 'members.display' ? '' : JSON.stringify({ type, multiValued, required, returned, mutability })] as [string, string], ...flat(subAttributes, `${prefix + name}.`),
    ])
    for (const [id, theirs] of [[userSchema, SCIMMY.Schemas.User], [enterpriseSchema, SCIMMY.Schemas.EnterpriseUser], [groupSchema, SCIMMY.Schemas.Group]] as const) {
      const known = new Map(flat((JSON.parse(JSON.stringify(theirs.definition.describe())) as { attributes: Facts[] }).attributes))
      const ours = flat((await client.get(`/Schemas/${id}`)).body['attributes'] as Facts[])
      expect(ours.length).toBeGreaterThan(5)
      expect(ours).toEqual(ours.map(([name]) => [name, known.get(name)]))
    }
  })

  it('reads our people, groups, lists and refusals without losing a value', async () => {
    const client = await scimClient(current())
    const made = await client.post('/Users', {
      schemas: [userSchema, enterpriseSchema], userName: 'peer@engines.example', externalId: 'x', displayName: 'Peer', name: { givenName: 'P', familyName: 'Eer', formatted: 'P Eer' }, title: 'T', nickName: 'N', profileUrl: 'https://engines.example/peer', userType: 'Employee', preferredLanguage: 'de',
      locale: 'de-DE', timezone: 'Europe/Berlin', emails: [{ value: 'peer@engines.example', type: 'work', primary: true }], phoneNumbers: [{ value: '+49 30 1', type: 'work' }], addresses: [{ streetAddress: 'S 1\nBack house', locality: 'B', type: 'work' }],
      [enterpriseSchema]: { employeeNumber: '7', department: 'D', manager: { value: 'm' } },
    })
    const group = await client.post('/Groups', { schemas: [groupSchema], displayName: 'Peers', externalId: 'g', members: [{ value: made.body['id'] }] })
    const person = (await client.get(`/Users/${made.body['id']}`)).body
    const { [enterpriseSchema]: extension, ...core } = person
    const plain = (value: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(value)) as Record<string, unknown>
    expect(plain(new SCIMMY.Schemas.User({ ...core, schemas: [userSchema] }, 'out'))).toMatchObject({ ...core, schemas: [userSchema] })
    expect(plain(new SCIMMY.Schemas.EnterpriseUser({ id: 'x', ...extension }, 'out'))).toMatchObject(extension as Record<string, unknown>)
    expect(plain(new SCIMMY.Schemas.Group({ ...(await client.get(`/Groups/${group.body['id']}`)).body }, 'out'))).toMatchObject({ displayName: 'Peers', members: [{ value: made.body['id'], type: 'User' }] })
    const list = (await client.get('/Users')).body
    expect(plain(new SCIMMY.Messages.ListResponse(list as unknown as ConstructorParameters<typeof SCIMMY.Messages.ListResponse>[0]))).toMatchObject({ totalResults: list['totalResults'], Resources: list['Resources'] })
    for (const answer of [await client.get('/Users/nobody'), await client.filter('/Users', 'nothing'), await client.post('/Users', { schemas: [userSchema], userName: 'peer@engines.example' })]) {
      const { schemas: _schemas, ...cause } = answer.body
      expect(plain(new SCIMMY.Messages.ErrorResponse(cause as ConstructorParameters<typeof SCIMMY.Messages.ErrorResponse>[0]))).toEqual(answer.body)
    }
  })
})
