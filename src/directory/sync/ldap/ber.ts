/**
 * Reads what a server sends (X.690, as little of it as LDAP uses). ldapts writes our questions, but its reader trusts lengths:
 * a value longer than its message keeps it adding empty values until the memory is full, and what it cannot read it drops.
 */
export interface Reader {
  /** Where the next value begins. */
  at: number
  readonly end: number
  readonly bytes: Buffer
}

export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

export function readerOf(bytes: Buffer): Reader {
  return { at: 0, end: bytes.length, bytes }
}

export function more(reader: Reader): boolean {
  return reader.at < reader.end
}

/** The tag of the next value, not taken. */
export function peek(reader: Reader): number | undefined {
  return more(reader) ? reader.bytes[reader.at] : undefined
}

/** Takes the next value; with a tag, it must have that one. */
export function take(reader: Reader, tag?: number): Buffer {
  const head = readHead(reader.bytes, reader.at, reader.end)
  if (head === undefined || head.end > reader.end) throw new Unreadable('a value is longer than what holds it')
  if (tag !== undefined && head.tag !== tag) throw new Unreadable(`expected a value of kind ${tag}, found ${head.tag}`)
  reader.at = head.end
  return reader.bytes.subarray(head.start, head.end)
}

/** Opens a value that holds others. */
export function enter(reader: Reader, tag?: number): Reader {
  return readerOf(take(reader, tag))
}

export function takeInteger(reader: Reader, tag = 0x02): number {
  const bytes = take(reader, tag)
  if (bytes.length === 0 || bytes.length > 6) throw new Unreadable('a number of no useful length')
  return bytes.readIntBE(0, bytes.length)
}

export function takeText(reader: Reader, tag = 0x04): string {
  return take(reader, tag).toString('utf8')
}

export interface Head { readonly tag: number; readonly start: number; readonly end: number }

/** The head of a value, or undefined while too little of it has arrived. */
export function readHead(bytes: Buffer, at: number, limit = bytes.length): Head | undefined {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined || at + 2 > limit) return undefined
  if (first < 0x80) return { tag, start: at + 2, end: at + 2 + first }
  const count = first & 0x7f
  if (count === 0 || count > 4) throw new Unreadable('a length that LDAP does not use')
  if (at + 2 + count > limit) return undefined
  const length = bytes.readUIntBE(at + 2, count)
  return { tag, start: at + 2 + count, end: at + 2 + count + length }
}
