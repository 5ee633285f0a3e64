import { SourceUnavailable } from '../source.ts'

/** Everything that can go wrong between here and an answer; each has a text that says what happened and one that says what to do. */
export const troubles = [
  'address', 'plain', 'name_not_found', 'address_refused', 'refused', 'timeout', 'unreachable',
  'tls_authority', 'tls_host', 'tls_expired', 'tls_failed', 'tls_not_offered', 'tls_injected', 'own_authority', 'own_certificate',
  'password_empty', 'credentials', 'unknown_account', 'wrong_password', 'not_now', 'not_here', 'password_expired', 'account_disabled', 'account_expired', 'password_must_change', 'account_locked',
  'confidentiality', 'method', 'access', 'base', 'dn', 'filter', 'referral', 'busy', 'unwilling', 'size', 'time', 'limit', 'control', 'garbled', 'lost', 'silent', 'stopped', 'other',
] as const
export type TroubleCode = (typeof troubles)[number]

/** A directory that cannot be asked. `code` and `parameters` make the text for people; the message is for logs. */
export class Trouble extends SourceUnavailable {
  readonly code: TroubleCode
  readonly parameters: Readonly<Record<string, string>>

  constructor(code: TroubleCode, parameters: Readonly<Record<string, string>> = {}, cause?: unknown) {
    super(`ldap: ${code}${Object.entries(parameters).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`).join('')}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.parameters = parameters
  }
}

/** The keys of what happened and of what to do. */
export function troubleTexts(code: TroubleCode): { readonly detail: string; readonly fix: string } {
  return { detail: `ldap.trouble.${code}`, fix: `ldap.fix.${code}` }
}

const byStatus: Readonly<Record<number, TroubleCode>> = {
  3: 'time', 4: 'size', 7: 'method', 8: 'confidentiality', 10: 'referral', 11: 'limit', 12: 'control', 13: 'confidentiality', 32: 'base', 34: 'dn', 48: 'method', 49: 'credentials', 50: 'access', 51: 'busy', 52: 'busy', 53: 'unwilling',
}

/** What Active Directory says more exactly inside of "invalid credentials": `AcceptSecurityContext error, data 52e`. */
const byDatum: Readonly<Record<string, TroubleCode>> = {
  '525': 'unknown_account', '52e': 'wrong_password', '530': 'not_now', '531': 'not_here', '532': 'password_expired', '533': 'account_disabled', '701': 'account_expired', '773': 'password_must_change', '775': 'account_locked',
}

/** A result code (RFC 4511 §4.1.9) with the server's own words. Any code may answer any question, so every text finds what it names. */
export function troubleOf(status: number, message: string, about: { readonly host: string; readonly name?: string; readonly base?: string }): Trouble {
  const datum = status === 49 ? /\bdata ([0-9a-f]{3})\b/i.exec(message)?.[1]?.toLowerCase() : undefined
  return new Trouble(byDatum[datum ?? ''] ?? byStatus[status] ?? 'other', { host: about.host, name: about.name ?? '-', base: about.base ?? '-', status: String(status), message: shorten(message) || '-' })
}

/** A server's words, as something that may be shown and logged. */
export function shorten(text: string, length = 200): string {
  const plain = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim()
  return plain.length > length ? `${plain.slice(0, length - 1)}…` : plain
}
