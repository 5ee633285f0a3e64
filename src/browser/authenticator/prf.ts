import { base64url, concat, fromBase64url, sha256, utf8, type Bytes } from '../pairing/bytes.ts'
import type { Key } from '../pairing/party.ts'

export interface PrfValues { readonly first: string; readonly second?: string }

/**
 * Secrets that a site derives from its own inputs (WebAuthn L3 §10.1.4): the same for the same credential and input, for nobody else.
 * Inputs are hashed with a prefix, so that no site can ask for what `hmac-secret` gives to the computer itself.
 * @throws RangeError when an input is not base64url
 */
export async function evaluatePrf(key: Key, { first, second }: PrfValues): Promise<PrfValues> {
  return { first: await evaluate(key, first), ...(second === undefined ? {} : { second: await evaluate(key, second) }) }
}

async function evaluate(key: Key, input: string): Promise<string> {
  const salt = await sha256(concat(utf8('WebAuthn PRF'), Uint8Array.of(0), fromBase64url(input)))
  return base64url(await hmacOf(key, salt))
}

export async function hmacOf(key: Key, salt: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, salt))
}
