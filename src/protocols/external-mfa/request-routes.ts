import { assuranceOf, atLeast } from '../../authentication/index.ts'
import type { SignInRequest } from '../../authentication/signin/index.ts'
import { NotFound } from '../../errors.ts'
import { anyone, type Context, type Routes } from '../../http/index.ts'
import type { SignInId } from '../../storage/index.ts'
import type { WaitingRequest, WaitingRequests } from '../exchange/index.ts'
import { acceptableWays, chooseAnswer, freshProofs, signAnswer, type Answer } from './answer.ts'
import type { Connection, Connections } from './connections.ts'
import type { Links } from './links.ts'
import { addressesOf } from './metadata.ts'
import type { ExternalMfaEvent, ExternalMfaNeeds } from './needs.ts'
import { attemptMilliseconds, type WaitingQuestion } from './requests.ts'
import { createRecognition, type Recognized } from './recognition.ts'

interface Attempt {
  readonly waiting: WaitingRequest<WaitingQuestion>
  readonly connection: Connection
}

type Known = Exclude<Recognized, { readonly kind: 'nobody' }>
type Failure = 'cancelled' | 'no_way_fits' | 'not_recognized' | 'not_signed_in' | 'unavailable'

/** What Entra is told; its own pages offer another way then. */
const failures: Readonly<Record<Failure, { readonly error: 'access_denied' | 'temporarily_unavailable'; readonly description: string }>> = {
  cancelled: { error: 'access_denied', description: 'The person has cancelled.' },
  no_way_fits: { error: 'access_denied', description: 'None of the methods that were asked for was used.' },
  not_recognized: { error: 'access_denied', description: 'The person has no account that may confirm here.' },
  not_signed_in: { error: 'access_denied', description: 'The person could not be confirmed as asked.' },
  unavailable: { error: 'temporarily_unavailable', description: 'Try again in a moment.' },
}

/**
 *   GET /eam/requests/:id            the sign-in that the question asks for, or the answer where one is there already
 *   GET /eam/requests/:id/complete   back from the sign-in desk
 *   GET /eam/requests/:id/refusal    back to Entra without an answer
 */
