import { fromBase64url, randomBytes } from '../pairing/bytes.ts'
import type { HeldKey } from './keys.ts'

const userVerified = 4
const flagsAt = 32

/**
 * The phone's own lock before a key for a site is made or used: its platform authenticator, by the passkey that this key was activated with.
 * @returns whether finger, face or PIN were right; false also when the prompt was closed
 */
export async function unlock({ passkey }: HeldKey, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await navigator.credentials.get({
      signal, publicKey: { challenge: randomBytes(32), userVerification: 'required', ...(passkey === undefined ? {} : { allowCredentials: [{ type: 'public-key', id: fromBase64url(passkey) }] }) },
    })
    if (!(answer instanceof PublicKeyCredential) || !(answer.response instanceof AuthenticatorAssertionResponse)) return false
    return ((new Uint8Array(answer.response.authenticatorData)[flagsAt] ?? 0) & userVerified) !== 0
  } catch {
    return false
  }
}
