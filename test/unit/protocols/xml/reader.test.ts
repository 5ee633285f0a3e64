import { execFile } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Unavailable } from '../../../../src/errors.ts'
import { attribute, createXmlReader, isSigned, onlyChild, textOf, type XmlReader, type XmlReaderOptions } from '../../../../src/protocols/xml/index.ts'
import { createThread } from '../../../../src/protocols/xml/thread.ts'
import { aMessage, assertion, protocol } from '../../../conformance/saml/message.ts'
import { rsaSha1, sha1, signed } from '../../../conformance/saml/sign.ts'
import { aSigner, type Signer } from '../../../conformance/saml/signer.ts'

const parties = { issuer: 'https://sp.example', destination: 'https://id.example/saml/sso', acsUrl: 'https://sp.example/acs', now: new Date('2026-01-01T12:00:00Z') }
const request = aMessage('AuthnRequest', parties, { id: '_1', claim: parties.acsUrl })
const expected = { root: { namespace: protocol, name: 'AuthnRequest' }, idAttribute: 'ID', allowSha1: false } as const
/** Takes some thirty milliseconds. */
const dear = `<a>${'<b c="1" d="2">x</b>'.repeat(4_900)}</a>`
const cheap = '<a/>'.padEnd(9_000)
const readers: XmlReader[] = []
let ours: Signer
let foreign: Signer

function aReader(options: XmlReaderOptions = {}): XmlReader {
  const reader = createXmlReader(options)
  readers.push(reader)
  return reader
}

beforeAll(async () => {
  [ours, foreign] = await Promise.all([aSigner(), aSigner()])
})
afterAll(async () => {
  await Promise.all(readers.map((reader) => reader.close()))
})

describe('the reader', () => {
  const reader = aReader()

  it('reads what nobody signed, and says so', async () => {
    const tree = await reader.read(request)
    expect(isSigned(tree)).toBe(false)
    expect(textOf(onlyChild(tree, assertion, 'Issuer'))).toBe(parties.issuer)
  })

  it('SEC-22 hands on what a stored certificate signed, and nothing that another one did', async () => {
    const text = signed(request, ours)
    expect(isSigned(await reader.read(text))).toBe(true)
    const tree = await reader.verify(text, { ...expected, certificates: [foreign.certificate, ours.certificateBase64] })
    expect(attribute(tree, 'AssertionConsumerServiceURL')).toBe(parties.acsUrl)
    expect(isSigned(tree)).toBe(false)
    for (const certificates of [[foreign.certificate], [], ['no certificate']]) await expect(reader.verify(text, { ...expected, certificates })).rejects.toMatchObject({ fault: 'wrong_signature' })
  })

  it('SEC-23 takes SHA-1 only where it is told to', async () => {
    const text = signed(request, ours, { algorithm: rsaSha1, digest: sha1 })
    await expect(reader.verify(text, { ...expected, allowSha1: true, certificates: [ours.certificate] })).resolves.toMatchObject({ name: 'AuthnRequest' })
    await expect(reader.verify(text, { ...expected, certificates: [ours.certificate] })).rejects.toMatchObject({ fault: 'algorithm' })
  })

  it('SEC-20 takes only the kind of message and the identifier that are expected', async () => {
    const old = '<Assertion xmlns="urn:oasis:names:tc:SAML:1.0:assertion" AssertionID="_1" Issuer="a"><Subject/></Assertion>'
    const text = signed(old, ours, { place: { reference: '/*', action: 'append' }, idAttribute: 'AssertionID' })
    const root = { namespace: 'urn:oasis:names:tc:SAML:1.0:assertion', name: 'Assertion' }
    const certificates = [ours.certificate]
    expect(attribute(await reader.verify(text, { root, idAttribute: 'AssertionID', certificates, allowSha1: false }), 'Issuer')).toBe('a')
    await expect(reader.verify(text, { root, idAttribute: 'ID', certificates, allowSha1: false })).rejects.toMatchObject({ fault: 'signature_shape' })
    await expect(reader.verify(text, { root: { ...root, name: 'Response' }, idAttribute: 'AssertionID', certificates, allowSha1: false })).rejects.toMatchObject({ fault: 'wrong_root' })
    await expect(reader.verify(text, { root: { ...root, namespace: assertion }, idAttribute: 'AssertionID', certificates, allowSha1: false })).rejects.toMatchObject({ fault: 'wrong_root' })
  })

  it('reads a long document elsewhere, and gives the same', async () => {
    const text = `<a b="1">${'<c>d</c>'.repeat(2_000)}</a>`
    expect(await reader.read(text)).toEqual(await aReader({ inlineLimit: text.length }).read(text))
  })
})

describe('the thread', () => {
  it('SEC-29 gives up what takes too long, and goes on with the next', async () => {
    const reader = aReader({ timeLimit: 5 })
    await expect.poll(() => reader.read(cheap), { timeout: 10_000 }).toMatchObject({ name: 'a' })
    await expect(reader.read(dear)).rejects.toMatchObject({ fault: 'too_costly' })
    await expect.poll(() => reader.read(cheap), { timeout: 10_000 }).toMatchObject({ name: 'a' })
  })

  it('ends when there is nothing to do, and starts again', async () => {
    let started = 0
    const count = (): void => { started++ }
    subscribe('worker_threads', count)
    const thread = createThread({ timeLimit: 1_000, queueLimit: 5, idleLimit: 50 })
    await thread.run({ text: cheap })
    await thread.run({ text: cheap })
    expect(started).toBe(1)
    await sleep(200)
    await expect(thread.run({ text: cheap })).resolves.toMatchObject({ name: 'a' })
    expect(started).toBe(2)
    unsubscribe('worker_threads', count)
    await thread.close()
  })

  it('says that it is busy instead of letting a queue grow', async () => {
    const reader = aReader({ queueLimit: 1 })
    const answers = await Promise.allSettled(Array.from({ length: 4 }, () => reader.read(dear)))
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(answers[3]).toMatchObject({ reason: expect.any(Unavailable) })
    await expect(reader.read('<a/>')).resolves.toMatchObject({ name: 'a' })
  })

  it('lets go of what waits when it is closed', async () => {
    const reader = aReader()
    const answers = Promise.allSettled([reader.read(dear), reader.read(dear)])
    await reader.close()
    expect((await answers).map((answer) => answer.status === 'rejected' && answer.reason instanceof Unavailable)).toEqual([true, true])
    await expect(reader.read(dear)).rejects.toThrow(Unavailable)
  })

  it('does not keep a process alive that has nothing else to do, nor lets it end before the answer', async () => {
    const script = `const { createXmlReader } = await import(${JSON.stringify(new URL('../../../../src/protocols/xml/index.ts', import.meta.url).href)})
      console.log((await createXmlReader({ inlineLimit: 0 }).read('<a>read</a>')).text)`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 15_000 })
    expect(stdout.trim()).toBe('read')
  })
})
