/**
 * Authenticator apps (RFC 6238): six digits that change every thirty seconds, from a seed that was carried over once.
 *
 *   totp.ts             seeds, steps and codes: pure
 *   authenticators.ts   the apps of a person; the seed is sealed, each step serves once
 *
 * With a password it is two factors; alone it is worth no more than a code that was sent. Whoever has set one up is asked for it
 * after a password and before changes to the account, whatever policy says about signing in with it alone → ../../sessions.
 */
export { createAuthenticators, maxAuthenticators, setUpMinutes, type Authenticators, type AuthenticatorView } from './authenticators.ts'
export { TotpAuthenticatorTable } from './schema.ts'
export { codeAt, formatSeed, keyUri, matchingStep, newSeed, qrPicture, stepOf, stepSeconds } from './totp.ts'
