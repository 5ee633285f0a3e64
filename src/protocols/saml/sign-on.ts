import { assurances, assuranceOf, atLeast, type Assurance } from '../../authentication/index.ts'
import { requiredAssurance } from '../../authentication/policy/index.ts'
import type { LiveSession } from '../../authentication/sessions/index.ts'
import type { Outcome, Refusal, SignInRequest } from '../../authentication/signin/index.ts'
import { InvalidRequest, NotFound } from '../../errors.ts'
import type { Context } from '../../http/index.ts'
import type { SignInId, Transaction } from '../../storage/index.ts'
import { attributesOf, createParticipants, createWaitingRequests, factsOf, type WaitingRequest } from '../exchange/index.ts'
import { trueContext } from './authn-context.ts'
import type { Question } from './authn-request.ts'
import type { FederationEvent, SamlNeeds } from './needs.ts'
import type { Providers } from './providers.ts'
import { newMessageId, writeRefusal, writeResponse, type NameId, type RefusalStatus } from './response.ts'
import { referenceOf, type ProviderReference, type ServiceProvider } from './service-provider.ts'
import { nameIdOf } from './name-id.ts'

/** A question with what goes back to the application unchanged; without a request id, nobody asked (IdP-initiated). */
export interface Asked extends Omit<Question, 'requestId'> {
  readonly provider: ProviderReference
  readonly requestId: string | null
  readonly relayState: string | null
  readonly loginHint: string | null
}

/** What a session remembers of a service provider: for its sign-out, and to notice one that asks in circles. */
export interface Participation {
  readonly provider: ProviderReference
  readonly nameId: NameId
  readonly sessionIndex: string
  readonly multipleFactors: boolean
  /** Answers within a minute of each other. */
  readonly repeats: number
}

export type SignOn = ReturnType<typeof createSignOn>

const loopMilliseconds = 60_000
const mostRepeats = 5
/** A request cannot arrive later than it may be old, so its id need not be remembered longer (SEC-21). */
const requestIdSeconds = 1_200

const refusals: Readonly<Record<Refusal, RefusalStatus>> = {
  access_denied: 'requestDenied', authentication_failed: 'authnFailed', login_required: 'noPassive', unmet_authentication_requirements: 'noAuthnContext', temporarily_unavailable: 'temporarilyUnavailable',
}

