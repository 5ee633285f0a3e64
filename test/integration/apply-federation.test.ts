import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { toPem, usualAttributes } from '../../src/applications/index.ts'
import { withApp } from '../support/app.ts'
import { callCommand, environmentOf, type Ran } from '../support/command-line.ts'
import { mellonStyle, shibbolethStyle, signingCertificate } from '../support/service-provider-metadata.ts'

let folder = ''
let [certificate, otherCertificate] = ['', '']
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'doorward-apply-'));
  [certificate, otherCertificate] = await Promise.all([signingCertificate(), signingCertificate()])
})
afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

withApp('apply for SAML and WS-Federation', (current, kind) => {
  const apply = (applications: string): Promise<Ran> => {
    const file = join(folder, `${kind}.yaml`)
    writeFileSync(file, `organizations:\n- slug: analytical-engines\n  name: Analytical Engines\n  applications:\n${applications.replaceAll(/^/gm, '  ')}`)
    return callCommand(['apply', file], environmentOf(current()))
  }
  const told = (entityId: string) => ({ entityId, acs: 'https://sp.example.com/acs', slo: 'https://sp.example.com/slo', certificate })
  const saml = async (entityId: string) => (await current().foundation.applications.findByRealm('saml', entityId))?.saml

  it('S128 takes a service provider from its metadata, once, and its changes with the name of what changed', async () => {
    writeFileSync(join(folder, 'metadata.xml'), shibbolethStyle(told('urn:apply:shibboleth')))
    const text = '- name: Journals\n  kind: saml\n  metadata: file:metadata.xml\n  access: { users: [] }\n  requiredAssurance: phr\n  idpInitiated: true'
    const first = await apply(text)
    expect([first.code, first.out]).toEqual([0, expect.stringMatching(/\+ create +application +Journals +saml, entity ID urn:apply:shibboleth/)])
    expect(await saml('urn:apply:shibboleth')).toMatchObject({
      acs: [{ url: 'https://sp.example.com/acs', index: 1, isDefault: true }, { index: 3 }], signingCertificates: [certificate], encryptionCertificate: certificate, idpInitiated: true,
      attributes: [{ name: 'urn:oid:0.9.2342.19200300.100.1.3', friendlyName: 'mail', expression: 'email' }],
    })
    expect(await current().foundation.applications.findByRealm('saml', 'urn:apply:shibboleth')).toMatchObject({ access: 'assigned', requiredAssurance: 'phr' })
    expect((await apply(text)).out).toContain('Nothing to do')

    writeFileSync(join(folder, 'metadata.xml'), shibbolethStyle({ ...told('urn:apply:shibboleth'), certificate: otherCertificate }))
    expect((await apply(text)).out).toMatch(/~ change +application +Journals +signingCertificates, encryptionCertificate/)
    expect(await saml('urn:apply:shibboleth')).toMatchObject({ signingCertificates: [otherCertificate], idpInitiated: true })
    expect((await apply(text)).out).toContain('Nothing to do')
  })

  it('takes both kinds from fields, keeps what is not named, and finds them by entity ID and realm', async () => {
    writeFileSync(join(folder, 'sp.pem'), toPem(certificate))
    const library = '- name: Books\n  kind: saml\n  entityId: urn:apply:books\n  acsUrls: [https://books.example.com/acs]\n  sloUrl: https://books.example.com/slo\n  signingCertificates: [file:sp.pem]\n  signedRequests: true'
    const portal = '- name: Portal\n  kind: wsfed\n  realm: urn:apply:portal\n  replyUrls: [https://portal.example.com/]\n  enabled: false'
    const done = await apply(`${library}\n${portal}`)
    expect(done.out).toMatch(/\+ create +application +Portal +wsfed, realm urn:apply:portal, switched off/)
    expect(await saml('urn:apply:books')).toMatchObject({ signedRequests: true, signingCertificates: [certificate], slo: [{ binding: 'redirect', url: 'https://books.example.com/slo', responseUrl: null }], attributes: usualAttributes.saml })
    expect(await current().foundation.applications.findByRealm('wsfed', 'urn:apply:portal')).toMatchObject({ enabled: false, wsfed: { tokenMinutes: 60, attributes: usualAttributes.wsfed } })
    expect((await apply(`${library}\n${portal}`)).out).toContain('Nothing to do')
    const changed = await apply('- name: The books\n  kind: saml\n  entityId: urn:apply:books\n  allowSha1: true')
    expect(changed.out).toMatch(/~ change +application +The books +name: Books → The books, allowSha1: false → true/)
    expect(await saml('urn:apply:books')).toMatchObject({ allowSha1: true, signingCertificates: [certificate], acs: [{ url: 'https://books.example.com/acs' }] })
  })

  it('leaves endpoints to the address of the metadata once that has been read', async () => {
    const { applications, storage } = current().foundation
    writeFileSync(join(folder, 'old.xml'), mellonStyle(told('urn:apply:mellon')))
    const text = '- name: Old\n  kind: saml\n  metadata: file:old.xml\n  metadataUrl: https://sp.example.com/metadata'
    await apply(text)
    const found = await applications.findByRealm('saml', 'urn:apply:mellon')
    if (!found?.saml) throw new Error('it is not there')
    const read = { ...found.saml, signingCertificates: [otherCertificate], metadataReadAt: 1 }
    await storage.write((tx) => applications.update(tx, found.organizationId, found.id, { saml: read }))
    expect((await apply(text)).out).toContain('Nothing to do')
    expect(await saml('urn:apply:mellon')).toMatchObject({ signingCertificates: [otherCertificate] })
  })

  it.each<[string, string, RegExp]>([
    ['a file that is not there', 'kind: saml\n  metadata: file:absent.xml', /absent\.xml, which the application X names, cannot be read/], ['a web page', 'kind: saml\n  metadata: file:page.html', /metadata of X \(file:page\.html\) cannot be used: The document holds something/],
    ['metadata of another one', 'kind: saml\n  entityId: urn:x\n  metadata: file:other.xml', /not about the entity ID or realm of this application \(urn:other\)/], ['nowhere to answer', 'kind: saml\n  entityId: urn:x', /X needs acsUrls or metadata/],
    ['signatures without certificate', 'kind: saml\n  entityId: urn:x\n  acsUrls: [https://sp.example.com/]\n  signedRequests: true', /X needs signingCertificates/], ['encryption without certificate', 'kind: saml\n  entityId: urn:x\n  acsUrls: [https://sp.example.com/]\n  encryptAssertions: true', /X needs encryptionCertificate/],
    ['no certificate', 'kind: saml\n  entityId: urn:x\n  acsUrls: [https://sp.example.com/]\n  signingCertificates: [hello]', /a certificate of X is not a certificate/], ['no reply address', 'kind: wsfed\n  realm: urn:x', /X needs replyUrls/],
    ['an id of another kind', 'kind: wsfed\n  realm: urn:apply:books\n  replyUrls: [https://sp.example.com/]', /is of kind saml and cannot become wsfed/],
  ])('changes nothing and says why: %s', async (_case, inner, message) => {
    writeFileSync(join(folder, 'page.html'), '<!doctype html>')
    writeFileSync(join(folder, 'other.xml'), mellonStyle(told('urn:other')))
    const ran = await apply(`- name: X\n  ${inner}`)
    expect([ran.code, ran.err]).toEqual([1, expect.stringMatching(message)])
    expect(ran.err).toContain('Nothing was changed')
  })
})
