import { createPublicKey, type JsonWebKey } from 'node:crypto'
import type { OidcSettings } from '../../applications/index.ts'

const privateParts = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * The public keys of an application as JSON (RFC 7517). A private key in it is refused: it would be known to two sides.
 * @returns the set, or the rest of the locale key of what is wrong with it.
 */
export function readKeySet(text: string): NonNullable<OidcSettings['jwks']> | 'error.keys_syntax' | 'error.keys_private' | 'error.keys_kind' {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'error.keys_syntax'
  }
  const keys: unknown = (value as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > 20 || keys.some((key) => typeof key !== 'object' || key === null || Array.isArray(key))) return 'error.keys_syntax'
  const known = keys as Record<string, unknown>[]
  if (known.some((key) => privateParts.some((part) => part in key))) return 'error.keys_private'
  return known.every(isUsable) ? { keys: known } : 'error.keys_kind'
}

function isUsable(key: Record<string, unknown>): boolean {
  if (!['RSA', 'EC', 'OKP'].includes(String(key['kty']))) return false
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({ key: key as JsonWebKey, format: 'jwk' })
    return asymmetricKeyType !== 'rsa' || (asymmetricKeyDetails?.modulusLength ?? 0) >= 2_048
  } catch {
    return false
  }
}
