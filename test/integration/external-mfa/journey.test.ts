import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Connection } from '../../../src/protocols/external-mfa/index.ts'
import { withApp, type Person, type TestApp } from '../../support/app.ts'
import type { Answer, Browser } from '../../support/browser.ts'
import { askForCode, codeOf, touchKey } from '../../support/ceremonies.ts'
import { connect, handedOver, postQuestion, questionOf, verifiedAnswer } from '../../support/entra-guest.ts'
import { changeSettings, linkOf, textOf } from '../../support/pages.ts'
import { SecurityKey } from '../../support/security-key.ts'
import { startSmallEntra, type EntraPerson, type SmallEntra } from '../../support/small-entra.ts'

let entra: SmallEntra
beforeAll(async () => { entra = await startSmallEntra() })
afterAll(async () => { await entra.close() })

let count = 0
const objectId = (): string => `aaaaaaaa-bbbb-4ccc-8ddd-${String(++count).padStart(12, '0')}`

withApp('External MFA', (current) => {
  interface Guest { readonly person: Person; readonly at: EntraPerson }
  const guest = async (options: Partial<Parameters<TestApp['addPerson']>[0]> = {}): Promise<Guest> => {
    const email = `ada${++count}@engines.example`
    return { person: await current().addPerson({ email, ...options }), at: { oid: objectId(), name: email } }
  }
  const link = (connection: Connection, { person, at }: Guest): Promise<boolean> => current().foundation.storage.write((tx) =>
    current().app.parts.externalMfa.links.add(tx, { connectionId: connection.id, tenantId: entra.tenantId, objectId: at.oid }, person.user.id, at.name))
  const keyOf = ({ person }: Guest): SecurityKey => {
    if (!person.key) throw new Error('this person has no key')
    return person.key
  }
  /** Entra's post, and the browser that follows it. */
  async function arrive(connection: Connection, at: EntraPerson, browser: Browser, fields: Readonly<Record<string, string>> = {}): Promise<{ asked: Record<string, string>; shown: Answer; path: string }> {
    const asked = await questionOf(current(), entra, connection, at, { fields })
    const posted = await postQuestion(current(), connection, asked)
    expect(posted.status, textOf(posted.body)).toBe(303)
    expect(posted.location).toMatch(/^\/eam\/requests\/[\w-]{22}$/)
    return { asked, shown: await browser.get(posted.location ?? ''), path: posted.location ?? '' }
  }
  const events = async (connection: Connection) => (await current().foundation.audit.list({ organizationId: connection.organizationId, limit: 100 })).events.filter(({ application }) => application?.id === connection.id)

  it('publishes what Entra reads, whole and with its length', async () => {
    const connection = await connect(current(), entra)
    const issuer = `${current().url}/eam/${connection.id}`
    const discovery = await current().browser().get(`/eam/${connection.id}/.well-known/openid-configuration`, { headers: { 'accept-encoding': 'gzip, br' } })
    expect(discovery.status).toBe(200)
    expect(discovery.headers['content-length']).toBe(String(Buffer.byteLength(discovery.body)))
    expect([discovery.headers['transfer-encoding'], discovery.headers['content-encoding'], discovery.headers['set-cookie']]).toEqual([undefined, undefined, undefined])
    expect(discovery.headers['cache-control']).toContain('no-transform')
    expect(discovery.json()).toMatchObject({
      issuer, authorization_endpoint: `${issuer}/authorize`, jwks_uri: `${issuer}/jwks`, scopes_supported: ['openid'], response_types_supported: ['id_token'], id_token_signing_alg_values_supported: ['RS256'], claim_types_supported: ['normal'],
    })
    const jwks = await current().browser().get(`/eam/${connection.id}/jwks`)
    expect(jwks.headers['content-length']).toBe(String(Buffer.byteLength(jwks.body)))
    const { keys } = jwks.json<{ keys: Record<string, string>[] }>()
    expect(keys).toHaveLength(1)
    expect(Math.max(discovery.body.length, jwks.body.length)).toBeLessThan(16_384)
    for (const key of keys) {
      expect(Object.keys(key).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use', 'x5c'])
      const certificate = new X509Certificate(Buffer.from(key['x5c']?.[0] ?? '', 'base64'))
      expect(certificate.publicKey.export({ format: 'jwk' })).toMatchObject({ n: key['n'], e: key['e'] })
      expect(Buffer.from(key['n'] ?? '', 'base64url').length).toBeGreaterThanOrEqual(256)
    }
    expect((await current().browser().head(`/eam/${connection.id}/jwks`)).headers['content-length']).toBe(String(Buffer.byteLength(jwks.body)))
  })

  it('publishes three keys at most, the one that signs first, and the next one before it signs', async () => {
    const { keys } = current().app.parts
    const connection = await connect(current(), entra)
    await keys.certificates('external-mfa')
    await keys.rotate('external-mfa')
    const ids = async (): Promise<(string | undefined)[]> => (await current().browser().get(`/eam/${connection.id}/jwks`)).json<{ keys: { kid?: string }[] }>().keys.map(({ kid }) => kid)
    const before = await ids()
    expect(before).toHaveLength(2)
    expect(before[0]).toBe((await keys.certificates('external-mfa')).signer.keyId)
    for (let turn = 0; turn < 3; turn++) {
      await keys.switchOver('external-mfa')
      await keys.rotate('external-mfa')
    }
    expect(await ids()).toHaveLength(3)
    expect((await ids())[0]).toBe((await keys.certificates('external-mfa')).signer.keyId)
  })

  it('SEC-19 answers with the key that a linked person has touched for this very question', async () => {
    const connection = await connect(current(), entra)
    const ada = await guest()
    await link(connection, ada)
    const browser = current().browser()
    const { asked, shown } = await arrive(connection, ada.at, browser)
    expect(shown.path).toMatch(/^\/signin\//)
    expect(textOf(shown.body)).toContain('Engines at Microsoft')
    const answer = await touchKey(browser, keyOf(ada), shown.path)
    const { action, fields } = handedOver(answer)
    expect(action).toBe(entra.redirectUri)
    expect(Object.keys(fields).toSorted()).toEqual(['id_token', 'state'])
    expect(fields['state']).toBe(asked['state'])
    expect(answer.headers['content-security-policy']).not.toContain('form-action')
    expect(answer.headers['cache-control']).toBe('no-store')
    const { claims, header } = await verifiedAnswer(current(), browser, connection, fields['id_token'] ?? '')
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', kid: (await current().app.parts.keys.certificates('external-mfa')).signer.keyId })
    expect(claims).toEqual({
      iss: `${current().url}/eam/${connection.id}`, aud: connection.clientId, sub: `pairwise-${ada.at.oid}`, nonce: asked['nonce'], iat: expect.any(Number), exp: (claims.iat ?? 0) + 300, acr: 'possessionorinherence', amr: ['fido'],
    })
    const opened = (await events(connection)).find(({ action: act }) => act === 'application.opened')
    expect(opened).toMatchObject({ outcome: 'success', userId: ada.person.user.id, details: { protocol: 'external-mfa', acr: 'possessionorinherence', amr: 'fido', correlationId: asked['client-request-id'] } })
    expect(JSON.stringify(await events(connection)) + current().logLines.join('')).not.toContain(asked['id_token_hint'])
  })

  it('takes the same question as a link', async () => {
    const connection = await connect(current(), entra)
    const ada = await guest()
    await link(connection, ada)
    const asked = await questionOf(current(), entra, connection, ada.at)
    const browser = current().browser()
    const shown = await browser.get(`/eam/${connection.id}/authorize?${new URLSearchParams(asked)}`)
    expect(handedOver(await touchKey(browser, keyOf(ada), shown.path)).fields['id_token']).toBeDefined()
  })

  it('SEC-72 links a person once a key has proven that the account of the same address is theirs; afterwards the link alone decides', async () => {
    const connection = await connect(current(), entra)
    const ada = await guest()
    const browser = current().browser()
    const first = await arrive(connection, { ...ada.at, name: ada.at.name.toUpperCase() }, browser)
    expect(handedOver(await touchKey(browser, keyOf(ada), first.shown.path)).fields['id_token']).toBeDefined()
    const { links } = current().app.parts.externalMfa
    expect(await links.find({ connectionId: connection.id, tenantId: entra.tenantId, objectId: ada.at.oid })).toMatchObject({ userId: ada.person.user.id })
    expect((await events(connection)).find(({ action }) => action === 'external_mfa.linked')).toMatchObject({ userId: ada.person.user.id, details: { objectId: ada.at.oid, tenantId: entra.tenantId } })

    // The name goes to somebody else, the object stays: it is still Ada's key that counts, and Grace's does not.
    const grace = await guest()
    const renamed = await arrive(connection, { oid: ada.at.oid, name: grace.at.name }, browser)
    const refused = await touchKey(browser, keyOf(grace), renamed.shown.path)
    expect(refused.status).toBe(422)
    expect(handedOver(await touchKey(browser, keyOf(ada), renamed.shown.path)).fields['id_token']).toBeDefined()
  })

  it('SEC-72 links nobody by a name alone: not by another key, a code, an address that is not proven, another organization, or where it is switched off', async () => {
    const { links } = current().app.parts.externalMfa
    const { storage, users } = current().foundation
    const connection = await connect(current(), entra)
    const unlinked = async (at: EntraPerson, place = connection): Promise<void> => { expect(await links.find({ connectionId: place.id, tenantId: entra.tenantId, objectId: at.oid })).toBeUndefined() }
    const [ada, grace] = [await guest(), await guest()]
    const browser = await current().signedIn(grace.person)
    const { shown } = await arrive(connection, ada.at, browser)
    expect(shown.path).toMatch(/^\/signin\//)
    expect((await touchKey(browser, keyOf(grace), shown.path)).status).toBe(422)
    await unlinked(ada.at)

    const withoutKey = await guest({ withKey: false })
    expect((await arrive(connection, withoutKey.at, current().browser())).shown.status).toBe(403)
    await unlinked(withoutKey.at)

    const unproven = await guest()
    await storage.execute('UPDATE users SET email_verified_at = NULL WHERE id = ?', [unproven.person.user.id])
    expect((await users.findById(unproven.person.user.id))?.emailVerified).toBe(false)
    expect((await arrive(connection, unproven.at, current().browser())).shown.status).toBe(403)

    const elsewhere = await guest({ organization: await current().addOrganization(`Elsewhere ${++count}`) })
    expect((await arrive(connection, elsewhere.at, current().browser())).shown.status).toBe(403)

    const closed = await connect(current(), entra, { linksAtSignIn: false })
    const page = await arrive(closed, ada.at, current().browser())
    expect(page.shown.status).toBe(403)
    await unlinked(ada.at, closed)
    expect((await events(closed)).map(({ action, details }) => [action, details['reason']])).toEqual([['external_mfa.refused', 'not_linked']])
  })

  it('SEC-72 finds a person by the sign-in name of Microsoft 365 that the organization has written down, and links them by their key', async () => {
    const connection = await connect(current(), entra)
    const ada = await guest()
    const { storage, identities } = current().foundation
    const upn = `ada.lovelace${++count}@engines.onmicrosoft.example`
    expect(await storage.write((tx) => identities.set(tx, ada.person.user.organizationId, ada.person.user.id, { upn, source: 'typed' }))).toMatchObject({ outcome: 'saved' })
    const browser = current().browser()
    const { shown } = await arrive(connection, { oid: ada.at.oid, name: upn.toUpperCase() }, browser)
    expect(handedOver(await touchKey(browser, keyOf(ada), shown.path)).fields['id_token']).toBeDefined()
    expect(await current().app.parts.externalMfa.links.find({ connectionId: connection.id, tenantId: entra.tenantId, objectId: ada.at.oid })).toMatchObject({ userId: ada.person.user.id })
  })

  it('the page for somebody without an account leads back to Entra with access_denied, once', async () => {
    const connection = await connect(current(), entra)
    const browser = current().browser()
    const { asked, shown, path } = await arrive(connection, { oid: objectId(), name: 'nobody@engines.example' }, browser)
    expect(shown.status).toBe(403)
    expect(textOf(shown.body)).toContain('nobody@engines.example')
    const { action, fields } = handedOver(await browser.get(`${path}/refusal`))
    expect([action, fields]).toEqual([entra.redirectUri, { error: 'access_denied', error_description: expect.any(String) as string, state: asked['state'] }])
    expect((await browser.get(`${path}/refusal`)).status).toBe(404)
  })

  it('leads whoever would rather not back to Entra with access_denied', async () => {
    const connection = await connect(current(), entra)
    const ada = await guest()
    await link(connection, ada)
    for (const browser of [current().browser(), await current().signedIn(ada.person)]) {
      const { asked, shown } = await arrive(connection, ada.at, browser)
      const { action, fields } = handedOver(await browser.get(linkOf(shown.body, 'Cancel, back to Engines at Microsoft')))
      expect([action, fields]).toEqual([entra.redirectUri, { error: 'access_denied', error_description: 'The person has cancelled.', state: asked['state'] }])
      expect((await touchKey(browser, keyOf(ada), shown.path)).status).toBe(404)
    }
  })

  it('SEC-68 does not answer for somebody who is suspended, however the link stands', async () => {
    const connection = await connect(current(), entra)
    const ada = await guest()
    await link(connection, ada)
    const browser = current().browser()
    const { shown } = await arrive(connection, ada.at, browser)
    await current().app.parts.personAccess.suspend(ada.person.user, () => Promise.resolve())
    expect((await touchKey(browser, keyOf(ada), shown.path)).body).not.toContain('id_token')
    expect((await arrive(connection, ada.at, current().browser())).shown.status).toBe(403)
  })

  it('SEC-19 asks for a proof each time, whatever session there is, unless the connection allows an older one', async () => {
    const [strict, lenient] = [await connect(current(), entra), await connect(current(), entra, { maxAgeSeconds: 3_600 })]
    const ada = await guest()
    await link(strict, ada)
    await link(lenient, ada)
    const browser = await current().signedIn(ada.person)
    expect((await arrive(strict, ada.at, browser)).shown.path).toMatch(/^\/signin\//)
    expect(handedOver((await arrive(lenient, ada.at, browser)).shown).fields['id_token']).toBeDefined()
    current().advance(3_700_000)
    expect((await arrive(lenient, ada.at, browser)).shown.path).toMatch(/^\/signin\//)
  })

  it('SEC-66 takes no notice of somebody else who is signed in at the browser', async () => {
    const connection = await connect(current(), entra, { maxAgeSeconds: 3_600 })
    const [ada, grace] = [await guest(), await guest()]
    await link(connection, ada)
    const browser = await current().signedIn(grace.person)
    const { shown } = await arrive(connection, ada.at, browser)
    expect(shown.path).toMatch(/^\/signin\//)
    expect((await touchKey(browser, keyOf(grace), shown.path)).body).not.toContain('id_token')
    const { fields } = handedOver(await touchKey(browser, keyOf(ada), shown.path))
    expect((await verifiedAnswer(current(), browser, connection, fields['id_token'] ?? '')).claims.sub).toBe(`pairwise-${ada.at.oid}`)
  })

  it('SEC-66 keeps a question for the browser that came with it, and answers it once', async () => {
    const connection = await connect(current(), entra)
    const ada = await guest()
    await link(connection, ada)
    const browser = current().browser()
    const { shown, path } = await arrive(connection, ada.at, browser)
    const other = await current().signedIn(ada.person)
    for (const way of ['', '/complete', '/refusal']) expect((await other.get(`${path}${way}`)).status, way).toBe(404)
    handedOver(await touchKey(browser, keyOf(ada), shown.path))
    for (const way of ['', `/complete?signin=${shown.path.split('/')[2] ?? ''}`, '/refusal']) expect((await browser.get(`${path}${way}`)).status, way).toBe(404)
  })

  it('SEC-06 answers one of several requests that come at once', async () => {
    const connection = await connect(current(), entra, { maxAgeSeconds: 3_600 })
    const ada = await guest()
    await link(connection, ada)
    const browser = await current().signedIn(ada.person)
    const posted = await postQuestion(current(), connection, await questionOf(current(), entra, connection, ada.at))
    const answers = await Promise.all(Array.from({ length: 6 }, () => browser.get(posted.location ?? '')))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 404, 404, 404, 404, 404])
  })

  it('SEC-68 does not answer when the link goes between our look and our commit', async () => {
    const connection = await connect(current(), entra, { maxAgeSeconds: 3_600 })
    const ada = await guest()
    await link(connection, ada)
    const browser = await current().signedIn(ada.person)
    const posted = await postQuestion(current(), connection, await questionOf(current(), entra, connection, ada.at))
    const { storage } = current().foundation
    const write = storage.write.bind(storage)
    storage.write = async (work) => {
      storage.write = write
      await write((tx) => current().app.parts.externalMfa.links.remove(tx, { connectionId: connection.id, tenantId: entra.tenantId, objectId: ada.at.oid }))
      return write(work)
    }
    const answer = await browser.get(posted.location ?? '')
    storage.write = write
    expect(answer.status).toBe(404)
    expect(answer.body).not.toContain('id_token')
  })

  it('SEC-66 does not answer for one person with the proof of another, where the link moves while somebody signs in', async () => {
    const connection = await connect(current(), entra)
    const [ada, grace] = [await guest(), await guest()]
    await link(connection, ada)
    const browser = current().browser()
    const { shown } = await arrive(connection, ada.at, browser)
    const { links } = current().app.parts.externalMfa
    await current().foundation.storage.write(async (tx) => {
      await links.remove(tx, { connectionId: connection.id, tenantId: entra.tenantId, objectId: ada.at.oid })
      await links.add(tx, { connectionId: connection.id, tenantId: entra.tenantId, objectId: ada.at.oid }, grace.person.user.id, 'x')
    })
    expect(handedOver(await touchKey(browser, keyOf(ada), shown.path)).fields).toMatchObject({ error: 'access_denied' })
  })

  it('SEC-72 links nobody by an older proof or by a code, even where the connection takes both from people who are linked', async () => {
    const connection = await connect(current(), entra, { maxAgeSeconds: 3_600 })
    const { links } = current().app.parts.externalMfa
    const [ada, edsger] = [await guest(), await guest({ phone: '+491709876543' })]
    const browser = await current().signedIn(ada.person)
    const { shown } = await arrive(connection, ada.at, browser)
    expect(shown.path).toMatch(/^\/signin\//)
    expect(handedOver(await touchKey(browser, keyOf(ada), shown.path)).fields['id_token']).toBeDefined()

    await changeSettings(current(), { methods: { smsCode: true, codesForKeyHolders: true } })
    const other = current().browser()
    const { path } = await arrive(connection, edsger.at, other)
    const { signIn } = await askForCode(other, edsger.at.name, 'sms')
    await other.post(`${signIn}/code`, { code: codeOf((await current().letters('+491709876543')).at(-1)) })
    expect((await other.get('/profile')).path).toBe('/profile')
    const again = await other.get(path)
    expect(again.body).not.toContain('id_token')
    expect(await links.find({ connectionId: connection.id, tenantId: entra.tenantId, objectId: edsger.at.oid })).toBeUndefined()
    expect(handedOver(await touchKey(other, keyOf(edsger), again.path)).fields['id_token']).toBeDefined()

    // A code at the sign-in itself is no dead end either: the page asks for the key then.
    const grace = await guest({ phone: '+491709876544' })
    const third = current().browser()
    const asked = await askForCode(third, grace.at.name, 'sms', (await arrive(connection, grace.at, third)).path)
    const confirm = await third.post(`${asked.signIn}/code`, { code: codeOf((await current().letters('+491709876544')).at(-1)) })
    expect(confirm.path).toBe(asked.signIn)
    expect(handedOver(await touchKey(third, keyOf(grace), confirm.path)).fields['id_token']).toBeDefined()
    await changeSettings(current(), { methods: { codesForKeyHolders: false } })
  })

  it('says that it is over five minutes after Entra has asked', async () => {
    const connection = await connect(current(), entra)
    const ada = await guest()
    await link(connection, ada)
    const browser = current().browser()
    const { shown } = await arrive(connection, ada.at, browser)
    current().advance(299_000)
    const late = await arrive(connection, ada.at, current().browser())
    expect(late.shown.status).toBe(200)
    current().advance(2_000)
    const answer = await touchKey(browser, keyOf(ada), shown.path)
    expect(answer.status).toBe(404)
    expect(textOf(answer.body)).toContain('This confirmation is over')
  })

  it('SEC-19 calls a code by SMS what it is, and refuses one by mail', async () => {
    const connection = await connect(current(), entra)
    await changeSettings(current(), { methods: { emailCode: true, smsCode: true } })
    const ada = await guest({ withKey: false, phone: '+491701234567' })
    await link(connection, ada)
    const byChannel = async (channel: 'mail' | 'sms') => {
      const browser = current().browser()
      const { path } = await arrive(connection, ada.at, browser)
      const { signIn } = await askForCode(browser, ada.at.name, channel, path)
      const letters = await current().letters(channel === 'sms' ? '+491701234567' : ada.at.name)
      const answer = await browser.post(`${signIn}/code`, { code: codeOf(letters.at(-1)) })
      return { browser, fields: handedOver(answer).fields }
    }
    const { browser, fields } = await byChannel('sms')
    expect((await verifiedAnswer(current(), browser, connection, fields['id_token'] ?? '')).claims).toMatchObject({ amr: ['sms'], acr: 'possessionorinherence' })
    expect((await byChannel('mail')).fields).toMatchObject({ error: 'access_denied' })
  })

  it('refuses at once what nothing of ours could answer truthfully', async () => {
    const connection = await connect(current(), entra)
    const ada = await guest()
    await link(connection, ada)
    const only = (acr: string, amr: string): Record<string, string> => ({ claims: JSON.stringify({ id_token: { acr: { values: [acr] }, amr: { values: [amr] } } }) })
    for (const fields of [only('inherence', 'fido'), only('knowledge', 'fido'), only('possession', 'face'), only('possession', 'otp')]) {
      const { shown, asked } = await arrive(connection, ada.at, current().browser(), fields)
      expect(handedOver(shown).fields, asked['claims']).toMatchObject({ error: 'access_denied', state: asked['state'] })
    }
    const { shown } = await arrive(connection, ada.at, current().browser(), only('possession', 'hwk'))
    expect(shown.path).toMatch(/^\/signin\//)
  })
}, { DOORWARD_OUTBOUND_ALLOW: '127.0.0.1', DOORWARD_SMS_URL: 'http://127.0.0.1:9/sms' })
