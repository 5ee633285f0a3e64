/** Windows counts hundred nanoseconds from 1601; people count milliseconds from 1970. */
const epochDifference = 11_644_473_600_000n
const never = 9_223_372_036_854_775_807n

/** A Windows time (`accountExpires`, `lockoutTime`); undefined for never: nothing, 0, or the largest number there is. */
export function windowsTime(text: string | undefined): number | undefined {
  if (text === undefined || !/^-?\d{1,19}$/.test(text)) return undefined
  const ticks = BigInt(text)
  return ticks <= 0n || ticks >= never ? undefined : Number(ticks / 10_000n - epochDifference)
}

export function toWindowsTime(milliseconds: number): string {
  return String((BigInt(Math.trunc(milliseconds)) + epochDifference) * 10_000n)
}

/** A generalized time (RFC 4517 §3.3.13): `20261124090000Z`, with fractions or an offset. */
export function generalizedTime(text: string | undefined): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})?(\d{2})?(?:[.,](\d+))?(Z|[+-]\d{2}(?:\d{2})?)$/.exec(text ?? '')
  if (!match) return undefined
  const [, year = '', month = '', day = '', hour = '', minute = '00', second = '00', fraction = '', zone = 'Z'] = match
  const offset = zone === 'Z' ? 0 : (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3) || '0'))
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second), Number(`0.${fraction || '0'}`) * 1_000)
  // A day that no month has would silently become another one.
  return new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day) && Number(month) <= 12 && Number(hour) < 24 ? time - offset * 60_000 : undefined
}

export function toGeneralizedTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`
}

/** Anchors that are sixteen bytes, not text; which bytes they are must not depend on whether they happen to be text. */
const binaryAnchors = new Set(['objectguid', 'ms-ds-consistencyguid', 'guid', 'objectsid'])

export function isBinaryAnchor(attribute: string): boolean {
  return binaryAnchors.has(attribute.toLowerCase())
}

/** An anchor as we keep it: raw bytes in lower-case hexadecimal, text in lower case. */
export function anchorOf(attribute: string, value: Buffer | undefined): string | undefined {
  if (value === undefined || value.length === 0 || value.length > 200) return undefined
  const anchor = isBinaryAnchor(attribute) ? value.toString('hex') : value.toString('utf8').normalize('NFC').trim().toLowerCase()
  return anchor === '' || /[\p{Cc}\ufffd]/u.test(anchor) ? undefined : anchor
}

/** The value to ask a server for, from an anchor as we keep it. */
export function anchorValue(attribute: string, anchor: string): Buffer {
  return isBinaryAnchor(attribute) ? Buffer.from(anchor, 'hex') : Buffer.from(anchor)
}
