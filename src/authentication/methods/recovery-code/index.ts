/**
 * Ten codes on paper for the day the key is lost: 80 random bits each, shown once, used once (SEC-60).
 *
 * A recovery code is one factor: it opens a session of the lowest assurance, in which a new key can be added; applications
 * that ask for more wait for that key. Every use tells the person by mail → ../../signin.
 */
export { formatWrittenCode as formatRecoveryCode, readWrittenCode as readRecoveryCode } from '../../written-code.ts'
export { createRecoveryCodes, recoveryCodeCount, type RecoveryCodes } from './recovery-codes.ts'
export { RecoveryCodeTable } from './schema.ts'
