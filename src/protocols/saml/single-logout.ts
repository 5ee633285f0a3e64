import type { EndedSession, LiveSession, SignOutStep } from '../../authentication/sessions/index.ts'
import { InvalidRequest, NotFound } from '../../errors.ts'
import type { Context } from '../../http/index.ts'
import type { Sql } from '../../storage/index.ts'
import { createWaitingRequests, endSession, type FederationParticipant, type Participants } from '../exchange/index.ts'
import { logoutEndpointOf, logoutRequest, logoutResponse, readLogoutRequest, readLogoutResponse, sendMessage, type LogoutQuestion } from './logout-message.ts'
import { statuses } from './names.ts'
import type { SamlNeeds } from './needs.ts'
import type { Providers } from './providers.ts'
import type { Received } from './receive.ts'
import { referenceOf, type ProviderReference, type ServiceProvider } from './service-provider.ts'
import type { Participation } from './sign-on.ts'

/** An application that wants its person signed out, until everybody else has been told. */
interface Asked extends LogoutQuestion { readonly provider: ProviderReference; readonly relayState: string | null }
/** What is owed to whoever asked; `steps` are our own requests that it depends on. */
interface Owed { readonly provider: ProviderReference; readonly requestId: string; readonly relayState: string | null; readonly refused: boolean; readonly steps: readonly string[] }
/** One service provider that is told by the browser. */
type Told = Pick<Participation, 'provider' | 'nameId' | 'sessionIndex'>

export type SingleLogout = ReturnType<typeof createSingleLogout>

const stepPath = '/saml/logout/'

