import { randomBytes, type webcrypto } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { KeyAlgorithm } from './key.ts'

export interface NewKey {
  readonly id: string
  readonly publicJwk: JWK
  readonly privateJwk: JWK
}

/** When a certificate begins and ends, in epoch milliseconds, and whose signing it is for. */
export interface Validity { readonly subject: string; readonly notBefore: number; readonly notAfter: number }

/**
 * A new pair, made off the event loop. The thumbprint as id never names two keys, not even after a restore.
 * @param certificate where it is given, the public part carries a self-signed certificate as `x5c`
 */
export async function generateKey(algorithm: KeyAlgorithm, certificate?: Validity): Promise<NewKey> {
  const pair = await generateKeyPair(algorithm, { modulusLength: 2_048, extractable: true })
  const [publicPart, privatePart] = await Promise.all([exportJWK(pair.publicKey), exportJWK(pair.privateKey)])
  const id = await calculateJwkThumbprint(publicPart)
  const names = { kid: id, alg: algorithm, use: 'sig' }
  const x5c = certificate && { x5c: [await selfSign(pair, certificate)] }
  return { id, publicJwk: { ...publicPart, ...names, ...x5c }, privateJwk: { ...privatePart, ...names } }
}

/** @returns the certificate as base64 DER in one line, the form that JWKs, metadata and Microsoft Graph want */
async function selfSign(keys: webcrypto.CryptoKeyPair, { subject, notBefore, notAfter }: Validity): Promise<string> {
  // Loaded when a certificate is made, once in years: the library and its ASN.1 parts would only take memory before.
  await import('reflect-metadata')
  const { KeyUsageFlags, KeyUsagesExtension, X509CertificateGenerator } = await import('@peculiar/x509')
  const made = await X509CertificateGenerator.createSelfSigned({
    // Positive and at most 20 octets (RFC 5280 §4.1.2.2).
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    name: [{ CN: [subject] }],
    notBefore: new Date(notBefore), notAfter: new Date(notAfter),
    signingAlgorithm: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    keys, extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true)],
  })
  return Buffer.from(made.rawData).toString('base64')
}
