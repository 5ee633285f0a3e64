import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { enterpriseSchema, groupSchema, scimClient, userSchema } from '../../support/scim.ts'

let count = 0
const fresh = (): string => `entra${++count}`

/** A person as Entra sends one with its usual mappings. */
const person = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
  schemas: [userSchema, enterpriseSchema], externalId: `ext-${name}`, userName: `${name}@engines.example`, active: true, displayName: 'Ada Lovelace', name: { formatted: 'Ada Lovelace', familyName: 'Lovelace', givenName: 'Ada' },
  emails: [{ primary: true, type: 'work', value: `${name}@engines.example` }], preferredLanguage: 'de-DE', title: 'Analyst', [enterpriseSchema]: { department: 'Mathematics', employeeNumber: '42' }, meta: { resourceType: 'User' }, ...more,
})

// The requests of learn.microsoft.com "Develop and plan provisioning for a SCIM endpoint" and of Microsoft's SCIM validator, in their order.
withApp('provisioning by Entra', (current) => {
  it('tests the connection by asking for somebody who cannot exist', async () => {
    const entra = await scimClient(current())
    const answer = await entra.filter('/Users', 'userName eq "3a5e7e29-1c1e-4a44-8ee5-5a0c4f0c1a1f"')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/scim+json; charset=utf-8')
    expect(answer.body).toEqual({ schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'], totalResults: 0, startIndex: 1, itemsPerPage: 0, Resources: [] })
  })

  it('creates a person, finds the person by name in any case and by filter, changes, disables and deletes', async () => {
    const entra = await scimClient(current())
    const name = fresh()
    const made = await entra.post('/Users', person(name))
    expect([made.status, made.headers.get('location'), made.headers.get('etag')]).toEqual([201, `${current().url}/scim/v2/Users/${made.body['id']}`, made.body['meta'].version])
    const { meta: _meta, ...rest } = person(name)
    expect(made.body).toEqual({
      ...rest, id: expect.stringMatching(/^[\w-]{22}$/),
      meta: { resourceType: 'User', created: expect.any(String), lastModified: expect.any(String), location: `${current().url}/scim/v2/Users/${made.body['id']}`, version: expect.stringMatching(/^W\/"/) },
    })
    const path = `/Users/${made.body['id']}`
    const user = await current().foundation.users.find(current().organization.id, made.body['id'])
    expect(user).toMatchObject({ email: `${name}@engines.example`, emailVerified: false, givenName: 'Ada', familyName: 'Lovelace', status: 'new', role: 'user', managedBy: 'scim', locale: 'de' })

    expect((await entra.get(path)).body).toEqual(made.body)
    expect((await entra.filter('/Users', `userName eq "${name.toUpperCase()}@ENGINES.example"`)).body['Resources']).toEqual([made.body])
    expect((await entra.filter('/Users', `externalId eq "ext-${name}"`)).body['totalResults']).toBe(1)
    expect((await entra.filter('/Users', `emails[type eq "work"].value eq "${name}@engines.example"`)).body['totalResults']).toBe(1)
    expect((await entra.filter('/Users', `userName eq "non-existent" or displayName co "nobody"`)).body['totalResults']).toBe(0)

    const changed = await entra.patch(path, [
      { op: 'Replace', path: 'emails[type eq "work"].value', value: `${name}.new@engines.example` }, { op: 'Replace', path: 'name.familyName', value: 'King' }, { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+44 20 7946 0958' },
      { op: 'Remove', path: 'title' }, { op: 'Replace', path: `${enterpriseSchema}:department`, value: 'Poetry' },
    ])
    expect(changed.status).toBe(200)
    expect(changed.body).toMatchObject({ name: { familyName: 'King', givenName: 'Ada' }, emails: [{ value: `${name}.new@engines.example`, type: 'work' }], [enterpriseSchema]: { department: 'Poetry', employeeNumber: '42' } })
    expect(changed.body['title']).toBeUndefined()
    expect(changed.body['meta'].version).not.toBe(made.body['meta'].version)
    expect(await current().foundation.users.find(current().organization.id, made.body['id'])).toMatchObject({ email: `${name}.new@engines.example`, familyName: 'King', phone: '+442079460958', phoneVerified: false })

    const off = await entra.patch(path, [{ op: 'Replace', path: 'active', value: 'False' }])
    expect([off.status, off.body['active']]).toEqual([200, false])
    expect((await current().foundation.users.find(current().organization.id, made.body['id']))?.status).toBe('suspended')
    expect((await entra.filter('/Users', `userName eq "${name}@engines.example" and active eq false`)).body['totalResults']).toBe(1)
    expect((await entra.patch(path, [{ op: 'Replace', path: 'active', value: 'True' }])).body['active']).toBe(true)
    expect((await current().foundation.users.find(current().organization.id, made.body['id']))?.status).toBe('new')

    expect([(await entra.delete(path)).status, (await entra.get(path)).status, (await entra.delete(path)).status]).toEqual([204, 404, 404])
    expect((await entra.filter('/Users', `userName eq "${name}@engines.example"`)).body['totalResults']).toBe(0)
    expect((await current().foundation.users.find(current().organization.id, made.body['id']))?.status).toBe('suspended')
  })

  it('is told 409 for a name that is there, in any case, and 404 for ids that are not', async () => {
    const entra = await scimClient(current())
    const name = fresh()
    await entra.post('/Users', person(name))
    const twice = await entra.post('/Users', person(name, { userName: `${name.toUpperCase()}@engines.example` }))
    expect([twice.status, twice.body]).toEqual([409, { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '409', scimType: 'uniqueness', detail: expect.stringContaining('userName') }])
    const other = await entra.post('/Users', person(fresh()))
    expect((await entra.patch(`/Users/${other.body['id']}`, [{ op: 'replace', path: 'userName', value: `${name}@engines.example` }])).body).toMatchObject({ status: '409', scimType: 'uniqueness' })
    for (const id of ['5171a35d82074e068ce2', '%00', '..%2f..', 'x'.repeat(500)]) expect((await entra.get(`/Users/${id}`)).status).toBe(404)
  })

  it('keeps groups and who is in them', async () => {
    const entra = await scimClient(current())
    const [one, two] = [await entra.post('/Users', person(fresh())), await entra.post('/Users', person(fresh(), { [enterpriseSchema]: {} }))]
    const group = await entra.post('/Groups', { schemas: [groupSchema, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'], externalId: 'g-1', displayName: 'Group of Entra', meta: { resourceType: 'Group' } })
    expect([group.status, group.body['members']]).toEqual([201, undefined])
    const path = `/Groups/${group.body['id']}`
    const add = await entra.patch(path, [{ op: 'Add', path: 'members', value: [{ $ref: null, value: one.body['id'] }, { $ref: null, value: two.body['id'] }] }])
    expect([add.status, add.text]).toEqual([204, ''])
    const members = (await entra.get(path)).body['members'] as { value: string }[]
    expect(members.map(({ value }) => value).sort()).toEqual([one.body['id'], two.body['id']].sort())
    expect(members[0]).toEqual({ value: expect.any(String), display: 'Ada Lovelace', type: 'User', $ref: expect.stringContaining('/scim/v2/Users/') })
    expect((await entra.get(`${path}?excludedAttributes=members`)).body['members']).toBeUndefined()
    expect((await entra.filter('/Groups', `id eq "${group.body['id']}" and members eq "${two.body['id']}"`, '&attributes=id')).body['Resources']).toEqual([{ schemas: [groupSchema], id: group.body['id'] }])
    expect((await entra.filter('/Groups', `id eq "${group.body['id']}" and members eq "nobody"`)).body['totalResults']).toBe(0)
    expect((await entra.filter('/Groups', 'displayName eq "GROUP of entra"', '&excludedAttributes=members')).body['Resources']).toHaveLength(1)
    expect((await entra.get(`/Users/${one.body['id']}`)).body['groups']).toEqual([{ value: group.body['id'], display: 'Group of Entra', type: 'direct', $ref: `${current().url}/scim/v2/Groups/${group.body['id']}` }])

    expect((await entra.patch(path, [{ op: 'Remove', path: 'members', value: [{ $ref: null, value: one.body['id'] }] }])).status).toBe(204)
    expect(((await entra.get(path)).body['members'] as { value: string }[]).map(({ value }) => value)).toEqual([two.body['id']])
    expect((await entra.patch(path, [{ op: 'Replace', path: 'displayName', value: 'Renamed' }])).status).toBe(204)
    expect(await current().foundation.groups.find(current().organization.id, group.body['id'])).toMatchObject({ name: 'Renamed', managedBy: 'scim', members: 1 })
    expect((await entra.post('/Groups', { schemas: [groupSchema], displayName: 'renamed' })).body).toMatchObject({ status: '409', scimType: 'uniqueness' })
    expect((await entra.patch(path, [{ op: 'Add', path: 'members', value: [{ value: 'A'.repeat(22) }] }])).body).toMatchObject({ status: '400', scimType: 'invalidValue' })
    expect([(await entra.delete(path)).status, (await entra.get(path)).status, (await entra.delete(path)).status]).toEqual([204, 404, 404])
    expect((await entra.get(`/Users/${two.body['id']}`)).body['groups']).toBeUndefined()
  })

  it('writes down who did what by which token', async () => {
    const entra = await scimClient(current(), { name: 'Entra of the works' })
    const made = await entra.post('/Users', person(fresh()))
    await entra.patch(`/Users/${made.body['id']}`, [{ op: 'Replace', path: 'displayName', value: 'Augusta' }, { op: 'Replace', path: 'active', value: false }])
    const { events } = await current().foundation.audit.list({ organizationId: current().organization.id, userId: made.body['id'], limit: 10 })
    expect(events.map(({ action }) => action).sort()).toEqual(['user.changed', 'user.created', 'user.suspended'])
    expect(events.every(({ actor, ip }) => actor.kind === 'application' && actor.id === entra.tokenId && actor.name === 'SCIM: Entra of the works' && ip !== null)).toBe(true)
    expect(events.find(({ action }) => action === 'user.changed')?.details).toEqual({ 'displayName.before': 'Ada Lovelace', 'displayName.after': 'Augusta' })
  })
})
