import { compactVerify, decodeProtectedHeader, errors, importJWK, type JWK } from 'jose'
import { issuerOf, readGuid, type CloudPlace } from './cloud.ts'

/** Whom Entra asks about. */
export interface HintedPerson {
  readonly tenantId: string
  readonly objectId: string
  /** Goes back into our answer. */
  readonly subject: string
  /** Names that Entra calls the person now: good for a proposal, never for an identity. */
  readonly names: readonly string[]
}

export type HintRefusal =
  | 'hint_malformed' | 'hint_algorithm' | 'hint_key' | 'hint_signature'
  | 'hint_version' | 'hint_tenant' | 'hint_issuer' | 'hint_audience' | 'hint_time' | 'hint_subject'

export type ReadHint = { readonly kind: 'accepted'; readonly person: HintedPerson } | { readonly kind: 'refused'; readonly reason: HintRefusal }

export interface HintExpectations extends CloudPlace {
  readonly tenantId: string
  readonly appId: string
}

/** Entra issues hints that have expired already, so only their time of issue counts: this far off at most, either way. */
const issuedWithinSeconds = 600

/**
 * Verifies the token by which Entra names the person.
 * @param findKey the published key of this id, or undefined; may throw Unavailable
 * @param now epoch milliseconds
 */
export async function readHint(hint: string, expected: HintExpectations, findKey: (kid: string) => Promise<JWK | undefined>, now: number): Promise<ReadHint> {
  const refused = (reason: HintRefusal): ReadHint => ({ kind: 'refused', reason })
  let header: ReturnType<typeof decodeProtectedHeader>
  try {
    header = decodeProtectedHeader(hint)
  } catch {
    return refused('hint_malformed')
  }
  // Said here and to the verifier: neither an unsigned token nor one "signed" with a public key as a shared secret comes through.
  if (header.alg !== 'RS256') return refused('hint_algorithm')
  if (header.typ !== undefined && header.typ !== 'JWT') return refused('hint_malformed')
  if (typeof header.kid !== 'string' || header.kid === '' || header.kid.length > 200) return refused('hint_key')
  const jwk = await findKey(header.kid)
  if (!jwk) return refused('hint_key')
  let claims: unknown
  try {
    const { payload } = await compactVerify(hint, await importJWK(jwk, 'RS256'), { algorithms: ['RS256'] })
    claims = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch (error) {
    return refused(error instanceof errors.JWSSignatureVerificationFailed ? 'hint_signature' : 'hint_malformed')
  }
  const judged = judgeHint(claims, expected, now)
  // Some of Microsoft's keys sign for one issuer only, and say so.
  const { issuer: keyIssuer } = jwk as { readonly issuer?: unknown }
  if (judged.kind === 'accepted' && typeof keyIssuer === 'string' && keyIssuer.replace('{tenantid}', judged.person.tenantId) !== (claims as { iss: string }).iss) return refused('hint_key')
  return judged
}

/** What a hint whose signature is right must say. `exp` is not looked at: Entra's lies in the past by design. */
export function judgeHint(claims: unknown, expected: HintExpectations, now: number): ReadHint {
  const refused = (reason: HintRefusal): ReadHint => ({ kind: 'refused', reason })
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return refused('hint_malformed')
  const { ver, tid, iss, aud, iat, oid, sub, preferred_username: preferred, upn } = claims as Readonly<Record<string, unknown>>
  if (ver !== '2.0') return refused('hint_version')
  const tenantId = typeof tid === 'string' ? readGuid(tid) : undefined
  if (tenantId === undefined || tenantId !== expected.tenantId) return refused('hint_tenant')
  if (iss !== issuerOf(expected, tenantId)) return refused('hint_issuer')
  if (typeof aud !== 'string' || aud.toLowerCase() !== expected.appId) return refused('hint_audience')
  if (typeof iat !== 'number' || Math.abs(now / 1_000 - iat) > issuedWithinSeconds) return refused('hint_time')
  const objectId = typeof oid === 'string' ? readGuid(oid) : undefined
  if (objectId === undefined || typeof sub !== 'string' || sub === '' || sub.length > 512) return refused('hint_subject')
  const names = [preferred, upn].filter((name): name is string => typeof name === 'string' && name !== '' && name.length <= 320)
  return { kind: 'accepted', person: { tenantId, objectId, subject: sub, names: [...new Set(names)] } }
}
