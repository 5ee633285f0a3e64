import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attribute, createXmlReader, isSigned, onlyChild, textOf } from '../../../../src/protocols/xml/index.ts'
import { aMessage, assertion, protocol } from '../../../conformance/saml/message.ts'
import { signed } from '../../../conformance/saml/sign.ts'
import { aSigner, type Signer } from '../../../conformance/saml/signer.ts'

const parties = { issuer: 'https://sp.example', destination: 'https://id.example/saml/sso', acsUrl: 'https://sp.example/acs', now: new Date('2026-01-01T12:00:00Z') }
const request = aMessage('AuthnRequest', parties, { id: '_1', claim: parties.acsUrl })
const reader = createXmlReader()
const expected = { root: { namespace: protocol, name: 'AuthnRequest' }, idAttribute: 'ID', allowSha1: false } as const
let ours: Signer
let foreign: Signer

beforeAll(async () => {
  [ours, foreign] = await Promise.all([aSigner(), aSigner()])
})
afterAll(() => reader.close())

describe('the reader', () => {
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
    await expect(reader.verify(text, { ...expected, certificates: [foreign.certificate] })).rejects.toMatchObject({ fault: 'wrong_signature' })
  })
})
