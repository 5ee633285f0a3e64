import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SignedXml } from 'xml-crypto'
import { DOMParser } from '@xmldom/xmldom'
import { createXmlReader, decodeBase64Message, inflateMessage, XmlRefused, type XmlReader } from '../../../src/protocols/xml/index.ts'
import { flood } from './flood.ts'
import { hostileCases, type HostileCase } from './generate.ts'
import { aMessage, honestClaim, messageNames, protocol, type MessageName } from './message.ts'
import { signed } from './sign.ts'
import { aSigner, type Signer } from './signer.ts'

const parties = { issuer: 'https://sp.example/metadata', destination: 'https://id.example/saml/sso', acsUrl: 'https://sp.example/acs', now: new Date() }
let reader: XmlReader
let signer: Signer
let corpus: HostileCase[]
let listener: Server
let hits = 0

beforeAll(async () => {
  listener = createServer((_request, response) => {
    hits++
    response.end('a')
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const [ours, foreign] = await Promise.all([aSigner(), aSigner()])
  signer = ours
  corpus = hostileCases({ parties, signer, foreign, listener: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/` })
  reader = createXmlReader()
  await Promise.all(corpus.slice(0, 40).map((one) => judge(one)))
})
afterAll(async () => {
  await reader.close()
  listener.close()
})

/** As an endpoint does it. @returns why it was refused */
async function judge({ message, binding, encoded }: HostileCase): Promise<string> {
  try {
    const text = binding === 'post' ? decodeBase64Message(encoded) : inflateMessage(encoded)
    if (binding === 'post') await reader.verify(text, { root: { namespace: protocol, name: message }, idAttribute: 'ID', certificates: [signer.certificateBase64], allowSha1: false })
    else await reader.read(text)
    return 'accepted'
  } catch (error) {
    return error instanceof XmlRefused ? error.fault : `fault of ours: ${String(error)}`
  }
}

describe('the hostile corpus', () => {
  it('SEC-20 SEC-22 SEC-23 SEC-25 SEC-27 SEC-28 is refused, each message for its own reason', async () => {
    const wrong: string[] = []
    for (const one of corpus) {
      const fault = await judge(one)
      if (fault !== one.fault) wrong.push(`${one.message}, ${one.binding}: ${one.name}: expected ${one.fault}, got ${fault}`)
    }
    console.log(`hostile corpus: ${corpus.length} messages, ${new Set(corpus.map(({ fault }) => fault)).size} reasons, ${corpus.filter(({ name }) => name.startsWith('XSW')).length} of them XSW 1-8`)
    expect(wrong).toEqual([])
    expect(corpus.filter(({ name }) => name.startsWith('XSW')).length).toBe(32)
    expect(hits).toBe(0)
  })

  it('is worth its name: of every wrapped message the signature itself is right', () => {
    const right = corpus.filter(({ signatureIsRight }) => signatureIsRight)
    expect(right.length).toBe(36)
    expect(right.filter(({ text = '' }) => !isRightForTheCareless(text)).map(({ message, name }) => `${message}: ${name}`)).toEqual([])
  })

  it('SEC-28 is refused within 50 ms a message and without growing', async () => {
    const before = process.memoryUsage().rss
    const slow: string[] = []
    for (const one of corpus) {
      // The machine does other things too: what counts is the best of three.
      let best = Number.POSITIVE_INFINITY
      const held = process.memoryUsage().rss
      for (let turn = 0; turn < 3 && best >= 50; turn++) {
        const started = performance.now()
        await judge(one)
        best = Math.min(best, performance.now() - started)
      }
      if (best >= 50) slow.push(`${one.name}: ${best.toFixed(0)} ms`)
      const grown = (process.memoryUsage().rss - held) / 2 ** 20
      if (grown >= 20) slow.push(`${one.name}: ${grown.toFixed(0)} MB`)
    }
    expect(slow).toEqual([])
    // Of all of them together some waits for the collector.
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(60)
  })

  it('SEC-29 does not hold up anything else, at 50 messages a second', async () => {
    // The dearest that gets as far as the signature: as large as may be, under a signature that was copied from somewhere.
    const copied = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(signed(aMessage('AuthnRequest', parties, { id: '_1', claim: parties.acsUrl }), signer))?.[0] ?? ''
    const heavy = aMessage('AuthnRequest', parties, { id: '_1', claim: parties.acsUrl, afterIssuer: copied, atEnd: '<b c="1" d="2">x</b>'.repeat(950) })
    const dear: HostileCase = { name: 'heavy', message: 'AuthnRequest', binding: 'post', encoded: Buffer.from(heavy).toString('base64'), fault: 'wrong_signature' }
    expect(await judge(dear)).toBe('wrong_signature')
    const messages = corpus.flatMap((one, index) => (index % 10 === 0 ? [one, dear] : [one]))
    const { sent, lag } = await flood(messages, judge, { perSecond: 50, seconds: 5 })
    console.log(`event loop under ${sent} hostile messages: p50 ${lag.p50.toFixed(1)} ms, p99 ${lag.p99.toFixed(1)} ms, longest ${lag.longest.toFixed(1)} ms`)
    expect(lag.p99).toBeLessThan(20)
  })

  it.each(messageNames)('lets the genuine %s through that it was made from', async (message: MessageName) => {
    const text = signed(aMessage(message, parties, { id: '_1', claim: honestClaim(message, parties) }), signer)
    expect(await judge({ name: 'genuine', message, binding: 'post', encoded: Buffer.from(text).toString('base64'), fault: 'unsigned' })).toBe('accepted')
  })
})

/** What a library says that looks for a signature anywhere and believes whatever it points to. */
function isRightForTheCareless(text: string): boolean {
  const document = new DOMParser({ errorHandler: { warning: () => {}, error: () => {}, fatalError: () => {} } }).parseFromString(text, 'text/xml') as unknown as { getElementsByTagName(name: string): ArrayLike<object> }
  const work = new SignedXml({ publicCert: signer.certificate, getCertFromKeyInfo: () => null })
  work.loadSignature(Array.from(document.getElementsByTagName('ds:Signature'))[0] as never)
  return work.checkSignature(text)
}
