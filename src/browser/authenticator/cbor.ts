import { concat, utf8, type Bytes } from '../pairing/bytes.ts'

export type CborKey = number | string
export type CborMap = ReadonlyMap<CborKey, Cbor>
export type Cbor = number | string | boolean | null | Bytes | readonly Cbor[] | CborMap

/** These bytes are not CBOR as CTAP 2.1 §8 wants it. */
export class Malformed extends Error {
  override readonly name = 'Malformed'
}

/** Arrays and maps in each other, at most (CTAP 2.1 §8). */
const deepest = 4

/**
 * Reads one item, and nothing behind it. There is one way to write each item: shortest heads, known lengths, keys in order and once.
 * @throws Malformed
 */
export function readCbor(bytes: Uint8Array): Cbor {
  const { item, end } = readItem(bytes, 0, 0)
  if (end !== bytes.length) throw new Malformed('something follows the item')
  return item
}

interface Read { readonly item: Cbor; readonly end: number }

function readItem(bytes: Uint8Array, at: number, depth: number): Read {
  const { major, value, end } = readHead(bytes, at)
  if ((major === 4 || major === 5) && depth === deepest) throw new Malformed('nested too deeply')
  switch (major) {
    case 0: return { item: value, end }
    case 1: return { item: -1 - value, end }
    case 2: return { item: Uint8Array.from(slice(bytes, end, value)), end: end + value }
    case 3: return { item: readText(slice(bytes, end, value)), end: end + value }
    case 4: return readArray(bytes, end, value, depth + 1)
    case 5: return readMap(bytes, end, value, depth + 1)
    default: return { item: readSimple(major, value), end }
  }
}

function readHead(bytes: Uint8Array, at: number): { readonly major: number; readonly value: number; readonly end: number } {
  const first = bytes[at]
  if (first === undefined) throw new Malformed('ends too early')
  const [major, low] = [first >> 5, first & 31]
  if (low < 24) return { major, value: low, end: at + 1 }
  if (major === 7) throw new Malformed('no floats, no other simple values')
  if (low > 27) throw new Malformed('lengths are known')
  const size = 2 ** (low - 24)
  let value = 0
  for (const byte of slice(bytes, at + 1, size)) value = value * 256 + byte
  if (value < (size === 1 ? 24 : 2 ** (size * 4))) throw new Malformed('shorter heads are possible')
  if (!Number.isSafeInteger(value)) throw new Malformed('larger than any number that has a meaning here')
  return { major, value, end: at + 1 + size }
}

function readArray(bytes: Uint8Array, start: number, length: number, depth: number): Read {
  const items: Cbor[] = []
  let end = start
  for (let index = 0; index < length; index += 1) {
    const read = readItem(bytes, end, depth)
    items.push(read.item)
    end = read.end
  }
  return { item: items, end }
}

function readMap(bytes: Uint8Array, start: number, length: number, depth: number): Read {
  const entries = new Map<CborKey, Cbor>()
  let end = start
  let last: Uint8Array | undefined
  for (let index = 0; index < length; index += 1) {
    const key = readItem(bytes, end, depth)
    const written = bytes.subarray(end, key.end)
    if (typeof key.item !== 'number' && typeof key.item !== 'string') throw new Malformed('keys are numbers and texts')
    if (last && compareKeys(last, written) >= 0) throw new Malformed('keys are in order, each once')
    const value = readItem(bytes, key.end, depth)
    entries.set(key.item, value.item)
    last = written
    end = value.end
  }
  return { item: entries, end }
}

function readText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new Malformed('not UTF-8', { cause })
  }
}

function readSimple(major: number, value: number): boolean | null {
  if (major === 7 && value === 20) return false
  if (major === 7 && value === 21) return true
  if (major === 7 && value === 22) return null
  throw new Malformed('no tags, no other simple values')
}

function slice(bytes: Uint8Array, at: number, length: number): Uint8Array {
  if (length > bytes.length - at) throw new Malformed('ends too early')
  return bytes.subarray(at, at + length)
}

/** By type, then by length, then by their bytes. */
function compareKeys(a: Uint8Array, b: Uint8Array): number {
  const [typeA = 0, typeB = 0] = [(a[0] ?? 0) >> 5, (b[0] ?? 0) >> 5]
  if (typeA !== typeB) return typeA - typeB
  if (a.length !== b.length) return a.length - b.length
  const index = a.findIndex((byte, at) => byte !== b[at])
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0)
}

/** The one way to write it; keys are put in order. */
export function writeCbor(item: Cbor): Bytes {
  if (typeof item === 'number') return item >= 0 ? head(0, item) : head(1, -1 - item)
  if (typeof item === 'string') {
    const bytes = utf8(item)
    return concat(head(3, bytes.length), bytes)
  }
  if (typeof item === 'boolean') return Uint8Array.of(item ? 0xf5 : 0xf4)
  if (item === null) return Uint8Array.of(0xf6)
  if (item instanceof Uint8Array) return concat(head(2, item.length), item)
  if (item instanceof Map) {
    const entries = [...(item as CborMap)].map(([key, value]) => ({ key: writeCbor(key), value: writeCbor(value) })).sort((a, b) => compareKeys(a.key, b.key))
    return concat(head(5, entries.length), ...entries.flatMap(({ key, value }) => [key, value]))
  }
  const items = item as readonly Cbor[]
  return concat(head(4, items.length), ...items.map(writeCbor))
}

function head(major: number, value: number): Bytes {
  const type = major << 5
  if (value < 24) return Uint8Array.of(type | value)
  if (value < 2 ** 8) return Uint8Array.of(type | 24, value)
  if (value < 2 ** 16) return Uint8Array.of(type | 25, value >> 8, value & 255)
  const bytes = new Uint8Array(value < 2 ** 32 ? 5 : 9)
  const view = new DataView(bytes.buffer)
  bytes[0] = type | (value < 2 ** 32 ? 26 : 27)
  if (value < 2 ** 32) view.setUint32(1, value)
  else view.setBigUint64(1, BigInt(value))
  return bytes
}
