/** What WebCrypto takes: bytes that no other thread can change meanwhile. */
export type Bytes = Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()

export function utf8(text: string): Bytes {
  return Uint8Array.from(encoder.encode(text))
}

export function base64url(bytes: Uint8Array): string {
  let text = ''
  // In pieces: a whole message would be more arguments than a call may have.
  for (let at = 0; at < bytes.length; at += 0x2000) text += String.fromCharCode(...bytes.subarray(at, at + 0x2000))
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/**
 * Each text stands for other bytes: padding, white space and bits that mean nothing are refused.
 * @throws RangeError
 */
export function fromBase64url(text: string): Bytes {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) throw new RangeError('not base64url')
  const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
  if (base64url(bytes) !== text) throw new RangeError('not base64url')
  return bytes
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** Joined so that no other list of parts gives the same bytes: before each stands its length (32 bits, the high byte first). */
export function lengthPrefixed(...parts: readonly (string | Uint8Array)[]): Bytes {
  return concat(...parts.flatMap((part) => {
    const bytes = typeof part === 'string' ? utf8(part) : part
    return [uint32(bytes.length), bytes]
  }))
}

export function uint32(value: number): Bytes {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

export function randomBytes(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length))
}
