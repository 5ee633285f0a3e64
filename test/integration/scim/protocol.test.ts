import { expect, it } from 'vitest'
import type { UserId } from '../../../src/storage/index.ts'
import { withApp } from '../../support/app.ts'
import { enterpriseSchema, groupSchema, scimClient, userSchema, type ScimAnswer } from '../../support/scim.ts'

let count = 0
const person = (name = `p${++count}`, more: Readonly<Record<string, unknown>> = {}) => ({ schemas: [userSchema], userName: `${name}@engines.example`, displayName: name, emails: [{ value: `${name}@engines.example` }], ...more })
const idsOf = ({ body }: ScimAnswer): string[] => (body['Resources'] as { id: string }[]).map(({ id }) => id)

withApp('SCIM by RFC 7644', (current) => {
  it('§3.14 says which version an answer is, and changes only the version that was seen', async () => {
    const client = await scimClient(current())
    const made = await client.post('/Users', person())
    const path = `/Users/${made.body['id']}`
    const first = made.headers.get('etag') ?? ''
    expect(first).toMatch(/^W\/".+"$/)
    const unchanged = await client.get(path, { 'if-none-match': first })
    expect([unchanged.status, unchanged.text, unchanged.headers.get('etag')]).toEqual([304, '', first])
    expect((await client.get(path, { 'if-none-match': 'W/"other"' })).status).toBe(200)
    const changed = await client.patch(path, [{ op: 'replace', path: 'title', value: 'Analyst' }], { 'if-match': first })
    const second = changed.headers.get('etag') ?? ''
    expect([changed.status, second === first]).toEqual([200, false])
    for (const answer of [await client.patch(path, [{ op: 'replace', path: 'title', value: 'X' }], { 'if-match': first }), await client.put(path, person(), { 'if-match': first }), await client.delete(path, { 'if-match': first })]) {
      expect([answer.status, answer.body['status']]).toEqual([412, '412'])
    }
    expect((await client.get(path)).body['title']).toBe('Analyst')
    // What changes nothing makes no new version.
    expect((await client.patch(path, [{ op: 'replace', path: 'title', value: 'Analyst' }])).headers.get('etag')).toBe(second)
    // What an administrator does is seen as well.
    await current().app.parts.personAccess.suspend({ organizationId: current().organization.id, id: made.body['id'] }, () => Promise.resolve())
    expect((await client.get(path, { 'if-none-match': second })).status).toBe(200)
    expect([(await client.delete(path, { 'if-match': '*' })).status, (await client.get(path)).status]).toEqual([204, 404])

    const group = await client.post('/Groups', { schemas: [groupSchema], displayName: 'Versions' })
    const someone = await client.post('/Users', person())
    const grown = await client.patch(`/Groups/${group.body['id']}`, [{ op: 'add', path: 'members', value: [{ value: someone.body['id'] }] }], { 'if-match': group.headers.get('etag') ?? '' })
    expect([grown.status, grown.headers.get('etag') === group.headers.get('etag')]).toEqual([204, false])
    expect((await client.delete(`/Groups/${group.body['id']}`, { 'if-match': group.headers.get('etag') ?? '' })).status).toBe(412)
  })

  it('§3.14 lets one of two changes win that were made from the same version at the same moment', async () => {
    const client = await scimClient(current())
    const made = await client.post('/Users', person())
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((title) => client.patch(`/Users/${made.body['id']}`, [{ op: 'replace', path: 'title', value: title }], { 'if-match': made.headers.get('etag') ?? '' })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412])
    const names = await Promise.all(Array.from({ length: 4 }, () => client.post('/Users', person('the-same'))))
    expect(names.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409])
  })

  it('§3.4.2.4 pages that fit together while people come and go', async () => {
    const place = await current().addOrganization('Pages')
    const client = await scimClient(current(), { organization: place })
    const made: string[] = []
    for (let index = 0; index < 25; index++) made.push((await client.post('/Users', person(`page${String(index).padStart(2, '0')}`))).body['id'])
    const page = (start: number, size: number) => client.get(`/Users?startIndex=${start}&count=${size}`)
    const first = await page(1, 10)
    expect(first.body).toMatchObject({ totalResults: 25, startIndex: 1, itemsPerPage: 10 })
    const newcomer = (await client.post('/Users', person('page-late'))).body['id']
    const rest = [...idsOf(first), ...idsOf(await page(11, 10)), ...idsOf(await page(21, 10))]
    expect(rest).toEqual([...new Set(rest)])
    expect([...rest].sort()).toEqual([...made, newcomer].sort())
    expect((await page(100, 10)).body).toMatchObject({ totalResults: 26, startIndex: 100, itemsPerPage: 0, Resources: [] })
    expect((await page(1, 0)).body).toMatchObject({ totalResults: 26, itemsPerPage: 0, Resources: [] })
    expect((await page(-3, -1)).body).toMatchObject({ totalResults: 26, startIndex: 1, itemsPerPage: 0 })
    expect(idsOf(await page(0, 1_000))).toHaveLength(26)
    expect((await client.get('/Users?startIndex=one')).body).toMatchObject({ status: '400', scimType: 'invalidValue' })

    // A filter that no index answers pages by the same rules.
    const filtered = [...idsOf(await client.filter('/Users', 'displayName sw "page"', '&startIndex=1&count=20')), ...idsOf(await client.filter('/Users', 'displayName sw "page"', '&startIndex=21&count=20'))]
    expect([...filtered].sort()).toEqual([...made, newcomer].sort())
  })

  it('§3.4.2.3 sorts by any attribute, in both directions, and what has no value last', async () => {
    const place = await current().addOrganization('Sorted')
    const client = await scimClient(current(), { organization: place })
    for (const [name, title, family] of [['b', 'x', 'Ämter'], ['a', undefined, 'Zed'], ['C', 'W', 'young']] as const) await client.post('/Users', person(name, { ...(title ? { title } : {}), name: { familyName: family } }))
    const names = async (query: string): Promise<string[]> => ((await client.get(`/Users?${query}`)).body['Resources'] as { displayName: string }[]).map(({ displayName }) => displayName)
    expect(await names('sortBy=userName')).toEqual(['a', 'b', 'C'])
    expect(await names('sortBy=userName&sortOrder=descending')).toEqual(['C', 'b', 'a'])
    expect(await names('sortBy=title')).toEqual(['C', 'b', 'a'])
    expect(await names('sortBy=title&sortOrder=descending&count=2')).toEqual(['a', 'b'])
    expect(await names('sortBy=name.familyName')).toEqual(['C', 'a', 'b'])
    expect(await names('sortBy=emails')).toEqual(['a', 'b', 'C'])
    expect((await client.get('/Users?sortBy=nothing')).status).toBe(400)
    expect((await client.get('/Users?sortBy=title&sortOrder=up')).status).toBe(400)
  })

  it('§3.9 shows only what is asked for, and always the id', async () => {
    const client = await scimClient(current())
    const made = await client.post('/Users', person('shown', { name: { givenName: 'Ada', familyName: 'Lovelace' }, [enterpriseSchema]: { department: 'D', costCenter: 'C' } }))
    const path = `/Users/${made.body['id']}`
    const keys = async (query: string): Promise<string[]> => Object.keys((await client.get(path + query)).body).sort()
    expect(await keys('?attributes=userName')).toEqual(['id', 'schemas', 'userName'])
    expect(await keys('?attributes=USERNAME,nothing')).toEqual(['id', 'schemas', 'userName'])
    expect((await client.get(`${path}?attributes=name.givenName,name.familyName,${enterpriseSchema}:department`)).body).toMatchObject({ name: { givenName: 'Ada', familyName: 'Lovelace' }, [enterpriseSchema]: { department: 'D' } })
    expect((await client.get(`${path}?attributes=${enterpriseSchema}:department`)).body[enterpriseSchema]).toEqual({ department: 'D' })
    expect((await client.get(`${path}?attributes=emails.value`)).body['emails']).toEqual([{ value: 'shown@engines.example' }])
    const without = await client.get(`${path}?excludedAttributes=emails,name.givenName,id,${enterpriseSchema}:department`)
    expect(without.body).toMatchObject({ id: made.body['id'], name: { familyName: 'Lovelace' }, [enterpriseSchema]: { costCenter: 'C' } })
    expect(without.body['emails']).toBeUndefined()
    expect((await client.get(`${path}?attributes=userName&excludedAttributes=emails`)).status).toBe(400)
    expect(Object.keys((await client.post('/Users?attributes=userName', person())).body).sort()).toEqual(['id', 'schemas', 'userName'])
  })

  it('§3.4.3 searches by POST, in one kind and in both', async () => {
    const place = await current().addOrganization('Searched')
    const client = await scimClient(current(), { organization: place })
    for (const name of ['one', 'two', 'three']) await client.post('/Users', person(`search-${name}`))
    await client.post('/Groups', { schemas: [groupSchema], displayName: 'search-group' })
    const search = (path: string, more: Readonly<Record<string, unknown>>) => client.post(path, { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], ...more })
    expect((await search('/Users/.search', { filter: 'displayName sw "search-t"', attributes: ['displayName'], sortBy: 'displayName', startIndex: 1, count: 10 })).body).toMatchObject({ totalResults: 2, Resources: [{ displayName: 'search-three' }, { displayName: 'search-two' }] })
    expect((await search('/.search', { filter: 'displayName sw "search-"', count: 10 })).body).toMatchObject({ totalResults: 4, itemsPerPage: 4 })
    const pages = [1, 3, 4, 5].map(async (startIndex) => idsOf(await search('/.search', { filter: 'displayName sw "search-"', startIndex, count: 2 })).length)
    expect(await Promise.all(pages)).toEqual([2, 2, 1, 0])
    expect((await search('/Users/.search', { filter: '('.repeat(10_000) })).body).toMatchObject({ status: '400', scimType: 'invalidFilter' })
    expect((await client.get('/Users/.search')).status).toBe(405)
  })

  it('§3.7 does many things in one request, with ids that only come about in it', async () => {
    const client = await scimClient(current())
    const answer = await client.post('/Bulk', { schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations: [
      // The group waits for the two people, one of whom comes later.
      { method: 'POST', path: '/Groups', bulkId: 'g', data: { schemas: [groupSchema], displayName: 'Bulk', members: [{ value: 'bulkId:a' }, { value: 'bulkId:b' }] } },
      { method: 'POST', path: '/Users', bulkId: 'a', data: person('bulk-a') }, { method: 'POST', path: '/Users', bulkId: 'b', data: person('bulk-b', { [enterpriseSchema]: { manager: { value: 'bulkId:a' } } }) },
      { method: 'PATCH', path: '/Users/bulkId:a', data: { Operations: [{ op: 'add', path: 'title', value: 'Boss' }] } }, { method: 'POST', path: '/Users', bulkId: 'again', data: person('bulk-a') },
      { method: 'PUT', path: '/Users/AAAAAAAAAAAAAAAAAAAAAA', data: person() }, { method: 'POST', path: '/Groups', bulkId: 'lonely', data: { schemas: [groupSchema], displayName: 'Lonely', members: [{ value: 'bulkId:again' }] } },
    ] })
    expect([answer.status, answer.body['schemas']]).toEqual([200, ['urn:ietf:params:scim:api:messages:2.0:BulkResponse']])
    const operations = answer.body['Operations'] as { status: string; bulkId?: string; location?: string; version?: string; response?: { scimType?: string } }[]
    expect(operations.map(({ status }) => status)).toEqual(['201', '201', '201', '200', '409', '404', '409'])
    expect(operations.map(({ bulkId }) => bulkId)).toEqual(['g', 'a', 'b', undefined, 'again', undefined, 'lonely'])
    expect(operations[4]?.response?.scimType).toBe('uniqueness')
    expect(operations[0]).toMatchObject({ location: expect.stringContaining('/scim/v2/Groups/'), version: expect.stringMatching(/^W\//), method: 'POST' })
    const boss = (await client.filter('/Users', 'userName eq "bulk-a@engines.example"')).body['Resources'][0]
    expect(boss).toMatchObject({ title: 'Boss', groups: [{ display: 'Bulk' }] })
    expect((await client.filter('/Users', 'userName eq "bulk-b@engines.example"')).body['Resources'][0][enterpriseSchema].manager.value).toBe(boss.id)

    const stopped = await client.post('/Bulk', { failOnErrors: 1, Operations: [{ method: 'DELETE', path: '/Users/AAAAAAAAAAAAAAAAAAAAAA' }, { method: 'DELETE', path: `/Users/${boss.id}` }] })
    expect(stopped.body['Operations']).toHaveLength(1)
    expect((await client.get(`/Users/${boss.id}`)).status).toBe(200)
  })

  it('§3.7.4 SEC-86 refuses a bulk of too many operations or bytes, and one that makes no sense', async () => {
    const client = await scimClient(current())
    const one = { method: 'DELETE', path: '/Users/AAAAAAAAAAAAAAAAAAAAAA' }
    expect((await client.post('/Bulk', { Operations: Array.from({ length: 1_001 }, () => one) })).status).toBe(413)
    expect((await client.post('/Bulk', { Operations: [{ ...one, data: 'x'.repeat(1_100_000) }] })).body).toMatchObject({ status: '413' })
    for (const operations of ['x', [{ ...one, path: '/Bulk' }], [{ ...one, path: '/Users/a/b' }], [{ ...one, method: 'GET' }], [{ method: 'POST', path: '/Users', data: person() }], [null]]) {
      expect((await client.post('/Bulk', { Operations: operations })).body).toMatchObject({ status: '400', scimType: 'invalidSyntax' })
    }
    expect((await client.get('/Bulk')).status).toBe(405)
  })

  it('§4 tells what it can do and what it knows, in the form of RFC 7643 §5 to §7', async () => {
    const client = await scimClient(current(), { scope: 'read' })
    const config = (await client.get('/ServiceProviderConfig')).body
    expect(config).toMatchObject({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'], patch: { supported: true }, bulk: { supported: true, maxOperations: 1_000, maxPayloadSize: 1_048_576 }, filter: { supported: true, maxResults: 200 },
      changePassword: { supported: false }, sort: { supported: true }, etag: { supported: true }, authenticationSchemes: [{ type: 'oauthbearertoken' }],
    })
    const types = (await client.get('/ResourceTypes')).body['Resources'] as { id: string; endpoint: string; schema: string; meta: { location: string } }[]
    expect(types.map(({ id, endpoint, schema }) => [id, endpoint, schema])).toEqual([['User', '/Users', userSchema], ['Group', '/Groups', groupSchema]])
    const schemas = (await client.get('/Schemas')).body['Resources'] as { id: string; attributes: Record<string, unknown>[] }[]
    expect(schemas.map(({ id }) => id)).toEqual([userSchema, enterpriseSchema, groupSchema])
    const characteristics = ['caseExact', 'description', 'multiValued', 'mutability', 'name', 'required', 'returned', 'type', 'uniqueness']
    const walk = (attributes: readonly Record<string, unknown>[]): void => {
      for (const attribute of attributes) {
        expect(Object.keys(attribute)).toEqual(expect.arrayContaining(characteristics))
        expect(attribute['type'] === 'complex').toBe('subAttributes' in attribute)
        expect(attribute['type'] === 'reference').toBe('referenceTypes' in attribute)
        walk((attribute['subAttributes'] ?? []) as Record<string, unknown>[])
      }
    }
    for (const schema of schemas) walk(schema.attributes)
    for (const path of [`/Schemas/${userSchema}`, `/Schemas/${encodeURIComponent(enterpriseSchema)}`, '/ResourceTypes/Group']) expect((await client.get(path)).status).toBe(200)
    for (const { meta } of types) expect((await client.get(meta.location.replace(`${current().url}/scim/v2`, ''))).status).toBe(200)
    for (const path of ['/ServiceProviderConfig', '/ResourceTypes', '/Schemas']) expect([(await client.filter(path, 'id pr')).status, (await client.post(path, {})).status]).toEqual([403, 405])
    for (const path of ['/Schemas/urn:none', '/Nothing', '/Users/a/b', '']) expect((await client.get(path)).status).toBe(404)
    expect((await client.get('/Me')).body).toMatchObject({ status: '501' })
  })

  it('SEC-86 refuses what is not JSON, too deep, too long, or no person', async () => {
    const client = await scimClient(current())
    const sent = async (body: unknown, type = 'application/scim+json') => { const { status, body: { scimType } } = await client.send('POST', '/Users', body, { 'content-type': type }); return [status, scimType] }
    expect(await sent('{')).toEqual([400, 'invalidSyntax'])
    expect(await sent('[]')).toEqual([400, 'invalidSyntax'])
    expect(await sent('null')).toEqual([400, 'invalidSyntax'])
    expect(await sent(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`)).toEqual([400, 'invalidSyntax'])
    expect(await sent(`{"displayName":"${'x'.repeat(5_000_000)}"}`)).toEqual([413, undefined])
    expect(await sent('userName=a', 'application/x-www-form-urlencoded')).toEqual([415, undefined])
    expect(await sent({ ...person(), schemas: [groupSchema] })).toEqual([400, 'invalidSyntax'])
    expect(await sent({ schemas: [userSchema] })).toEqual([400, 'invalidValue'])
    expect(await sent(person('x', { userName: 'no address', emails: [] }))).toEqual([400, 'invalidValue'])
    expect(await sent(person('x', { emails: [{ value: 'not an address' }] }))).toEqual([400, 'invalidValue'])
    expect(await sent(person('x', { name: { givenName: '<script>' } }))).toEqual([400, 'invalidValue'])
    expect(await sent(person('x', { displayName: 'a\u0000b' }))).toEqual([400, 'invalidValue'])
    expect(await sent(person(undefined, { unknown: { deeply: { nested: true } } }), 'application/json; charset=utf-8')).toEqual([201, undefined])
    expect((await client.send('PUT', '/Users')).status).toBe(405)
  })

  it('keeps a user name that is no address, beside an address to write to', async () => {
    const client = await scimClient(current())
    const made = await client.post('/Users', { schemas: [userSchema], userName: 'ALovelace', emails: [{ type: 'home', value: 'home@engines.example' }, { type: 'work', value: 'work@engines.example' }] })
    expect(made.status).toBe(201)
    expect((await current().foundation.users.find(current().organization.id, made.body['id']))?.email).toBe('work@engines.example')
    expect((await client.filter('/Users', 'userName eq "alovelace"')).body['totalResults']).toBe(1)
    expect((await client.filter('/Users', 'emails eq "HOME@engines.example"')).body['totalResults']).toBe(1)
    // Names and addresses are the other side's; the language the person chose stays until the other side names one.
    const { users, storage } = current().foundation
    await storage.write((tx) => users.update(tx, current().organization.id, made.body['id'], { locale: 'fa' }))
    await client.patch(`/Users/${made.body['id']}`, [{ op: 'add', path: 'title', value: 'T' }])
    expect((await users.findById(made.body['id']))?.locale).toBe('fa')
    await client.patch(`/Users/${made.body['id']}`, [{ op: 'add', path: 'preferredLanguage', value: 'de-CH' }, { op: 'add', path: 'timezone', value: 'Europe/Zurich' }])
    expect(await users.findById(made.body['id'])).toMatchObject({ locale: 'de', timeZone: 'Europe/Zurich' })
  })

  it('SEC-31 takes a new user name to Microsoft 365 where it was the name there, and nobody else’s', async () => {
    const client = await scimClient(current())
    const { identities, storage } = current().foundation
    const [one, two, three] = [await client.post('/Users', person('upn1')), await client.post('/Users', person('upn2')), await client.post('/Users', person('upn3'))].map(({ body }) => body['id'] as UserId) as [UserId, UserId, UserId]
    const give = (id: UserId, upn: string) => storage.write((tx) => identities.set(tx, current().organization.id, id, { upn, source: 'minted' }))
    await give(one, 'UPN1@engines.example')
    await give(two, 'other-name@engines.example')
    const before = await identities.of(one)
    const rename = (id: UserId, name: string) => client.patch(`/Users/${id}`, [{ op: 'Replace', path: 'userName', value: `${name}@engines.example` }])
    expect((await rename(one, 'upn1-new')).status).toBe(200)
    expect(await identities.of(one)).toMatchObject({ upn: 'upn1-new@engines.example', immutableId: before?.immutableId })
    // Another name than the directory's is not the directory's to change, and who has none gets none.
    expect([(await rename(two, 'upn2-new')).status, (await rename(three, 'upn3-new')).status]).toEqual([200, 200])
    expect([(await identities.of(two))?.upn, await identities.of(three)]).toEqual(['other-name@engines.example', undefined])
    expect((await rename(one, 'other-name')).body).toMatchObject({ status: '409', scimType: 'uniqueness' })
    expect((await client.get(`/Users/${one}`)).body['userName']).toBe('upn1-new@engines.example')
  })
})
