import { SAML } from '@node-saml/node-saml'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { toPem, type Application } from '../../src/applications/index.ts'
import type { UserRole } from '../../src/directory/index.ts'
import { withApp, type Person, type TestApp } from '../support/app.ts'
import type { Answer, Browser } from '../support/browser.ts'
import { startMetadataServer, type MetadataServer } from '../support/metadata-server.ts'
import { aCredential, messageIn, postedBy } from '../support/service-provider.ts'
import { adfsStyle, mellonStyle, shibbolethStyle, signingCertificate, simpleSamlStyle, type Told } from '../support/service-provider-metadata.ts'

let count = 0
let [certificate, otherCertificate] = ['', '']
let server: MetadataServer
beforeAll(async () => {
  [certificate, otherCertificate] = await Promise.all([signingCertificate(), signingCertificate()])
  server = await startMetadataServer()
})
afterAll(() => server.close())

const someone = (app: TestApp, role: UserRole = 'user'): Promise<Person> => app.addPerson({ email: `grace${++count}@example.com`, role })
const asAdministrator = async (app: TestApp): Promise<Browser> => app.signedIn(await someone(app, 'administrator'))
const told = (): Told => ({ entityId: `https://sp${++count}.example.com/sp`, acs: 'https://sp.example.com/acs', slo: 'https://sp.example.com/slo', certificate })
const freeName = (name: string): string => `${name} ${++count}`
const rule = { attribute_name_0: 'mail', attribute_friendly_0: '', attribute_expression_0: 'lower(email)' }
const byHand = (name: string, entityId: string, more: Record<string, string> = {}): Record<string, string> => ({
  name, description: '', launch_url: '', access: 'everyone', metadata_url: '', metadata_text: '', entity_id: entityId, acs: 'https://sp.example.com/acs', slo_redirect: '', slo_redirect_response: '', slo_post: '',
  slo_post_response: '', signing_certificates: '', encryption_certificate: '', name_id_format: 'email', name_id_expression: '', relay_state: '', required_assurance: 'any', ...rule, ...more,
})

async function submit(browser: Browser, fields: Record<string, string>, path = '/admin/applications/new/saml'): Promise<Answer> {
  await browser.get(path)
  return browser.post(path, fields)
}

