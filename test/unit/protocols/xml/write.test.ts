import { createHash, createPrivateKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { SignedXml } from 'xml-crypto'
import { DOMParser } from '@xmldom/xmldom'
import { generateKey } from '../../../../src/keys/generate.ts'
import { createXmlReader, element, signElement, write, type XmlNode } from '../../../../src/protocols/xml/index.ts'

/** What the library makes of a text, for comparison: it knows nothing of how the text was written. */
function canonical(text: string): string {
  const document = new DOMParser({ errorHandler: { warning: () => undefined, error: fail, fatalError: fail } }).parseFromString(text, 'text/xml')
  const work = new SignedXml({ privateKey: generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string })
  return (work as unknown as { getCanonXml(transforms: string[], node: unknown): string }).getCanonXml(['http://www.w3.org/2001/10/xml-exc-c14n#'], document.documentElement)
}
function fail(message: string): never {
  throw new Error(message)
}

const nasty = ['plain', '', ' blanks  at\tboth ends ', 'line\nfeed', 'carriage\rreturn', '<b>&amp;</b>', ']]>', '"quotes" and \'these\'', 'Ж𝕏\u200f\u00a0', '\u0085\u2028', '--><!-- x', '\u{10ffff}', '\ufffd']

describe('what is written', () => {
  it.each(nasty)('SEC-26 reads as the value %j that it was, as text and as attribute', async (value) => {
    const node = element('saml:Attribute', { Name: value, FriendlyName: value }, element('saml:AttributeValue', {}, value))
    const text = write(node)
    // The strict reader refuses two line ends that its parser would change; another parser reads them rightly.
    if (!/[\u0085\u2028]/.test(value)) {
      const tree = await createXmlReader().read(text)
      expect(tree.attributes.map((attribute) => attribute.value)).toEqual([value, value])
      expect(tree.children[0]?.text).toBe(value)
    }
    expect(text.match(/</g)).toHaveLength(4)
  })

  it.each(['\u0000', '\u0008', '\u000b', '\u001f', '\ufffe', '\uffff', '\ud800', 'x\udc00', 'a\u0001b'])('SEC-26 refuses %j, which XML cannot carry', (value) => {
    expect(() => write(element('saml:Issuer', {}, value))).toThrow('XML cannot carry')
    expect(() => write(element('saml:Issuer', { Format: value }))).toThrow('XML cannot carry')
  })

  it.each<[string, XmlNode]>([
    ['one prefix', element('saml:Issuer', { Format: 'x' }, 'y')], ['a prefix of a child', element('samlp:Response', { ID: '_1', Version: '2.0' }, element('saml:Issuer', {}, 'z'), element('samlp:Status'))],
    ['prefixed attributes beside others', element('wsdl:input', { 'wsu:Id': 'a', message: 'b', 'wsaw:Action': 'c', Z: 'd', a: 'e' })], ['the same prefix in two branches', element('samlp:Response', {}, element('saml:Issuer'), element('saml:Issuer'))],
    ['special characters', element('saml:Attribute', { Name: '<&"\t\n\r>' }, '<&>\r"')],
  ])('is in canonical form as another implementation sees it: %s', (_case, node) => {
    expect(canonical(write(node))).toBe(write(node))
  })

  it('SEC-20 carries a signature that the strict reader and its own digest confirm', async () => {
    const { publicJwk, privateJwk } = await generateKey('RS256', { subject: 'x', notBefore: Date.now(), notAfter: Date.now() + 60_000 })
    const signer = { privateKey: createPrivateKey({ key: privateJwk as JsonWebKey, format: 'jwk' }), certificate: publicJwk.x5c?.[0] ?? '' }
    const node = element('samlp:LogoutRequest', { ID: '_1', Version: '2.0' }, element('saml:Issuer', {}, 'a&b'), element('saml:NameID', {}, 'grace'))
    const { written } = signElement(node, 'ID', 1, signer)
    expect(written).toContain(createHash('sha256').update(write(node)).digest('base64'))
    const expected = { root: { namespace: 'urn:oasis:names:tc:SAML:2.0:protocol', name: 'LogoutRequest' }, idAttribute: 'ID', certificates: [signer.certificate], allowSha1: false } as const
    const reader = createXmlReader()
    expect((await reader.verify(written, expected)).children.map(({ name }) => name)).toEqual(['Issuer', 'NameID'])
    await expect(reader.verify(written.replace('grace', 'grave'), expected)).rejects.toMatchObject({ fault: 'wrong_signature' })
    await reader.close()
    expect(() => signElement(element('saml:Issuer', { ID: 'x"y' }), 'ID', 0, signer)).toThrow('no ID')
  })
})
