/** A yes on the phone, as a proof: what it is worth, and what it is not. Requests and phones themselves → ../../../phones. */
import type { Proof } from '../../proof.ts'

/**
 * Two factors in one act: the approval key, and the phone's own lock. RFC 8176 `swk`, since a web app's key lies in the browser's store. Nothing in
 * it is bound to the page that the person looks at, so it never counts as phishing-resistant, however near the phone was (SEC-47).
 */
export function phoneProof(phoneId: string, at: number): Proof {
  return { method: 'phone', at, credentialId: phoneId, factors: ['possession', 'inherence'], amr: ['swk', 'pop', 'mfa', 'user'], phishingResistant: false, deviceBound: false }
}