/** The fields of the page as a browser would send them back. */
function fieldsOf({ body }: Answer): Record<string, string> {
  const fields: Record<string, string> = {}
  const plain = (text: string): string => text.replaceAll('&#x27;', `'`).replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')
  for (const [tag] of body.matchAll(/<input [^>]*>/g)) {
    const [name, value, type] = ['name', 'value', 'type'].map((attribute) => new RegExp(` ${attribute}="([^"]*)"`).exec(tag)?.[1] ?? '')
    if (name === undefined || name === '' || name === 'csrf' || type === 'file' || (['checkbox', 'radio'].includes(type ?? '') && !/ checked/.test(tag))) continue
    fields[name] = plain(value ?? '')
  }
  for (const [, name = '', value = ''] of body.matchAll(/<textarea [^>]*name="([^"]*)"[^>]*>([^<]*)<\/textarea>/g)) fields[name] = plain(value)
  for (const [, name = '', options = ''] of body.matchAll(/<select [^>]*name="([^"]*)"[^>]*>([\s\S]*?)<\/select>/g)) fields[name] = /value="([^"]*)"[^>]* selected/.exec(options)?.[1] ?? ''
  return fields
}

async function byName(app: TestApp, name: string): Promise<Application> {
  const found = await app.foundation.applications.findByName(app.organization.id, name)
  if (!found) throw new Error(`${name} is not there`)
  return found
}

/** A job that has just run is not due again by itself for a day. */
async function ranJob(app: TestApp): Promise<void> {
  await expect.poll(async () => (await app.app.parts.jobs.runNow('read metadata')).outcome).toBe('done')
}

const eventsOf = async (app: TestApp, action: string, name: string) =>
  (await app.foundation.audit.list({ organizationId: app.organization.id, action, limit: 50 })).events.filter((event) => event.target?.name === name)

withApp('administering SAML applications', (current) => {
  it('an administrator types one in by hand and sees what to copy into the other side', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const [name, entityId] = [freeName('Library'), told().entityId]
    expect((await browser.get('/admin/applications/new')).body).toContain('/admin/applications/new/saml')
    const answer = await submit(browser, byHand(name, entityId, {
      acs: 'https://sp.example.com/acs\r\nhttps://sp.example.com/second 7', slo_redirect: 'https://sp.example.com/slo', signing_certificates: `${toPem(certificate)}\n${toPem(otherCertificate)}`, encryption_certificate: certificate,
      signed_requests: 'yes', encrypt_assertions: 'yes', allow_sha1: 'yes', idp_initiated: 'yes', relay_state: 'https://sp.example.com/start',
    }))
    const application = await byName(app, name)
    expect(answer.path).toBe(`/admin/applications/${application.id}`)
    expect(application).toMatchObject({
      protocol: 'saml', clientId: entityId, oidc: null, trusted: true,
      saml: {
        acs: [{ url: 'https://sp.example.com/acs', index: 0, isDefault: true }, { url: 'https://sp.example.com/second', index: 7, isDefault: false }], slo: [{ binding: 'redirect', url: 'https://sp.example.com/slo', responseUrl: null }],
        signingCertificates: [certificate, otherCertificate], encryptionCertificate: certificate, signedRequests: true, signResponse: false, encryptAssertions: true, allowSha1: true, nameIdFormat: 'email',
        attributes: [{ name: 'mail', friendlyName: null, expression: 'lower(email)' }], idpInitiated: true, relayState: 'https://sp.example.com/start', metadataUrl: null,
      },
    })
    const { published } = await app.app.parts.keys.certificates('saml')
    for (const part of [`${app.url}/saml/metadata`, `${app.url}/saml/sso`, `${app.url}/saml/slo`, published[0]?.fingerprint ?? '?', 'SHA-1 are accepted', 'MellonIdPMetadataFile', 'backingFilePath', 'saml20-idp-remote.php']) expect(answer.body).toContain(part)
    expect(await eventsOf(app, 'application.created', name)).toMatchObject([{ details: { kind: 'saml', clientId: entityId } }])
    expect((await browser.get('/admin/applications')).body).toContain('SAML application')
  })

  it('pasted metadata fills the form, saves nothing by itself, and is saved with the next press', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const data = told()
    const read = await submit(browser, { ...byHand('', '', { acs: '' }), metadata_text: shibbolethStyle(data), act: 'read' })
    expect(read.status).toBe(200)
    expect(read.body).toContain('Nothing is saved yet')
    expect(read.body).toContain('eduPersonOrcid')
    expect(await app.foundation.applications.findByRealm('saml', data.entityId)).toBeUndefined()
    const fields = fieldsOf(read)
    expect(fields).toMatchObject({ entity_id: data.entityId, name: 'Library', acs: 'https://sp.example.com/acs 1\nhttps://sp.example.com/acs/second 3', metadata_text: '', slo_post_response: `${data.slo}/Return` })
    const name = freeName('Library')
    const saved = await browser.post('/admin/applications/new/saml', { ...fields, name })
    expect(saved.path).toMatch(/^\/admin\/applications\/[\w-]{22}$/)
    expect((await byName(app, name)).saml).toMatchObject({
      acs: [{ url: data.acs, index: 1, isDefault: true }, { url: `${data.acs}/second`, index: 3, isDefault: false }], signingCertificates: [certificate], encryptionCertificate: certificate,
      slo: [{ binding: 'redirect', url: `${data.slo}/Redirect`, responseUrl: null }, { binding: 'post', url: `${data.slo}/POST`, responseUrl: `${data.slo}/Return` }],
    })
  })

  it('software that others wrote is registered from the metadata it writes, and then gets what the page had announced', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const grace = await app.addPerson({ email: `grace${++count}@navy.example`, givenName: 'Grace', familyName: 'Hopper' })
    const { privateKey, certificate: own } = await aCredential()
    const issuer = `https://wiki${++count}.example/metadata`
    const { signer } = await app.app.parts.keys.certificates('saml')
    const peer = new SAML({
      issuer, callbackUrl: 'https://wiki.example/acs', audience: issuer, privateKey, decryptionPvk: privateKey, entryPoint: `${app.url}/saml/sso`, idpCert: signer.certificate, idpIssuer: `${app.url}/saml/metadata`,
      wantAssertionsSigned: true, wantAuthnResponseSigned: true, signatureAlgorithm: 'sha256', digestAlgorithm: 'sha256', disableRequestedAuthnContext: true, identifierFormat: null,
    })
    const read = await submit(browser, { ...byHand(freeName('Wiki'), '', { acs: '', name_id_format: 'persistent' }), metadata_text: peer.generateServiceProviderMetadata(toPem(own), toPem(own)), act: 'read' })
    const made = await browser.post('/admin/applications/new/saml', { ...fieldsOf(read), name_id_format: 'persistent', signed_requests: 'yes', sign_response: 'yes', encrypt_assertions: 'yes' })
    const announced = await browser.get(`${made.path}?person=${encodeURIComponent(grace.user.email)}`)

    const seat = await app.signedIn(grace)
    const question = new URL(await peer.getAuthorizeUrlAsync('', undefined, {}))
    const posted = postedBy(await seat.get(question.pathname + question.search))
    expect(posted?.action).toBe('https://wiki.example/acs')
    expect(messageIn(posted?.fields['SAMLResponse'] ?? '')).toContain('EncryptedAssertion')
    const { profile } = await peer.validatePostResponseAsync({ ...posted?.fields })
    expect(profile).toMatchObject({ mail: grace.user.email.toLowerCase(), nameIDFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' })
    expect(profile?.nameID).toMatch(/^[\w-]{43}$/)
    for (const part of [profile?.nameID ?? '?', grace.user.email.toLowerCase()]) expect(announced.body).toContain(part)
  })

  it('a file is read as well, and Enter without the button reads before it saves', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const data = told()
    await browser.get('/admin/applications/new/saml')
    const answer = await browser.upload('/admin/applications/new/saml', { ...byHand('Uploaded', ''), metadata_file: new Blob([mellonStyle(data)], { type: 'text/xml' }) })
    expect([answer.status, fieldsOf(answer)['entity_id'], fieldsOf(answer)['name_id_format'], fieldsOf(answer)['signed_requests']]).toEqual([200, data.entityId, 'transient', 'yes'])
    expect(await app.foundation.applications.findByRealm('saml', data.entityId)).toBeUndefined()
    const tooLarge = await browser.upload('/admin/applications/new/saml', { ...byHand('Uploaded', ''), metadata_file: new Blob([' '.repeat(262_145)], { type: 'text/xml' }) })
    expect([tooLarge.status, tooLarge.body.includes('larger than 256 kB'), fieldsOf(tooLarge)['name']]).toEqual([422, true, 'Uploaded'])
  })

  it.each<[string, Record<string, string>, string, string]>([
    ['entity_id', { entity_id: 'a b' }, 'entity_id', '3 to 1024 characters'], ['our own entity ID', { entity_id: 'ours' }, 'entity_id', 'our own entity ID'], ['no ACS', { acs: '' }, 'acs', 'at least one address'],
    ['an ACS without TLS', { acs: 'https://sp.example.com/acs\nhttp://sp.example.com/' }, 'acs', 'Line 2'], ['a script as ACS', { acs: 'javascript:alert(1)' }, 'acs', 'must start with https://'],
    ['an ACS twice', { acs: 'https://sp.example.com/\nhttps://sp.example.com/ 4' }, 'acs', 'is there twice'], ['an index twice', { acs: 'https://sp.example.com/a 4\nhttps://sp.example.com/b 4' }, 'acs', 'has an index'],
    ['a logout address without TLS', { slo_redirect: 'http://sp.example.com/slo' }, 'slo_redirect', 'Enter an exact address with https://'], ['answers without logout', { slo_post_response: 'https://sp.example.com/slo' }, 'slo_post', 'logout address as well'],
    ['no certificate', { signing_certificates: 'hello' }, 'signing_certificates', 'not a certificate'], ['a private key', { signing_certificates: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----' }, 'signing_certificates', 'contains a private key'],
    ['signed only, without certificate', { signed_requests: 'yes' }, 'signing_certificates', 'enter the certificate that it signs with'], ['encrypted, without certificate', { encrypt_assertions: 'yes' }, 'encryption_certificate', 'to encrypt for'],
    ['a loose expression', { attribute_expression_0: 'size(email)' }, 'attribute_expression_0', 'cannot be read'], ['an attribute without name', { attribute_name_0: '' }, 'attribute_name_0', 'name of the attribute'],
    ['an attribute twice', { attribute_name_1: 'mail', attribute_expression_1: 'phone' }, 'attribute_name_1', 'has this name already'], ['an expression of the name', { name_id_expression: 'email email' }, 'name_id_expression', 'cannot be read'],
    ['nothing to read', { act: 'read' }, 'metadata_url', 'choose a file or paste'], ['a web page', { act: 'read', metadata_text: '<!doctype html><p>hello' }, 'metadata_text', 'may be a web page'],
    ['an address that is none', { metadata_url: 'ftp://sp.example.com/' }, 'metadata_url', 'Enter an exact address with https://'],
  ])('bad input is named at its field, and what was typed stays: %s', async (_case, change, field, sentence) => {
    const app = current()
    const browser = await asAdministrator(app)
    const [name, entityId] = [freeName('Library'), told().entityId]
    const fields: Record<string, string> = { ...byHand(name, entityId, { relay_state: 'keep me' }), ...change, ...(change['entity_id'] === 'ours' ? { entity_id: `${app.url}/saml/metadata` } : {}) }
    const answer = await submit(browser, fields)
    expect(answer.status).toBe(422)
    expect(answer.body).toContain(`href="#${field}"`)
    expect(answer.body).toContain(sentence)
    expect(answer.body).not.toContain('mobile applications')
    const back = fieldsOf(answer)
    for (const [key, value] of Object.entries(fields)) if (key !== 'required_assurance' && key !== 'act') expect((back[key] ?? '').replaceAll('\r\n', '\n'), key).toBe(value)
    expect(await app.foundation.applications.findByName(app.organization.id, name)).toBeUndefined()
  })

  it('what is wrong with metadata is said once, and again only with what it is about', async () => {
    const browser = await asAdministrator(current())
    const read = async (text: string): Promise<string> => (await submit(browser, { ...byHand(freeName('Library'), ''), metadata_text: text, act: 'read' })).body
    const broken = await read('<broken')
    expect(broken).toContain('not well-formed')
    expect(broken).not.toContain('Why it was not read')
    expect(await read('<html></html>')).toMatch(/Why it was not read[^]*: <span class="mono ltr">html</)
  })

  it('an entity ID belongs to one application of the whole installation', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const { entityId } = told()
    await submit(browser, byHand(freeName('Library'), entityId))
    const answer = await submit(browser, byHand(freeName('Library'), entityId))
    expect([answer.status, answer.body.includes('has this entity ID or realm already')]).toEqual([422, true])
  })

  it('rows of attributes come and go without script, and keep what was typed', async () => {
    const browser = await asAdministrator(current())
    const fields = byHand('Rows', 'urn:rows', { attribute_name_1: 'sn', attribute_expression_1: 'family_name', attribute_name_2: 'cn', attribute_expression_2: 'name' })
    const added = fieldsOf(await submit(browser, { ...fields, act: 'add_attribute' }))
    expect([added['attribute_name_2'], added['attribute_name_3']]).toEqual(['cn', ''])
    const removed = await submit(browser, { ...fields, act: 'remove_attribute_1' })
    expect(removed.status).toBe(200)
    const back = fieldsOf(removed)
    expect([back['attribute_name_0'], back['attribute_name_1'], back['attribute_expression_1'], back['attribute_name_2'], back['name']]).toEqual(['mail', 'cn', 'name', undefined, 'Rows'])
  })

  it('an address is read when it is saved and by the button; a failure keeps the last good data and stands on the page', async () => {
    const app = current()
    await ranJob(app)
    const browser = await asAdministrator(app)
    const data = told()
    const name = freeName('Library')
    server.answer = { status: 200, body: simpleSamlStyle({ ...data, entityId: 'urn:somebody-else' }) }
    const other = await submit(browser, byHand(name, data.entityId, { metadata_url: server.url }))
    expect([other.status, other.body.includes('not about the entity ID')]).toEqual([422, true])
    server.answer = { status: 200, body: simpleSamlStyle(data) }
    const filled = await submit(browser, byHand(name, '', { metadata_url: server.url, acs: '' }))
    expect([filled.status, fieldsOf(filled)['entity_id']]).toEqual([200, data.entityId])
    await browser.post('/admin/applications/new/saml', fieldsOf(filled))
    const before = await byName(app, name)
    expect(before.saml).toMatchObject({ metadataUrl: server.url, metadataProblem: null, signingCertificates: [certificate], acs: [{ url: data.acs }] })
    expect(before.saml?.metadataReadAt).toBeGreaterThan(0)

    const press = async (): Promise<Answer> => {
      await browser.get(`/admin/applications/${before.id}`)
      return browser.post(`/admin/applications/${before.id}/metadata`)
    }
    expect((await press()).body).toContain('nothing has changed')
    for (const [answer, problem, sentence] of [[{ status: 302, body: '' }, 'status', 'redirects are not followed'], [{ status: 200, body: '<html' }, 'not_xml', 'not well-formed'],
      [{ status: 200, body: simpleSamlStyle(data, ' validUntil="2020-01-01T00:00:00Z"') }, 'expired', 'has expired'], [{ status: 200, body: simpleSamlStyle(data).replaceAll('HTTP-POST', 'PAOS') }, 'no_acs', 'HTTP-POST']] as const) {
      server.answer = answer
      const page = await press()
      expect(page.body).toContain('could not be read the last time')
      expect(page.body).toContain(sentence)
      expect((await byName(app, name)).saml).toEqual({ ...before.saml, metadataProblem: problem, metadataReadAt: expect.any(Number) as number })
    }
    expect(await eventsOf(app, 'application.changed', name)).toEqual([])

    server.answer = { status: 200, body: simpleSamlStyle({ ...data, certificate: otherCertificate, acs: 'https://sp.example.com/new' }) }
    expect((await press()).body).toContain('endpoints or certificates have changed')
    expect((await byName(app, name)).saml).toMatchObject({ metadataProblem: null, signingCertificates: [otherCertificate], acs: [{ url: 'https://sp.example.com/new' }] })
    const [event] = await eventsOf(app, 'application.changed', name)
    expect(event).toMatchObject({ actor: { kind: 'user' }, details: { by: 'metadata', 'acs.before': `0* ${data.acs}`, 'acs.after': '0* https://sp.example.com/new' } })
    expect(String(event?.details['signingCertificates.after'])).toMatch(/^sha256:[0-9a-f]{64}$/)
  })

  it('SEC-81 metadata comes from public and allowed addresses only', async () => {
    const browser = await asAdministrator(current())
    const data = told()
    server.answer = { status: 200, body: simpleSamlStyle(data) }
    const read = (url: string): Promise<Answer> => submit(browser, { ...byHand('Inside', ''), metadata_url: url, act: 'read' })
    expect(fieldsOf(await read(server.url))['entity_id']).toBe(data.entityId)
    const asked = server.asked
    for (const url of ['https://10.0.0.1/metadata', 'https://169.254.169.254/latest', 'https://[::1]/metadata', server.url.replace('127.0.0.1', '127.0.0.2'), 'http://192.0.2.1/metadata']) {
      const answer = await read(url)
      expect([answer.status, answer.body.includes('outbound.allow')], url).toEqual([422, true])
    }
    expect(server.asked).toBe(asked)
  })

  it('the daily job reads every address again, writes down what changed, and lets one failure be one', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const data = told()
    const name = freeName('Library')
    server.answer = { status: 200, body: mellonStyle(data) }
    await submit(browser, byHand(name, data.entityId, { metadata_url: server.url }))
    server.answer = { status: 200, body: mellonStyle({ ...data, certificate: otherCertificate }) }
    const asked = server.asked
    await ranJob(app)
    expect(server.asked).toBeGreaterThan(asked)
    expect((await byName(app, name)).saml).toMatchObject({ signingCertificates: [otherCertificate], metadataProblem: null })
    expect(await eventsOf(app, 'application.changed', name)).toMatchObject([{ actor: { kind: 'job' }, details: { by: 'metadata' } }])
    server.answer = { status: 500, body: '' }
    await ranJob(app)
    expect((await byName(app, name)).saml).toMatchObject({ signingCertificates: [otherCertificate], metadataProblem: 'status' })
  })

  it('editing keeps the entity ID, writes before and after down, and metadata of another one is refused', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const data = told()
    const name = freeName('Library')
    await submit(browser, byHand(name, data.entityId, { signing_certificates: certificate }))
    const { id } = await byName(app, name)
    const shown = fieldsOf(await browser.get(`/admin/applications/${id}/edit`))
    expect(shown['acs']).toBe('https://sp.example.com/acs')
    const foreign = await browser.post(`/admin/applications/${id}/edit`, { ...shown, metadata_text: adfsStyle({ ...data, entityId: 'urn:evil' }) })
    expect([foreign.status, foreign.body.includes('not about the entity ID')]).toEqual([422, true])
    const answer = await browser.post(`/admin/applications/${id}/edit`, { ...shown, entity_id: 'urn:evil', acs: 'https://sp.example.com/other', signing_certificates: otherCertificate, required_assurance: 'phr', shows: 'enabled', enabled: '' })
    expect(answer.path).toBe(`/admin/applications/${id}`)
    expect(await byName(app, name)).toMatchObject({ clientId: data.entityId, enabled: false, requiredAssurance: 'phr', saml: { acs: [{ url: 'https://sp.example.com/other' }], signingCertificates: [otherCertificate] } })
    const [event] = await eventsOf(app, 'application.changed', name)
    expect(event?.details).toMatchObject({ 'acs.before': '0* https://sp.example.com/acs', 'acs.after': '0* https://sp.example.com/other', 'enabled.after': false, 'requiredAssurance.after': 'phr' })
    expect(JSON.stringify(event?.details)).not.toContain(certificate.slice(0, 40))
  })

  it('the page shows what a chosen person would send, of this organization only', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const name = freeName('Library')
    const grace = await app.addPerson({ email: `Grace.Hopper${++count}@example.com`, givenName: 'Grace', familyName: 'Hopper' })
    const stranger = await app.addPerson({ email: `stranger${++count}@example.com`, organization: await app.addOrganization(freeName('Others')) })
    await submit(browser, byHand(name, told().entityId, { name_id_expression: 'before_at(email)', attribute_name_1: 'phone', attribute_expression_1: 'phone', attribute_name_2: 'cn', attribute_expression_2: 'join("Dr. ", name)' }))
    const { id } = await byName(app, name)
    const { body } = await browser.get(`/admin/applications/${id}?person=${encodeURIComponent(grace.user.email)}`)
    for (const part of [grace.user.email.toLowerCase(), 'Dr. Grace Hopper', 'No value, so it is not sent', grace.user.email.split('@')[0] ?? '?']) expect(body).toContain(part)
    for (const email of [stranger.user.email, 'nobody@example.com', 'nonsense']) {
      const other = await browser.get(`/admin/applications/${id}?person=${encodeURIComponent(email)}`)
      expect(other.body).toContain('Nobody here has this address')
      expect(other.body).not.toContain('Dr. ')
    }
  })

  it('SEC-69 SEC-73 helpdesk may look and not write; another organization finds nothing', async () => {
    const app = current()
    const name = freeName('Library')
    await submit(await asAdministrator(app), byHand(name, told().entityId))
    const { id } = await byName(app, name)
    const helpdesk = await app.signedIn(await someone(app, 'helpdesk'))
    const page = await helpdesk.get(`/admin/applications/${id}`)
    expect([page.status, page.body.includes('/edit'), page.body.includes('What it would be told')]).toEqual([200, false, true])
    for (const path of [`/admin/applications/${id}/edit`, '/admin/applications/new/saml']) expect((await helpdesk.get(path)).status).toBe(403)
    expect((await helpdesk.post(`/admin/applications/${id}/metadata`)).status).toBe(403)
    const elsewhere = await app.addPerson({ email: `owner${++count}@example.com`, role: 'owner', organization: await app.addOrganization(freeName('Others')) })
    const stranger = await app.signedIn(elsewhere)
    await stranger.get('/admin/applications')
    for (const path of [`/admin/applications/${id}`, `/admin/applications/${id}/edit`]) expect((await stranger.get(path)).status).toBe(404)
    expect((await stranger.post(`/admin/applications/${id}/metadata`)).status).toBe(404)
  })

  it('SEC-71 editing asks for a fresh proof', async () => {
    const app = current()
    const name = freeName('Library')
    await submit(await asAdministrator(app), byHand(name, told().entityId))
    const stale = await app.signedIn(await someone(app, 'administrator'), { fresh: false })
    expect((await stale.get(`/admin/applications/${(await byName(app, name)).id}/edit`, { follow: false })).location).toMatch(/^\/signin\//)
  })

  it('My Apps has a tile where it leads somewhere: its own address, else a start here that is allowed', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const seat = await app.signedIn(await someone(app))
    const [silent, begins, opens] = [freeName('Silent'), freeName('Begins'), freeName('Opens')]
    await submit(browser, byHand(silent, told().entityId))
    await submit(browser, byHand(begins, told().entityId, { idp_initiated: 'yes' }))
    await submit(browser, byHand(opens, told().entityId, { idp_initiated: 'yes', launch_url: 'https://sp.example.com/app' }))
    const { body } = await seat.get('/')
    expect([silent, begins, opens].map((name) => body.includes(name))).toEqual([false, true, true])
    const start = async (name: string): Promise<string | undefined> => (await seat.get(/href="(\/apps\/[^"]+)"[^>]*>(?:(?!<\/a>)[\s\S])*?$/.exec(body.slice(0, body.indexOf(name)))?.[1] ?? '/', { follow: false })).location
    expect(await start(begins)).toBe(`/saml/start/${(await byName(app, begins)).id}`)
    expect(await start(opens)).toBe('https://sp.example.com/app')
  })
}, { DOORWARD_OUTBOUND_ALLOW: '127.0.0.1' })
