import { SignJWT } from 'jose'
import type { Proof } from '../../authentication/index.ts'
import type { CertificateSet } from '../../keys/index.ts'
import type { Wanted } from './question.ts'

/** What our answer says: how the person has proven who they are. */
export interface Answer {
  readonly acr: string
  readonly amr: string
}

/**
 * Entra's classes that something one has belongs to, as it names them. A key asks for a finger, a face or a PIN, and does not tell
 * which: so nothing of ours is ever called inherence.
 */
const acrOfPossession: readonly string[] = ['possession', 'possessionorinherence', 'knowledgeorpossession', 'knowledgeorpossessionorinherence']

/** Stands for every method that is not proven yet, to see whether it could help at all. */
type Claimed = Pick<Proof, 'method' | 'credentialId' | 'amr'>

/**
 * What Entra's list says truthfully about a proof, the most telling first. A code by mail and a recovery code have no place in it:
 * they were not made by a device (`otp`) and did not come by telephone.
 */
function amrOf(proof: Claimed): readonly string[] {
  if (proof.method === 'passkey') return ['fido', ...proof.amr.filter((value) => value === 'hwk' || value === 'swk' || value === 'pop')]
  return proof.method === 'code' && proof.credentialId === 'sms' ? ['sms'] : []
}

const strongestFirst = (a: Claimed, b: Claimed): number => Number(b.method === 'passkey') - Number(a.method === 'passkey')

/** @returns the one `acr` and the one `amr` that are true of the proofs and wanted, or undefined where none is */
export function chooseAnswer(wanted: Wanted, proofs: readonly Claimed[]): Answer | undefined {
  const acr = wanted.acr.find((value) => acrOfPossession.includes(value))
  const amr = proofs.toSorted(strongestFirst).flatMap(amrOf).find((value) => wanted.amr.includes(value))
  return acr === undefined || amr === undefined ? undefined : { acr, amr }
}

/** Proofs that count for a request: made for it, or as old before it as the connection allows. */
export function freshProofs(proofs: readonly Proof[], askedAt: number, maxAgeSeconds: number): Proof[] {
  return proofs.filter(({ at }) => at >= askedAt - maxAgeSeconds * 1_000)
}

const anyKey: Claimed = { method: 'passkey', credentialId: null, amr: ['hwk', 'swk', 'pop'] }
const anySms: Claimed = { method: 'code', credentialId: 'sms', amr: ['sms'] }

/** Which ways of ours Entra would take: asked first, so that nobody signs in for nothing. */
export function acceptableWays(wanted: Wanted): { readonly key: boolean; readonly sms: boolean } {
  return { key: chooseAnswer(wanted, [anyKey]) !== undefined, sms: chooseAnswer(wanted, [anySms]) !== undefined }
}

const lifetimeSeconds = 300

/** The ID token of our answer, for five minutes; `amr` is a list of one. @param now epoch milliseconds */
export function signAnswer(
  signer: CertificateSet['signer'], answer: Answer, facts: { readonly issuer: string; readonly clientId: string; readonly subject: string; readonly nonce: string }, now: number,
): Promise<string> {
  const seconds = Math.floor(now / 1_000)
  return new SignJWT({ nonce: facts.nonce, acr: answer.acr, amr: [answer.amr] })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: signer.keyId })
    .setIssuer(facts.issuer).setAudience(facts.clientId).setSubject(facts.subject).setIssuedAt(seconds).setExpirationTime(seconds + lifetimeSeconds)
    .sign(signer.privateKey)
}
