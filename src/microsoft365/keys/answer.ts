import { judgeElsewhere, type KeyElsewhere } from '../../authentication/methods/passkey/index.ts'
import { equalInConstantTime } from '../../equal.ts'
import { sha256 } from '../../storage/index.ts'

/** What a challenge is remembered by: no other phone of the person can answer with it. */
export function challengeHash(phoneId: string, challenge: string): string {
  return sha256(`${phoneId} ${challenge}`)
}

/** @returns undefined for anything but a key for this site and this challenge, made by this phone */
export async function judge(response: object, wanted: { readonly phoneId: string; readonly hash: string; readonly host: string }): Promise<KeyElsewhere | undefined> {
  const key = await judgeElsewhere(response, { host: wanted.host, isChallenge: (challenge) => equalInConstantTime(challengeHash(wanted.phoneId, challenge), wanted.hash) })
  return key && { ...key, clientExtensionResults: told(key.clientExtensionResults) }
}

/** The one result that Microsoft's documents show; Windows logs on with keys that have it. */
function told({ hmacCreateSecret, prf }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const enabled = typeof prf === 'object' && prf !== null && (prf as { enabled?: unknown }).enabled === true
  return hmacCreateSecret === true || enabled ? { hmacCreateSecret: true } : {}
}
