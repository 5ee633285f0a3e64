import { XmlRefused } from './refused.ts'

/** A document as plain data: it can cross to another thread, and nothing in it remembers where it came from. */
export interface XmlElement {
  /** '' when there is none. */
  readonly namespace: string
  /** The local name: prefixes mean nothing. */
  readonly name: string
  /** Without the declarations of namespaces. */
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly XmlElement[]
  /** All characters directly inside, joined. */
  readonly text: string
}

export interface XmlAttribute {
  readonly namespace: string
  readonly name: string
  readonly value: string
}

const signatureNamespace = 'http://www.w3.org/2000/09/xmldsig#'

/** The child of that name, or undefined. Two are refused: who takes the first and who takes the last would read two messages. */
export function child(element: XmlElement, namespace: string, name: string): XmlElement | undefined {
  const [first, second] = childrenOf(element, namespace, name)
  if (second !== undefined) throw new XmlRefused('malformed', `expected at most one ${name} in ${element.name}, there are more`)
  return first
}

/** The one child of that name; none and several are refused. */
export function onlyChild(element: XmlElement, namespace: string, name: string): XmlElement {
  const found = child(element, namespace, name)
  if (found === undefined) throw new XmlRefused('malformed', `expected one ${name} in ${element.name}, there is none`)
  return found
}

/** All children of that name, in their order. */
export function childrenOf(element: XmlElement, namespace: string, name: string): readonly XmlElement[] {
  return element.children.filter((one) => one.namespace === namespace && one.name === name)
}

/** An attribute's value; most attributes have no namespace of their own. */
export function attribute(element: XmlElement, name: string, namespace = ''): string | undefined {
  return element.attributes.find((one) => one.namespace === namespace && one.name === name)?.value
}

/**
 * The whole text of an element that holds text only, without white space around it.
 * An element inside is refused: taking the text before it would cut a name short (VU#475445).
 */
export function textOf(element: XmlElement): string {
  if (element.children.length > 0) throw new XmlRefused('malformed', `expected text only in ${element.name}, there are elements`)
  return trimmed(element.text)
}

/** Whether the root carries a signature of its own. It says nothing about whether that is right. */
export function isSigned(root: XmlElement): boolean {
  return root.children.some((one) => one.namespace === signatureNamespace && one.name === 'Signature')
}

// Only the four characters that are white space in XML: String.trim() would take more.
function trimmed(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && ' \t\r\n'.includes(text.charAt(start))) start++
  while (end > start && ' \t\r\n'.includes(text.charAt(end - 1))) end--
  return text.slice(start, end)
}
