import { webcrypto } from 'node:crypto'
import 'reflect-metadata'
import { X509CertificateGenerator } from '@peculiar/x509'

/** Somebody who signs: a private key as PEM and the certificate that others know it by. */
export interface Signer {
  readonly key: string
  readonly certificate: string
  /** Base64 of its DER in one line, as metadata carries it. */
  readonly certificateBase64: string
}

const algorithms = {
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2_048, publicExponent: new Uint8Array([1, 0, 1]) },
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
} as const

/** Made when asked for: no key lies among the sources. */
export async function aSigner(kind: keyof typeof algorithms = 'rsa'): Promise<Signer> {
  const algorithm = algorithms[kind]
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as webcrypto.CryptoKeyPair
  const made = await X509CertificateGenerator.createSelfSigned({ name: 'CN=signer', notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000), signingAlgorithm: algorithm, keys })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    key: pem('PRIVATE KEY', pkcs8),
    certificate: pem('CERTIFICATE', Buffer.from(made.rawData).toString('base64')),
    certificateBase64: Buffer.from(made.rawData).toString('base64'),
  }
}

function pem(label: string, base64: string): string {
  return `-----BEGIN ${label}-----\n${base64.replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END ${label}-----\n`
}
