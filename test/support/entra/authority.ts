import 'reflect-metadata'
import { X509Certificate, type webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509'

const elliptic = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) } as const
const day = 86_400_000

export interface CertificateAndKey { readonly cert: string; readonly key: string }

export interface Authority {
  readonly cert: string
  /** A certificate of this authority for the hosts, valid for a day around now. */
  issue(...hosts: readonly string[]): Promise<CertificateAndKey>
}

/** A certificate authority that lives as long as the test; its key never leaves the process. */
export async function createAuthority(): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(elliptic, true, ['sign', 'verify'])
  const name = 'CN=Entra simulator test authority'
  const root = await X509CertificateGenerator.createSelfSigned({
    name, keys, signingAlgorithm: elliptic, ...aroundNow(),
    extensions: [new BasicConstraintsExtension(true, 0, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true)],
  })
  return {
    cert: root.toString('pem'),
    async issue(...hosts) {
      const own = await crypto.subtle.generateKey(elliptic, true, ['sign', 'verify'])
      const names = hosts.map((host) => (isIP(host) === 0 ? { type: 'dns' as const, value: host } : { type: 'ip' as const, value: host }))
      const issued = await X509CertificateGenerator.create({
        subject: `CN=${hosts[0] ?? 'test'}`, issuer: root.subject, signingKey: keys.privateKey, publicKey: own.publicKey, signingAlgorithm: elliptic, ...aroundNow(),
        extensions: [new SubjectAlternativeNameExtension(names), new BasicConstraintsExtension(false), new KeyUsagesExtension(KeyUsageFlags.digitalSignature)],
      })
      return { cert: issued.toString('pem'), key: await pemOf(own.privateKey) }
    },
  }
}

export interface SigningCertificate extends CertificateAndKey {
  /** Base64 of the DER, one line: how Graph and XML carry it. */
  readonly der: string
}

/** A self-signed RSA certificate as federations use; nobody checks its chain. */
export async function createSigningCertificate(commonName: string, bits = 2048): Promise<SigningCertificate> {
  const algorithm = { ...rsa, modulusLength: bits }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const made = await X509CertificateGenerator.createSelfSigned({ name: `CN=${commonName}`, keys, signingAlgorithm: algorithm, notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 1000 * day) })
  const cert = made.toString('pem')
  return { cert, key: await pemOf(keys.privateKey), der: new X509Certificate(cert).raw.toString('base64') }
}

function aroundNow(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) }
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64')
  return `-----BEGIN PRIVATE KEY-----\n${der.replaceAll(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`
}
