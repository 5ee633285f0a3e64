import { prefixes, type Prefix, type QName } from './namespaces.ts'

/** An element to be written. */
export interface XmlNode {
  readonly name: QName
  readonly attributes: Readonly<Record<string, string | undefined>>
  readonly children: readonly XmlChild[]
  /** Prefixes declared here though only a value in it uses them (`xsi:type`). Exclusive canonicalization leaves them out, so such an element is never signed. */
  readonly declares?: readonly Prefix[]
}

/** Text that has been written already, and declares every prefix that it uses. */
export interface WrittenXml { readonly written: string }
export type XmlChild = XmlNode | WrittenXml | string

export function element(name: QName, attributes: XmlNode['attributes'] = {}, ...children: readonly XmlChild[]): XmlNode {
  return { name, attributes, children }
}

/**
 * Writes an element in exclusive canonical form (XML-EXC-C14N 1.0 without comments), so its bytes can be hashed as they are:
 * prefixes are declared where they are first used, declarations and attributes are sorted, nothing is abbreviated.
 * Whatever stands in a value is escaped here and nowhere else, so no value can become markup (SEC-26).
 * @throws Error for a character that XML cannot hold
 */
export function write(node: XmlNode): string {
  return writeElement(node, noPrefixes)
}

const noPrefixes: ReadonlySet<string> = new Set(['xml'])

function writeElement(node: XmlNode, declared: ReadonlySet<string>): string {
  const attributes = Object.entries(node.attributes).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const used = [prefixOf(node.name), ...attributes.flatMap(([name]) => (name.includes(':') ? prefixOf(name as QName) : [])), ...node.declares ?? []]
  const missing = [...new Set(used)].filter((prefix) => !declared.has(prefix)).sort()
  const inside = missing.length === 0 ? declared : new Set([...declared, ...missing])
  let text = `<${node.name}`
  for (const prefix of missing) text += ` xmlns:${prefix}="${prefixes[prefix]}"`
  if (attributes.length > 1) attributes.sort(([a], [b]) => (sortKey(a) < sortKey(b) ? -1 : 1))
  for (const [name, value] of attributes) text += ` ${name}="${escapeAttribute(value)}"`
  text += '>'
  for (const child of node.children) {
    text += typeof child === 'string' ? escapeText(child) : 'written' in child ? child.written : writeElement(child, inside)
  }
  return `${text}</${node.name}>`
}

function prefixOf(name: QName): Prefix {
  const prefix = name.slice(0, name.indexOf(':'))
  if (!Object.hasOwn(prefixes, prefix)) throw new Error(`${name} has a prefix that nobody declares`)
  return prefix as Prefix
}

/** By namespace first, then by name; those without a namespace come before all others (Canonical XML 1.1 §2.3). */
function sortKey(name: string): string {
  const at = name.indexOf(':')
  return at < 0 ? `\u0000${name}` : `${prefixes[prefixOf(name as QName)]}\u0000${name.slice(at + 1)}`
}

const textEntities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' }
const attributeEntities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '"': '&quot;', '\t': '&#x9;', '\n': '&#xA;', '\r': '&#xD;' }

function escapeText(text: string): string {
  checkCharacters(text)
  return /[&<>\r]/.test(text) ? text.replaceAll(/[&<>\r]/g, (character) => textEntities[character] ?? '') : text
}

function escapeAttribute(text: string): string {
  checkCharacters(text)
  return /[&<"\t\n\r]/.test(text) ? text.replaceAll(/[&<"\t\n\r]/g, (character) => attributeEntities[character] ?? '') : text
}

/** XML 1.0 §2.2: no entity can stand for the others, so whoever reads them would see another value, or none. */
function checkCharacters(text: string): void {
  const found = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(text)
  if (found) throw new Error(`a value holds U+${(found[0].codePointAt(0) ?? 0).toString(16).padStart(4, '0')}, which XML cannot carry`)
}
