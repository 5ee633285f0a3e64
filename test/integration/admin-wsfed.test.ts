import { expect, it } from 'vitest'
import type { Application } from '../../src/applications/index.ts'
import { withApp, type TestApp } from '../support/app.ts'
import type { Answer, Browser } from '../support/browser.ts'
import { adfsStyle, signingCertificate, simpleSamlStyle } from '../support/service-provider-metadata.ts'

let count = 0
const asAdministrator = async (app: TestApp): Promise<Browser> => app.signedIn(await app.addPerson({ email: `alan${++count}@example.com`, role: 'administrator' }))
const freeName = (name: string): string => `${name} ${++count}`
const byHand = (name: string, realm: string, more: Record<string, string> = {}): Record<string, string> => ({
  name, description: 'Everything', launch_url: '', access: 'everyone', metadata_text: '', realm, reply_urls: 'https://portal.example.com/_trust/', sign_out_url: '', name_id_format: 'unspecified', name_id_expression: '',
  token_minutes: '30', required_assurance: 'any', attribute_name_0: 'http://schemas.xmlsoap.org/claims/Group', attribute_friendly_0: '', attribute_expression_0: 'groups', ...more,
})

async function submit(browser: Browser, fields: Record<string, string>, path = '/admin/applications/new/wsfed'): Promise<Answer> {
  await browser.get(path)
  return browser.post(path, fields)
}

async function byName(app: TestApp, name: string): Promise<Application> {
  const found = await app.foundation.applications.findByName(app.organization.id, name)
  if (!found) throw new Error(`${name} is not there`)
  return found
}

withApp('administering WS-Federation applications', (current) => {
  it('an administrator adds one, sees what to copy, changes it, and both are in the audit log', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const [name, realm] = [freeName('Portal'), `urn:example:portal:${count}`]
    const made = await submit(browser, byHand(name, realm, { reply_urls: 'https://portal.example.com/_trust/\r\nhttps://portal.example.com/two', sign_out_url: 'https://portal.example.com/out' }))
    const { id, wsfed, protocol, clientId } = await byName(app, name)
    expect([made.path, protocol, clientId]).toEqual([`/admin/applications/${id}`, 'wsfed', realm])
    expect(wsfed).toEqual({
      replyUrls: ['https://portal.example.com/_trust/', 'https://portal.example.com/two'], signOutUrl: 'https://portal.example.com/out', nameIdFormat: 'unspecified', nameIdExpression: null, tokenMinutes: 30,
      attributes: [{ name: 'http://schemas.xmlsoap.org/claims/Group', friendlyName: null, expression: 'groups' }],
    })
    const { published } = await app.app.parts.keys.certificates('wsfed')
    for (const part of [`>${app.url}/wsfed<`, `${app.url}/FederationMetadata/2007-06/FederationMetadata.xml`, published[0]?.fingerprint ?? '?']) expect(made.body).toContain(part)

    const form = await browser.get(`/admin/applications/${id}/edit`)
    expect(form.body).toContain(realm)
    const saved = await browser.post(`/admin/applications/${id}/edit`, byHand(name, 'urn:evil', { token_minutes: '10', shows: 'enabled', enabled: 'yes' }))
    expect(saved.path).toBe(`/admin/applications/${id}`)
    expect(await byName(app, name)).toMatchObject({ clientId: realm, enabled: true, wsfed: { tokenMinutes: 10, signOutUrl: null, replyUrls: ['https://portal.example.com/_trust/'] } })
    const { events } = await app.foundation.audit.list({ organizationId: app.organization.id, limit: 50 })
    const own = events.filter(({ target }) => target?.id === id)
    expect(own.map(({ action }) => action)).toEqual(['application.changed', 'application.created'])
    expect(own[0]?.details).toMatchObject({ 'tokenMinutes.before': 30, 'tokenMinutes.after': 10, 'replyUrls.after': 'https://portal.example.com/_trust/' })
  })

  it('metadata fills the fields, and the next press saves them', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const told = { entityId: `urn:example:adfs:${++count}`, acs: 'https://portal.example.com/acs', slo: 'https://portal.example.com/slo', certificate: await signingCertificate() }
    const read = await submit(browser, byHand('', '', { reply_urls: '', metadata_text: adfsStyle(told), act: 'read' }))
    expect(read.status).toBe(200)
    for (const part of [`value="${told.entityId}"`, told.acs, 'value="Engines"', 'http://schemas.example.com/claims/shoe', 'Nothing is saved yet']) expect(read.body).toContain(part)
    const wrong = await submit(browser, byHand('Mine', '', { metadata_text: simpleSamlStyle(told), act: 'read' }))
    expect([wrong.status, wrong.body.includes('speaks WS-Federation'), wrong.body.includes('value="Mine"'), wrong.body.includes('SPSSODescriptor')]).toEqual([422, true, true, true])
  })

  it.each<[string, Record<string, string>, string, string]>([
    ['no realm', { realm: '' }, 'realm', '3 to 1024 characters'], ['no reply address', { reply_urls: '' }, 'reply_urls', 'at least one address'], ['one without TLS', { reply_urls: 'https://portal.example.com/\nhttp://portal.example.com/' }, 'reply_urls', 'Line 2'],
    ['a logout address without TLS', { sign_out_url: 'http://portal.example.com/' }, 'sign_out_url', 'Enter an exact address with https://'], ['an hour and a minute', { token_minutes: '61' }, 'token_minutes', 'between 1 and 60'],
    ['a loose expression', { attribute_expression_0: 'groups)' }, 'attribute_expression_0', 'cannot be read'], ['nothing to read', { act: 'read' }, 'metadata_text', 'Choose a file'],
  ])('bad input is named at its field, and what was typed stays: %s', async (_case, change, field, sentence) => {
    const app = current()
    const name = freeName('Portal')
    const answer = await submit(await asAdministrator(app), byHand(name, `urn:example:${count}`, change))
    expect(answer.status).toBe(422)
    for (const part of [`href="#${field}"`, sentence, `value="${name}"`, 'Everything']) expect(answer.body).toContain(part)
    expect(await app.foundation.applications.findByName(app.organization.id, name)).toBeUndefined()
  })

  it('a realm is taken once; the tile leads to the application, since sign-in begins there', async () => {
    const app = current()
    const browser = await asAdministrator(app)
    const [name, realm] = [freeName('Portal'), `urn:example:tile:${count}`]
    await submit(browser, byHand(name, realm))
    expect((await submit(browser, byHand(freeName('Portal'), realm))).body).toContain('has this entity ID or realm already')
    expect((await browser.get('/')).body).toContain(name)
    expect((await browser.get(`/apps/${(await byName(app, name)).id}`, { follow: false })).location).toBe('https://portal.example.com/')
    const removal = await browser.get(`/admin/applications/${(await byName(app, name)).id}/removal`)
    expect(removal.status).toBe(200)
    await browser.post(`/admin/applications/${(await byName(app, name)).id}/removal`)
    expect(await app.foundation.applications.findByRealm('wsfed', realm)).toBeUndefined()
  })
})
