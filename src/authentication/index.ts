/**
 * How a person proves who they are.
 *
 *   signin/           the journey from a question to a session      policy/     what is required of whom
 *   methods/          passkey, code, password, …                    sessions/   the browser's single sign-on session
 *   security-check/   friction for robots                           throttle/   attempt limits, things that happen once
 *
 * `signin` uses the others; a method never imports another one, and `policy` imports no room.
 * The words that all of them share, and those above: what a proof is, and how much proofs are worth (proof.ts).
 */
export { amrOf, assuranceOf, assurances, atLeast, type Assurance, type Factor, type MethodId, type Proof, type Verification } from './proof.ts'
