import { fromBase64url, type Bytes } from '../pairing/bytes.ts'
import { algorithms } from './algorithms.ts'
import type { Protection } from './credential.ts'
import type { PrfValues } from './prf.ts'

/** Options that are not what WebAuthn L3 §5.1 calls options. */
export class InvalidOptions extends Error {
  override readonly name = 'InvalidOptions'
}

export interface CreationOptions {
  readonly challenge: string
  readonly rpId: string | undefined
  readonly rpName: string
  readonly userHandle: Bytes
  readonly userName: string
  readonly displayName: string
  readonly algorithms: readonly number[]
  readonly exclude: readonly string[]
  readonly attachment: string | undefined
  readonly attested: boolean
  readonly protection: Protection | undefined
  readonly credProps: boolean
  readonly prf: { readonly eval: PrfValues | undefined } | undefined
}

export interface RequestOptions {
  readonly challenge: string
  readonly rpId: string | undefined
  readonly allow: readonly string[] | undefined
  readonly prf: { readonly eval: PrfValues | undefined; readonly evalByCredential: ReadonlyMap<string, PrfValues> } | undefined
}

type Fields = Readonly<Record<string, unknown>>

/** PublicKeyCredentialCreationOptionsJSON. @throws InvalidOptions */
export function readCreationOptions(options: unknown): CreationOptions {
  const { challenge, rp, user, pubKeyCredParams, excludeCredentials, authenticatorSelection, attestation, extensions } = fields(options)
  const [site, account, selection, extra] = [fields(rp), fields(user), fields(authenticatorSelection ?? {}), fields(extensions ?? {})]
  const userHandle = bytes(account['id'])
  if (userHandle.length < 1 || userHandle.length > 64) throw new InvalidOptions('user.id')
  const rpId = optional(site['id'], text)
  const wanted = list(pubKeyCredParams).map(fields).filter(({ type }) => type === 'public-key').map(({ alg }) => number(alg))
  const prf = optional(extra['prf'], fields)
  if (prf?.['evalByCredential'] !== undefined) throw new InvalidOptions('prf.evalByCredential')
  return {
    challenge: base64urlText(challenge), rpId, rpName: optional(site['name'], text) ?? rpId ?? '', userHandle, userName: text(account['name']), displayName: optional(account['displayName'], text) ?? '',
    // A site that names none takes ES256 and RS256 (§5.1.3 step 10); one that names only what is no public key takes nothing.
    algorithms: list(pubKeyCredParams).length === 0 ? algorithms.filter((algorithm) => algorithm !== -8) : wanted,
    exclude: descriptors(excludeCredentials), attachment: optional(selection['authenticatorAttachment'], text),
    attested: attestation !== undefined && attestation !== 'none', protection: protectionOf(extra['credentialProtectionPolicy']), credProps: extra['credProps'] === true,
    prf: prf && { eval: optional(prf['eval'], prfValues) },
  }
}

/** PublicKeyCredentialRequestOptionsJSON. @throws InvalidOptions */
export function readRequestOptions(options: unknown): RequestOptions {
  const { challenge, rpId, allowCredentials, extensions } = fields(options)
  const allow = descriptors(allowCredentials)
  const prf = optional(fields(extensions ?? {})['prf'], fields)
  const evalByCredential = new Map(Object.entries(fields(prf?.['evalByCredential'] ?? {})).map(([id, values]) => [id, prfValues(values)]))
  // §10.1.4: each of them has to be one that may answer.
  if ([...evalByCredential.keys()].some((id) => !allow.includes(id))) throw new InvalidOptions('prf.evalByCredential')
  return {
    challenge: base64urlText(challenge), rpId: optional(rpId, text), allow: list(allowCredentials ?? []).length === 0 ? undefined : allow,
    prf: prf && { eval: optional(prf['eval'], prfValues), evalByCredential },
  }
}

function fields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InvalidOptions('not an object')
  return value as Fields
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value) || value.length > 200) throw new InvalidOptions('not a list')
  return value as readonly unknown[]
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new InvalidOptions('not a text')
  return value
}

function number(value: unknown): number {
  if (typeof value !== 'number') throw new InvalidOptions('not a number')
  return value
}

function bytes(value: unknown): Bytes {
  try {
    return fromBase64url(text(value))
  } catch (cause) {
    throw new InvalidOptions('not base64url', { cause })
  }
}

function base64urlText(value: unknown): string {
  if (bytes(value).length === 0) throw new InvalidOptions('empty')
  return text(value)
}

function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value)
}

/** Ids; types that nobody knows yet are passed over. */
function descriptors(value: unknown): readonly string[] {
  return list(value ?? []).map(fields).flatMap(({ id, type }) => {
    bytes(id)
    return text(type) === 'public-key' ? [text(id)] : []
  })
}

function prfValues(value: unknown): PrfValues {
  const { first, second } = fields(value)
  bytes(first)
  if (second !== undefined && second !== null) bytes(second)
  return { first: text(first), ...(second === undefined || second === null ? {} : { second: text(second) }) }
}

function protectionOf(policy: unknown): Protection | undefined {
  if (policy === undefined || policy === null) return undefined
  const found = ['userVerificationOptional', 'userVerificationOptionalWithCredentialIDList', 'userVerificationRequired'].indexOf(text(policy))
  return found === 0 ? 1 : found === 1 ? 2 : found === 2 ? 3 : undefined
}
