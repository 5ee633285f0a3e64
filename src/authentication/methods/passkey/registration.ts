import { generateRegistrationOptions, SettingsService, verifyRegistrationResponse, type AuthenticatorTransport, type PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server'
import { cose, decodeAttestationObject, decodeCredentialPublicKey } from '@simplewebauthn/server/helpers'
import type { CredentialId, UserId } from '../../../storage/index.ts'
import type { Proof } from '../../proof.ts'
import type { CeremonyNeeds } from './authentication.ts'
import { challengeLifetimeSeconds } from './challenges.ts'
import { algorithms, maxPasskeysPerPerson, passkeyProof, transportNames, type NewPasskey } from './passkey.ts'
import { isFromOurOwnPage, readRegistration, type RegistrationAnswer } from './response.ts'

export type Registration =
  | { readonly outcome: 'verified'; readonly credential: NewPasskey; readonly proof: Proof }
  | { readonly outcome: 'rejected'; readonly reason: 'wrong' | 'expired' | 'duplicate' | 'too_many' | 'policy'; readonly existingName?: string }

// With roots of its own the library asks the hosts that certificates name for lists of revoked ones, past our outbound client.
// Attestation is kept, and trusted by no rule here, so its chains are not followed (SEC-81, SEC-38, S126).
for (const identifier of ['apple', 'android-key', 'android-safetynet'] as const) SettingsService.setRootCertificates({ identifier, certificates: [] })

/** Adding a key: WebAuthn Level 3 §7.1. */
export function createRegistration({ storage, clock, challenges, store, origin, rpId, rpName }: CeremonyNeeds) {
  return {
    /**
     * Discoverable, so that nobody types a name later; attestation asked for and kept; any kind of authenticator, which
     * leaves the phone across the room (hybrid) and every reader possible.
     * @param order.inThisDevice only the device itself, where a key of this person may be already whose other half was lost: it is made anew
     */
    async beginRegistration(order: { binding: string; user: { id: UserId; email: string; name: string }; userVerification: 'required' | 'preferred'; inThisDevice?: true }): Promise<{ challengeId: string; options: PublicKeyCredentialCreationOptionsJSON }> {
      const { user } = order
      const { id, challenge } = await challenges.create('registration', order.binding, user.id, order.userVerification)
      const keys = order.inThisDevice ? [] : await store.ofUser(storage.read, user.id)
      const options = await generateRegistrationOptions({
        rpID: rpId, rpName, userID: new Uint8Array(Buffer.from(user.id)), userName: user.email, userDisplayName: user.name, challenge, attestationType: 'direct',
        timeout: challengeLifetimeSeconds * 1_000, supportedAlgorithmIDs: [...algorithms],
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: order.userVerification, ...(order.inThisDevice ? { authenticatorAttachment: 'platform' } : {}) },
        excludeCredentials: keys.map((key) => ({ id: key.credentialId, transports: key.transports as AuthenticatorTransport[] })),
      })
      return { challengeId: id, options }
    },

    /** Uses the challenge up and judges; nothing is stored yet. Everything asked for in the options is looked at again (SEC-34). */
    async verifyRegistration(answer: { binding: string; challengeId: string; response: string; transports: string; userId: UserId }): Promise<Registration> {
      const challenge = await challenges.take(answer.challengeId, 'registration', answer.binding)
      if (!challenge || challenge.userId !== answer.userId) return { outcome: 'rejected', reason: 'expired' }
      const response = readRegistration(answer.response)
      if (!response || !isFromOurOwnPage(response.response.clientDataJSON)) return { outcome: 'rejected', reason: 'wrong' }
      if (!isCheckedHere(response.response.attestationObject)) return { outcome: 'rejected', reason: 'wrong' }
      const existing = await store.findByCredential(response.id)
      if (existing) return { outcome: 'rejected', reason: 'duplicate', ...(existing.userId === answer.userId ? { existingName: existing.name } : {}) }
      if ((await store.ofUser(storage.read, answer.userId)).length >= maxPasskeysPerPerson) return { outcome: 'rejected', reason: 'too_many' }

      let result: Awaited<ReturnType<typeof verifyRegistrationResponse>>
      try {
        result = await verifyRegistrationResponse({
          response: { id: response.id, rawId: response.rawId, type: 'public-key', clientExtensionResults: {}, response: response.response },
          expectedChallenge: challenge.challenge, expectedOrigin: origin, expectedRPID: rpId, expectedType: 'webauthn.create', requireUserPresence: true,
          // Judged below with an answer of its own.
          requireUserVerification: false, supportedAlgorithmIDs: [...algorithms],
        })
      } catch {
        return { outcome: 'rejected', reason: 'wrong' }
      }
      if (!result.verified) return { outcome: 'rejected', reason: 'wrong' }
      const info = result.registrationInfo
      // The library takes the attested id and never compares it with the one that was looked up as a duplicate above.
      if (info.credential.id !== response.id) return { outcome: 'rejected', reason: 'wrong' }
      if (challenge.userVerification === 'required' && !info.userVerified) return { outcome: 'rejected', reason: 'policy' }
      const backupEligible = info.credentialDeviceType === 'multiDevice'
      if (info.credentialBackedUp && !backupEligible) return { outcome: 'rejected', reason: 'wrong' }
      const algorithm = algorithmOf(info.credential.publicKey)
      if (algorithm === undefined) return { outcome: 'rejected', reason: 'wrong' }
      return {
        outcome: 'verified',
        credential: {
          credentialId: info.credential.id, publicKey: Buffer.from(info.credential.publicKey).toString('base64url'), algorithm, counter: info.credential.counter,
          transports: [...new Set(answer.transports.split(' '))].filter((name) => transportNames.includes(name)), aaguid: info.aaguid, attestationFormat: info.fmt,
          attestation: Buffer.from(info.attestationObject).toString('base64url'), discoverable: discoverable(response), backupEligible, backedUp: info.credentialBackedUp,
        },
        proof: passkeyProof({ id: info.credential.id as CredentialId, backupEligible }, info.userVerified, clock.now()),
      }
    },
  }
}

function algorithmOf(publicKey: Uint8Array<ArrayBuffer>): number | undefined {
  const algorithm = decodeCredentialPublicKey(publicKey).get(cose.COSEKEYS.alg)
  return algorithm !== undefined && algorithms.includes(algorithm) ? algorithm : undefined
}

function discoverable(response: RegistrationAnswer): boolean | null {
  return response.clientExtensionResults?.credProps?.rk ?? null
}

/**
 * In the format "android-key" the library follows the chain to whatever root came with it, and calls the addresses in those
 * certificates: a stranger's key could make this server call any host (SEC-81). Discoverable keys of Android never come in it.
 */
function isCheckedHere(attestationObject: string): boolean {
  try {
    return decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url'))).get('fmt') !== 'android-key'
  } catch {
    return false
  }
}