export function mountRequests(routes: Routes, needs: ExternalMfaNeeds, connections: Connections, links: Links, questions: WaitingRequests<WaitingQuestion>): void {
  const recognize = createRecognition(needs, links)

  async function load(ctx: Context): Promise<Attempt> {
    const waiting = await questions.open(ctx.params['id'] ?? '', ctx.state.browser)
    const connection = waiting && (await connections.byId(waiting.content.connectionId))
    // Answered, of another browser, too late, or switched off meanwhile: each time one starts again at Microsoft.
    if (!waiting || !connection?.enabled || needs.clock.now() - waiting.createdAt >= attemptMilliseconds) throw new NotFound('external_mfa_over')
    ctx.state.brand = await needs.brandOf(connection.organizationId)
    return { waiting, connection }
  }

  routes.get('/eam/requests/:id', anyone, async (ctx) => {
    const { waiting, connection } = await load(ctx)
    const ways = acceptableWays(waiting.content.wanted)
    if (!ways.key && !ways.sms) return fail(ctx, { waiting, connection }, 'no_way_fits', null)
    const person = await recognize(connection, waiting.content.person)
    if (person.kind === 'nobody') return showNoAccount(ctx, { waiting, connection }, person.reason)
    const request = signInFor({ waiting, connection }, person, ways.sms)
    // The session of somebody else at this browser is as good as none.
    const live = await needs.sessions.current(ctx)
    if (live?.userId === person.userId) {
      const answer = answerFrom({ waiting, connection }, person, live.proofs)
      if (answer) return succeed(ctx, { waiting, connection }, person, answer)
    }
    ctx.redirectTo(await needs.desk.begin(ctx.state.browser, request))
  })

  routes.get('/eam/requests/:id/complete', anyone, async (ctx) => {
    const attempt = await load(ctx)
    const { waiting, connection } = attempt
    const signIn = typeof ctx.query['signin'] === 'string' ? ctx.query['signin'] : ''
    const outcome = await needs.desk.outcome(ctx.state.browser, signIn as SignInId, completionOf(waiting.id))
    if (outcome.kind === 'none') return ctx.redirectTo(`/eam/requests/${waiting.id}`)
    if (outcome.kind === 'refused') return fail(ctx, attempt, outcome.reason === 'temporarily_unavailable' ? 'unavailable' : 'not_signed_in', null)
    const person = await recognize(connection, waiting.content.person)
    if (person.kind === 'nobody') return showNoAccount(ctx, attempt, person.reason)
    // The desk has asked for this very person; should the link have moved meanwhile, its answer is about somebody else.
    if (outcome.session.userId !== person.userId) return fail(ctx, attempt, 'not_signed_in', null)
    const answer = answerFrom(attempt, person, outcome.session.proofs)
    return answer ? succeed(ctx, attempt, person, answer) : fail(ctx, attempt, 'no_way_fits', person)
  })

  routes.get('/eam/requests/:id/refusal', anyone, async (ctx) => fail(ctx, await load(ctx), 'cancelled', null))

  /** Whoever is not linked yet confirms with a key, and now: what begins here lasts. */
  function signInFor({ waiting, connection }: Attempt, person: Known, smsFits: boolean): SignInRequest {
    return {
      application: { id: connection.id, organizationId: connection.organizationId, name: connection.name },
      assurance: person.kind === 'named' || !smsFits ? 'phr' : null,
      maxAgeSeconds: person.kind === 'named' ? 0 : connection.maxAgeSeconds,
      loginHint: person.email, userId: person.userId, returnTo: completionOf(waiting.id), cancelTo: `/eam/requests/${waiting.id}/refusal`,
    }
  }

  function answerFrom({ waiting, connection }: Attempt, person: Known, proofs: Parameters<typeof freshProofs>[0]): Answer | undefined {
    const fresh = freshProofs(proofs, waiting.createdAt, person.kind === 'named' ? 0 : connection.maxAgeSeconds)
    return person.kind === 'named' && !atLeast(assuranceOf(fresh), 'phr') ? undefined : chooseAnswer(waiting.content.wanted, fresh)
  }

  /** The answer, the link and what is written down about them: one commit or nothing. */
  async function succeed(ctx: Context, { waiting, connection }: Attempt, person: Known, answer: Answer): Promise<void> {
    const { content } = waiting
    const entra = { connectionId: connection.id, tenantId: content.person.tenantId, objectId: content.person.objectId }
    const { signer } = await needs.keys.certificates('external-mfa')
    const { issuer } = addressesOf(needs.publicUrl, connection.id)
    const token = await signAnswer(signer, answer, { issuer, clientId: connection.clientId, subject: content.person.subject, nonce: content.nonce }, needs.clock.now())
    const isAnswered = await needs.storage.write(async (tx) => {
      // Asked again inside: the link may have been removed, or the person suspended, since we looked.
      if (person.kind === 'linked') {
        const link = await links.find(entra, tx)
        if (link?.userId !== person.userId || link.status !== 'active') return false
      } else if (!(await links.add(tx, entra, person.userId, person.name))) return false
      if (!(await questions.answer(tx, waiting.id))) return false
      await links.recordUse(tx, entra)
      const event = { outcome: 'success', user: { id: person.userId, email: person.email }, proven: true } as const
      if (person.kind === 'named') await record(tx, ctx, connection, { ...event, action: 'external_mfa.linked', details: { tenantId: entra.tenantId, objectId: entra.objectId, name: person.name } })
      await record(tx, ctx, connection, { ...event, action: 'application.opened', details: { protocol: 'external-mfa', acr: answer.acr, amr: answer.amr, ...correlation(content) } })
      return true
    })
    if (!isAnswered) throw new NotFound('external_mfa_over')
    handOver(ctx, content, [{ name: 'id_token', value: token }])
  }

  /** Entra is told that there is no answer, and offers what else the person has. */
  async function fail(ctx: Context, { waiting, connection }: Attempt, failure: Failure, person: Known | null): Promise<void> {
    const { error, description } = failures[failure]
    const isAnswered = await needs.storage.write(async (tx) => {
      if (!(await questions.answer(tx, waiting.id))) return false
      await record(tx, ctx, connection, {
        action: 'external_mfa.refused', outcome: 'denied', user: person && { id: person.userId, email: person.email }, proven: person !== null, details: { reason: failure, ...correlation(waiting.content) },
      })
      return true
    })
    if (!isAnswered) throw new NotFound('external_mfa_over')
    handOver(ctx, waiting.content, [{ name: 'error', value: error }, { name: 'error_description', value: description }])
  }

  async function showNoAccount(ctx: Context, { waiting, connection }: Attempt, reason: string): Promise<void> {
    // Once for each attempt, however often the page is loaded again.
    if (await needs.once(`external-mfa no account ${waiting.id}`, attemptMilliseconds / 1_000)) await needs.storage.write((tx) => record(tx, ctx, connection, {
      action: 'external_mfa.refused', outcome: 'denied', user: null, proven: false, details: { reason, objectId: waiting.content.person.objectId, ...correlation(waiting.content) },
    }))
    ctx.page('exchange/no-access', {
      application: connection.name, email: waiting.content.person.names[0] ?? waiting.content.person.objectId, back: `/eam/requests/${waiting.id}/refusal`, reference: ctx.state.request.id,
    }, { status: 403 })
  }

  function record(tx: Parameters<ExternalMfaNeeds['record']>[0], ctx: Context, connection: Connection, event: Omit<ExternalMfaEvent, 'organizationId' | 'connection'>): Promise<void> {
    return needs.record(tx, ctx, { ...event, organizationId: connection.organizationId, connection: { id: connection.id, name: connection.name } })
  }
}

const completionOf = (id: string): string => `/eam/requests/${id}/complete?signin={id}`
const correlation = ({ correlationId }: WaitingQuestion) => (correlationId === null ? {} : { correlationId })

function handOver(ctx: Context, { redirectUri, state }: WaitingQuestion, fields: readonly { readonly name: string; readonly value: string }[]): void {
  ctx.state.leavesFormActionOpen = true
  ctx.set('Cache-Control', 'no-store')
  ctx.page('exchange/hand-over', { action: redirectUri, fields: [...fields, { name: 'state', value: state }] })
}
