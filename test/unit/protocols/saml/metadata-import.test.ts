import { generateKeyPairSync } from 'node:crypto'
import { createRequire } from 'node:module'
import { SAML } from '@node-saml/node-saml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toPem } from '../../../../src/applications/index.ts'
import { createXmlReader } from '../../../../src/protocols/xml/index.ts'
import { readPassiveApplication } from '../../../../src/protocols/saml/metadata-import/passive-application.ts'
import type { MetadataAnswer } from '../../../../src/protocols/saml/metadata-import/problems.ts'
import { readMetadata } from '../../../../src/protocols/saml/metadata-import/read.ts'
import { readServiceProvider, type ServiceProvider } from '../../../../src/protocols/saml/metadata-import/service-provider.ts'
import { adfsStyle, mellonStyle, shibbolethStyle, signingCertificate, simpleSamlStyle, type Told } from '../../../support/service-provider-metadata.ts'

const { ServiceProvider: SamlifyProvider } = createRequire(import.meta.url)('samlify') as typeof import('samlify')
const xml = createXmlReader()
const now = Date.UTC(2026, 10, 25)
const read = (text: string, wanted?: string): Promise<MetadataAnswer<ServiceProvider>> => readMetadata(xml, text, (root) => readServiceProvider(root, { now, wanted }))
const codes = ({ problems }: MetadataAnswer<unknown>): string[] => problems.map(({ code }) => code)

let certificate = ''
let told: Told
beforeAll(async () => {
  certificate = await signingCertificate()
  told = { entityId: 'https://sp.example.com/sp', acs: 'https://sp.example.com/acs', slo: 'https://sp.example.com/slo', certificate }
})
afterAll(() => xml.close())

