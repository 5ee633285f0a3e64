import { enter, more, take, takeText, type Reader } from './ber.ts'

/** An entry as it came: attribute names in lower case, values in bytes, which alone are the same for text and for keys. */
export interface Entry {
  readonly dn: string
  readonly attributes: ReadonlyMap<string, readonly Buffer[]>
}

export function readEntry(content: Reader): Entry {
  const dn = takeText(content)
  const attributes = new Map<string, readonly Buffer[]>()
  const list = enter(content, 0x30)
  while (more(list)) {
    const attribute = enter(list, 0x30)
    const name = takeText(attribute).toLowerCase()
    const values: Buffer[] = []
    const set = enter(attribute, 0x31)
    while (more(set)) values.push(take(set, 0x04))
    if (values.length > 0) attributes.set(name, values)
  }
  return { dn, attributes }
}

const none: readonly Buffer[] = []

/** Names may be in any case; those in lower case are found a little quicker. */
export function valuesOf(entry: Entry, name: string): readonly Buffer[] {
  return entry.attributes.get(name) ?? entry.attributes.get(name.toLowerCase()) ?? none
}

export function valueOf(entry: Entry, name: string): Buffer | undefined {
  return valuesOf(entry, name)[0]
}

export function textOf(entry: Entry, name: string): string | undefined {
  return valueOf(entry, name)?.toString('utf8')
}

export function textsOf(entry: Entry, name: string): readonly string[] {
  return valuesOf(entry, name).map((value) => value.toString('utf8'))
}
