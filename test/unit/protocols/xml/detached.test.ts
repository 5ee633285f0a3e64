import { constants, sign } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { verifyQuery } from '../../../../src/protocols/xml/index.ts'
import { ecdsaSha256, rsaPss, rsaSha1, rsaSha256, rsaSha384, rsaSha512 } from '../../../conformance/saml/sign.ts'
import { aSigner, type Signer } from '../../../conformance/saml/signer.ts'

const octets = (algorithm: string): string => `SAMLRequest=fZJ%2b&RelayState=a%20b&SigAlg=${encodeURIComponent(algorithm)}`
const hashes: Record<string, string> = { [rsaSha256]: 'sha256', [rsaSha384]: 'sha384', [rsaSha512]: 'sha512', [rsaPss]: 'sha256', [ecdsaSha256]: 'sha256', [rsaSha1]: 'sha1' }
let rsa: Signer
let elliptic: Signer
let foreign: Signer

beforeAll(async () => {
  [rsa, elliptic, foreign] = await Promise.all([aSigner(), aSigner('ec'), aSigner()])
})

function signature(text: string, algorithm: string, { key } = algorithm === ecdsaSha256 ? elliptic : rsa, dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363'): string {
  const padding = algorithm === rsaPss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {}
  return sign(hashes[algorithm] ?? '', Buffer.from(text), { key, dsaEncoding, ...padding }).toString('base64')
}
const strict = { allowSha1: false }
const stored = (): string[] => [foreign.certificate, elliptic.certificate, rsa.certificateBase64]

describe('the signature of a query', () => {
  it.each([rsaSha256, rsaSha384, rsaSha512, rsaPss, ecdsaSha256])('SEC-23 may be %s, of a stored certificate', (algorithm) => {
    const text = octets(algorithm)
    expect(verifyQuery(text, algorithm, signature(text, algorithm), stored(), strict)).toBe(true)
    expect(verifyQuery(text, algorithm, signature(text, algorithm), [foreign.certificate], strict)).toBe(false)
    expect(verifyQuery(text, algorithm, signature(text, algorithm), [], strict)).toBe(false)
    expect(verifyQuery(text, algorithm, signature(text, algorithm), ['no certificate', 'AAAA'], strict)).toBe(false)
  })

  it('SEC-23 is over the octets as they came', () => {
    const text = octets(rsaSha256)
    const right = signature(text, rsaSha256)
    const others = [text.replace('a%20b', 'a+b'), text.replace('%2b', '%2B'), text.replace('RelayState=a%20b&', ''), `${text}&`, text.replace('a%20b', 'c'), text.split('&').toReversed().join('&')]
    expect(others.filter((other) => other === text || verifyQuery(other, rsaSha256, right, stored(), strict))).toEqual([])
  })

  it.each(['', 'constructor', 'http://www.w3.org/2000/09/xmldsig#hmac-sha1', 'http://www.w3.org/2001/04/xmldsig-more#rsa-md5', 'http://www.w3.org/2000/09/xmldsig#dsa-sha1', rsaSha1])('SEC-23 is not of the algorithm "%s"', (algorithm) => {
    expect(() => verifyQuery(octets(algorithm), algorithm, 'AAAA', stored(), strict)).toThrow(expect.objectContaining({ fault: 'algorithm' }))
  })

  it('SEC-23 may be of SHA-1 only where that is allowed', () => {
    const text = octets(rsaSha1)
    expect(verifyQuery(text, rsaSha1, signature(text, rsaSha1), stored(), { allowSha1: true })).toBe(true)
    expect(verifyQuery(text, rsaSha1, signature(text, rsaSha1), [foreign.certificate], { allowSha1: true })).toBe(false)
  })

  it.each(['', '====', 'AAAA', '%%%%', 'A'.repeat(344)])('SEC-27 is not "%s"', (garbage) => {
    for (const algorithm of [rsaSha256, rsaPss, ecdsaSha256]) expect(verifyQuery(octets(algorithm), algorithm, garbage, stored(), strict)).toBe(false)
  })

  it('SEC-27 is not made with one algorithm and named after another', () => {
    const text = octets(rsaSha256)
    for (const algorithm of [rsaSha384, rsaSha512, rsaPss, ecdsaSha256]) expect(verifyQuery(text, algorithm, signature(text, rsaSha256), stored(), strict)).toBe(false)
    expect(verifyQuery(text, ecdsaSha256, signature(text, ecdsaSha256, elliptic, 'der'), stored(), strict)).toBe(false)
  })
})
