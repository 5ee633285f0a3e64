/** The bot check on forms that strangers may send: no third party, no cookie, no picture puzzles. */
export { createSecurityCheck, type SecurityCheck, type SecurityCheckResult, type SecurityCheckView } from './security-check.ts'
