import * as client from 'openid-client'
import { afterEach, expect, it } from 'vitest'
import type { UserId } from '../../../src/storage/index.ts'
import { withApp } from '../../support/app.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { registerParty } from '../../support/relying-party.ts'
import { groupSchema, ScimClient, scimClient, userSchema } from '../../support/scim.ts'

const day = 86_400_000
let count = 0
const person = (name = `sec${++count}`, more: Readonly<Record<string, unknown>> = {}) => ({
  schemas: [userSchema], userName: `${name}@engines.example`, externalId: `ext-${name}`, name: { givenName: 'Ada', familyName: 'Lovelace' }, emails: [{ value: `${name}@engines.example`, type: 'work', primary: true }], ...more,
})

withApp('what a SCIM token opens', (current) => {
  const receivers: Receiver[] = []
  afterEach(async () => { await Promise.all(receivers.splice(0).map((receiver) => receiver.close())) })
  const settings = async (takeOver: boolean): Promise<void> => {
    await current().foundation.storage.write((tx) => current().app.parts.scim.tokens.saveSettings(tx, current().organization.id, { takeOver, keepDays: 30 }))
  }
  const statusOf = async (id: string) => (await current().foundation.users.find(current().organization.id, id))?.status

  // First, since other tests move the clock by days, and the token library lives by the machine's.
  it('SEC-68 locks a person out at once: session, refresh token and the applications that were open', async () => {
    await settings(true)
    const entra = await scimClient(current())
    const ada = await current().addPerson({ email: `here${++count}@engines.example` })
    const browser = await current().signedIn(ada)
    const receiver = await startReceiver()
    receivers.push(receiver)
    const party = await registerParty(current(), { settings: { backchannelLogoutUri: receiver.url, refreshTokens: true } })
    const tokens = await party.signIn(browser, { ...ada, consent: 'allow' }, { scope: 'openid offline_access', prompt: 'consent' })
    expect(tokens.refresh_token).toBeDefined()
    const made = await entra.post('/Users', person(ada.user.email.split('@')[0]))
    expect([made.status, made.body['id'], (await browser.get('/profile')).path]).toEqual([201, ada.user.id, '/profile'])
    expect(receiver.tokens).toHaveLength(0)
    expect((await entra.patch(`/Users/${ada.user.id}`, [{ op: 'Replace', path: 'active', value: false }])).status).toBe(200)
    await current().app.parts.oidc.settled()
    await current().app.parts.oidc.settled()
    expect(receiver.tokens).toHaveLength(1)
    expect((await browser.get('/profile')).path).not.toBe('/profile')
    await expect(client.refreshTokenGrant(party.configuration, tokens.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' })
    expect(await statusOf(ada.user.id)).toBe('suspended')
    // Back again: the key is still there, and so the person is active.
    expect((await entra.patch(`/Users/${ada.user.id}`, [{ op: 'Replace', path: 'active', value: true }])).body['active']).toBe(true)
    expect(await statusOf(ada.user.id)).toBe('active')
  })

  it('SEC-73 reaches one organization: the ids and names of another one are not there', async () => {
    const other = await current().addOrganization('Difference Engines')
    const [mine, theirs] = [await scimClient(current()), await scimClient(current(), { organization: other })]
    const [a, b] = [await mine.post('/Users', person()), await theirs.post('/Users', person())]
    const [groupA, groupB] = [await mine.post('/Groups', { schemas: [groupSchema], displayName: 'Everybody' }), await theirs.post('/Groups', { schemas: [groupSchema], displayName: 'Everybody' })]
    expect([a.status, b.status, groupA.status, groupB.status]).toEqual([201, 201, 201, 201])
    const foreign = [`/Users/${b.body['id']}`, `/Groups/${groupB.body['id']}`]
    for (const path of foreign) {
      const unknown = await mine.get(`${path.slice(0, -22)}${'A'.repeat(22)}`)
      for (const answer of [await mine.get(path), await mine.put(path, path.startsWith('/Users') ? person() : { schemas: [groupSchema], displayName: 'Taken' }), await mine.patch(path, [{ op: 'replace', path: 'displayName', value: 'Taken' }]), await mine.delete(path)]) {
        expect([answer.status, Object.keys(answer.body)]).toEqual([404, Object.keys(unknown.body)])
      }
    }
    expect((await mine.get('/Users?count=200')).text).not.toContain(b.body['id'])
    expect((await mine.filter('/Users', `id eq "${b.body['id']}" or userName eq "${b.body['userName']}"`)).body['totalResults']).toBe(0)
    expect((await mine.patch(`/Groups/${groupA.body['id']}`, [{ op: 'add', path: 'members', value: [{ value: b.body['id'] }] }])).body).toMatchObject({ status: '400', scimType: 'invalidValue' })
    expect((await mine.post('/Bulk', { schemas: [], Operations: foreign.map((path) => ({ method: 'DELETE', path })) })).body['Operations'].map(({ status }: { status: string }) => status)).toEqual(['404', '404'])
    // An address is one in the whole installation; the refusal does not say where the other one is.
    const refused = await mine.post('/Users', person('elsewhere', { emails: [{ value: b.body['emails'][0].value, primary: true }] }))
    expect([refused.status, refused.text.includes('Difference')]).toEqual([409, false])
    for (const path of foreign) expect((await theirs.get(path)).status).toBe(200)
  })

  it('SEC-69 with the scope read shows, and changes nothing', async () => {
    const [writer, reader] = [await scimClient(current()), await scimClient(current(), { scope: 'read' })]
    const made = await writer.post('/Users', person())
    const path = `/Users/${made.body['id']}`
    expect([(await reader.get(path)).status, (await reader.get('/Users')).status, (await reader.post('/Users/.search', { schemas: [], filter: 'userName pr' })).status]).toEqual([200, 200, 200])
    for (const answer of [
      await reader.post('/Users', person()), await reader.put(path, person()), await reader.patch(path, [{ op: 'replace', path: 'active', value: false }]), await reader.delete(path),
      await reader.post('/Groups', { schemas: [groupSchema], displayName: 'By a reader' }), await reader.post('/Bulk', { schemas: [], Operations: [{ method: 'DELETE', path }] }),
    ]) expect([answer.status, answer.body['schemas']]).toEqual([403, ['urn:ietf:params:scim:api:messages:2.0:Error']])
    expect((await writer.get(path)).body).toEqual(made.body)
  })

  it('SEC-71 ends with its time and with its revocation, and a second one goes on meanwhile', async () => {
    const [old, next] = [await scimClient(current(), { days: 1 }), await scimClient(current(), { days: 30 })]
    expect([(await old.get('/Users')).status, (await next.get('/Users')).status]).toEqual([200, 200])
    current().advance(day + 1_000)
    expect([(await old.get('/Users')).status, (await next.get('/Users')).status]).toEqual([401, 200])
    await current().foundation.storage.write((tx) => current().app.parts.scim.tokens.revoke(tx, current().organization.id, next.tokenId))
    const answer = await next.get('/Users')
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="scim", error="invalid_token"'])
    expect(answer.body).toEqual({ schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '401', detail: expect.any(String) })
  })

  it('SEC-73 of one organization is not revoked by another', async () => {
    const other = await current().addOrganization('Looms')
    const token = await scimClient(current())
    expect(await current().foundation.storage.write((tx) => current().app.parts.scim.tokens.revoke(tx, other.id, token.tokenId))).toBe(false)
    expect((await token.get('/Users')).status).toBe(200)
  })

  it('SEC-84 is kept as a hash and written into no log', async () => {
    const entra = await scimClient(current())
    await entra.get('/Users')
    const rows = await current().foundation.storage.read.all('SELECT * FROM scim_tokens')
    expect(JSON.stringify(rows)).not.toContain(entra.token)
    expect(current().logLines.join('\n')).not.toContain(entra.token)
  })

  it('SEC-67 is asked for in its header alone: no session and no address opens anything, and no site may read', async () => {
    const administrator = await current().signedIn(await current().addPerson({ email: `admin${++count}@example.com`, role: 'owner' }))
    const entra = await scimClient(current())
    expect((await administrator.get('/scim/v2/Users')).status).toBe(401)
    const nobody = new ScimClient(current().url, '')
    const answer = await nobody.get(`/Users?access_token=${entra.token}`, { origin: 'https://evil.example' })
    expect([answer.status, answer.headers.get('www-authenticate'), answer.headers.get('access-control-allow-origin'), answer.headers.get('set-cookie')]).toEqual([401, 'Bearer realm="scim"', null, null])
    expect((await nobody.send('OPTIONS', '/Users', undefined, { origin: 'https://evil.example', 'access-control-request-method': 'DELETE' })).headers.get('access-control-allow-origin')).toBeNull()
    expect((await entra.get('/Users', { origin: 'https://evil.example' })).headers.get('access-control-allow-origin')).toBeNull()
    for (const authorization of ['', 'Bearer', 'Bearer ', `Basic ${entra.token}`, `Bearer ${entra.token}x`, `Bearer ${entra.token.slice(0, -1)}`, 'Bearer doorward_scim_']) expect((await nobody.get('/Users', { authorization })).status).toBe(401)
  })

  it('SEC-65 takes nobody over who is here already, unless the organization says so, and never an administrator or an address without proof', async () => {
    const entra = await scimClient(current())
    const bob = await current().addPerson({ email: `bob${++count}@engines.example`, givenName: 'Bob' })
    const asBob = person(bob.user.email.split('@')[0])
    await settings(false)
    expect((await entra.post('/Users', asBob)).body).toMatchObject({ status: '409', scimType: 'uniqueness' })
    expect(await current().foundation.users.findById(bob.user.id)).toMatchObject({ givenName: 'Bob', managedBy: null })
    await settings(true)
    const admin = await current().addPerson({ email: `boss${++count}@engines.example`, role: 'administrator' })
    const owner = await current().addPerson({ email: `boss${++count}@engines.example`, role: 'owner' })
    for (const { user } of [admin, owner]) expect((await entra.post('/Users', person(user.email.split('@')[0]))).status).toBe(409)
    const unproven = await current().foundation.storage.write((tx) => current().foundation.users.create(tx, {
      organizationId: current().organization.id, email: { email: 'unproven@engines.example', key: 'unproven@engines.example' }, givenName: 'U', familyName: 'P', role: 'user', status: 'new', emailVerified: false,
    }))
    expect((await entra.post('/Users', person('unproven'))).status).toBe(409)
    expect((await current().foundation.users.findById(unproven.id))?.managedBy).toBeNull()
    const other = await current().addOrganization(`Elsewhere ${++count}`)
    const stranger = await current().addPerson({ email: `stranger${++count}@engines.example`, organization: other })
    expect((await entra.post('/Users', person(stranger.user.email.split('@')[0]))).status).toBe(409)
    expect((await entra.post('/Users', asBob)).body['id']).toBe(bob.user.id)
    expect(await current().foundation.users.findById(bob.user.id)).toMatchObject({ givenName: 'Ada', managedBy: 'scim', status: 'active', passkeys: 1 })
  })

  it('SEC-65 gives a deleted account back to the same person only, and to nobody whom an administrator suspended', async () => {
    const entra = await scimClient(current())
    const carol = person('carol')
    const made = await entra.post('/Users', carol)
    const path = `/Users/${made.body['id']}`
    const group = await entra.post('/Groups', { schemas: [groupSchema], displayName: 'With Carol', members: [{ value: made.body['id'] }] })
    await entra.delete(path)
    expect((await entra.get(`/Groups/${group.body['id']}`)).body['members']).toBeUndefined()
    // A namesake, with another id over there or with none.
    for (const externalId of ['somebody-else', undefined]) expect((await entra.post('/Users', { ...carol, externalId })).body).toMatchObject({ status: '409', scimType: 'uniqueness' })
    expect((await entra.post('/Users', person('carol2', { emails: carol.emails }))).status).toBe(409)
    expect(await statusOf(made.body['id'])).toBe('suspended')
    const back = await entra.post('/Users', { ...carol, title: 'Returned' })
    expect([back.status, back.body['id'], back.body['active'], back.body['title'], await statusOf(made.body['id'])]).toEqual([201, made.body['id'], true, 'Returned', 'new'])

    const who = { organizationId: current().organization.id, id: made.body['id'] as UserId }
    await current().app.parts.personAccess.suspend(who, () => Promise.resolve())
    expect((await entra.get(path)).body['active']).toBe(false)
    expect((await entra.patch(path, [{ op: 'replace', path: 'active', value: true }])).body['active']).toBe(false)
    expect(await statusOf(made.body['id'])).toBe('suspended')
    await entra.delete(path)
    expect((await entra.post('/Users', carol)).status).toBe(409)
    expect(await statusOf(made.body['id'])).toBe('suspended')
  })

  it('SEC-65 deletes an account for good when its days are over, and then the name is free for somebody new', async () => {
    const entra = await scimClient(current(), { days: 300 })
    const made = await entra.post('/Users', person('dora'))
    await entra.delete(`/Users/${made.body['id']}`)
    await current().app.parts.scim.removeKept()
    expect(await statusOf(made.body['id'])).toBe('suspended')
    current().advance(31 * day)
    await current().app.parts.scim.removeKept()
    expect(await statusOf(made.body['id'])).toBeUndefined()
    const next = await entra.post('/Users', person('dora', { externalId: 'somebody-else' }))
    expect(next.status).toBe(201)
    expect(next.body['id']).not.toBe(made.body['id'])
  })

  it('lets go of whom an administrator let back in or deleted', async () => {
    const entra = await scimClient(current(), { days: 300 })
    const [kept, deleted] = [await entra.post('/Users', person()), await entra.post('/Users', person())]
    const whoIs = (id: string) => ({ organizationId: current().organization.id, id: id as UserId })
    await entra.delete(`/Users/${kept.body['id']}`)
    await current().app.parts.personAccess.resume(whoIs(kept.body['id']), () => Promise.resolve())
    current().advance(31 * day)
    await current().app.parts.scim.removeKept()
    expect(await current().foundation.users.find(current().organization.id, kept.body['id'])).toMatchObject({ status: 'new', managedBy: null })
    await current().app.parts.personAccess.remove(whoIs(deleted.body['id']), () => Promise.resolve())
    expect((await entra.get(`/Users/${deleted.body['id']}`)).status).toBe(404)
    expect((await entra.post('/Users', person(String(deleted.body['userName']).split('@')[0]))).status).toBe(201)
  })

  it('SEC-69 does not lock out the last owner of an organization', async () => {
    const place = await current().addOrganization(`Owned ${++count}`)
    const entra = await scimClient(current(), { organization: place })
    const made = await entra.post('/Users', person())
    const { foundation } = current()
    await foundation.storage.write((tx) => foundation.users.update(tx, place.id, made.body['id'], { role: 'owner', status: 'active' }))
    const path = `/Users/${made.body['id']}`
    expect([(await entra.patch(path, [{ op: 'replace', path: 'active', value: false }, { op: 'replace', path: 'title', value: 'Gone' }])).status, (await entra.delete(path)).status]).toEqual([403, 403])
    expect((await entra.get(path)).body['title']).toBeUndefined()
    await current().addPerson({ email: `second${++count}@engines.example`, role: 'owner', organization: place })
    expect((await entra.patch(path, [{ op: 'replace', path: 'active', value: false }])).body['active']).toBe(false)
  })
}, { DOORWARD_OUTBOUND_ALLOW: '127.0.0.1' })

withApp('calls without a valid token', (current) => {
  it('SEC-55 are slowed down for their network, and do not stop who has one', async () => {
    const [entra, guesser] = [await scimClient(current()), new ScimClient(current().url, 'doorward_scim_wrong')]
    const statuses: number[] = []
    for (let attempt = 0; attempt < 32; attempt++) statuses.push((await guesser.get('/Users')).status)
    expect([statuses.slice(0, 30).every((status) => status === 401), statuses.slice(30)]).toEqual([true, [429, 429]])
    const late = await guesser.get('/Users')
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await entra.get('/Users')).status).toBe(200)
  })
})
