import { beforeAll, describe, expect, it } from 'vitest'
import { parseSamlSettings, toPem, usualAttributes, type Application, type SamlSettings } from '../../../../src/applications/index.ts'
import { Form } from '../../../../src/http/form.ts'
import { attributeFaults, attributeValues, changeRows, readAttributes, withRequested } from '../../../../src/panels/admin/federation/attributes.ts'
import { previewOf } from '../../../../src/panels/admin/federation/preview.ts'
import { checkSaml } from '../../../../src/panels/admin/federation/saml-checks.ts'
import { samlValues } from '../../../../src/panels/admin/federation/saml-values.ts'
import { signingCertificate } from '../../../support/service-provider-metadata.ts'
import { facts, library } from '../../../support/view-examples/admin-federation.ts'

let certificate = ''
beforeAll(async () => { certificate = await signingCertificate() })

const formOf = (fields: Readonly<Record<string, string>>): Form => {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) data.append(name, value)
  return new Form(data, new Map())
}
const withSaml = (saml: Partial<SamlSettings>): Application => ({ ...library, saml: parseSamlSettings({ ...library.saml, ...saml }) })
const ours = 'https://id.example.com'

describe('the form of a service provider', () => {
  it('saved as it was opened changes nothing', () => {
    for (const application of [
      library, withSaml({ allowSha1: false, signedRequests: false, metadataUrl: null, metadataReadAt: null, metadataProblem: null, nameIdFormat: 'transient', nameIdExpression: 'lower(email)' }),
      withSaml({ signingCertificates: [certificate], encryptionCertificate: certificate, encryptAssertions: true, signResponse: true, attributes: [], relayState: 'x' }),
      withSaml({ acs: [{ url: 'https://a.example/1', index: 7, isDefault: false }, { url: 'https://a.example/2', index: 0, isDefault: true }, { url: 'https://a.example/3', index: 2, isDefault: false }].sort((a, b) => Number(b.isDefault) - Number(a.isDefault)) }),
      withSaml({ slo: [{ binding: 'redirect', url: 'https://a.example/o', responseUrl: null }, { binding: 'post', url: 'https://a.example/p', responseUrl: 'https://a.example/q' }] }),
    ]) {
      const before = parseSamlSettings({ ...application.saml, signedRequests: application.saml?.signingCertificates.length !== 0 && application.saml?.signedRequests })
      expect(checkSaml(samlValues({ ...application, saml: before }), ours, before)).toMatchObject({ settings: before, lines: [] })
    }
  })

  it('forgets what was read before when the address of the metadata is another one', () => {
    const values = { ...samlValues(library), signedRequests: false, metadataUrl: 'https://other.example.com/metadata' }
    expect(checkSaml(values, ours, library.saml).settings).toMatchObject({ metadataUrl: 'https://other.example.com/metadata', metadataReadAt: null, metadataProblem: null })
  })

  it.each<[string, string[]]>([
    ['https://a.example/1\n\n  https://a.example/2  ', ['https://a.example/1 0*', 'https://a.example/2 1']], ['https://a.example/1 5\nhttps://a.example/2', ['https://a.example/1 5*', 'https://a.example/2 0']],
    ['https://a.example/1\nhttps://a.example/2 0', ['https://a.example/1 1*', 'https://a.example/2 0']], ['http://localhost:3000/acs', ['http://localhost:3000/acs 0*']],
  ])('reads addresses and their indices: %j', (acs, expected) => {
    const { settings } = checkSaml({ ...samlValues(library), signedRequests: false, acs }, ours, null)
    expect(settings?.acs.map(({ url, index, isDefault }) => `${url} ${index}${isDefault ? '*' : ''}`)).toEqual(expected)
  })

  it('names the certificate that is wrong, whether it signs or decrypts', () => {
    const { errors } = checkSaml({ ...samlValues(library), signingCertificates: `${toPem(certificate)}\nhello`, encryptionCertificate: 'hello' }, ours, null)
    expect([errors['signing_certificates'], errors['encryption_certificate']]).toEqual(['admin.federation.error.certificate_syntax', 'admin.federation.error.certificate_syntax'])
  })
})

