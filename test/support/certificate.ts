import { createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto'
import { isIP } from 'node:net'

// DER in four lines: tag, length, content.
const der = (tag: number, ...content: Buffer[]): Buffer => {
  const body = Buffer.concat(content)
  const length = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const sequence = (...content: Buffer[]): Buffer => der(0x30, ...content)

/** A self-signed certificate for the hosts, valid for a day around now; its own CA. */
export function aCertificate(...hosts: readonly string[]): { cert: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { cert: certify(publicKey, privateKey, hosts), key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
}

/** A certificate of an RSA key that nobody has: numbers of so many bits. */
export function anRsaCertificate(modulusBits: number, exponentBits: number): string {
  const number = (bits: number): string => { const bytes = randomBytes(Math.ceil(bits / 8)); bytes[0] = (bytes[0] ?? 0) | 0x40; bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 1; return bytes.toString('base64url') }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return certify(createPublicKey({ format: 'jwk', key: { kty: 'RSA', n: number(modulusBits), e: exponentBits === 17 ? 'AQAB' : number(exponentBits) } }), privateKey, ['sp.example'])
}

function certify(publicKey: KeyObject, privateKey: KeyObject, hosts: readonly string[]): string {
  const name = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(hosts[0] ?? 'test')))))
  const time = (at: number): Buffer => der(0x17, Buffer.from(`${new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`))
  const algorithm = sequence(oid('2a8648ce3d040302'))
  const alternatives = hosts.map((host) => (isIP(host) === 4
    ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host))))
  const extensions = sequence(
    sequence(oid('551d11'), der(0x04, sequence(...alternatives))),
    sequence(oid('551d13'), der(0x01, Buffer.from([0xff])), der(0x04, sequence(der(0x01, Buffer.from([0xff]))))),
  )
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])), algorithm, name,
    sequence(time(Date.now() - 43_200_000), time(Date.now() + 43_200_000)), name,
    publicKey.export({ type: 'spki', format: 'der' }), der(0xa3, extensions),
  )
  const signed = sequence(body, algorithm, der(0x03, Buffer.from([0]), sign('sha256', body, privateKey)))
  return new X509Certificate(signed).toString()
}
