/**
 * The set-up of Microsoft 365 from the command line: the same guide as in administration, for whoever would rather read a script.
 *
 *   status, add, preflight, plan, apply, undo, certificate, guard, explain    one file each of these names, or two that belong together
 *   session.ts   finds the domain, and signs in at Entra with a code that is printed; no token is kept
 *   show.ts      findings, differences and refusals as lines
 */
export { add, status } from './domains.ts'
export { apply, plan, undo } from './apply.ts'
export { certificate } from './certificate.ts'
export { explainCode } from './explain.ts'
export { guard, preflight } from './look.ts'
