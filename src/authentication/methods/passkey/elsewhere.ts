import { verifyRegistrationResponse } from '@simplewebauthn/server'
import { decodeAttestationObject } from '@simplewebauthn/server/helpers'
import { z } from 'zod'

const base64url = z.string().max(32_000).regex(/^[A-Za-z0-9_-]+$/)
const registration = z.object({
  id: base64url.max(1_400), rawId: base64url, type: z.literal('public-key'),
  response: z.object({ clientDataJSON: base64url, attestationObject: base64url }),
  clientExtensionResults: z.record(z.string(), z.unknown()).default({}),
})

/** A key that was made for another site, as that site is to be told of it. */
export interface KeyElsewhere { readonly id: string; readonly clientDataJSON: string; readonly attestationObject: string; readonly aaguid: string; readonly clientExtensionResults: Readonly<Record<string, unknown>> }

/** ES256, EdDSA and RS256, as COSE numbers them. */
const algorithms = [-7, -8, -257]

/**
 * Judges a registration that another site asked for, before that site is told (WebAuthn Level 3 §7.1): type, challenge, origin, RP ID, presence,
 * verification, algorithm, signature.
 * @param wanted.host the other site's RP ID, at whose own origin the key must have been made
 * @returns undefined for what is not exactly that
 */
export async function judgeElsewhere(response: object, wanted: { readonly host: string; readonly isChallenge: (challenge: string) => boolean }): Promise<KeyElsewhere | undefined> {
  const read = registration.safeParse(response)
  if (!read.success || read.data.id !== read.data.rawId) return undefined
  const { id, rawId, response: { clientDataJSON, attestationObject }, clientExtensionResults } = read.data
  if (!isOfAPhone(attestationObject) || !isTopLevel(clientDataJSON)) return undefined
  try {
    const result = await verifyRegistrationResponse({
      response: { id, rawId, type: 'public-key', clientExtensionResults: {}, response: { clientDataJSON, attestationObject } },
      expectedChallenge: wanted.isChallenge, expectedOrigin: `https://${wanted.host}`, expectedRPID: wanted.host, expectedType: 'webauthn.create', requireUserPresence: true, requireUserVerification: true, supportedAlgorithmIDs: algorithms,
    })
    if (!result.verified || result.registrationInfo.credential.id !== id) return undefined
    return { id, clientDataJSON, attestationObject, aaguid: result.registrationInfo.aaguid, clientExtensionResults }
  } catch {
    return undefined
  }
}

/** None or its own signature: the others have chains, whose certificates name hosts that the library would ask (SEC-81). */
function isOfAPhone(attestationObject: string): boolean {
  try {
    const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')))
    const format = decoded.get('fmt')
    return format === 'none' || (format === 'packed' && decoded.get('attStmt').get('x5c') === undefined)
  } catch {
    return false
  }
}

function isTopLevel(clientDataJSON: string): boolean {
  try {
    const { crossOrigin, topOrigin } = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8')) as { crossOrigin?: unknown; topOrigin?: unknown }
    return crossOrigin !== true && topOrigin === undefined
  } catch {
    return false
  }
}
