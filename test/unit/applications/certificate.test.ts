import { generateKeyPairSync } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { knownAttribute, readCertificate, readCertificates, readExpression, toPem } from '../../../src/applications/index.ts'
import { publicKeysOf } from '../../../src/protocols/xml/accepted-algorithms.ts'
import { anRsaCertificate } from '../../support/certificate.ts'
import { signingCertificate } from '../../support/service-provider-metadata.ts'

let [one, two, weak, curved] = ['', '', '', '']
beforeAll(async () => { [one, two, weak, curved] = await Promise.all([signingCertificate(), signingCertificate(), signingCertificate({ bits: 1_024 }), signingCertificate({ curve: 'P-256' })]) })

describe('a certificate of an application', () => {
  it('comes as PEM, as base64 in one line or in many, and is kept in one form', () => {
    const forms = [one, toPem(one), toPem(one).replaceAll('\n', '\r\n'), `  ${one.match(/.{1,76}/g)?.join('\n  ') ?? ''}\n`, toPem(one).replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE')]
    for (const form of forms) expect(readCertificate(form)).toMatchObject({ certificate: one, keyKind: 'rsa', subject: 'CN=sp.example.com', fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/) as string })
    expect(readCertificate(curved)).toMatchObject({ keyKind: 'ec' })
  })

  it('is refused with the reason', () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256', privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } })
    for (const [text, problem] of [['', 'syntax'], ['hello', 'syntax'], [one.slice(0, 200), 'syntax'], [key.privateKey, 'private'], [`${toPem(one)}\n${key.privateKey}`, 'private'], [key.publicKey, 'syntax'], [weak, 'weak'], ['AAAA', 'syntax']] as const) {
      expect(readCertificate(text)).toBe(problem)
    }
  })

  it('may come with others: each is kept once, and what is wrong is named by its place', () => {
    const certificates = (text: string): readonly string[] => readCertificates(text).certificates.map(({ certificate }) => certificate)
    expect(certificates(`${toPem(one)}\n${toPem(two)}`)).toEqual([one, two])
    expect(certificates(`${one}\n\n${two}\n \n${one}`)).toEqual([one, two])
    expect(certificates('')).toEqual([])
    expect(readCertificates(`${toPem(one)}\n${toPem(weak)}`)).toMatchObject({ certificates: [{ certificate: one }], problems: [{ number: 2, problem: 'weak' }] })
  })

  it.each([[4_096, 17, undefined], [8_192, 32, undefined], [3_072, 3_000, 'kind'], [4_096, 64, 'kind'], [16_384, 17, 'kind']] as const)('takes no key that takes long to judge with: %d bits, an exponent of %d', (modulus, exponent, problem) => {
    const certificate = anRsaCertificate(modulus, exponent)
    const read = readCertificate(certificate)
    expect(typeof read === 'string' ? read : undefined).toBe(problem)
    expect(publicKeysOf([certificate])).toHaveLength(problem === undefined ? 1 : 0)
  })
})

describe('attributes that applications ask for', () => {
  it.each([
    ['urn:oid:0.9.2342.19200300.100.1.3', 'mail', 'email'], ['http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname', null, 'given_name'], ['https://example.com/x', 'displayName', 'name'],
    ['FirstName', null, 'given_name'], ['memberOf', null, 'groups'], ['urn:oid:1.2.3', 'shoe', undefined], ['constructor', null, undefined], ['__proto__', null, undefined],
  ])('%s (%s) is %s', (name, friendlyName, expression) => {
    const rule = knownAttribute(name, friendlyName)
    expect(rule?.expression).toBe(expression)
    if (rule) expect(readExpression(rule.expression)).not.toHaveProperty('problem')
  })
})
