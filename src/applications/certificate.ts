import { X509Certificate } from 'node:crypto'

/** A certificate of an application: the key in it counts, neither who signed it nor until when (SAML Metadata Interoperability §2.6.1). */
export interface ApplicationCertificate {
  /** DER as base64 in one line. */
  readonly certificate: string
  /** SHA-256 of the DER, as colon-separated hex. */
  readonly fingerprint: string
  readonly subject: string
  /** Epoch milliseconds. */
  readonly notAfter: number
  readonly keyKind: 'rsa' | 'ec'
}

/** private: a private key came along, which is then known to two sides. weak: RSA below 2048 bits. kind: neither RSA nor EC, or RSA of a size that nobody uses and that takes long to judge. */
export type CertificateProblem = 'syntax' | 'private' | 'weak' | 'kind'

/** @param text one certificate as PEM or as base64 of its DER, with any white space in it */
export function readCertificate(text: string): ApplicationCertificate | CertificateProblem {
  if (/PRIVATE KEY/.test(text)) return 'private'
  const base64 = text.replaceAll(/-----(BEGIN|END) (TRUSTED |X509 )?CERTIFICATE-----/g, '').replaceAll(/\s+/g, '')
  if (base64 === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return 'syntax'
  let parsed: X509Certificate
  try {
    parsed = new X509Certificate(Buffer.from(base64, 'base64'))
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = parsed.publicKey
    if (type !== 'rsa' && type !== 'ec') return 'kind'
    if (type === 'rsa' && (details?.modulusLength ?? 0) < 2_048) return 'weak'
    if (type === 'rsa' && ((details?.modulusLength ?? 0) > 8_192 || (details?.publicExponent ?? 0n) > 0xffff_ffffn)) return 'kind'
    return {
      certificate: parsed.raw.toString('base64'), fingerprint: parsed.fingerprint256, subject: parsed.subject.replaceAll(/\n+/g, ', '), notAfter: parsed.validToDate.getTime(), keyKind: type,
    }
  } catch {
    return 'syntax'
  }
}

/**
 * Several at once: PEM blocks, or base64 with an empty line between two.
 * @returns each once, and for those that cannot be used the number (from 1) with what is wrong.
 */
export function readCertificates(text: string): { readonly certificates: readonly ApplicationCertificate[]; readonly problems: readonly { readonly number: number; readonly problem: CertificateProblem }[] } {
  const parts = text.includes('-----BEGIN ') ? text.split(/(?=-----BEGIN )/) : text.split(/\r?\n[ \t]*\r?\n/)
  const read = parts.filter((part) => part.trim() !== '').map(readCertificate)
  const certificates = read.filter((one): one is ApplicationCertificate => typeof one === 'object')
  return {
    certificates: certificates.filter(({ certificate }, index) => certificates.findIndex((other) => other.certificate === certificate) === index),
    problems: read.flatMap((one, index) => (typeof one === 'string' ? [{ number: index + 1, problem: one }] : [])),
  }
}

/** As administrators paste it elsewhere: PEM in lines of 64 characters (RFC 7468 §2). */
export function toPem(certificate: string): string {
  return ['-----BEGIN CERTIFICATE-----', ...(certificate.match(/.{1,64}/g) ?? []), '-----END CERTIFICATE-----'].join('\n')
}