describe('metadata of service providers', () => {
  it('is read as mod_auth_mellon writes it: one key for both uses, one address of three bindings', async () => {
    expect(await read(mellonStyle(told))).toEqual({
      found: {
        entityId: told.entityId, name: '', acs: [{ url: told.acs, index: 0, isDefault: true }], slo: [{ binding: 'redirect', url: told.slo, responseUrl: null }], signingCertificates: [certificate],
        encryptionCertificate: certificate, signedRequests: true, wantAssertionsSigned: true, nameIdFormat: 'transient', requestedAttributes: [], validUntil: null,
      },
      problems: [],
    })
  })

  it('is read as Shibboleth writes it: after its comment, indices from 1, an answer that goes elsewhere, what it asks for', async () => {
    const { found, problems } = await read(shibbolethStyle(told))
    expect(found).toMatchObject({
      name: 'Library', acs: [{ url: told.acs, index: 1, isDefault: true }, { url: `${told.acs}/second`, index: 3, isDefault: false }], signingCertificates: [certificate], encryptionCertificate: certificate,
      slo: [{ binding: 'redirect', url: `${told.slo}/Redirect`, responseUrl: null }, { binding: 'post', url: `${told.slo}/POST`, responseUrl: `${told.slo}/Return` }],
      signedRequests: false, nameIdFormat: null, requestedAttributes: [{ name: 'urn:oid:0.9.2342.19200300.100.1.3', friendlyName: 'mail', expression: 'email' }],
    })
    expect(problems).toEqual([{ code: 'requested_attribute', detail: 'eduPersonOrcid (urn:oid:1.3.6.1.4.1.5923.1.1.1.16)' }])
  })

  it('is read as SimpleSAMLphp and AD FS write it', async () => {
    expect((await read(simpleSamlStyle(told))).found).toMatchObject({ name: 'Engines Wiki', acs: [{ url: told.acs, index: 0 }], signingCertificates: [certificate], signedRequests: false })
    const adfs = await read(adfsStyle(told))
    expect(adfs.found).toMatchObject({ entityId: told.entityId, nameIdFormat: 'email', wantAssertionsSigned: true, slo: [{ binding: 'redirect' }, { binding: 'post' }] })
    expect(adfs.problems).toEqual([])
  })

  it('is read as node-saml and samlify write it', async () => {
    const privateKey = generateKeyPairSync('rsa', { modulusLength: 2_048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } }).privateKey
    const peer = new SAML({ privateKey, decryptionPvk: privateKey, issuer: told.entityId, callbackUrl: told.acs, logoutCallbackUrl: told.slo, idpCert: certificate, entryPoint: 'https://id.example.com/saml/sso' })
    const nodeSaml = await read(peer.generateServiceProviderMetadata(toPem(certificate), toPem(certificate)))
    expect(nodeSaml).toMatchObject({ found: { entityId: told.entityId, acs: [{ url: told.acs, isDefault: true }], signingCertificates: [certificate], encryptionCertificate: certificate, slo: [{ binding: 'post', url: told.slo }] }, problems: [] })
    const samlify = SamlifyProvider({
      entityID: told.entityId, authnRequestsSigned: true, wantAssertionsSigned: true, signingCert: certificate, nameIDFormat: ['urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'],
      assertionConsumerService: [{ Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', Location: told.acs, isDefault: true }],
      singleLogoutService: [{ Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', Location: told.slo }],
    })
    expect(await read(samlify.getMetadata())).toMatchObject({ found: { entityId: told.entityId, acs: [{ url: told.acs, isDefault: true }], signedRequests: true, nameIdFormat: 'persistent', signingCertificates: [certificate] }, problems: [] })
  })

  it('of a federation is read for the one entity that is meant, or for the only service provider in it', async () => {
    const entity = (id: string): string => simpleSamlStyle({ ...told, entityId: id }).replace(/^<\?xml.*\?>/, '')
    const several = (...inner: string[]): string => `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" Name="federation"><EntitiesDescriptor>${inner.join('')}</EntitiesDescriptor></EntitiesDescriptor>`
    const provider = '<EntityDescriptor entityID="https://idp.example.org/"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"/></EntityDescriptor>'
    expect((await read(several(provider, entity('urn:one')))).found?.entityId).toBe('urn:one')
    expect(await read(several(entity('urn:one'), entity('urn:two')))).toEqual({ found: null, problems: [{ code: 'many_entities', detail: 'urn:one urn:two' }] })
    expect((await read(several(entity('urn:one'), entity('urn:two')), 'urn:two')).found?.entityId).toBe('urn:two')
    expect(codes(await read(several(entity('urn:one'), entity('urn:one')), 'urn:one'))).toEqual(['many_entities'])
    expect(codes(await read(several(entity('urn:one')), 'urn:three'))).toEqual(['other_entity'])
    expect(codes(await read(several(provider), 'https://idp.example.org/'))).toEqual(['no_service_provider'])
  })

  it('names what it cannot use and takes the rest', async () => {
    const weak = await signingCertificate({ bits: 1_024 })
    const twoKeys = simpleSamlStyle(told).replace(certificate, weak)
    expect(await read(twoKeys)).toMatchObject({ found: { signingCertificates: [], encryptionCertificate: certificate }, problems: [{ code: 'weak_key', detail: 'signing' }] })
    expect(await read(shibbolethStyle({ ...told, acs: 'https://sp.example.com/acs' }).replace(`${told.acs}/second`, 'http://sp.example.com/second'))).toMatchObject({
      found: { acs: [{ url: told.acs }] }, problems: [{ code: 'skipped_address', detail: 'http://sp.example.com/second' }, { code: 'requested_attribute' }],
    })
    expect(codes(await read(mellonStyle({ ...told, certificate: 'AAAA' })))).toEqual(['certificate', 'unsigned_only'])
    expect((await read(mellonStyle({ ...told, certificate: 'AAAA' }))).found?.signedRequests).toBe(false)
    expect(codes(await read(mellonStyle(told).replace(/<ds:X509Data>.*<\/ds:X509Data>/, '<ds:KeyName>sp</ds:KeyName>')))).toEqual(['no_certificate', 'unsigned_only'])
    expect(codes(await read(mellonStyle(told).replace('nameid-format:transient', 'nameid-format:kerberos')))).toEqual(['name_id_format'])
  })

  it('may be signed by SHA-1, have ended or use an elliptic curve: the key counts', async () => {
    for (const options of [{ hash: 'SHA-1' }, { ended: true }, { curve: 'P-256' }] as const) {
      const other = await signingCertificate(options)
      const answer = await read(mellonStyle({ ...told, certificate: other }))
      expect(answer.problems).toEqual([])
      expect(answer.found?.signingCertificates).toEqual([other])
      expect(answer.found?.encryptionCertificate).toBe('curve' in options ? null : other)
    }
  })

  it.each<[string, (text: string) => string, string]>([
    ['nothing', () => '  ', 'empty'], ['a web page', () => '<!DOCTYPE html><html></html>', 'refused_xml'], ['half a document', (text) => text.slice(0, 300), 'not_xml'],
    ['a message', () => '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>', 'not_metadata'], ['an entity declaration', (text) => `<!DOCTYPE x [<!ENTITY a "b">]>${text.replace(/^<\?xml.*\?>\n/, '')}`, 'refused_xml'],
    ['300 kB', (text) => text.replace('</md:EntityDescriptor>', `${' '.repeat(300_000)}</md:EntityDescriptor>`), 'too_large'],
    ['an end in the past', (text) => text.replace('entityID', 'validUntil="2026-11-24T23:59:59Z" entityID'), 'expired'], ['an end that cannot be read', (text) => text.replace('entityID', 'validUntil="tomorrow" entityID'), 'expired'],
    ['no id', (text) => text.replace(/entityID="[^"]*"/, 'entityID=""'), 'entity_id'], ['a blank in its id', (text) => text.replace(/entityID="[^"]*"/, 'entityID="urn:a b"'), 'entity_id'],
    ['no address to post to', (text) => text.replaceAll('HTTP-POST', 'HTTP-Artifact'), 'no_acs'], ['only an address without TLS', (text) => text.replaceAll('Location="https:', 'Location="http:'), 'no_acs'],
    ['a script as its address', (text) => text.replaceAll(/Location="[^"]*"/g, 'Location="javascript:alert(1)"'), 'no_acs'],
    ['SAML 1.1 only', (text) => text.replaceAll('urn:oasis:names:tc:SAML:2.0:protocol', 'urn:oasis:names:tc:SAML:1.1:protocol'), 'no_service_provider'],
  ])('with %s is refused with a code and nothing is thrown', async (_case, change, code) => {
    const answer = await read(change(simpleSamlStyle(told)))
    expect(answer.found).toBeNull()
    expect(answer.problems[0]?.code).toBe(code)
  })

  it('may name this very machine without TLS, and an end that is to come', async () => {
    const answer = await read(simpleSamlStyle({ ...told, acs: 'http://localhost:8000/acs' }, ' validUntil="2026-12-01T00:00:00.5Z"'))
    expect(answer.found).toMatchObject({ acs: [{ url: 'http://localhost:8000/acs' }], validUntil: Date.UTC(2026, 11, 1) + 500 })
  })

  it('keeps each index once, and finds the default as the standard says', async () => {
    const lines = (...attributes: string[]): string => simpleSamlStyle(told).replace(/\s*<md:AssertionConsumerService [^>]*>/g, '').replace('</md:SPSSODescriptor>',
      `${attributes.map((one, place) => `<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example.com/${place}" ${one}/>`).join('')}</md:SPSSODescriptor>`)
    const acsOf = async (...attributes: string[]): Promise<string[]> => ((await read(lines(...attributes))).found?.acs ?? []).map(({ url, index, isDefault }) => `${url.at(-1)}:${index}${isDefault ? '*' : ''}`)
    expect(await acsOf('index="5"', 'index="5"', '')).toEqual(['0:5*', '1:0', '2:1'])
    expect(await acsOf('index="0" isDefault="false"', 'index="1"')).toEqual(['1:1*', '0:0'])
    expect(await acsOf('index="0"', 'index="1" isDefault="1"')).toEqual(['1:1*', '0:0'])
    expect(await acsOf('index="0" isDefault="false"', 'index="99999" isDefault="false"')).toEqual(['0:0*', '1:1'])
  })
})

describe('metadata of WS-Federation applications', () => {
  const passive = (text: string) => readMetadata(xml, text, (root) => readPassiveApplication(root, { now }))

  it('gives the realm, the address of the passive endpoint and the claims that are known', async () => {
    expect(await passive(adfsStyle(told))).toEqual({
      found: {
        realm: told.entityId, name: 'Engines', replyUrls: [told.acs],
        requestedAttributes: [{ name: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress', friendlyName: null, expression: 'email' }],
      },
      problems: [{ code: 'requested_attribute', detail: 'http://schemas.example.com/claims/shoe' }],
    })
  })

  it.each<[string, (text: string) => string, string]>([
    ['no such role', (text) => text.replace('fed:ApplicationServiceType', 'fed:SecurityTokenServiceType'), 'no_application'], ['an address without TLS', (text) => text.replaceAll('https://sp.example.com/acs', 'http://sp.example.com/acs'), 'no_reply'],
    ['only SAML', () => simpleSamlStyle(told), 'no_application'],
  ])('with %s is refused', async (_case, change, code) => {
    expect((await passive(change(adfsStyle(told)))).problems[0]?.code).toBe(code)
  })
})
