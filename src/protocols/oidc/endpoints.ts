import type Koa from 'koa'
import type { Provider } from 'oidc-provider'
import { Unavailable } from '../../errors.ts'
import type { Context, Middleware } from '../../http/index.ts'
import { routes } from './configuration.ts'
import { showHandOver } from './hand-over.ts'
import type { OidcNeeds } from './needs.ts'
import { ConsumedMeanwhile, type PayloadStore } from './payloads.ts'
import { changedState, writeState } from './session.ts'
import { newWork, withWork, type Work } from './work.ts'

const discovery = '/.well-known/openid-configuration'
const paths: ReadonlySet<string> = new Set([...Object.values(routes), discovery, `${routes.end_session}/confirm`, `${routes.end_session}/success`])

interface Prepared { readonly run: Koa.Middleware; readonly fixed: Map<string, { body: string; type: string }> }

/** The addresses that applications call. Every change a request makes is committed once, before its answer leaves. */
export function createEndpoints(needs: OidcNeeds, store: PayloadStore, provider: () => Promise<Provider>): Middleware {
  const prepared = new WeakMap<Provider, Prepared>()
  const prepare = (instance: Provider): Prepared => {
    let entry = prepared.get(instance)
    if (!entry) prepared.set(instance, (entry = { run: (instance as unknown as { compose(middleware: unknown): Koa.Middleware }).compose(instance.middleware), fixed: new Map() }))
    return entry
  }

  return async (ctx, next) => {
    if (!paths.has(ctx.path) && !ctx.path.startsWith(`${routes.authorization}/`)) {
      await next()
      return
    }
    const { run, fixed } = prepare(await provider())
    // Asked for by every relying party at every start; the bytes change only with the keys.
    const cacheable = ctx.method === 'GET' && (ctx.path === discovery || ctx.path === routes.jwks)
    const known = cacheable ? fixed.get(ctx.path) : undefined
    if (known) {
      answerFixed(ctx, known)
      return
    }

    ctx.state.leavesFormActionOpen = true
    const work = newWork()
    const failures: unknown[] = []
    await withWork(work, async () => {
      try {
        await run(ctx as unknown as Koa.ParameterizedContext, () => Promise.resolve())
      } catch (error) {
        failures.push(error)
      }
      await commit(ctx, needs, store, work)
    })
    if (failures.length > 0) throw failures[0]
    if (cacheable && ctx.status === 200) {
      const body = { body: JSON.stringify(ctx.body), type: ctx.path === routes.jwks ? 'application/jwk-set+json' : 'application/json' }
      fixed.set(ctx.path, body)
      answerFixed(ctx, body)
      return
    }
    showHandOver(ctx)
    if (ctx.status === 200 && ctx.response.is('html')) ctx.set('Cache-Control', 'no-store')
  }
}

function answerFixed(ctx: Context, { body, type }: { body: string; type: string }): void {
  ctx.status = 200
  ctx.type = type
  // Public facts: browser applications of any origin may read them (Discovery §4, CORS).
  ctx.set('Access-Control-Allow-Origin', '*')
  ctx.set('Cross-Origin-Resource-Policy', 'cross-origin')
  ctx.set('Cache-Control', 'public, max-age=300')
  ctx.body = body
}

async function commit(ctx: Context, needs: OidcNeeds, store: PayloadStore, work: Work): Promise<void> {
  const changed = changedState(ctx)
  const changes = { rows: [...work.rows.values()], consumed: work.consumed, destroyed: work.destroyed, revokedGrants: [...work.revokedGrants] }
  try {
    await store.apply(changes, changed && (async (tx) => {
      await needs.sessions.saveProtocolState(tx, changed.live.id, writeState(changed.live.protocolState, changed.state))
    }))
  } catch (error) {
    if (error instanceof ConsumedMeanwhile) return refuseSecondUse(ctx, needs, store, work)
    if (error instanceof Unavailable) return answerUnavailable(ctx, error)
    throw error
  }
}

/** The other request won. What it got is taken back too: one of the two was not the application (RFC 9700 §4.14, SEC-05). */
async function refuseSecondUse(ctx: Context, needs: OidcNeeds, store: PayloadStore, work: Work): Promise<void> {
  await store.apply({ rows: [], consumed: [], destroyed: [], revokedGrants: [...work.grantsAtStake] })
  needs.log.warn('a code or token was used twice at the same time', { path: ctx.path })
  ctx.remove('Location')
  if (ctx.path === routes.token) {
    ctx.status = 400
    ctx.body = { error: 'invalid_grant', error_description: 'grant request is invalid' }
    return
  }
  ctx.page('error', { titleText: ctx.t('error.link_used.title'), text: ctx.t('error.link_used.text'), reference: ctx.state.request.id }, { status: 400 })
}

function answerUnavailable(ctx: Context, error: Unavailable): void {
  ctx.remove('Location')
  ctx.status = 503
  ctx.set('Retry-After', String(error.retryAfterSeconds ?? 5))
  ctx.body = { error: 'temporarily_unavailable', error_description: 'try again in a moment' }
}
