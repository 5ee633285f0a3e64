import type { OutboundRefused } from '../../http/outbound/index.ts'

export const refusalKinds = [
  'already_federated', 'type_not_settable', 'mfa_behavior_missing', 'issuer_invalid', 'issuer_taken', 'denied', 'unauthorized', 'declined', 'code_expired', 'default_domain', 'not_verified', 'not_found', 'throttled',
  'stuck', 'unreachable', 'unreadable', 'other',
] as const
export type GraphRefusalKind = (typeof refusalKinds)[number]

/** Graph said no, or nothing that could be understood. Its own words are for the log and the expert's line on the page. */
export class GraphRefused extends Error {
  override readonly name = 'GraphRefused'
  readonly kind: GraphRefusalKind
  /** HTTP's, 0 when there was no answer. */
  readonly status: number
  /** What Microsoft's support asks for. */
  readonly requestId: string | null
  /** How long it wants to be left alone (Retry-After); null where it did not say. */
  readonly retryAfterMilliseconds: number | null

  constructor(kind: GraphRefusalKind, message: string, options: { status?: number; requestId?: string | null; retryAfterMilliseconds?: number | null; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.kind = kind
    this.status = options.status ?? 0
    this.requestId = options.requestId ?? null
    this.retryAfterMilliseconds = options.retryAfterMilliseconds ?? null
  }
}

/** The words of our own client are for the operator: where a name of the inner network leads is no business of whoever may type a host. */
export function unreachable(error: OutboundRefused, url: string): GraphRefused {
  return new GraphRefused('unreachable', error.reason === 'address' ? `${new URL(url).host} may not be called from here` : error.message, { cause: error })
}

/** Names an error body of Graph, `{"error":{"code","message","innerError":{…}}}`, by the table of section 3.2. */
export function readRefusal(status: number, body: string, method: string, retryAfterMilliseconds: number | null = null): GraphRefused {
  const { code, message, requestId } = readBody(body)
  return new GraphRefused(kindOf(status, code, message, method), `Graph answered ${status} ${code}: ${message}`.slice(0, 500), { status, requestId, retryAfterMilliseconds })
}

const rules: readonly (readonly [GraphRefusalKind, RegExp])[] = [
  ['already_federated', /already has Federation Configuration/i],
  ['type_not_settable', /from Managed to Federated/i],
  ['mfa_behavior_missing', /FederatedIdpMfaBehavior.*cannot be empty/i],
  ['issuer_taken', /Request_MultipleObjectsWithSameKeyValue/],
  ['issuer_invalid', /issuerUri/i],
  ['default_domain', /default domain|is ?default/i],
  ['not_verified', /not verified|unverified/i],
]

function kindOf(status: number, code: string, message: string, method: string): GraphRefusalKind {
  if (status === 401) return 'unauthorized'
  if (status === 403) return 'denied'
  if (status === 404) return 'not_found'
  if (status === 429 || status === 503) return 'throttled'
  // A create that ends in a fault of Graph may have left the domain federated but without a configuration.
  if (status >= 500) return method === 'POST' ? 'stuck' : 'other'
  return rules.find(([, rule]) => rule.test(`${code} ${message}`))?.[0] ?? (status === 409 ? 'issuer_taken' : 'other')
}

function readBody(body: string): { code: string; message: string; requestId: string | null } {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown; innerError?: { 'request-id'?: unknown } } }
    const text = (value: unknown): string => (typeof value === 'string' ? value : '')
    const requestId = text(error?.innerError?.['request-id'])
    return { code: text(error?.code), message: text(error?.message), requestId: requestId === '' ? null : requestId }
  } catch {
    return { code: '', message: 'no readable error', requestId: null }
  }
}
