import { InvalidRequest } from '../../errors.ts'
import type { Context } from '../../http/index.ts'
import { readAuthnRequest } from './authn-request.ts'
import type { SamlNeeds } from './needs.ts'
import type { RawMessage, Receive } from './receive.ts'
import type { RefusalStatus } from './response.ts'
import { referenceOf, type ServiceProvider } from './service-provider.ts'
import type { Asked } from './sign-on.ts'

export type ReadAsked =
  | { readonly kind: 'asked'; readonly asked: Asked; readonly provider: ServiceProvider }
  | { readonly kind: 'unanswerable'; readonly provider: ServiceProvider; readonly to: { readonly requestId: string; readonly acs: string; readonly relayState: string | null }; readonly status: RefusalStatus }

/** From the browser's message to a question that is safe to answer. */
export function createAskedReader(needs: Pick<SamlNeeds, 'clock'>, receive: Receive) {
  /** @throws InvalidRequest for whatever must not be answered */
  return async (ctx: Context, raw: RawMessage, domainKey: string | undefined, loginHint: string | null): Promise<ReadAsked> => {
    const { provider, message, destination, relayState } = await receive.message(ctx, raw, ['AuthnRequest'], domainKey)
    const read = await receive.noted(ctx, provider, () => {
      const question = readAuthnRequest(message, provider, destination, needs.clock.now())
      if (question.kind === 'wrong') throw new InvalidRequest('application_request', question.problem)
      return question
    })
    if (read.kind === 'unanswerable') return { kind: 'unanswerable', provider, to: { requestId: read.requestId, acs: read.acs, relayState }, status: read.status }
    return { kind: 'asked', provider, asked: { ...read.question, provider: referenceOf(provider), relayState, loginHint: loginHint?.slice(0, 320) ?? null } }
  }
}
