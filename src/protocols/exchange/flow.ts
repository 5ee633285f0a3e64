import type { LiveSession } from '../../authentication/sessions/index.ts'
import type { Refusal, SignInDesk, SignInRequest } from '../../authentication/signin/index.ts'
import { InvalidRequest, NotFound } from '../../errors.ts'
import type { Brand, Context } from '../../http/index.ts'
import type { Clock, OrganizationId, SignInId } from '../../storage/index.ts'
import type { Sessions } from '../../authentication/sessions/index.ts'
import type { WaitingRequest, WaitingRequests } from './requests.ts'

/** An application that asks, whatever it speaks. */
export interface Party { readonly application: NonNullable<SignInRequest['application']> }

/** What a protocol knows of its own questions and answers. */
export interface FlowRules<Asked, P extends Party> {
  /** `/saml/requests`, `/wsfed/requests`: where a question waits. */
  readonly path: string
  /** As stored now: an application that was switched off meanwhile gets no answer (SEC-27). */
  partyOf(asked: Asked): Promise<P | undefined>
  requestOf(asked: Asked, party: P, live: LiveSession | undefined): Promise<Omit<SignInRequest, 'returnTo'>>
  /** The application wants no page shown: an answer now, or the news that there is none. */
  isPassive(asked: Asked): boolean
  /** @param askedAt when the question came, in epoch milliseconds: how old a proof is counts from then */
  answer(ctx: Context, asked: Asked, party: P, live: LiveSession, askedAt: number, waitingId: string | null): Promise<void>
  refuse(ctx: Context, asked: Asked, party: P, refusal: Refusal, waitingId: string | null): Promise<void>
}

export interface FlowNeeds {
  readonly desk: SignInDesk
  readonly clock: Clock
  readonly sessions: Pick<Sessions, 'current'>
  readonly brandOf: (id: OrganizationId) => Promise<Brand | undefined>
}

export type Flow<Asked, P extends Party> = ReturnType<typeof createFlow<Asked, P>>

/** From a question whose sender is known to its answer: at once where the session allows it, else by way of the sign-in desk. */
export function createFlow<Asked, P extends Party>(needs: FlowNeeds, waiting: WaitingRequests<Asked>, rules: FlowRules<Asked, P>) {
  const completionOf = (id: string): string => `${rules.path}/${id}/complete?signin={id}`

  async function dress(ctx: Context, party: P): Promise<void> {
    ctx.state.leavesFormActionOpen = true
    ctx.state.brand = await needs.brandOf(party.application.organizationId)
  }

  async function opened(ctx: Context, id: string): Promise<{ request: WaitingRequest<Asked>; party: P }> {
    const request = await waiting.open(id, ctx.state.browser)
    if (!request) throw new NotFound('sign_in_over')
    const party = await rules.partyOf(request.content)
    if (!party) throw new InvalidRequest('application_unknown', 'the application, or its address, was removed or switched off while somebody signed in')
    await dress(ctx, party)
    return { request, party }
  }

  async function begin(ctx: Context, asked: Asked, party: P, kept?: WaitingRequest<Asked>): Promise<void> {
    await dress(ctx, party)
    // Before the desk looks at its clock: what it takes for new enough must count in the answer too.
    const askedAt = kept?.createdAt ?? needs.clock.now()
    const live = await needs.sessions.current(ctx)
    const request = await rules.requestOf(asked, party, live)
    if (live && needs.desk.satisfied(live, { ...request, returnTo: '/' })) return rules.answer(ctx, asked, party, live, askedAt, kept?.id ?? null)
    if (rules.isPassive(asked)) return rules.refuse(ctx, asked, party, 'login_required', kept?.id ?? null)
    const id = kept?.id ?? (await waiting.keep(asked))
    if (kept === undefined) await waiting.open(id, ctx.state.browser)
    ctx.redirectTo(await needs.desk.begin(ctx.state.browser, { ...request, returnTo: completionOf(id) }))
  }

  return {
    /** A question that has just come with the browser's cookies. */
    begin: (ctx: Context, asked: Asked, party: P) => begin(ctx, asked, party),

    /** A posted question came without cookies; the link that it becomes here comes with them. */
    keep: async (asked: Asked): Promise<string> => `${rules.path}/${await waiting.keep(asked)}`,

    async resume(ctx: Context, id: string): Promise<void> {
      const { request, party } = await opened(ctx, id)
      return begin(ctx, request.content, party, request)
    },

    /** Back from the desk. */
    async complete(ctx: Context, id: string, signIn: string): Promise<void> {
      const { request, party } = await opened(ctx, id)
      const outcome = await needs.desk.outcome(ctx.state.browser, signIn as SignInId, completionOf(id))
      if (outcome.kind === 'refused') return rules.refuse(ctx, request.content, party, outcome.reason, id)
      const live = await needs.sessions.current(ctx)
      if (outcome.kind === 'none' || live?.id !== outcome.session.sessionId) return ctx.redirectTo(`${rules.path}/${id}`)
      return rules.answer(ctx, request.content, party, live, request.createdAt, id)
    },

    /** The way back from "you may not use this". */
    async turnBack(ctx: Context, id: string): Promise<void> {
      const { request, party } = await opened(ctx, id)
      return rules.refuse(ctx, request.content, party, 'access_denied', id)
    },
  }
}
