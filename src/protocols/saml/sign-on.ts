import { assurances, assuranceOf, atLeast, type Assurance } from '../../authentication/index.ts'
import { requiredAssurance } from '../../authentication/policy/index.ts'
import type { LiveSession } from '../../authentication/sessions/index.ts'
import type { Refusal } from '../../authentication/signin/index.ts'
import { InvalidRequest } from '../../errors.ts'
import type { Context } from '../../http/index.ts'
import { attributesOf, createAdmission, createFlow, createMicrosoftRules, createParticipants, createWaitingRequests, countedProofs, isWritten, provenAt, type Answered } from '../exchange/index.ts'
import { trueContext } from './authn-context.ts'
import type { Question } from './authn-request.ts'
import { nameIdOf } from './name-id.ts'
import type { SamlNeeds } from './needs.ts'
import type { Providers } from './providers.ts'
import { newMessageId, writeRefusal, writeResponse, type NameId, type RefusalStatus } from './response.ts'
import { referenceOf, type ProviderReference, type ServiceProvider } from './service-provider.ts'

/** A question with what goes back to the application unchanged; without a request id, nobody asked (IdP-initiated). */
export interface Asked extends Omit<Question, 'requestId'> {
  readonly provider: ProviderReference
  readonly requestId: string | null
  readonly relayState: string | null
  readonly loginHint: string | null
}

/** What a session remembers of a service provider: for its sign-out, and to notice one that asks in circles. */
export interface Participation extends Answered {
  readonly provider: ProviderReference
  readonly nameId: NameId
  readonly sessionIndex: string
}

export type SignOn = ReturnType<typeof createSignOn>

/** A request cannot arrive later than it may be old, so its id need not be remembered longer (SEC-21). */
const requestIdSeconds = 1_200

const refusals: Readonly<Record<Refusal, RefusalStatus>> = {
  access_denied: 'requestDenied', authentication_failed: 'authnFailed', login_required: 'noPassive', unmet_authentication_requirements: 'noAuthnContext', temporarily_unavailable: 'temporarilyUnavailable',
}

