/**
 * As much of @xmldom/xmldom as is used here; tsconfig.json takes the package's types from this file. Its own ones bring all
 * the names of a browser's window into the server, where a forgotten variable would then pass for one of them.
 */
export interface DomNode {
  readonly nodeType: number
  readonly nodeValue: string | null
  readonly firstChild: DomNode | null
  readonly nextSibling: DomNode | null
}

export interface DomElement extends DomNode {
  readonly nodeType: 1
  /** Not always what the standard promises: an undeclared prefix leads to whatever stands under its name in an object. */
  readonly namespaceURI: unknown
  readonly prefix: string | null | undefined
  readonly localName: string
  readonly attributes: ArrayLike<DomAttribute>
}

export interface DomAttribute {
  readonly name: string
  readonly namespaceURI: unknown
  readonly prefix: string | null | undefined
  readonly localName: string
  readonly value: string
}

export interface DomDocument {
  readonly documentElement: DomElement
}

export interface ErrorHandler {
  readonly warning: (message: string) => void
  readonly error: (message: string) => void
  readonly fatalError: (message: string) => void
}

export interface ParserOptions {
  readonly errorHandler: ErrorHandler
}

export class DOMParser {
  constructor(options: ParserOptions)
  parseFromString(text: string, type?: string): DomDocument
}