/** From a question whose sender is known to its answer; in between the person signs in at the desk. */
export function createSignOn(needs: SamlNeeds, providers: Providers) {
  const waiting = createWaitingRequests<Asked>(needs, 'saml')
  const participants = createParticipants<Participation>(needs, 'saml')
  const completionOf = (id: string): string => `/saml/requests/${id}/complete?signin={id}`

  async function providerOf(asked: Asked): Promise<ServiceProvider> {
    const provider = await providers.byReference(asked.provider)
    if (!provider) throw new InvalidRequest('application_unknown', 'the application was removed or switched off while somebody signed in')
    return provider
  }

  function audit(tx: Transaction, ctx: Context, provider: ServiceProvider, live: LiveSession | undefined, event: Pick<FederationEvent, 'action' | 'outcome' | 'details'>): Promise<void> {
    return needs.record(tx, ctx, {
      ...event, organizationId: provider.application.organizationId, userId: live?.userId ?? null, ...(live ? { userName: live.user.email } : {}),
      application: { id: provider.application.id, name: provider.application.name }, details: { protocol: 'saml', ...event.details },
    })
  }

  /** What the desk is to see to. */
  async function requestOf(asked: Asked, provider: ServiceProvider, live: LiveSession | undefined, returnTo: string): Promise<SignInRequest> {
    const { microsoft } = provider
    const always: Assurance | null = microsoft && (microsoft.alwaysMfa || (live !== undefined && (await wantsMore(provider, live)))) ? 'urn:doorward:acr:multi' : null
    const configured = requiredAssurance(provider.requiredAssurance as Assurance | null, always, assurances)
    // The name in a request to a federated domain is a hint: it may choose who is asked, never who is believed (microsoft365 R-4).
    const meant = microsoft && asked.loginHint !== null ? await needs.domains.findByUpn(microsoft.organizationId, asked.loginHint) : undefined
    return {
      application: provider.application, assurance: requiredAssurance(asked.context?.assurance ?? null, configured, assurances), maxAgeSeconds: asked.forceAuthn ? 0 : null,
      loginHint: asked.loginHint, userId: meant ?? null, returnTo,
    }
  }

  /** Entra asks again at once when it wants two factors and did not get them; how it says so is not documented (microsoft365 §8, 1d). */
  async function wantsMore(provider: ServiceProvider, live: LiveSession): Promise<boolean> {
    const before = await participants.find(live.id, provider.application.id)
    return before !== undefined && !before.details.multipleFactors && before.answeredAt > needs.clock.now() - loopMilliseconds
  }

  async function answer(ctx: Context, asked: Asked, provider: ServiceProvider, live: LiveSession, waitingId: string | null): Promise<void> {
    const { application, microsoft } = provider
    if (!(await needs.mayUse(application.id, live.userId))) {
      await needs.storage.write((tx) => audit(tx, ctx, provider, live, { action: 'application.refused', outcome: 'denied', details: {} }))
      const back = waitingId === null ? await waiting.keep(asked) : waitingId
      return ctx.page('exchange/no-access', { application: application.name, email: live.user.email, back: `/saml/requests/${back}/refusal`, reference: ctx.state.request.id }, { status: 403 })
    }
    const [person, identity] = await Promise.all([needs.person(live.userId), microsoft ? needs.domains.identityOf(live.userId) : undefined])
    if (!person) throw new NotFound('sign_in_over')
    if (microsoft && (identity === undefined || !(await needs.domains.owns(microsoft, identity.upn)))) {
      return refuseWithPage(ctx, provider, live, 'microsoft_identity', identity === undefined ? 'no Microsoft identity' : `${identity.upn} is not of ${microsoft.domain}`)
    }
    const facts = factsOf(person, identity)
    const nameId = nameIdOf(provider, asked.nameIdFormat, facts)
    if (nameId === undefined) return refuseWithPage(ctx, provider, live, 'application_request', 'the person has no value for the NameID')
    if (asked.subject !== null && asked.subject !== nameId.value) return refuse(ctx, asked, provider, 'unknownPrincipal', waitingId)

    const now = needs.clock.now()
    const assurance = assuranceOf(live.proofs)
    const context = asked.context?.name ?? trueContext(assurance, microsoft !== null)
    const before = microsoft ? await participants.find(live.id, application.id) : undefined
    const repeats = before !== undefined && before.answeredAt > now - loopMilliseconds ? before.details.repeats + 1 : 0
    if (repeats > mostRepeats) return refuseWithPage(ctx, provider, live, 'microsoft_loop', `${repeats} answers within a minute of each other; the last said ${context}`)

    const { attributes, overage } = attributesOf(provider.settings.attributes, facts)
    const { signer } = await needs.keys.certificates(provider.keyPurpose)
    const sessionIndex = before?.details.sessionIndex ?? newMessageId()
    const { text, assertionId } = writeResponse(provider, {
      requestId: asked.requestId, acs: asked.acs, nameId, sessionIndex, authenticatedAt: provenAt(live), context, sessionExpiresAt: live.expiresAt, attributes,
    }, signer, now)
    const refused = await needs.storage.write(async (tx): Promise<string | undefined> => {
      if (waitingId !== null && !(await waiting.answer(tx, waitingId))) return 'answered already'
      if (asked.requestId !== null && !(await needs.once(`saml request ${provider.entityId} ${asked.requestId}`, requestIdSeconds, tx))) return 'replayed'
      const participation: Participation = { provider: asked.provider, nameId, sessionIndex, multipleFactors: atLeast(assurance, 'urn:doorward:acr:multi'), repeats }
      if (!(await participants.remember(tx, live.id, application.id, participation))) return 'the session ended'
      await audit(tx, ctx, provider, live, { action: 'application.opened', outcome: 'success', details: { issued: assertionId, context, ...(overage.length > 0 ? { overage: overage.join(' ') } : {}) } })
      return undefined
    })
    if (refused !== undefined) return refuseWithPage(ctx, provider, live, 'application_request', `nothing was issued: ${refused}`)
    send(ctx, asked, text)
  }

  async function refuse(ctx: Context, asked: Asked, provider: ServiceProvider, status: RefusalStatus, waitingId: string | null): Promise<void> {
    const { signer } = await needs.keys.certificates(provider.keyPurpose)
    const live = await needs.sessions.current(ctx)
    await needs.storage.write(async (tx) => {
      if (waitingId !== null) await waiting.answer(tx, waitingId)
      await audit(tx, ctx, provider, live, { action: 'application.refused', outcome: 'failure', details: { status } })
    })
    send(ctx, asked, writeRefusal(provider, asked, status, signer, needs.clock.now()))
  }

  /** There is nothing true that the application could be told, or it must not be told. */
  async function refuseWithPage(ctx: Context, provider: ServiceProvider, live: LiveSession, code: string, reason: string): Promise<never> {
    await needs.storage.write((tx) => audit(tx, ctx, provider, live, { action: 'application.refused', outcome: 'failure', details: { reason } }))
    throw new InvalidRequest(code, reason)
  }

  return {
    participants,

    /** A question that has just come with the browser's cookies: answered at once where the session allows it. */
    async begin(ctx: Context, asked: Asked, provider: ServiceProvider, kept?: WaitingRequest<Asked>): Promise<void> {
      ctx.state.leavesFormActionOpen = true
      ctx.state.brand = await needs.brandOf(provider.application.organizationId)
      const live = await needs.sessions.current(ctx)
      const request = await requestOf(asked, provider, live, '')
      if (live && needs.desk.satisfied(live, request)) return answer(ctx, asked, provider, live, kept?.id ?? null)
      if (asked.passive) return refuse(ctx, asked, provider, 'noPassive', kept?.id ?? null)
      const id = kept?.id ?? (await waiting.keep(asked))
      if (!kept) await waiting.open(id, ctx.state.browser)
      ctx.redirectTo(await needs.desk.begin(ctx.state.browser, { ...request, returnTo: completionOf(id) }))
    },

    /** A posted question came without cookies; the link that it becomes here comes with them. */
    keep: async (asked: Asked): Promise<string> => `/saml/requests/${await waiting.keep(asked)}`,

    async resume(ctx: Context, id: string): Promise<void> {
      const request = await opened(ctx, id)
      return this.begin(ctx, request.content, await providerOf(request.content), request)
    },

    async complete(ctx: Context, id: string, signIn: string): Promise<void> {
      const request = await opened(ctx, id)
      const provider = await providerOf(request.content)
      ctx.state.leavesFormActionOpen = true
      ctx.state.brand = await needs.brandOf(provider.application.organizationId)
      const outcome: Outcome = await needs.desk.outcome(ctx.state.browser, signIn as SignInId, completionOf(id))
      if (outcome.kind === 'none') return ctx.redirectTo(`/saml/requests/${id}`)
      if (outcome.kind === 'refused') return refuse(ctx, request.content, provider, refusals[outcome.reason], id)
      const live = await needs.sessions.current(ctx)
      if (!live || live.id !== outcome.session.sessionId) return ctx.redirectTo(`/saml/requests/${id}`)
      return answer(ctx, request.content, provider, live, id)
    },

    /** The way back from "you may not use this". */
    async refuse(ctx: Context, id: string): Promise<void> {
      const request = await opened(ctx, id)
      ctx.state.leavesFormActionOpen = true
      return refuse(ctx, request.content, await providerOf(request.content), 'requestDenied', id)
    },

    /** Wrong in a way that the application can be told of. */
    async answerUnanswerable(ctx: Context, provider: ServiceProvider, to: { requestId: string; acs: string; relayState: string | null }, status: RefusalStatus): Promise<void> {
      ctx.state.leavesFormActionOpen = true
      const asked: Asked = { ...to, provider: referenceOf(provider), forceAuthn: false, passive: false, context: null, nameIdFormat: null, subject: null, loginHint: null }
      return refuse(ctx, asked, provider, status, null)
    },
  }

  async function opened(ctx: Context, id: string): Promise<WaitingRequest<Asked>> {
    const request = await waiting.open(id, ctx.state.browser)
    if (!request) throw new NotFound('sign_in_over')
    return request
  }
}

/** When the proof was given that the answer rests on; single sign-on does not make it newer (Core §2.7.2, microsoft365 §1.4). */
function provenAt({ proofs, authenticatedAt }: LiveSession): number {
  const strong = proofs.filter((proof) => proof.phishingResistant && proof.factors.length >= 2).map(({ at }) => at)
  return strong.length > 0 ? Math.max(...strong) : authenticatedAt
}

function send(ctx: Context, { acs, relayState }: Pick<Asked, 'acs' | 'relayState'>, text: string): void {
  ctx.page('exchange/hand-over', {
    action: acs, fields: [{ name: 'SAMLResponse', value: Buffer.from(text).toString('base64') }, ...(relayState === null ? [] : [{ name: 'RelayState', value: relayState }])],
  })
}

