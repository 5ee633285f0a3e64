import { createPrivateKey, X509Certificate, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { KeySet, KeyState } from './key.ts'

/** What SAML, WS-Federation and Entra are told of a key. */
export interface PublishedCertificate {
  readonly keyId: string
  readonly state: Exclude<KeyState, 'removed'>
  /** DER as base64 in one line. */
  readonly certificate: string
  /** SHA-256 of the DER, as colon-separated hex: what an administrator compares by eye. */
  readonly fingerprint: string
  /** Epoch milliseconds. */
  readonly notAfter: number
  readonly activatesAt: number
}

export interface CertificateSet {
  readonly signer: { readonly keyId: string; readonly privateKey: KeyObject; readonly certificate: string }
  /** The active one first, then the next one; a retiring one last. */
  readonly published: readonly PublishedCertificate[]
}

/** Opening a private key takes longer than signing with it, so this is made once for each set. */
export function toCertificateSet(set: KeySet): CertificateSet {
  const published = set.publicJwks.flatMap((jwk, index): PublishedCertificate[] => {
    const key = set.keys.find(({ id }) => id === jwk.kid) ?? set.keys[index]
    const certificate = jwk.x5c?.[0]
    if (!key || key.state === 'removed' || certificate === undefined) return []
    const parsed = new X509Certificate(Buffer.from(certificate, 'base64'))
    return [{ keyId: key.id, state: key.state, certificate, fingerprint: parsed.fingerprint256, notAfter: parsed.validToDate.getTime(), activatesAt: key.activatesAt }]
  })
  const [active] = published
  const jwk = set.privateJwks.find(({ kid }) => kid === active?.keyId)
  if (!active || active.state !== 'active' || !jwk) throw new Error('a purpose without an active certificate cannot sign')
  return { signer: { keyId: active.keyId, privateKey: createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' }), certificate: active.certificate }, published }
}
