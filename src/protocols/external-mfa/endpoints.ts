import { InvalidRequest, NotFound } from '../../errors.ts'
import { networkOf, type Limit } from '../../authentication/throttle/index.ts'
import type { Context, Middleware } from '../../http/index.ts'
import { sha256 } from '../../storage/index.ts'
import type { WaitingRequests } from '../exchange/index.ts'
import { redirectUriOf } from './cloud.ts'
import type { Connection, Connections } from './connections.ts'
import { createEntraKeys } from './entra-keys.ts'
import { readHint, type HintRefusal } from './hint.ts'
import { discoveryDocument, keySet } from './metadata.ts'
import type { ExternalMfaNeeds } from './needs.ts'
import { readQuestion, type QuestionRefusal } from './question.ts'
import type { WaitingQuestion } from './requests.ts'

const address = /^\/eam\/([\w-]{22})\/(\.well-known\/openid-configuration|jwks|authorize)$/
const nobodysQuery = new URLSearchParams()

/** Twice as long as a hint may be old: after that it is refused for its age. */
const onceSeconds = 1_260

/** Anybody can post nonsense; this much of it is written into an organization's log, the rest only into the server's. */
const refusalsWritten: Limit = { name: 'external_mfa.refused', attempts: 30, windowSeconds: 600 }

/**
 * What Entra and the browser it sends here ask for. A post from another site carries none of our cookies, so nothing here looks
 * at a session: a question that is right is kept, and the browser goes on by a link.
 */
export function createEndpoints(needs: ExternalMfaNeeds, connections: Connections, questions: WaitingRequests<WaitingQuestion>): Middleware {
  const findKey = createEntraKeys(needs)

  return async (ctx, next) => {
    const [, id = '', what = ''] = address.exec(ctx.path) ?? []
    if (id === '') return next()
    const isAuthorize = what === 'authorize'
    if (!(isAuthorize ? ['GET', 'POST'] : ['GET', 'HEAD']).includes(ctx.method)) {
      ctx.status = 405
      ctx.set('Allow', isAuthorize ? 'GET, POST' : 'GET, HEAD')
      return undefined
    }
    const connection = await connections.byId(id)
    if (!connection) throw new NotFound()
    if (isAuthorize) return authorize(ctx, connection)
    if (!connection.enabled) throw new NotFound()
    if (what === 'jwks') {
      // Makes the first key where there is none.
      await needs.keys.certificates('external-mfa')
      answerJson(ctx, keySet((await needs.keys.current('external-mfa')).publicJwks), 'application/jwk-set+json')
    } else answerJson(ctx, discoveryDocument(needs.publicUrl, connection.id), 'application/json')
    return undefined
  }

  async function authorize(ctx: Context, connection: Connection): Promise<void> {
    ctx.state.brand = await needs.brandOf(connection.organizationId)
    ctx.set('Cache-Control', 'no-store')
    if (!connection.enabled) return refuse(ctx, connection, 'disabled', null)
    const form = ctx.method === 'POST' ? await ctx.form() : undefined
    const query = form ? nobodysQuery : new URLSearchParams(ctx.querystring)
    const redirectUri = redirectUriOf(connection)
    const read = readQuestion((name) => form?.all(name) ?? query.getAll(name), { clientId: connection.clientId, redirectUri })
    if (read.kind === 'refused') return refuse(ctx, connection, read.reason, null)
    const { hint, nonce, state, wanted, correlationId } = read.question
    const judged = await readHint(hint, connection, (kid) => findKey(connection, kid), needs.clock.now())
    if (judged.kind === 'refused') return refuse(ctx, connection, judged.reason, correlationId)
    // Whoever has seen a question pass by cannot ask it again.
    if (!(await needs.once(`external-mfa ${sha256(`${connection.id} ${hint} ${nonce} ${state}`)}`, onceSeconds))) return refuse(ctx, connection, 'replayed', correlationId)
    const request = await questions.keep({ connectionId: connection.id, person: judged.person, wanted, nonce, state, redirectUri, correlationId })
    ctx.state.log.info('external mfa asked', { connection: connection.id, correlationId })
    ctx.redirectTo(`/eam/requests/${request}`)
  }

  /** Whatever is wrong with a question, the browser stays here: the address to go back to may be part of what is wrong. */
  async function refuse(ctx: Context, connection: Connection, reason: QuestionRefusal | HintRefusal | 'replayed' | 'disabled', correlationId: string | null): Promise<never> {
    ctx.state.log.warn('external mfa refused', { connection: connection.id, reason, correlationId })
    if ((await needs.throttle.count(refusalsWritten, networkOf(ctx.state.request.ip))) === 0) {
      await needs.storage.write((tx) => needs.record(tx, ctx, {
        action: 'external_mfa.refused', outcome: 'failure', organizationId: connection.organizationId, user: null, proven: false, connection: { id: connection.id, name: connection.name },
        details: { reason, ...(correlationId === null ? {} : { correlationId }) },
      }))
    }
    throw new InvalidRequest('external_mfa_request', reason)
  }
}

/** Entra takes an answer only whole, with its length, and not compressed on the way. */
function answerJson(ctx: Context, content: unknown, type: string): void {
  const body = Buffer.from(JSON.stringify(content))
  ctx.status = 200
  ctx.type = type
  ctx.set('Cache-Control', 'public, max-age=300, no-transform')
  ctx.set('Cross-Origin-Resource-Policy', 'cross-origin')
  ctx.body = body
  ctx.length = body.length
}
