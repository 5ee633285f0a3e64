import { z } from 'zod'

const maxLength = 20_000
const base64url = z.string().max(16_000).regex(/^[A-Za-z0-9_-]*$/)

const authentication = z.object({
  id: base64url.min(1).max(1_400), rawId: base64url, type: z.literal('public-key'),
  response: z.object({ clientDataJSON: base64url.min(1), authenticatorData: base64url.min(1), signature: base64url.min(1), userHandle: base64url.max(100).nullish() }),
})

const registration = z.object({
  id: base64url.min(1).max(1_400), rawId: base64url, type: z.literal('public-key'),
  response: z.object({ clientDataJSON: base64url.min(1), attestationObject: base64url.min(1) }),
  clientExtensionResults: z.object({ credProps: z.object({ rk: z.boolean().optional() }).optional() }).optional(),
})

export type AuthenticationAnswer = z.infer<typeof authentication>
export type RegistrationAnswer = z.infer<typeof registration>

/** Reads what the browser posted; anything that is not exactly of the standard's shape is undefined. */
export function readAuthentication(text: string): AuthenticationAnswer | undefined {
  return read(authentication, text)
}

export function readRegistration(text: string): RegistrationAnswer | undefined {
  return read(registration, text)
}

function read<T extends { id: string; rawId: string }>(shape: z.ZodType<T>, text: string): T | undefined {
  if (text.length > maxLength) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const result = shape.safeParse(value)
  return result.success && result.data.id === result.data.rawId ? result.data : undefined
}

/**
 * A page inside a frame of another site must not use our keys: the library does not look at these two members
 * (WebAuthn L3 §7.1 step 9 and 10, §7.2 step 13 and 14).
 */
export function isFromOurOwnPage(clientDataJSON: string): boolean {
  try {
    const data = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8')) as Record<string, unknown>
    return data['crossOrigin'] !== true && !('topOrigin' in data)
  } catch {
    return false
  }
}

/** Backup eligibility and state from the flags of authenticator data (bits 3 and 4); stated but not eligible is a contradiction. */
export function backupFlags(authenticatorData: Uint8Array): { eligible: boolean; state: boolean; consistent: boolean } {
  const flags = authenticatorData[32] ?? 0
  const eligible = (flags & 0x08) !== 0
  const state = (flags & 0x10) !== 0
  return { eligible, state, consistent: eligible || !state }
}