/** What a question takes, and what is answered to it. */
export function createSignOn(needs: SamlNeeds, providers: Providers) {
  const waiting = createWaitingRequests<Asked>(needs, 'saml')
  const participants = createParticipants<Participation>(needs, 'saml')
  const microsoftRules = createMicrosoftRules({ ...needs, participants })
  const admission = createAdmission(needs, microsoftRules, 'saml')

  const flow = createFlow<Asked, ServiceProvider>(needs, waiting, {
    path: '/saml/requests',
    // An address that was taken out of the settings meanwhile gets no answer any more either.
    async partyOf(asked) {
      const provider = await providers.byReference(asked.provider)
      return provider?.settings.acs.some(({ url }) => url === asked.acs) === true ? provider : undefined
    },
    isPassive: (asked) => asked.passive,
    async requestOf(asked, provider, live) {
      const question = provider.microsoft && { domain: provider.microsoft, applicationId: provider.application.id, loginHint: asked.loginHint }
      const configured = requiredAssurance(provider.requiredAssurance as Assurance | null, question && (await microsoftRules.assuranceFor(question, live)), assurances)
      return {
        application: provider.application, assurance: requiredAssurance(asked.context?.assurance ?? null, configured, assurances), maxAgeSeconds: maxAgeOf(asked),
        loginHint: asked.loginHint, userId: question && (await microsoftRules.personMeant(question)),
      }
    },
    answer,
    refuse: (ctx, asked, provider, refusal, waitingId) => refuse(ctx, asked, provider, refusals[refusal], waitingId),
  })

  async function answer(ctx: Context, asked: Asked, provider: ServiceProvider, live: LiveSession, askedAt: number, waitingId: string | null): Promise<void> {
    const { application, microsoft } = provider
    const admitted = await admission.admit(ctx, provider, live)
    if (admitted === 'no_access') {
      const back = `/saml/requests/${waitingId ?? (await waiting.keep(asked))}/refusal`
      return ctx.page('exchange/no-access', { application: application.name, email: live.user.email, back, reference: ctx.state.request.id }, { status: 403 })
    }
    const { facts, repeats } = admitted
    const nameId = nameIdOf(provider, asked.nameIdFormat, facts)
    if (nameId === undefined) return admission.refuse(ctx, provider, live, new InvalidRequest('application_request', 'the person has no value for the NameID'))
    if (asked.subject !== null && asked.subject !== nameId.value) return refuse(ctx, asked, provider, 'unknownPrincipal', waitingId)

    const proofs = countedProofs(live, maxAgeOf(asked), askedAt)
    const assurance = assuranceOf(proofs)
    const context = asked.context?.name ?? trueContext(assurance, microsoft !== null)
    const { attributes, overage } = attributesOf(provider.settings.attributes, facts)
    const { signer } = await needs.keys.certificates(provider.keyPurpose)
    const sessionIndex = newMessageId()
    const { text, assertionId } = writeResponse(provider, {
      requestId: asked.requestId, acs: asked.acs, nameId, sessionIndex, authenticatedAt: provenAt(proofs, live), context, sessionExpiresAt: live.expiresAt, attributes,
    }, signer, needs.clock.now())
    const refused = await needs.storage.write(async (tx): Promise<string | undefined> => {
      if (waitingId !== null && !(await waiting.answer(tx, waitingId))) return 'answered already'
      if (asked.requestId !== null && !(await needs.once(`saml request ${provider.entityId} ${asked.requestId}`, requestIdSeconds, tx))) return 'replayed'
      const participation: Participation = { provider: asked.provider, nameId, sessionIndex, multipleFactors: atLeast(assurance, 'urn:doorward:acr:multi'), repeats }
      if (!(await participants.remember(tx, live.id, application.id, participation))) return 'the session ended'
      await admission.audit(tx, ctx, provider, live, { action: 'application.opened', outcome: 'success', details: { issued: assertionId, context, ...(overage.length > 0 ? { overage: overage.join(' ') } : {}) } })
      return undefined
    })
    if (refused !== undefined) return admission.refuse(ctx, provider, live, new InvalidRequest('application_request', `nothing was issued: ${refused}`))
    send(ctx, asked, text)
  }

  async function refuse(ctx: Context, asked: Asked, provider: ServiceProvider, status: RefusalStatus, waitingId: string | null): Promise<void> {
    const { signer } = await needs.keys.certificates(provider.keyPurpose)
    const live = await needs.sessions.current(ctx)
    // Where questions need no signature anybody can ask what is answered with no.
    const noted = live !== undefined || (await isWritten(needs.throttle, ctx))
    if (noted || waitingId !== null) await needs.storage.write(async (tx) => {
      if (waitingId !== null) await waiting.answer(tx, waitingId)
      if (noted) await admission.audit(tx, ctx, provider, live, { action: 'application.refused', outcome: 'failure', details: { status } })
    })
    send(ctx, asked, writeRefusal(provider, asked, status, signer, needs.clock.now()))
  }

  return {
    ...flow,
    participants,

    /** Wrong in a way that the application can be told of. */
    async answerUnanswerable(ctx: Context, provider: ServiceProvider, to: { requestId: string; acs: string; relayState: string | null }, status: RefusalStatus): Promise<void> {
      ctx.state.leavesFormActionOpen = true
      const asked: Asked = { ...to, provider: referenceOf(provider), forceAuthn: false, passive: false, context: null, nameIdFormat: null, subject: null, loginHint: null }
      return refuse(ctx, asked, provider, status, null)
    },
  }
}

const maxAgeOf = ({ forceAuthn }: Pick<Asked, 'forceAuthn'>): number | null => (forceAuthn ? 0 : null)

function send(ctx: Context, { acs, relayState }: Pick<Asked, 'acs' | 'relayState'>, text: string): void {
  ctx.page('exchange/hand-over', {
    action: acs, fields: [{ name: 'SAMLResponse', value: Buffer.from(text).toString('base64') }, ...(relayState === null ? [] : [{ name: 'RelayState', value: relayState }])],
  })
}
