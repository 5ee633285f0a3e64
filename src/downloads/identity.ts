import { createECDH, createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

/** The order of P-256 (FIPS 186-5, SP 800-186 §3.2.1.3). */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

export interface Identity {
  readonly privateKey: KeyObject
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Buffer
  /** By this policies name it: the first 16 bytes of the key's SHA-256, with the letters a to p for the hexadecimal digits. */
  readonly id: string
}

/** A key made from the installation's secret: nothing has to be kept, and every node signs alike. */
export function identityOf(seed: Buffer): Identity {
  const scalar = (BigInt(`0x${createHash('sha512').update(seed).digest('hex')}`) % (order - 1n)) + 1n
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(scalar.toString(16).padStart(64, '0'), 'hex')
  const point = ecdh.getPublicKey()
  const privateKey = createPrivateKey({
    key: { kty: 'EC', crv: 'P-256', d: ecdh.getPrivateKey('base64url'), x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') }, format: 'jwk',
  })
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return { privateKey, publicKey, id: idOf(publicKey) }
}

export function idOf(publicKey: Buffer): string {
  return [...createHash('sha256').update(publicKey).digest().subarray(0, 16).toString('hex')].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 16))).join('')
}
