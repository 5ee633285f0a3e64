/**
 * FIDO keys: security keys, the sensor of a computer, phones. The strongest way in, and never throttled.
 *
 *   registration.ts     adding a key (WebAuthn L3 §7.1)
 *   authentication.ts   signing in with one (§7.2)
 *   challenges.ts       one-time, five minutes, bound to who asked
 *   response.ts         reading what a browser posts
 *   elsewhere.ts        judging a key that was made for another site
 *
 * Who may add a key when → panels; which key is strong enough → ../../policy and ../../proof.ts.
 */
import type { Clock, Storage } from '../../../storage/index.ts'
import { createAuthentication } from './authentication.ts'
import { createChallenges } from './challenges.ts'
import { createRegistration } from './registration.ts'
import { createPasskeyStore } from './store.ts'

export { judgeElsewhere, type KeyElsewhere } from './elsewhere.ts'
export { maxPasskeysPerPerson, modelName, type NewPasskey, type PasskeyKind, type PasskeyView } from './passkey.ts'
export type { Registration } from './registration.ts'
export { ChallengeTable, PasskeyTable } from './schema.ts'

export type Passkeys = ReturnType<typeof createPasskeys>

/** @param needs.publicUrl its origin is the only one accepted, its host the RP ID */
export function createPasskeys(needs: { storage: Storage; clock: Clock; publicUrl: string; rpName: string }) {
  const url = new URL(needs.publicUrl)
  const challenges = createChallenges(needs)
  const { ofUser, findByCredential, use, ...store } = createPasskeyStore(needs)
  const ceremony = {
    storage: needs.storage, clock: needs.clock, challenges, store: { ...store, ofUser, findByCredential, use }, origin: url.origin, rpId: url.hostname, rpName: needs.rpName,
  }
  return { ...createAuthentication(ceremony), ...createRegistration(ceremony), ...store }
}
