import { constants, createHash, verify, X509Certificate, type KeyObject } from 'node:crypto'
import { quoted, XmlRefused } from './refused.ts'

interface SignatureMethod {
  readonly hash: string
  /** Whether a key may be used with it: an algorithm never meets a key made for another. */
  readonly keys: readonly string[]
  readonly padding?: number
  readonly sha1?: boolean
}

const dsig = 'http://www.w3.org/2000/09/xmldsig#'
const more = 'http://www.w3.org/2001/04/xmldsig-more#'
const xmlenc = 'http://www.w3.org/2001/04/xmlenc#'

/** SEC-23. HMAC is missing on purpose: a public certificate would be its secret. */
const signatureMethods: ReadonlyMap<string, SignatureMethod> = new Map([
  [`${more}rsa-sha256`, { hash: 'sha256', keys: ['rsa'], padding: constants.RSA_PKCS1_PADDING }],
  [`${more}rsa-sha384`, { hash: 'sha384', keys: ['rsa'], padding: constants.RSA_PKCS1_PADDING }],
  [`${more}rsa-sha512`, { hash: 'sha512', keys: ['rsa'], padding: constants.RSA_PKCS1_PADDING }],
  ['http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1', { hash: 'sha256', keys: ['rsa', 'rsa-pss'], padding: constants.RSA_PKCS1_PSS_PADDING }],
  [`${more}ecdsa-sha256`, { hash: 'sha256', keys: ['ec'] }],
  [`${dsig}rsa-sha1`, { hash: 'sha1', keys: ['rsa'], padding: constants.RSA_PKCS1_PADDING, sha1: true }],
])

const digestMethods: ReadonlyMap<string, string> = new Map([[`${xmlenc}sha256`, 'sha256'], [`${more}sha384`, 'sha384'], [`${xmlenc}sha512`, 'sha512'], [`${dsig}sha1`, 'sha1']])

/** What whoever signs for us may choose from without an exception; the most usual first. */
export const acceptedAlgorithms = {
  signatures: [...signatureMethods].flatMap(([name, { sha1 }]) => (sha1 === true ? [] : name)),
  digests: [...digestMethods].flatMap(([name, hash]) => (hash === 'sha1' ? [] : name)),
} as const

export interface AlgorithmRules {
  /** Microsoft still signs requests so; for those applications only. */
  readonly allowSha1: boolean
}

/** @throws XmlRefused `algorithm` */
export function acceptedSignature(algorithm: string, { allowSha1 }: AlgorithmRules): SignatureMethod {
  const method = signatureMethods.get(algorithm)
  if (method === undefined || (method.sha1 === true && !allowSha1)) throw new XmlRefused('algorithm', `the signature algorithm ${quoted(algorithm)} is not accepted`)
  return method
}

/** @throws XmlRefused `algorithm` */
export function acceptedDigest(algorithm: string, { allowSha1 }: AlgorithmRules): string {
  const hash = digestMethods.get(algorithm)
  if (hash === undefined || (hash === 'sha1' && !allowSha1)) throw new XmlRefused('algorithm', `the digest algorithm ${quoted(algorithm)} is not accepted`)
  return hash
}

/** In base64, as it stands in a DigestValue. */
export function digest(hash: string, content: string): string {
  return createHash(hash).update(content, 'utf8').digest('base64')
}

/**
 * Whether one of the keys made the signature. Several are tried, since certificates overlap while they are exchanged.
 * @param signature for ECDSA the two numbers side by side (xmldsig-core 1.1, section 6.4.3), not DER
 */
export function fitsOneKey(method: SignatureMethod, content: string, signature: Buffer, keys: readonly KeyObject[]): boolean {
  return keys.some((key) => {
    if (!method.keys.includes(key.asymmetricKeyType ?? '')) return false
    try {
      const options = method.padding === undefined ? { dsaEncoding: 'ieee-p1363' } as const
        : { padding: method.padding, ...(method.padding === constants.RSA_PKCS1_PSS_PADDING ? { saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {}) }
      return verify(method.hash, Buffer.from(content, 'utf8'), { key, ...options }, signature) === true
    } catch {
      // SEC-27: a key that cannot judge has not agreed.
      return false
    }
  })
}

/**
 * A key that anybody can have us judge with, in the time of everybody: an RSA key of 3,072 bits with an exponent as long takes
 * 10 ms for each try, usual ones 0.05 ms.
 */
function isQuick({ asymmetricKeyDetails: details }: KeyObject): boolean {
  return (details?.modulusLength ?? 0) <= 8_192 && (details?.publicExponent ?? 0n) <= 0xffff_ffffn
}

/**
 * The public keys of stored certificates, each PEM or the base64 of its DER. Their dates are not looked at: what counts is that
 * an administrator trusts them (SAML metadata interoperability profile, section 2.6.1). What is no certificate, or would take long, is left out.
 */
export function publicKeysOf(certificates: readonly string[]): KeyObject[] {
  return certificates.flatMap((certificate) => {
    try {
      const { publicKey } = new X509Certificate(certificate.includes('-----BEGIN') ? certificate : Buffer.from(certificate, 'base64'))
      return isQuick(publicKey) ? [publicKey] : []
    } catch {
      return []
    }
  })
}

/** Bytes from base64 that may be broken into lines; undefined when there is anything else in it. */
export function bytesOf(base64: string): Buffer | undefined {
  const joined = base64.replaceAll(/[ \t\r\n]/g, '')
  if (joined === '' || joined.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(joined)) return undefined
  return Buffer.from(joined, 'base64')
}
