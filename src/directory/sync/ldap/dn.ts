/** One step of a distinguished name: `cn=Ada`, or with several values `cn=Ada+uid=7`. */
export interface Rdn { readonly type: string; readonly value: string }

/**
 * Reads a distinguished name (RFC 4514 §3), innermost step first; of a step with several values only the first is told.
 * Undefined for what is no name.
 */
export function parseDn(dn: string): readonly Rdn[] | undefined {
  if (dn.trim() === '') return []
  const steps: Rdn[] = []
  for (const step of split(dn, ',', ';')) {
    const [first = ''] = split(step, '+')
    const equals = first.indexOf('=')
    const type = first.slice(0, equals).trim().toLowerCase()
    if (equals < 1 || !/^(?:[a-z][a-z0-9-]*|\d+(?:\.\d+)*)$/.test(type)) return undefined
    const value = unescape(first.slice(equals + 1))
    if (value === undefined) return undefined
    steps.push({ type, value })
  }
  return steps
}

/** The units above an entry, outermost first, as people call them. */
export function unitsOf(dn: string): readonly string[] {
  return (parseDn(dn) ?? []).slice(1).filter(({ type }) => type === 'ou').map(({ value }) => value).reverse()
}

/** What an entry is called in its place: the value of its first step. */
export function ownNameOf(dn: string): string {
  return parseDn(dn)?.[0]?.value ?? dn
}

/** Cuts at separators that are neither escaped nor quoted. */
function split(text: string, ...separators: readonly string[]): string[] {
  const parts: string[] = []
  let start = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? ''
    if (character === '\\') at++
    else if (character === '"') quoted = !quoted
    else if (!quoted && separators.includes(character)) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, text.slice(start)]
}

function unescape(text: string): string | undefined {
  // A blank at the end stays where a backslash that is no character itself stands before it.
  const trimmed = text.replace(/^\s+/, '').replace(/(?<=(?:^|[^\\])(?:\\\\)*)\s+$/, '')
  // BER in hexadecimal: of use to nobody who reads, but part of the form.
  if (/^#(?:[0-9a-f]{2})+$/i.test(trimmed)) return trimmed
  const inner = /^"(.*)"$/s.exec(trimmed)?.[1] ?? trimmed
  let broken = false
  // Several bytes in a row may be one letter.
  const value = inner.replaceAll(/((?:\\[0-9a-f]{2})+)|\\([\s\S])|\\$/gi, (_, bytes: string | undefined, escaped: string | undefined) => {
    broken ||= bytes === undefined && escaped === undefined
    return bytes === undefined ? escaped ?? '' : Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8')
  })
  return broken ? undefined : value
}
