/** What the script in a page, the one beside it and the worker say to each other. Types only: scripts in pages can import nothing. */

/** Page to bridge, with a port of its own for each request. */
export interface PageRequest { readonly doorward: 'request'; readonly kind: 'create' | 'get'; readonly options: object; readonly conditional: boolean }

/** Bridge to worker, first message of a port. None of it is the page's word but `options`. */
export interface BridgeRequest {
  readonly kind: 'create' | 'get'
  readonly options: { readonly rpId?: unknown; readonly rp?: { readonly id?: unknown }; readonly timeout?: unknown }
  /** The person chose the phone in the popup for a request that waits in a form. */
  readonly chosen: boolean
  readonly secure: boolean
  readonly activated: boolean
  readonly sameOriginWithAncestors: boolean
  /** What the document's permissions policy says; null where the browser does not tell. */
  readonly permitted: boolean | null
}

/** And back, to the page in the end. `native`: as if this extension were not there. */
export type BridgeAnswer = { readonly native: true } | { readonly response: object } | { readonly error: { readonly name: string; readonly message: string } }
