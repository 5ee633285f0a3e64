import type Koa from 'koa'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import { Unavailable } from '../../errors.ts'
import type { Context, Middleware } from '../../http/index.ts'
import { routes, showError } from './configuration.ts'
import { answerRefused, answerUnavailable, recordOpening, recordReuse, SessionEnded } from './endpoint-answers.ts'
import { showHandOver } from './hand-over.ts'
import type { Logout } from './logout.ts'
import type { OidcNeeds } from './needs.ts'
import { ConsumedMeanwhile, type PayloadStore } from './payloads.ts'
import { changedState, sessionOf } from './session.ts'
import { newWork, withWork, type Work } from './work.ts'

const discovery = '/.well-known/openid-configuration'
const paths: ReadonlySet<string> = new Set([...Object.values(routes), discovery, `${routes.end_session}/confirm`, `${routes.end_session}/success`])

interface Prepared { readonly run: Koa.Middleware; readonly fixed: Map<string, { body: string; type: string }> }

/** The addresses that applications call. Every change a request makes is committed once, before its answer leaves. */
export function createEndpoints(needs: OidcNeeds, store: PayloadStore, logout: Logout, provider: () => Promise<Provider>): Middleware {
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
    if (ctx.method === 'POST' && (ctx.path === routes.authorization || ctx.path === routes.end_session)) return askByLink(ctx)
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
      await commit(ctx, needs, store, logout, work)
    })
    if (failures.length > 0) throw failures[0]
    if (cacheable && ctx.status === 200) {
      const body = { body: JSON.stringify(ctx.body), type: ctx.path === routes.jwks ? 'application/jwk-set+json' : 'application/json' }
      fixed.set(ctx.path, body)
      answerFixed(ctx, body)
      return
    }
    limitCors(ctx)
    showHandOver(ctx)
    if (ctx.status === 200 && ctx.response.is('html')) ctx.set('Cache-Control', 'no-store')
  }
}

const linkLength = 16_000

/**
 * Applications may post their question (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2). A post from another site comes
 * without our cookies, the link that it becomes here comes with them.
 */
async function askByLink(ctx: Context): Promise<void> {
  const query = new URLSearchParams((await ctx.form()).pairs()).toString()
  if (query.length <= linkLength) return ctx.redirectTo(`${ctx.path}?${query}`)
  ctx.status = 400
  showError(ctx, 'invalid_request')
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

/** The library repeats any origin until it knows the client. Only a known client's own origin is ever named (SEC-17). */
function limitCors(ctx: Context): void {
  if (!ctx.response.get('Access-Control-Allow-Origin') || (ctx as unknown as KoaContextWithOIDC).oidc.client) return
  if (ctx.get('Origin') === 'null') {
    for (const name of Object.keys(ctx.response.headers)) if (name.startsWith('access-control-')) ctx.remove(name)
  } else ctx.set('Access-Control-Allow-Origin', '*')
}

async function commit(ctx: Context, needs: OidcNeeds, store: PayloadStore, logout: Logout, work: Work): Promise<void> {
  // An application that a question or a refusal has stopped got nothing, so it takes no part in the session: it is not told of a sign-out.
  const rows = [...work.rows.values()]
  const opened = rows.some(({ kind }) => kind === 'AuthorizationCode') ? sessionOf(ctx) : undefined
  const stopped = rows.some(({ kind }) => kind === 'Grant') && !rows.some(({ kind }) => kind === 'AuthorizationCode')
  const changed = stopped ? undefined : changedState(ctx)
  const { ending } = work
  const reused = ctx.path === routes.token && work.revokedGrants.size > 0
  let gone: Awaited<ReturnType<Logout['end']>> | undefined
  try {
    await store.apply(
      { rows: stopped ? rows.filter(({ kind }) => kind !== 'Grant') : rows, consumed: work.consumed, destroyed: work.destroyed, revokedGrants: [...work.revokedGrants] },
      changed || ending || reused || opened ? async (tx) => {
        if (ending) gone = await logout.end(tx, ctx, ending)
        else if (changed && !(await needs.sessions.changeProtocolState(tx, changed.live.id, changed.apply))) throw new SessionEnded()
        if (reused) await recordReuse(ctx, needs, work, tx)
        if (opened) await recordOpening(ctx, needs, opened, tx)
      } : undefined)
  } catch (error) {
    if (error instanceof ConsumedMeanwhile) {
      // The other request won. What it got is taken back too: one of the two was not the application (RFC 9700 §4.14, SEC-05).
      await store.apply({ rows: [], consumed: [], destroyed: [], revokedGrants: [...work.grantsAtStake.keys()] }, ctx.path === routes.token ? (tx) => recordReuse(ctx, needs, work, tx) : undefined)
    }
    if (error instanceof ConsumedMeanwhile || error instanceof SessionEnded) return answerRefused(ctx, error)
    if (error instanceof Unavailable) return answerUnavailable(ctx, error)
    throw error
  }
  for (const effect of work.afterwards) effect()
  if (ending && gone) {
    needs.sessions.forget(ctx)
    const next = await needs.beginSignOut(await needs.sessions.announce(gone, ending.userId), ctx.response.get('Location') || null)
    if (next !== '/signed-out') ctx.redirectTo(next)
  }
}
