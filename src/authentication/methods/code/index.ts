/**
 * Six-digit codes by mail or SMS: for signing in where policy allows it, and for proving a new address or number.
 *
 * A code belongs to one purpose and one binding (sign-in, session or form), lives ten minutes, allows five tries, works once.
 * Who may get one and how often → ../../signin and ../../throttle. How it leaves the house → messaging, through `deliver`.
 */
export { codeLifetimeSeconds, codeProof, maskEmail, maskPhone, newCode, readCode, resendSeconds, type AcceptedCode, type Channel, type CodeCheck, type CodePurpose, type IssuedCode } from './code.ts'
export { createCodes, type CodeOrder, type Codes } from './codes.ts'
export { OneTimeCodeTable } from './schema.ts'
