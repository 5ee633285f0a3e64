import { GraphRefused } from './refused.ts'
import type { GraphSession } from './session.ts'

/** What a key has to be made from, as Microsoft sent it; the challenge is several kilobytes long and goes back character for character (section 5.1 F-3). */
export interface KeyOptions {
  readonly rpId: string
  readonly challenge: string
  /** PublicKeyCredentialCreationOptionsJSON (WebAuthn Level 3 §5.4). */
  readonly publicKey: Readonly<Record<string, unknown>>
  /** Epoch milliseconds; null where Microsoft did not say. */
  readonly expiresAt: number | null
}

export interface NewKey {
  readonly displayName: string
  readonly id: string
  readonly clientDataJSON: string
  readonly attestationObject: string
  readonly clientExtensionResults: object
}

export interface AddedKey { readonly methodId: string; readonly displayName: string; readonly createdAt: number | null }
export interface AccessPass { readonly code: string; readonly minutes: number; readonly once: boolean; readonly startsAt: number | null; readonly usable: boolean; readonly usabilityReason: string }

const longestChallenge = 65_536
const pathOf = (upn: string, rest: string): string => `/v1.0/users/${encodeURIComponent(upn)}/authentication/${rest}`

/** The challenge of v1.0 lives five minutes and is used once. @throws GraphRefused */
export async function keyOptions(session: GraphSession, upn: string): Promise<KeyOptions> {
  const { publicKey, challengeTimeoutDateTime: until } = await session.get(pathOf(upn, 'fido2Methods/creationOptions'))
  const options = isRecord(publicKey) ? publicKey : {}
  const { challenge, rp } = options
  const rpId = isRecord(rp) ? rp['id'] : undefined
  if (typeof challenge !== 'string' || challenge === '' || challenge.length > longestChallenge || typeof rpId !== 'string') throw new GraphRefused('unreadable', 'Graph answered with no options for a key')
  return { rpId, challenge: base64url(challenge), publicKey: { ...options, challenge: base64url(challenge), ...excluded(options['excludeCredentials']) }, expiresAt: timeOf(until) }
}

/** @throws GraphRefused */
export async function addKey(session: GraphSession, upn: string, key: NewKey): Promise<AddedKey> {
  const { displayName, id, clientDataJSON, attestationObject, clientExtensionResults } = key
  const answer = readKey(await session.post(pathOf(upn, 'fido2Methods'), { displayName, publicKeyCredential: { id, response: { clientDataJSON, attestationObject }, clientExtensionResults } }))
  if (!answer) throw new GraphRefused('unreadable', 'Graph took a key and did not say by which name')
  return answer
}

/** @throws GraphRefused */
export async function keysOf(session: GraphSession, upn: string): Promise<AddedKey[]> {
  return (await session.all(pathOf(upn, 'fido2Methods'), 100)).flatMap((entry) => readKey(entry) ?? [])
}

/** @returns false for one that is not there any more. @throws GraphRefused */
export async function removeKey(session: GraphSession, upn: string, methodId: string): Promise<boolean> {
  try {
    await session.send({ method: 'DELETE', path: pathOf(upn, `fido2Methods/${encodeURIComponent(methodId)}`), body: null })
    return true
  } catch (error) {
    if (error instanceof GraphRefused && error.kind === 'not_found') return false
    throw error
  }
}

/** `fido2AuthenticationMethodConfiguration`, as it is. @throws GraphRefused */
export const keyPolicy = (session: GraphSession): Promise<Readonly<Record<string, unknown>>> => session.get('/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2')

/** The pass stands in this one answer; a new one takes the place of an older one (section 5.2). @throws GraphRefused */
export async function issueAccessPass(session: GraphSession, upn: string, order: { readonly minutes: number; readonly once: boolean }): Promise<AccessPass> {
  const answer = await session.post(pathOf(upn, 'temporaryAccessPassMethods'), { lifetimeInMinutes: order.minutes, isUsableOnce: order.once })
  const { temporaryAccessPass: code, lifetimeInMinutes: minutes, isUsableOnce: once, startDateTime: starts, isUsable: usable, methodUsabilityReason: reason } = answer
  if (typeof code !== 'string' || code === '') throw new GraphRefused('unreadable', 'Graph made an access pass and did not say it')
  return { code, minutes: typeof minutes === 'number' ? minutes : order.minutes, once: typeof once === 'boolean' ? once : order.once, startsAt: timeOf(starts), usable: usable !== false, usabilityReason: typeof reason === 'string' ? reason : '' }
}

function readKey(entry: Readonly<Record<string, unknown>>): AddedKey | undefined {
  const { id, displayName, createdDateTime } = entry
  return typeof id === 'string' && id !== '' ? { methodId: id, displayName: typeof displayName === 'string' ? displayName : '', createdAt: timeOf(createdDateTime) } : undefined
}

/** Ids were seen in other spellings of base64 than the one that WebAuthn's JSON has (section 5.1 F-3). */
function excluded(list: unknown): { readonly excludeCredentials?: readonly object[] } {
  if (!Array.isArray(list)) return {}
  return { excludeCredentials: list.flatMap((entry: unknown) => (isRecord(entry) && typeof entry['id'] === 'string' ? [{ ...entry, type: 'public-key', id: base64url(entry['id']) }] : [])) }
}

const base64url = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)

function timeOf(value: unknown): number | null {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? null : time
}
