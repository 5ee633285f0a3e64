import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'

export interface Credential {
  /** Both in PEM. */
  readonly cert: string
  readonly key: string
}

export interface Authority {
  /** Its own certificate in PEM. */
  readonly cert: string
  /** A server's certificate; negative days are over already. */
  server(hosts: readonly string[], days?: number): Promise<Credential>
  /** A certificate that a client shows, for `CN=name`. */
  client(name: string): Promise<Credential>
}

type Provider = NonNullable<Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[1]>

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const provider = webcrypto as unknown as Provider
const day = 86_400_000

/** A certificate authority that exists for one test. */
export async function anAuthority(name = 'Directory test authority'): Promise<Authority> {
  const keys = await makeKeys()
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`, keys, signingAlgorithm: algorithm, notBefore: new Date(Date.now() - 30 * day), notAfter: new Date(Date.now() + 30 * day), serialNumber: serial(),
    extensions: [new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true), await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, provider)],
  }, provider)
  const issue = async (subject: string, days: number, ...extensions: x509.Extension[]): Promise<Credential> => {
    const leaf = await makeKeys()
    const certificate = await x509.X509CertificateGenerator.create({
      subject, issuer: own.subject, publicKey: leaf.publicKey, signingKey: keys.privateKey, signingAlgorithm: algorithm, serialNumber: serial(),
      notBefore: new Date(Date.now() - 20 * day), notAfter: new Date(Date.now() + days * day), extensions: [new x509.BasicConstraintsExtension(false), ...extensions],
    }, provider)
    return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', leaf.privateKey), 'PRIVATE KEY') }
  }
  return {
    cert: own.toString('pem'),
    server: (hosts, days = 10) => issue(`CN=${hosts[0] ?? 'test'}`, days, new x509.SubjectAlternativeNameExtension(hosts.map((host) => ({ type: isIP(host) ? 'ip' : 'dns', value: host }))), new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth])),
    client: (client) => issue(`CN=${client}`, 10, new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])),
  }
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

function serial(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString('hex').replace(/^./, '1')
}
