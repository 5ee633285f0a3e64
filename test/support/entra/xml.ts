import { DOMParser } from '@xmldom/xmldom'

/** An element as the checks read it: names are always namespace and local name, never prefixes. */
export interface XmlElement {
  readonly name: string
  readonly namespace: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** Text of this element itself; elements inside do not add to it. */
  readonly text: string
}

/** As much of a document as is read here, in types of our own. */
export interface Dom {
  readonly nodeType: number
  readonly nodeValue: string | null
  readonly localName: string
  readonly namespaceURI: string | null
  readonly childNodes: ArrayLike<Dom>
  readonly parentNode: Dom | null
  readonly attributes: ArrayLike<{ readonly name: string; readonly value: string }>
}

export type Reading = { readonly outcome: 'read'; readonly root: XmlElement } | { readonly outcome: 'malformed'; readonly reason: string }

export const nothing: XmlElement = { name: '', namespace: '', attributes: {}, children: [], text: '' }

export const names = {
  samlp: 'urn:oasis:names:tc:SAML:2.0:protocol',
  saml2: 'urn:oasis:names:tc:SAML:2.0:assertion',
  saml1: 'urn:oasis:names:tc:SAML:1.0:assertion',
  ds: 'http://www.w3.org/2000/09/xmldsig#',
  trust2005: 'http://schemas.xmlsoap.org/ws/2005/02/trust',
  trust13: 'http://docs.oasis-open.org/ws-sx/ws-trust/200512',
  policy: 'http://schemas.xmlsoap.org/ws/2004/09/policy',
  addressing: 'http://www.w3.org/2005/08/addressing',
} as const

/**
 * Reads a document, or says why not. Declarations of types and entities, processing instructions and comments are refused:
 * no honest sender needs them, and each has been a way to make a signature and its reader see different texts.
 */
export function readXml(source: string): Reading {
  const body = source.replace(/^\uFEFF?<\?xml[^?]*\?>\s*/, '')
  if (/<!|<\?/.test(body)) return { outcome: 'malformed', reason: 'a declaration, comment or processing instruction' }
  const faults: string[] = []
  const fault = (message: string): void => { faults.push(message) }
  try {
    const document = parse(body, fault)
    const roots = Array.from(document.childNodes).filter(({ nodeType }) => nodeType === 1)
    const root = roots[0]
    if (faults.length > 0) return { outcome: 'malformed', reason: (faults[0] ?? '').split('\n')[0] ?? '' }
    if (!root || roots.length > 1) return { outcome: 'malformed', reason: `${roots.length} root elements` }
    return { outcome: 'read', root: elementOf(root) }
  } catch (error) {
    return { outcome: 'malformed', reason: error instanceof Error ? error.message : String(error) }
  }
}

/** The document as the parser makes it; what is wrong with it goes to `fault`. */
export function parse(source: string, fault: (message: string) => void): Dom {
  return new DOMParser({ errorHandler: { warning: fault, error: fault, fatalError: fault } }).parseFromString(source, 'text/xml') as unknown as Dom
}

/** Children of that name. */
export function childrenOf(element: XmlElement, namespace: string, name: string): XmlElement[] {
  return element.children.filter((child) => child.namespace === namespace && child.name === name)
}

/** The only child of that name; none or several are `nothing`. */
export function only(element: XmlElement, namespace: string, ...path: readonly string[]): XmlElement {
  return path.reduce((parent, name) => {
    const found = childrenOf(parent, namespace, name)
    return found.length === 1 ? found[0] ?? nothing : nothing
  }, element)
}

/** Every element below and including this one, in document order. */
export function everyElement(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap(everyElement)]
}

export function isThere(element: XmlElement): boolean {
  return element !== nothing
}

/** A time of XML Schema with its zone; anything else is undefined. */
export function instantOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?Z$/.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')
}

function elementOf(node: Dom): XmlElement {
  const nodes = Array.from(node.childNodes)
  return {
    name: node.localName, namespace: node.namespaceURI ?? '',
    attributes: Object.fromEntries(Array.from(node.attributes).filter(({ name }) => !/^xmlns(?::|$)/.test(name)).map(({ name, value }) => [name, value])),
    children: nodes.filter(({ nodeType }) => nodeType === 1).map((child) => elementOf(child)),
    text: nodes.filter(({ nodeType }) => nodeType === 3).map(({ nodeValue }) => nodeValue ?? '').join(''),
  }
}
