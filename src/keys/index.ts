/**
 * Signing keys of this installation and their rotation.
 *
 *   key.ts      states, the schedule, and what is due when: pure
 *   certificate what SAML and Entra want: the same keys with an X.509 certificate
 *   keys.ts     ensure at start, current for protocols, rotate by hand, advance by a job
 *
 * A key is published a day before it signs and kept two weeks after, so an application that caches the key set never meets
 * an unknown one (SEC-77). Private parts are sealed; only `current` opens them.
 */
export type { CertificateSet, PublishedCertificate } from './certificate.ts'
export { type KeyAlgorithm, type KeyInfo, type KeyPurpose, type KeySet, type KeyState } from './key.ts'
export { createKeys, type KeyChange, type Keys } from './keys.ts'
export { SigningKeyTable, type SigningKeyRow } from './schema.ts'
