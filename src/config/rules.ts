import { isIP } from 'node:net'

/** Sentences of the form "must …"; undefined means that the value is fine. */
type Rule = (value: string) => string | undefined

/**
 * The public URL decides the origin of every passkey and link: an https origin, or http on localhost for trying out.
 * Browsers offer no WebAuthn on bare IP addresses nor over plain http elsewhere.
 */
export const publicUrl: Rule = (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const local = url !== undefined && (url.hostname === 'localhost' || url.hostname.endsWith('.localhost'))
  if (!url || url.pathname !== '/' || url.search || url.hash || url.username || value.endsWith('/')) {
    return 'must be an origin without a path, such as https://id.example.com'
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && local)) return 'must start with https:// (http:// works on localhost only)'
  if (isIP(url.hostname.replaceAll(/[[\]]/g, ''))) return 'must name a host: browsers offer no security keys on bare IP addresses'
  return undefined
}

export const postgresUrl: Rule = (value) =>
  /^postgres(ql)?:\/\//.test(value) && URL.canParse(value) ? undefined : 'must start with postgres://'

export const smtpUrl: Rule = (value) =>
  /^smtps?:\/\//.test(value) && URL.canParse(value) ? undefined : 'must start with smtp:// or smtps://'

export const smsUrl: Rule = (value) =>
  /^(https?|file):\/\//.test(value) ? undefined : 'must start with https:// (or file:// for trying out)'

export const webUrl: Rule = (value) =>
  (value.startsWith('/') && !value.startsWith('//')) || (/^https?:\/\//.test(value) && URL.canParse(value)) ? undefined : 'must be a web address or a path'

export const cidr: Rule = (value) => {
  const [address, bits, ...rest] = value.split('/')
  const family = isIP(address ?? '')
  const fine = family !== 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
  return fine ? undefined : 'must be addresses or networks such as 10.0.0.0/8'
}

export const hostOrCidr: Rule = (value) =>
  cidr(value) === undefined || /^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(value) ? undefined : 'must be host names or networks such as 10.0.0.0/8'

export const mailAddress: Rule = (value) =>
  /^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(value) ? undefined : 'must be one e-mail address'

export const callingCode: Rule = (value) =>
  /^\+[1-9]\d{0,6}$/.test(value) ? undefined : 'must be calling codes such as "+49"'
