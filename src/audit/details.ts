import { plainText } from './event.ts'

const largestBytes = 4_096
const longestText = 500
const deepest = 4
/** Names of values that must never be kept, whatever a caller hands in. Flags and numbers under such names tell nothing and stay. */
const secretName = /(secret|password|passphrase|token|cookie|authorization|seed|private_?key|recovery_?codes?|assertion)$|^(code|otp|pin|jwt|saml_?response)$/i

/** The details of an event as JSON: at most 4 kB, without secrets, long texts cut. */
export function writeDetails(details: Readonly<Record<string, unknown>> = {}): string {
  const json = JSON.stringify(clean(details, '', 0))
  if (Buffer.byteLength(json) <= largestBytes) return json
  // Better an event that says less than an act without an event.
  const kept: Record<string, unknown> = { truncated: true }
  let size = 20
  for (const [name, value] of Object.entries(clean(details, '', 0) as Record<string, unknown>)) {
    size += Buffer.byteLength(JSON.stringify({ [name]: value }))
    if (size > largestBytes) break
    kept[name] = value
  }
  return JSON.stringify(kept)
}

function clean(value: unknown, name: string, depth: number): unknown {
  switch (typeof value) {
    case 'number': return Number.isFinite(value) ? value : null
    case 'boolean': return value
    case 'string': return secretName.test(name) ? '[removed]' : plainText(value, longestText)
    case 'bigint': return clean(value.toString(), name, depth)
    case 'object': {
      if (value === null) return null
      if (secretName.test(name) || depth === deepest) return '[removed]'
      if (Array.isArray(value)) return value.slice(0, 200).map((item) => clean(item, name, depth + 1))
      if (value instanceof Date) return value.toISOString()
      // Null prototype: a key "__proto__" stays a key.
      const object = Object.create(null) as Record<string, unknown>
      for (const [key, item] of Object.entries(value).slice(0, 200)) {
        if (item !== undefined) object[plainText(key, 100)] = clean(item, key, depth + 1)
      }
      return object
    }
    default: return null
  }
}
