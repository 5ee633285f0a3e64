import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../../support/app.ts'
import { skipWithout } from '../../support/skip.ts'
import { aCredential } from '../../support/service-provider.ts'
import { schemaComplaints, schemasMissing, verdictOf, xmlsecMissing, type SchemaName } from '../../support/xmlsec.ts'
import { collectIssued, type Issued } from './issued.ts'

const titles = [
  'a response whose assertion is signed', 'a response that is signed as a whole too', 'a response that refuses', 'a SAML 1.1 assertion, cut out of its answer', 'a request to sign out',
  'an answer to a request to sign out',
]

let app: TestApp | undefined
let issued: readonly Issued[] = []
let stranger = ''
beforeAll(async () => {
  if (xmlsecMissing() !== undefined && schemasMissing() !== undefined) return
  app = await startTestApp('sqlite')
  issued = await collectIssued(app)
  stranger = (await aCredential()).certificate
})
afterAll(async () => { await app?.close() })

const the = (title: string): Issued => {
  const found = issued.find((one) => one.title === title)
  if (!found) throw new Error(`nothing was collected as ${title}`)
  return found
}

describe('what we sign, as libxmlsec sees it', () => {
  skipWithout(xmlsecMissing())

  it.each(titles)('%s: the signature is right, and no other key made it', (title) => {
    const { text, signed, certificate } = the(title)
    for (const element of signed) {
      expect(verdictOf(text, element, certificate), element.name).toBe('valid')
      expect(verdictOf(text, element, stranger), element.name).toBe('invalid')
    }
  })

  it.each(titles)('%s: one changed byte of what was signed, of the digest or of the signature is noticed', (title) => {
    const { text, signed, certificate } = the(title)
    for (const element of signed) {
      const begin = text.search(new RegExp(`<\\w+:${element.name} `))
      const own = text.indexOf('<ds:Signature ', begin)
      for (const place of [text.indexOf('IssueInstant="', begin) + 'IssueInstant="20'.length, text.indexOf('<ds:DigestValue>', own) + 20, text.indexOf('<ds:SignatureValue>', own) + 24]) {
        expect(verdictOf(withOtherByte(text, place), element, certificate), `${element.name} at ${place}: ${text.slice(place - 20, place + 5)}`).toBe('invalid')
      }
    }
  })
})

describe('what we write, against the schemas of the standards', () => {
  skipWithout(schemasMissing())

  const schemas: [string, SchemaName][] = titles.map((title) => [title, title.includes('1.1') ? 'cs-sstc-schema-assertion-1.1' : 'saml-schema-protocol-2.0'])
  it.each(schemas)('%s follows %s', (title, schema) => {
    expect(schemaComplaints(the(title).text, schema)).toEqual([])
    // And the schema is one that finds something.
    expect(schemaComplaints(the(title).text.replace(/ IssueInstant="[^"]*"/, ''), schema)).not.toEqual([])
  })

  it('our metadata follows saml-schema-metadata-2.0', async () => {
    const text = await (await fetch(`${app?.url ?? ''}/saml/metadata`)).text()
    expect(schemaComplaints(text, 'saml-schema-metadata-2.0')).toEqual([])
    expect(schemaComplaints(text.replace(/<md:SingleSignOnService[^>]*>(<\/md:SingleSignOnService>)?/g, ''), 'saml-schema-metadata-2.0')).not.toEqual([])
  })
})

/** Another letter or digit in the same place, so that only what it says has changed. */
function withOtherByte(text: string, place: number): string {
  const before = text.charAt(place)
  return text.slice(0, place) + (before === '3' ? '4' : '3') + text.slice(place + 1)
}
