import { DOMParser, type DomAttribute, type DomDocument, type DomElement, type DomNode } from '@xmldom/xmldom'
import { checkInside, checkOutside, type NumberLimits } from './gate.ts'
import { quoted, XmlRefused } from './refused.ts'
import type { XmlAttribute, XmlElement } from './tree.ts'

const declarations = 'http://www.w3.org/2000/xmlns/'
const xml = 'http://www.w3.org/XML/1998/namespace'
const html = 'http://www.w3.org/1999/xhtml'
/** By any of these names some reader looks for the target of a reference, whatever namespace they are in. */
const idNames = new Set(['id', 'assertionid', 'requestid', 'responseid'])

/** The parsed root, for the check of signatures, and the same as data, for everybody else. */
export interface ParsedXml {
  readonly element: DomElement
  readonly tree: XmlElement
}

/**
 * Reads a document strictly (SEC-25, SEC-28).
 * @throws XmlRefused when it is not well-formed, too large in any way, or uses the same identifier twice.
 */
export function parse(text: string, most?: NumberLimits): ParsedXml {
  checkOutside(text)
  checkInside(text, most)
  const refuse = (): never => {
    // What the parser says quotes the document.
    throw new XmlRefused('malformed', 'the parser found a mistake')
  }
  let document: DomDocument
  try {
    document = new DOMParser({ errorHandler: { warning: refuse, error: refuse, fatalError: refuse } }).parseFromString(text, 'text/xml')
  } catch (error) {
    throw error instanceof XmlRefused ? error : new XmlRefused('malformed', 'the parser broke off')
  }
  const element = document.documentElement
  return { element, tree: toTree(element, new Set()) }
}

function toTree(element: DomElement, ids: Set<string>): XmlElement {
  const attributes: XmlAttribute[] = []
  const names = new Set<string>()
  for (const one of Array.from(element.attributes)) {
    const { name, value } = one
    if (name === 'xmlns' || name.startsWith('xmlns:')) {
      checkNamespace(name, value)
      continue
    }
    const found = { namespace: namespaceOf(one), name: one.localName, value }
    const expanded = `${found.namespace} ${found.name}`
    if (names.has(expanded)) throw new XmlRefused('malformed', `the attribute ${quoted(found.name)} stands twice under two prefixes`)
    names.add(expanded)
    if (idNames.has(found.name.toLowerCase())) {
      if (ids.has(value)) throw new XmlRefused('duplicate_id', `the identifier ${quoted(value)} stands twice`)
      ids.add(value)
    }
    attributes.push(found)
  }
  const children: XmlElement[] = []
  let text = ''
  for (let node = element.firstChild; node !== null; node = node.nextSibling) {
    if (isElement(node)) children.push(toTree(node, ids))
    else if (node.nodeType === 3 || node.nodeType === 4) text += node.nodeValue ?? ''
    else throw new XmlRefused('malformed', `there is a node of kind ${node.nodeType}`)
  }
  return { namespace: namespaceOf(element), name: element.localName, attributes, children, text }
}

function namespaceOf(node: DomElement | DomAttribute): string {
  const namespace = node.namespaceURI
  if (typeof namespace === 'string') return namespace
  // The parser looks prefixes up in an object, so `constructor:a` has a function for a namespace.
  if (node.prefix !== null && node.prefix !== undefined && node.prefix !== '') throw new XmlRefused('malformed', `the prefix ${quoted(node.prefix)} is not declared`)
  return ''
}

/** @see Namespaces in XML 1.0, section 3: which bindings are not allowed. */
function checkNamespace(name: string, value: string): void {
  const wrong = (name !== 'xmlns' && value === '') || name === 'xmlns:xmlns' || value === declarations || (name === 'xmlns:xml') !== (value === xml)
    // The canonical form writes them without escaping.
    || /[\s"'<>&]/.test(value)
    // Inside of this one the parser reads <script> and <textarea> as a browser does.
    || value === html
  if (wrong) throw new XmlRefused('malformed', `the namespace ${quoted(value)} may not be bound to ${quoted(name)}`)
}

export function isElement(node: DomNode): node is DomElement {
  return node.nodeType === 1
}
