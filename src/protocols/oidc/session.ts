import type { Provider } from 'oidc-provider'
import { assuranceOf, amrOf } from '../../authentication/proof.ts'
import type { LiveSession } from '../../authentication/sessions/index.ts'
import type { Context } from '../../http/index.ts'

export interface Authorization { sid?: string; grantId?: string; persistsLogout?: boolean }

/** What OpenID Connect remembers inside our session: which applications take part, under which grant. */
export interface OidcState {
  readonly authorizations?: Readonly<Record<string, Authorization>>
  readonly logout?: unknown
}

interface ProviderSession {
  authorizations?: Record<string, Authorization>
  state?: unknown
  destroy(): Promise<void>
}

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

/** The session view that a request worked with, and whether it changed. */
export function changedState(ctx: Context): { live: LiveSession; state: OidcState } | undefined {
  const entry = views.get(ctx.req)
  if (!entry || stateOf(entry.view) === entry.before) return undefined
  return { live: entry.live, state: JSON.parse(stateOf(entry.view)) as OidcState }
}

function stateOf(view: ProviderSession): string {
  return JSON.stringify({ authorizations: view.authorizations, logout: view.state })
}

/**
 * The library keeps a session of its own; here it is a view of ours, made new at every request from the row that our cookie
 * names. So it can never outlive ours, never belong to someone else, and costs no row (SEC-18, SEC-66).
 */
export function useOurSessions(provider: Provider, needs: { current: (ctx: Context) => Promise<LiveSession | undefined>; find: (id: string) => Promise<LiveSession | undefined>; end: (ctx: Context, live: LiveSession) => Promise<void> }): void {
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
        return stranger
      }
      const state = readState(live.protocolState)
      const view = this.instantiate({
        jti: live.id, uid: live.id, accountId: live.userId, loginTs: Math.floor(live.authenticatedAt / 1_000), acr: assuranceOf(live.proofs), amr: amrOf(live.proofs),
        ...(state.authorizations ? { authorizations: structuredClone(state.authorizations) } : {}), ...(state.logout ? { state: state.logout } : {}),
      })
      // Without these the library would write a row and a cookie of its own for it.
      Object.defineProperty(view, 'new', { value: true })
      Object.defineProperty(view, 'touched', { get: () => false })
      Object.defineProperty(view, 'destroy', { value: () => needs.end(ctx, live) })
      views.set(ctx.req, { live, view, before: stateOf(view) })
      ctx.oidc?.entity('Session', view)
      return view
    },
  })
}
