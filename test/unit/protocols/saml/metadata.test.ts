import { expect, it } from 'vitest'
import { writeMetadata } from '../../../../src/protocols/saml/metadata.ts'
import { acceptedDigest, acceptedSignature } from '../../../../src/protocols/xml/accepted-algorithms.ts'

const text = writeMetadata({ issuer: 'https://id.example/saml/metadata', ssoUrl: 'https://id.example/saml/sso', sloUrl: 'https://id.example/saml/slo' }, [])
const named = (element: string): string[] => [...text.matchAll(new RegExp(`<alg:${element} [^>]*Algorithm="([^"]+)"`, 'g'))].map(([, name = '']) => name)

it('SEC-23 metadata names what may be signed with, the most usual first, and never SHA-1', () => {
  expect(named('SigningMethod')[0]).toBe('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256')
  expect(named('DigestMethod')[0]).toBe('http://www.w3.org/2001/04/xmlenc#sha256')
  for (const name of named('SigningMethod')) expect(acceptedSignature(name, { allowSha1: false }).sha1).toBeUndefined()
  for (const name of named('DigestMethod')) expect(acceptedDigest(name, { allowSha1: false })).not.toBe('sha1')
  expect(text).not.toContain('sha1')
})

it('the extensions stand where the schema has them: before keys and endpoints', () => {
  expect(text.indexOf('<md:Extensions')).toBeGreaterThan(text.indexOf('<md:IDPSSODescriptor'))
  expect(text.indexOf('</md:Extensions>')).toBeLessThan(text.indexOf('<md:SingleLogoutService'))
})
