import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { groupSchema, scimClient, userSchema } from '../../support/scim.ts'

// The requests of developer.okta.com "SCIM 2.0 protocol reference" and of Okta's specification test, in their order.
withApp('provisioning by Okta', (current) => {
  const person = (name: string) => ({
    schemas: [userSchema], userName: `${name}@atko.example`, name: { givenName: 'Test', familyName: 'User' }, emails: [{ primary: true, value: `${name}@atko.example`, type: 'work' }],
    displayName: 'Test User', locale: 'en-US', externalId: `00u${name}`, groups: [], password: '1mz050nq', active: true,
  })

  it('looks at the users endpoint before anything else', async () => {
    const okta = await scimClient(current())
    await okta.post('/Users', person('required'))
    const first = await okta.get('/Users?count=1&startIndex=1')
    expect(first.body).toMatchObject({ schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'], itemsPerPage: 1, startIndex: 1, totalResults: expect.any(Number) })
    const [someone] = first.body['Resources']
    expect(someone).toMatchObject({ id: expect.any(String), name: { familyName: expect.any(String), givenName: expect.any(String) }, userName: expect.any(String), active: true, emails: [{ value: expect.any(String) }] })
    expect((await okta.get(`/Users/${someone.id}`)).body['id']).toBe(someone.id)
    expect((await okta.filter('/Users', 'userName eq "abcdefgh@atko.example"')).body).toMatchObject({ totalResults: 0, Resources: [] })
    expect((await okta.get('/Users/010101001010101011001010101011')).body).toMatchObject({ status: '404', detail: expect.any(String), schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'] })
  })

  it('creates, reads, updates with PUT, deactivates with PATCH, and reactivates', async () => {
    const okta = await scimClient(current())
    expect((await okta.filter('/Users', 'userName eq "test.user@atko.example"', '&startIndex=1&count=100')).body['totalResults']).toBe(0)
    const made = await okta.post('/Users', person('test.user'))
    expect(made.status).toBe(201)
    // A password is nothing that SCIM sets here, and nothing that any answer shows.
    expect(made.text).not.toContain('1mz050nq')
    const stored = await current().foundation.storage.read.one<{ attributes: string }>('SELECT attributes FROM scim_resources WHERE id = ?', [made.body['id']])
    expect(stored?.attributes).not.toContain('1mz050nq')
    const path = `/Users/${made.body['id']}`
    expect((await okta.post('/Users', person('test.user'))).body).toMatchObject({ status: '409', scimType: 'uniqueness' })
    const put = await okta.put(path, { ...person('test.user'), id: made.body['id'], name: { givenName: 'Another', middleName: 'Excited', familyName: 'User' }, meta: { resourceType: 'User' } })
    expect([put.status, put.body['name']]).toEqual([200, { givenName: 'Another', middleName: 'Excited', familyName: 'User' }])
    expect(await current().foundation.users.find(current().organization.id, made.body['id'])).toMatchObject({ givenName: 'Another' })
    const off = await okta.patch(path, [{ op: 'replace', value: { active: false } }])
    expect([off.status, off.body['active']]).toEqual([200, false])
    // A PUT that says nothing about it lets nobody back in.
    const { active: _active, ...silent } = person('test.user')
    expect((await okta.put(path, silent)).body['active']).toBe(false)
    expect((await okta.put(path, { ...silent, active: true })).body['active']).toBe(true)
    expect((await okta.put(path, { ...silent, active: false })).body['active']).toBe(false)
  })

  it('pushes a group, replaces its members and name, and deletes it', async () => {
    const okta = await scimClient(current())
    const people = await Promise.all(['a', 'b', 'c'].map(async (name) => (await okta.post('/Users', person(`group.${name}`))).body['id'] as string))
    expect((await okta.get('/Groups?startIndex=1&count=100')).status).toBe(200)
    const group = await okta.post('/Groups', { schemas: [groupSchema], displayName: 'Test SCIMv2', members: [{ value: people[0], display: 'x' }] })
    expect([group.status, group.body['members']]).toEqual([201, [expect.objectContaining({ value: people[0] })]])
    const path = `/Groups/${group.body['id']}`
    const ids = async (): Promise<string[]> => (((await okta.get(path)).body['members'] ?? []) as { value: string }[]).map(({ value }) => value).sort()
    expect((await okta.patch(path, [{ op: 'remove', path: `members[value eq "${people[0]}"]` }, { op: 'add', path: 'members', value: [{ value: people[1] }] }])).status).toBe(204)
    expect(await ids()).toEqual([people[1]])
    expect((await okta.patch(path, [{ op: 'replace', path: 'members', value: [{ value: people[0] }, { value: people[2] }] }])).status).toBe(204)
    expect(await ids()).toEqual([people[0], people[2]].sort())
    expect((await okta.patch(path, [{ op: 'replace', value: { id: group.body['id'], displayName: 'Test SCIMv2 renamed' } }])).status).toBe(204)
    expect(await ids()).toEqual([people[0], people[2]].sort())
    const put = await okta.put(path, { schemas: [groupSchema], id: group.body['id'], displayName: 'By PUT', members: [{ value: people[1] }] })
    expect([put.status, put.body['displayName'], await ids()]).toEqual([200, 'By PUT', [people[1]]])
    // A list that was forgotten is not an empty one.
    await okta.put(path, { schemas: [groupSchema], displayName: 'By PUT' })
    expect(await ids()).toEqual([people[1]])
    await okta.put(path, { schemas: [groupSchema], displayName: 'By PUT', members: [] })
    expect(await ids()).toEqual([])
    expect((await okta.post('/Groups', { schemas: [groupSchema], displayName: 'Nested', members: [{ value: group.body['id'], type: 'Group' }] })).body).toMatchObject({ status: '400', scimType: 'invalidValue', detail: expect.stringContaining('group') })
    expect((await okta.filter('/Groups', 'displayName eq "Nested"')).body['totalResults']).toBe(0)
    expect((await okta.delete(path)).status).toBe(204)
  })
})
