import { utf8, type Bytes } from '../pairing/bytes.ts'

/**
 * The JSON that is signed, to the byte as WebAuthn L3 §5.8.1.1 writes it: sites may compare it without reading JSON.
 * @param needs.challenge base64url, as the site sent it
 */
export function clientData({ type, challenge, origin, crossOrigin }: { readonly type: 'webauthn.create' | 'webauthn.get'; readonly challenge: string; readonly origin: string; readonly crossOrigin: boolean }): Bytes {
  return utf8(`{"type":${quoted(type)},"challenge":${quoted(challenge)},"origin":${quoted(origin)},"crossOrigin":${crossOrigin}}`)
}

/** CCDToString: only quotes, backslashes and control characters are escaped, and those in one way only. */
function quoted(text: string): string {
  return `"${[...text.toWellFormed()].map((letter) => {
    if (letter === '"' || letter === '\\') return `\\${letter}`
    const code = letter.codePointAt(0) ?? 0
    return code < 0x20 ? `\\u${code.toString(16).padStart(4, '0')}` : letter
  }).join('')}"`
}
