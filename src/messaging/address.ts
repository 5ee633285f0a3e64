import { domainToASCII, domainToUnicode } from 'node:url'

export interface EmailAddress {
  /** As we write to it: the local part as given, the domain in lower-case ASCII. */
  readonly email: string
  /** For finding and comparing: two spellings of one mailbox have one key. */
  readonly key: string
}

// RFC 5321 dot-string without `!` and `%` (old routing tricks), `|` and the backtick; letters and digits of all scripts (RFC 6531).
const localPart = /^[\p{L}\p{M}\p{N}#$&'*+/=?^_{}~-]+(\.[\p{L}\p{M}\p{N}#$&'*+/=?^_{}~-]+)*$/u
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Reads one bare mail address, or nothing. No lists, names, comments, quotes, address literals or line breaks: whatever a
 * mail library might read in two ways is not an address here (SEC-84).
 */
export function normaliseEmail(text: string): EmailAddress | undefined {
  if (text.length > 1_000) return undefined
  const parts = text.trim().normalize('NFC').split('@')
  const [local = '', domain = ''] = parts
  if (parts.length !== 2 || !localPart.test(local) || Buffer.byteLength(local) > 64) return undefined
  // A letter that only looks like another (a ligature, a full-width form) would make a second address for one reader's eye.
  if (local.normalize('NFKC') !== local) return undefined
  const asciiDomain = normaliseDomain(domain)
  if (asciiDomain === undefined || Buffer.byteLength(local) + 1 + asciiDomain.length > 254) return undefined
  return { email: `${local}@${asciiDomain}`, key: `${local.toLowerCase().normalize('NFC')}@${asciiDomain}` }
}

function normaliseDomain(domain: string): string | undefined {
  // Checked before the conversion, which would decode %-escapes and turn look-alikes of the dot or the @ into real ones.
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain)) return undefined
  const ascii = domainToASCII(domain.toLowerCase())
  const labels = ascii.split('.')
  const top = labels.at(-1) ?? ''
  // What stays encoded when decoded was never a name: ASCII passes through the conversion unseen.
  const encodedRightly = !domainToUnicode(ascii).includes('xn--')
  const fine = encodedRightly && ascii.length <= 253 && labels.length >= 2 && labels.every((part) => label.test(part)) && !/^\d+$/.test(top)
  return fine ? ascii : undefined
}

const separators = /[\s.()/\u2010-\u2015-]/g
// Contact lists wrap numbers in marks of direction.
const directionMarks = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g

/** Reads a phone number with its country code, `+49…` or `0049…`, into E.164; numbers without one are not guessed at. */
export function normalisePhone(text: string): string | undefined {
  if (text.length > 100) return undefined
  const plain = asciiDigits(text.normalize('NFKC').replaceAll(directionMarks, '').trim())
  if (!/^(\+|00)/.test(plain)) return undefined
  // "+49 (0) 151 …": the zero in brackets is dialled inside the country only.
  const number = plain.replace(/^00/, '+').replace('(0)', '').replaceAll(separators, '')
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : undefined
}

/** Digits of every script have their value by place: each script's ten stand in a row, beginning with its zero. */
function asciiDigits(text: string): string {
  return text.replaceAll(/(?![0-9])\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0
    let start = code
    while (/^\p{Nd}$/u.test(String.fromCodePoint(start - 1))) start--
    return String((code - start) % 10)
  })
}
