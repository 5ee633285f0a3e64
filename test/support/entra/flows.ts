import { randomBytes, randomUUID } from 'node:crypto'
import type { Domain } from './tenant.ts'

/** What a request asked of the identity provider, so that its answer can be held against it. */
export interface Asked {
  readonly mfa: boolean
  /** A new authentication, whatever session there is. */
  readonly fresh: boolean
}

export interface Flow {
  /** The wctx or RelayState; opaque, long, and to be echoed to the byte. */
  readonly context: string
  /** ID of the AuthnRequest. */
  readonly requestId: string
  readonly correlationId: string
  readonly upn: string
  /** The domain whose federation answers. */
  readonly domain: Domain
  readonly asked: Asked
  /** A policy of Entra sent the browser there once more. */
  readonly isStepUp: boolean
  readonly startedAt: number
  readonly expiresAt: number
  isUsed: boolean
}

export interface Flows {
  begin(flow: Pick<Flow, 'upn' | 'domain' | 'asked' | 'isStepUp'>): Flow
  find(context: string): Flow | undefined
}

/** How long a person may take at the identity provider before 50089. */
const flowMilliseconds = 10 * 60_000

export function createFlows(now: () => number): Flows {
  const flows = new Map<string, Flow>()
  return {
    begin({ upn, domain, asked, isStepUp }) {
      const startedAt = now()
      const flow: Flow = {
        context: contextFor(domain.federation?.preferredAuthenticationProtocol === 'saml'), requestId: `_${randomUUID()}`, correlationId: randomUUID(), upn, domain, asked, isStepUp,
        startedAt, expiresAt: startedAt + flowMilliseconds, isUsed: false,
      }
      flows.set(flow.context, flow)
      return flow
    },
    find: (context) => flows.get(context),
  }
}

/** As long and as full of `%`, `=`, `&` and `-` as those seen in the wild. */
function contextFor(isSaml: boolean): string {
  const request = `rQQIAR${randomBytes(390).toString('base64url')}0`
  return isSaml ? `estsredirect=2&estsrequest=${request}` : `LoginOptions=3&estsredirect=2&estsrequest=${request}`
}
