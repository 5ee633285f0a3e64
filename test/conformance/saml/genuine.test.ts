import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attribute, createXmlReader, decodeBase64Message, inflateMessage, onlyChild, textOf, verifyQuery, type XmlElement } from '../../../src/protocols/xml/index.ts'
import { genuineMessages, type Genuine } from './genuine.ts'
import { assertion, honestClaim, protocol, type MessageName } from './message.ts'
import { signedMetadata } from './peers.ts'
import { aSigner, type Signer } from './signer.ts'

const parties = { issuer: 'https://sp.example/metadata', destination: 'https://id.example/saml/sso', acsUrl: 'https://sp.example/acs?a=1', now: new Date() }
const reader = createXmlReader()
let signer: Signer
let older: Signer
let messages: Genuine[]

beforeAll(async () => {
  const [ours, previous, elliptic] = await Promise.all([aSigner(), aSigner(), aSigner('ec')])
  ;[signer, older] = [ours, previous]
  messages = await genuineMessages(parties, signer, elliptic)
})
afterAll(() => reader.close())

describe('genuine messages', () => {
  it('SEC-20 are all read, each with what it says', async () => {
    const wrong: string[] = []
    for (const one of messages) {
      const said = await readClaim(one).catch((error: unknown) => `refused: ${String(error)}`)
      const expected = `${parties.issuer} ${honestClaim(one.message, parties)}`
      if (said !== expected) wrong.push(`${one.product}, ${one.name}, ${one.message}: expected ${expected}, got ${said}`)
    }
    console.log(`genuine messages: ${messages.length} in ${new Set(messages.map(({ product, name }) => product + name)).size} styles, of ${new Set(messages.map(({ product }) => product)).size} products`)
    expect(wrong).toEqual([])
    expect(messages.length).toBeGreaterThanOrEqual(20)
  })

  it('of metadata are read too', async () => {
    const text = signedMetadata(parties, signer)
    const tree = await reader.verify(text, { root: { namespace: 'urn:oasis:names:tc:SAML:2.0:metadata', name: 'EntityDescriptor' }, idAttribute: 'ID', certificates: [signer.certificate], allowSha1: false })
    expect(attribute(tree, 'entityID')).toBe(parties.issuer)
  })
})

async function readClaim(one: Genuine): Promise<string> {
  const tree = one.url === undefined ? await readPosted(one) : await readQuery(one, new URL(one.url).search.slice(1))
  return `${textOf(onlyChild(tree, assertion, 'Issuer'))} ${claimIn(tree, one.message)}`
}

function claimIn(tree: XmlElement, message: MessageName): string {
  switch (message) {
    case 'AuthnRequest': return attribute(tree, 'AssertionConsumerServiceURL') ?? ''
    case 'LogoutResponse': return attribute(tree, 'InResponseTo') ?? ''
    case 'LogoutRequest': return textOf(onlyChild(tree, assertion, 'NameID'))
    case 'Response': return ''
  }
}

function readPosted({ message, encoded = '', signer: by, sha1 = false }: Genuine): Promise<XmlElement> {
  // While certificates are exchanged, the right one may be the second.
  return reader.verify(decodeBase64Message(encoded), { root: { namespace: protocol, name: message }, idAttribute: 'ID', certificates: [older.certificate, by.certificateBase64], allowSha1: sha1 })
}

async function readQuery({ signer: by }: Genuine, query: string): Promise<XmlElement> {
  const raw = new Map(query.split('&').map((pair) => [pair.slice(0, pair.indexOf('=')), pair]))
  const value = (name: string): string => decodeURIComponent((raw.get(name) ?? '').slice(name.length + 1))
  const message = raw.has('SAMLRequest') ? 'SAMLRequest' : 'SAMLResponse'
  const octets = [message, 'RelayState', 'SigAlg'].flatMap((name) => raw.get(name) ?? []).join('&')
  if (!verifyQuery(octets, value('SigAlg'), value('Signature'), [older.certificate, by.certificate], { allowSha1: false })) throw new Error('the signature of the query is wrong')
  return reader.read(inflateMessage(value(message)))
}