/** Sign-out with the browser, both ways (SAML Profiles §4.4). Nobody's silence keeps the person signed in here. */
export function createSingleLogout(needs: SamlNeeds, providers: Providers, participants: Participants<Participation>) {
  const asks = createWaitingRequests<Asked>(needs, 'saml sign-out')
  const owed = createWaitingRequests<Owed>(needs, 'saml sign-out answer')
  const told = createWaitingRequests<Told>(needs, 'saml sign-out step')
  const ending = new WeakMap<EndedSession, readonly FederationParticipant<Participation>[]>()

  const providerOf = async (reference: ProviderReference): Promise<ServiceProvider> => {
    const provider = await providers.byReference(reference)
    if (!provider) throw new InvalidRequest('application_unknown', 'the application was removed or switched off meanwhile')
    return provider
  }

  /** Whether the request means this very session: a name alone could be anybody's (SAML Core §3.7.3.2). */
  async function concerns(live: LiveSession, asked: Asked, provider: ServiceProvider): Promise<boolean> {
    const participant = await participants.find(live.id, provider.application.id)
    if (!participant) return false
    // Entra says which domain it is, and sends whoever sits at the browser.
    if (provider.microsoft) return true
    return participant.details.nameId.value === asked.name && (asked.sessionIndexes.length === 0 || asked.sessionIndexes.includes(participant.details.sessionIndex))
  }

  // Whoever asked knows already.
  const end = (ctx: Context, live: LiveSession, provider: ServiceProvider): Promise<readonly SignOutStep[]> =>
    endSession(needs, ctx, live, provider, 'saml', (tx) => participants.leave(tx, live.id, provider.application.id))

  async function signOut(ctx: Context, asked: Asked): Promise<void> {
    const provider = await providerOf(asked.provider)
    const live = await needs.sessions.current(ctx)
    const mine = live !== undefined && (await concerns(live, asked, provider))
    const steps = live && mine ? await end(ctx, live, provider) : []
    const ids = steps.flatMap(({ url }) => (url.startsWith(stepPath) ? url.slice(stepPath.length) : []))
    const id = await owed.keep({ provider: asked.provider, requestId: asked.requestId, relayState: asked.relayState, refused: live !== undefined && !mine, steps: ids })
    ctx.redirectTo(await needs.beginSignOut(steps, `${stepPath}${id}/answer`))
  }

  return {
    async revoke(tx: Sql, ended: readonly EndedSession[]): Promise<void> {
      const all = await participants.take(tx, ended.map(({ id }) => id))
      for (const session of ended) ending.set(session, all.filter(({ sessionId }) => sessionId === session.id))
    },

    /** Only the browser can tell them: there is no other channel that their software has in common. */
    async steps(ended: readonly EndedSession[]): Promise<SignOutStep[]> {
      const steps: SignOutStep[] = []
      for (const { details } of ended.flatMap((session) => ending.get(session) ?? [])) {
        const provider = await providers.byReference(details.provider)
        const endpoint = provider && logoutEndpointOf(provider, 'request')
        if (!provider || !endpoint) continue
        const id = await told.keep({ provider: details.provider, nameId: details.nameId, sessionIndex: details.sessionIndex })
        steps.push({ applicationName: provider.application.name, url: stepPath + id, origin: new URL(endpoint.url).origin })
      }
      return steps
    },

    /** In a frame of our own page: the request to one service provider. */
    async tell(ctx: Context, id: string): Promise<void> {
      const step = await told.peek(id)
      const provider = step && (await providers.byReference(step.content.provider))
      const endpoint = provider && logoutEndpointOf(provider, 'request')
      if (!step || !provider || !endpoint) throw new NotFound()
      ctx.state.framedByUs = true
      const { signer } = await needs.keys.certificates(provider.keyPurpose)
      sendMessage(ctx, endpoint, 'SAMLRequest', logoutRequest(provider, endpoint, { ...step.content, id: `_${id}` }, needs.clock.now()), null, signer)
    },

    /** A service provider has signed out, or says why not. */
    async heard(ctx: Context, { provider, message, destination }: Received): Promise<void> {
      const answer = readLogoutResponse(message, destination, needs.clock.now())
      if ('problem' in answer) throw new InvalidRequest('application_request', answer.problem)
      const step = await told.peek(answer.inResponseTo.slice(1))
      const from = step && (await providers.byReference(step.content.provider))
      if (!step || from?.entityId !== provider.entityId) throw new InvalidRequest('application_request', 'the answer belongs to no sign-out of ours')
      if (answer.success) await needs.storage.write((tx) => told.answer(tx, step.id))
      ctx.state.framedByUs = true
      ctx.page('saml/logged-out', { application: provider.application.name, success: answer.success })
    },

    readRequest({ provider, message, destination, relayState }: Received): Asked {
      const question = readLogoutRequest(message, destination, needs.clock.now())
      if ('problem' in question) throw new InvalidRequest('application_request', question.problem)
      return { ...question, provider: referenceOf(provider), relayState }
    },

    signOut,

    /** A posted request came without cookies; the link that it becomes here comes with them. */
    keep: async (asked: Asked): Promise<string> => `/saml/sign-out/${await asks.keep(asked)}`,

    async resume(ctx: Context, id: string): Promise<void> {
      const asked = await asks.open(id, ctx.state.browser)
      if (!asked) throw new NotFound()
      await needs.storage.write((tx) => asks.answer(tx, id))
      return signOut(ctx, asked.content)
    },

    /** A federated domain's address without a message: Entra may just send the browser there (microsoft365 §1.5). */
    async leave(ctx: Context, provider: ServiceProvider): Promise<void> {
      const live = await needs.sessions.current(ctx)
      const mine = live !== undefined && (await participants.find(live.id, provider.application.id)) !== undefined
      ctx.redirectTo(await needs.beginSignOut(live && mine ? await end(ctx, live, provider) : [], null))
    },

    /** Everybody has been told, or has had the time: what whoever asked is waiting for. */
    async answer(ctx: Context, id: string): Promise<void> {
      const debt = await owed.peek(id)
      if (!debt) throw new NotFound()
      const { content } = debt
      const provider = await providerOf(content.provider)
      const endpoint = logoutEndpointOf(provider, 'response')
      if (!endpoint || debt.answered) return ctx.redirectTo('/signed-out')
      const answers = await Promise.all(content.steps.map((step) => told.peek(step)))
      const all = answers.every((step) => step?.answered === true)
      const codes = content.refused ? [statuses.requester, statuses.unknownPrincipal] : all ? [statuses.success] : [statuses.success, statuses.partialLogout]
      await needs.storage.write((tx) => owed.answer(tx, id))
      const { signer } = await needs.keys.certificates(provider.keyPurpose)
      sendMessage(ctx, endpoint, 'SAMLResponse', logoutResponse(provider, endpoint, content.requestId, codes, needs.clock.now()), content.relayState, signer)
    },
  }
}
