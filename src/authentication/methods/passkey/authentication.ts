import { generateAuthenticationOptions, verifyAuthenticationResponse, type AuthenticatorTransport, type PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { Clock, Storage, UserId } from '../../../storage/index.ts'
import type { Verification } from '../../proof.ts'
import { challengeLifetimeSeconds, type createChallenges } from './challenges.ts'
import { passkeyProof } from './passkey.ts'
import { backupFlags, isFromOurOwnPage, readAuthentication } from './response.ts'
import type { PasskeyStore, StoredPasskey } from './store.ts'

export interface CeremonyNeeds {
  readonly storage: Storage
  readonly clock: Clock
  readonly challenges: ReturnType<typeof createChallenges>
  readonly store: PasskeyStore
  readonly origin: string
  readonly rpId: string
  readonly rpName: string
}

const rejected = (reason: Extract<Verification, { outcome: 'rejected' }>['reason']): Verification => ({ outcome: 'rejected', reason })

/** Signing in with a key: WebAuthn Level 3 §7.2. */
export function createAuthentication({ storage, clock, challenges, store, origin, rpId }: CeremonyNeeds) {
  return {
    /**
     * Without a person the list of keys stays empty: the authenticator offers what it has for us (usernameless).
     * @param order.only the one key that is asked, where another of the same person would prove something else
     */
    async beginAuthentication(order: { binding: string; userId: UserId | null; userVerification: 'required' | 'preferred'; only?: string }): Promise<{ challengeId: string; options: PublicKeyCredentialRequestOptionsJSON }> {
      const { id, challenge } = await challenges.create('authentication', order.binding, order.userId, order.userVerification)
      const keys = order.userId === null ? [] : (await store.ofUser(storage.read, order.userId)).filter((key) => !key.suspended && (order.only === undefined || key.id === order.only))
      const options = await generateAuthenticationOptions({
        rpID: rpId, challenge, userVerification: order.userVerification, timeout: challengeLifetimeSeconds * 1_000,
        allowCredentials: keys.map((key) => ({ id: key.credentialId, transports: key.transports as AuthenticatorTransport[] })),
      })
      return { challengeId: id, options }
    },

    /** Never throws on what a stranger sends; the reason is for the log, the page says the same for all. */
    async finishAuthentication(answer: { binding: string; challengeId: string; response: string; expectedUser: UserId | null }): Promise<Verification> {
      const challenge = await challenges.take(answer.challengeId, 'authentication', answer.binding)
      if (!challenge) return rejected('expired')
      const response = readAuthentication(answer.response)
      if (!response || !isFromOurOwnPage(response.response.clientDataJSON)) return rejected('wrong')
      const key = await store.findByCredential(response.id)
      if (!key) return rejected('unknown')
      if (!belongsTo(key, response.response.userHandle ?? null, challenge.userId ?? answer.expectedUser)) return rejected('wrong')
      const flags = backupFlags(Buffer.from(response.response.authenticatorData, 'base64url'))
      // Eligibility is fixed for a key's life; a change means another authenticator answers (§7.2 step 18).
      if (!flags.consistent || flags.eligible !== key.backupEligible) return rejected('wrong')

      const { userHandle, ...rest } = response.response
      let result: Awaited<ReturnType<typeof verifyAuthenticationResponse>>
      try {
        result = await verifyAuthenticationResponse({
          response: { id: response.id, rawId: response.rawId, type: 'public-key', clientExtensionResults: {}, response: { ...rest, ...(userHandle ? { userHandle } : {}) } },
          expectedChallenge: challenge.challenge, expectedOrigin: origin, expectedRPID: rpId, expectedType: 'webauthn.get',
          // The counter is judged in the statement that stores it, where parallel answers meet.
          credential: { id: key.credentialId, publicKey: new Uint8Array(Buffer.from(key.publicKey, 'base64url')), counter: 0 },
          requireUserVerification: challenge.userVerification === 'required',
        })
      } catch {
        return rejected('wrong')
      }
      if (!result.verified) return rejected('wrong')
      // From here on the key itself has answered: what is refused now is the person's business (S128).
      if (key.suspended) return { ...rejected('suspended'), user: key.userId }
      const { newCounter, userVerified } = result.authenticationInfo
      if (!(await store.use(key, newCounter, flags.state))) return { ...rejected('replayed'), user: key.userId }
      return { outcome: 'verified', user: key.userId, proof: passkeyProof(key, userVerified, clock.now()) }
    },
  }
}

/** A usernameless answer must say whose it is (§7.2 step 6); a said owner must be the right one. */
function belongsTo(key: StoredPasskey, userHandle: string | null, expected: UserId | null): boolean {
  if (expected !== null && key.userId !== expected) return false
  if (userHandle === null || userHandle === '') return expected !== null
  return Buffer.from(userHandle, 'base64url').toString('utf8') === key.userId
}
