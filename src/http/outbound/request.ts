import type { OutboundResponse } from './exchange.ts'

export interface OutboundRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
  /** For everything: name, connection, answer to its last byte. Default 5,000. */
  readonly timeoutMilliseconds?: number
  /** The largest body that is read. Default 1 MiB. */
  readonly maxBytes?: number
  /** Refuses http: even for allowed hosts. */
  readonly requireHttps?: boolean
  readonly signal?: AbortSignal
}

export interface Outbound {
  /** @throws OutboundRefused, and nothing else. A redirect is returned as it came, never followed. */
  fetch(url: string, request?: OutboundRequest): Promise<OutboundResponse>
  /** The same rules behind the web's own `fetch`; errors arrive as its TypeError. */
  toFetch(limits?: Pick<OutboundRequest, 'timeoutMilliseconds' | 'maxBytes' | 'requireHttps'>): typeof globalThis.fetch
}
