import { inflateRawSync } from 'node:zlib'
import { bytesOf } from './accepted-algorithms.ts'
import { limits } from './gate.ts'
import { XmlRefused } from './refused.ts'

/** Base64 of the largest document, and a line break after every 64 characters. */
const encodedLimit = Math.ceil(limits.bytes / 3) * 4 * 66 / 64

/**
 * The document in a form field `SAMLRequest` or `SAMLResponse` (SAML bindings, section 3.5.4).
 * @throws XmlRefused `too_large`, `not_base64`, `not_utf8`
 */
export function decodeBase64Message(text: string): string {
  return utf8(decode(text))
}

/**
 * The document in a query parameter `SAMLRequest` or `SAMLResponse`, URL-decoded already (SAML bindings, section 3.4.4.1).
 * Inflating stops at the size of the largest document that is read, so a bomb costs no more than an honest message.
 * @throws XmlRefused `too_large`, `not_base64`, `not_deflate`, `not_utf8`
 */
export function inflateMessage(text: string): string {
  const packed = decode(text)
  let bytes: Buffer
  let used: number
  try {
    const { buffer, engine } = inflateRawSync(packed, { maxOutputLength: limits.bytes, info: true }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
    ;[bytes, used] = [buffer, engine.bytesWritten]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new XmlRefused('too_large', `it inflates to more than ${limits.bytes} bytes`)
    throw new XmlRefused('not_deflate', 'it cannot be inflated')
  }
  if (used !== packed.length) throw new XmlRefused('not_deflate', 'something follows the deflated message')
  return utf8(bytes)
}

/**
 * A document that comes as bytes: an uploaded or fetched file of metadata, a SOAP envelope. Unlike in a message, the mark that
 * editors put before UTF-8 is dropped: Microsoft publishes its metadata with it.
 * @throws XmlRefused `too_large`, `not_utf8`
 */
export function decodeDocument(bytes: Uint8Array): string {
  if (bytes.length > limits.bytes) throw new XmlRefused('too_large', `expected at most ${limits.bytes} bytes`)
  return utf8(bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes)
}

function decode(text: string): Buffer {
  if (text.length > encodedLimit) throw new XmlRefused('too_large', `expected at most ${limits.bytes} bytes`)
  const bytes = bytesOf(text)
  if (bytes === undefined) throw new XmlRefused('not_base64', 'expected base64')
  if (bytes.length > limits.bytes) throw new XmlRefused('too_large', `expected at most ${limits.bytes} bytes`)
  return bytes
}

// A parser that goes by the first bytes would read UTF-16 where this one reads rubbish, so anything but plain UTF-8 ends here.
function utf8(bytes: Uint8Array): string {
  if (bytes.includes(0)) throw new XmlRefused('not_utf8', 'expected UTF-8, there are zero bytes as in UTF-16')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new XmlRefused('not_utf8', 'expected UTF-8')
  }
  if (text.startsWith('\u{feff}')) throw new XmlRefused('not_utf8', 'expected UTF-8 without a byte order mark')
  return text
}