describe('the table of attributes', () => {
  const fields = { attribute_name_0: 'mail', attribute_expression_0: 'email', attribute_name_2: 'sn', attribute_friendly_2: 'surname', attribute_expression_2: 'family_name', attribute_name_5: ' ' }

  it('is read by numbers, without the rows that are empty', () => {
    expect(readAttributes(formOf(fields))).toEqual([{ name: 'mail', friendlyName: '', expression: 'email' }, { name: 'sn', friendlyName: 'surname', expression: 'family_name' }])
  })

  it.each<[string, string[] | undefined]>([['add_attribute', ['mail', 'sn', '']], ['remove_attribute_0', ['sn']], ['remove_attribute_2', ['mail']], ['remove_attribute_9', ['mail', 'sn']], ['remove_attribute_x', undefined], ['', undefined]])('answers the button %s', (act, names) => {
    const form = formOf(fields)
    expect(changeRows(act, form, readAttributes(form))?.map(({ name }) => name)).toEqual(names)
  })

  it('names the row and the field that is wrong', () => {
    const row = (name: string, expression: string, friendlyName = '') => ({ name, expression, friendlyName })
    expect(attributeFaults([row('mail', 'email'), row('', 'email'), row('mail', 'phone'), row('x', ''), row('y', 'email('), row('z', 'email', 'f'.repeat(101)), row('', '')])).toEqual({
      attribute_name_1: 'admin.federation.error.attribute_name', attribute_name_2: 'admin.federation.error.attribute_twice', attribute_expression_3: 'admin.federation.error.expression_missing',
      attribute_expression_4: 'admin.federation.error.expression', attribute_friendly_5: 'admin.federation.error.friendly_name',
    })
  })

  it('takes what is asked for in the place of our suggestion, and beside what somebody has written', () => {
    const asked = [{ name: 'groups', friendlyName: null, expression: 'groups' }, { name: 'mail', friendlyName: null, expression: 'email' }]
    expect(withRequested(attributeValues(usualAttributes.saml), asked, 'saml').map(({ name }) => name)).toEqual(['groups', 'mail'])
    expect(withRequested([{ name: 'mail', friendlyName: '', expression: 'lower(email)' }], asked, 'saml').map(({ name, expression }) => `${name} ${expression}`)).toEqual(['mail lower(email)', 'groups groups'])
    expect(withRequested(attributeValues(usualAttributes.saml), [], 'saml')).toEqual(attributeValues(usualAttributes.saml))
  })
})

describe('the preview', () => {
  it('shows the name as it will be, and says where there is none', () => {
    expect(previewOf(withSaml({ nameIdFormat: 'email' }), facts)).toMatchObject({ nameId: 'ada@example.com', nameIdMissing: false })
    expect(previewOf(withSaml({ nameIdFormat: 'transient' }), facts)).toMatchObject({ nameId: null, nameIdKey: 'admin.federation.name_id.transient' })
    expect(previewOf(withSaml({ nameIdExpression: 'phone' }), facts)).toMatchObject({ nameId: '', nameIdMissing: true })
    expect(previewOf(withSaml({}), facts).nameId).toMatch(/^[\w-]{43}$/)
  })

  it('shows attributes without a value, and those with more than 150, as not sent', () => {
    const rules = [{ name: 'phone', friendlyName: null, expression: 'phone' }, { name: 'groups', friendlyName: null, expression: 'groups' }]
    const groups = Array.from({ length: 151 }, (_, index) => `group ${index}`)
    expect(previewOf(withSaml({ attributes: rules }), { ...facts, groups }).rows).toMatchObject([{ values: [], tooMany: false }, { values: [], tooMany: true }])
  })
})
