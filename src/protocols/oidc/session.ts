import { errors, type Grant, type Provider } from 'oidc-provider'
import { assuranceOf, amrOf } from '../../authentication/index.ts'
import type { LiveSession } from '../../authentication/sessions/index.ts'
import type { Context } from '../../http/index.ts'
import { sha256 } from '../../storage/index.ts'
import { currentWork } from './work.ts'

export interface Authorization { sid?: string; grantId?: string }

/** What OpenID Connect remembers inside our session: which applications take part, under which grant. */
export interface OidcState {
  readonly authorizations?: Readonly<Record<string, Authorization>>
  readonly logout?: unknown
}

interface ProviderSession {
  authorizations?: Record<string, Authorization>
  state?: unknown
  sidFor(clientId: string, value?: string): string | undefined
}

type Who = Pick<LiveSession, 'id' | 'userId'>

export function readState(protocolState: string | null): OidcState {
  if (protocolState === null) return {}
  return (JSON.parse(protocolState) as { oidc?: OidcState }).oidc ?? {}
}

/** Other protocols keep theirs beside ours. */
export function writeState(protocolState: string | null, oidc: OidcState): string {
  const all = protocolState === null ? {} : (JSON.parse(protocolState) as Record<string, unknown>)
  return JSON.stringify({ ...all, oidc })
}

const views = new WeakMap<object, { live: LiveSession; view: ProviderSession; before: string }>()

/** The session that this request to the provider runs in, if any. */
export function sessionOf(ctx: Context): LiveSession | undefined {
  return views.get(ctx.req)?.live
}

/** What one request did to its session, to be applied to whatever the session holds by then; undefined when it did nothing. */
export function changedState(ctx: Context): { live: LiveSession; apply(protocolState: string | null): string } | undefined {
  const entry = views.get(ctx.req)
  if (!entry || stateOf(entry.view) === entry.before) return undefined
  return { live: entry.live, apply: (protocolState) => applyChange(protocolState, entry.before, stateOf(entry.view)) }
}

/** The session's state without the applications that this request knew of: those it has told of the sign-out. */
export function stateUntold(ctx: Context, protocolState: string | null): string {
  return applyChange(protocolState, views.get(ctx.req)?.before ?? '{}', '{}')
}

function applyChange(protocolState: string | null, before: string, after: string): string {
  const { authorizations = {}, logout } = JSON.parse(after) as OidcState
  const dropped = new Set(Object.keys((JSON.parse(before) as OidcState).authorizations ?? {}))
  const kept = Object.entries(readState(protocolState).authorizations ?? {}).filter(([clientId]) => !dropped.has(clientId))
  return writeState(protocolState, { authorizations: { ...Object.fromEntries(kept), ...authorizations }, ...(logout ? { logout } : {}) })
}

/** The library also notes that grants outlive its session. Ours never do, so that note is not kept (SEC-07). */
function stateOf({ authorizations, state }: ProviderSession): string {
  const known = authorizations && Object.fromEntries(Object.entries(authorizations).map(([clientId, { sid, grantId }]) => [clientId, { sid, grantId }]))
  return JSON.stringify({ authorizations: known, logout: state })
}

/** Named by session and application, so that two windows opened at once share one grant and one `sid`, and sign-out finds both. */
const nameIn = (kind: 'grant' | 'sid', sessionId: string, clientId: string): string => sha256(`${kind} ${sessionId} ${clientId}`)

export function newGrant(provider: Provider, { id, userId }: { id: string; userId: string }, clientId: string): Grant {
  return new provider.Grant({ jti: nameIn('grant', id, clientId), accountId: userId, clientId } as ConstructorParameters<typeof provider.Grant>[0])
}

/** The grant that this session has given the application, or a new one to be saved. */
export async function grantOf(provider: Provider, who: Who, clientId: string): Promise<Grant> {
  return (await provider.Grant.find(nameIn('grant', who.id, clientId))) ?? newGrant(provider, who, clientId)
}

/**
 * The library keeps a session of its own; here it is a view of ours, made new at every request from the row that our cookie
 * names. So it can never outlive ours, never belong to someone else, and costs no row (SEC-18, SEC-66).
 */
export function useOurSessions(provider: Provider, needs: { current: (ctx: Context) => Promise<LiveSession | undefined>; find: (id: string) => Promise<LiveSession | undefined> }): void {
  const Session = provider.Session as unknown as {
    get(ctx: Context): Promise<object>
    instantiate(payload: Record<string, unknown>): ProviderSession & { accountId?: string }
  }
  const anonymous = Session.get

  // A second question in one authorization (consent after the sign-in) is tied to the session that the first one opened.
  Object.defineProperty(Session, 'findByUid', {
    value: async function findByUid(this: typeof Session, uid: string) {
      const live = await needs.find(uid)
      return live && this.instantiate({ jti: live.id, uid: live.id, accountId: live.userId })
    },
  })

  Object.defineProperty(Session, 'get', {
    value: async function get(this: typeof Session, ctx: Context & { oidc?: { entity(name: string, value: object): void } }) {
      const live = await needs.current(ctx)
      if (!live) {
        const stranger = (await anonymous.call(this, ctx)) as { accountId?: string; authorizations?: unknown }
        delete stranger.accountId
        delete stranger.authorizations
        // Reached when our session ended between the sign-in and the last step of the authorization.
        Object.defineProperty(stranger, 'loginAccount', { value() { throw new errors.LoginRequired('the session ended before the sign-in was complete') } })
        return stranger
      }
      const state = readState(live.protocolState)
      const view = this.instantiate({
        jti: live.id, uid: live.id, accountId: live.userId, loginTs: Math.floor(live.authenticatedAt / 1_000), acr: assuranceOf(live.proofs), amr: amrOf(live.proofs),
        ...(state.authorizations ? { authorizations: structuredClone(state.authorizations) } : {}), ...(state.logout ? { state: state.logout } : {}),
      })
      // Without these the library would write a row and a cookie of its own for it.
      Object.defineProperty(view, 'new', { value: true })
      Object.defineProperty(view, 'touched', { get: () => false, set() { /* the library's wish to write its own row */ } })
      Object.defineProperty(view, 'ensureClientContainer', { value(clientId: string) { if (view.sidFor(clientId) === undefined) view.sidFor(clientId, nameIn('sid', live.id, clientId)) } })
      Object.defineProperty(view, 'destroy', {
        value() {
          const work = currentWork()
          if (!work) throw new Error('a session ends only inside a request to the provider')
          work.ending = live
          return Promise.resolve()
        },
      })
      views.set(ctx.req, { live, view, before: stateOf(view) })
      ctx.oidc?.entity('Session', view)
      return view
    },
  })
}
