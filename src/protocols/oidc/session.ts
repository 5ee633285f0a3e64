import { errors, type Grant, type Provider } from 'oidc-provider'
import { assuranceOf, amrOf } from '../../authentication/index.ts'
import type { LiveSession } from '../../authentication/sessions/index.ts'
import type { Context } from '../../http/index.ts'
import { sha256 } from '../../storage/index.ts'
import { countedProofs } from '../exchange/index.ts'
import type { Participant, PayloadStore } from './payloads.ts'
import { currentWork, keyOf } from './work.ts'

interface LogoutState { readonly secret: string; readonly clientId?: string }

/** The session as the library knows it. Which applications take part is not kept there: their grants say so. */
interface ProviderSession {
  authorizations?: Record<string, { sid?: string; grantId?: string }>
  state?: LogoutState
  sidFor(clientId: string, value?: string): string | undefined
}

interface OidcState { readonly logout?: LogoutState }

function readState(protocolState: string | null): OidcState {
  if (protocolState === null) return {}
  return (JSON.parse(protocolState) as { oidc?: OidcState }).oidc ?? {}
}

const views = new WeakMap<object, { live: LiveSession; view: ProviderSession; before: string }>()

/** The session that this request to the provider runs in, if any. */
export function sessionOf(ctx: Context): LiveSession | undefined {
  return views.get(ctx.req)?.live
}

/** What one request wants remembered in its session: a sign-out that waits for its confirmation. undefined when nothing changed. */
export function changedState(ctx: Context): { live: LiveSession; apply(protocolState: string | null): string } | undefined {
  const entry = views.get(ctx.req)
  if (!entry || JSON.stringify(entry.view.state) === entry.before) return undefined
  const { live, view: { state } } = entry
  // Other protocols keep theirs beside ours.
  return { live, apply: (protocolState) => JSON.stringify({ ...(protocolState === null ? {} : JSON.parse(protocolState) as object), oidc: state ? { logout: state } : {} }) }
}

/** Tells an application which of a person's sessions is meant; two windows opened at once get the same one. */
export const sidOf = ({ sessionId, clientId }: Participant): string => sha256(`sid ${sessionId} ${clientId}`)

/** A grant for one application in one session; `sessionUid` is what sign-out finds it by. */
export function newGrant(provider: Provider, { sessionId, clientId }: Participant, accountId: string): Grant {
  return new provider.Grant({ accountId, clientId, sessionUid: sessionId } as ConstructorParameters<typeof provider.Grant>[0])
}

/** The grant that this session has given the application, and what the person has agreed to for good. */
export async function permissionOf(provider: Provider, store: PayloadStore, who: Participant, accountId: string): Promise<{ grant: Grant | undefined; agreed: readonly string[] }> {
  const { grant, agreed, usable } = await store.permission(who, accountId)
  const work = currentWork()
  if (work) work.usable = usable
  if (!grant) return { grant: undefined, agreed }
  const id = String(grant.payload['jti'])
  work?.known.set(keyOf('Grant', id), grant)
  return { grant: await provider.Grant.find(id), agreed }
}

interface Needs {
  current(ctx: Context): Promise<LiveSession | undefined>
  find(id: string): Promise<LiveSession | undefined>
  readonly confirmPath: string
  readonly now: () => number
  readonly store: PayloadStore
}

/**
 * The library keeps a session of its own; here it is a view of ours, made new at every request from the row that our cookie
 * names. So it can never outlive ours, never belong to someone else, and costs no row (SEC-18, SEC-66).
 */
export function useOurSessions(provider: Provider, needs: Needs): void {
  const Session = provider.Session as unknown as {
    get(ctx: Context): Promise<object>
    instantiate(payload: Record<string, unknown>): ProviderSession & { accountId?: string }
  }
  const anonymous = Session.get
  const inGrant = (provider.Grant as unknown as { IN_PAYLOAD: readonly string[] }).IN_PAYLOAD
  Object.defineProperty(provider.Grant, 'IN_PAYLOAD', { get: () => [...inGrant, 'sessionUid'] })

  // A second question in one authorization (consent after the sign-in) is tied to the session that the first one opened.
  Object.defineProperty(Session, 'findByUid', {
    value: async function findByUid(this: typeof Session, uid: string) {
      const live = await needs.find(uid)
      return live && this.instantiate({ jti: live.id, uid: live.id, accountId: live.userId })
    },
  })

  Object.defineProperty(Session, 'get', {
    value: async function get(this: typeof Session, ctx: Context & { oidc?: { entity(name: string, value: object): void; readonly params?: Readonly<Record<string, unknown>> } }) {
      const live = await needs.current(ctx)
      if (!live) {
        const stranger = (await anonymous.call(this, ctx)) as { accountId?: string; authorizations?: unknown }
        delete stranger.accountId
        delete stranger.authorizations
        // Reached when our session ended between the sign-in and the last step of the authorization.
        Object.defineProperty(stranger, 'loginAccount', { value() { throw new errors.LoginRequired('the session ended before the sign-in was complete') } })
        return stranger
      }
      const { logout } = readState(live.protocolState)
      // Someone who would rather stay signed in leaves only the application that asked.
      const leaving = ctx.path === needs.confirmPath && logout?.clientId !== undefined ? { sessionId: live.id, clientId: logout.clientId } : undefined
      const grant = leaving && (await needs.store.permission(leaving, live.userId)).grant
      const view = this.instantiate({
        jti: live.id, uid: live.id, accountId: live.userId, loginTs: Math.floor(live.authenticatedAt / 1_000),
        ...(leaving && grant ? { authorizations: { [leaving.clientId]: { sid: sidOf(leaving), grantId: grant.payload['jti'] } } } : {}), ...(logout ? { state: logout } : {}),
      })
      // Said of this question: one that wants a recent proof hears nothing of an older one (SEC-19). A sign-in made for it says so itself.
      const said = (name: 'acr' | 'amr', of: (proofs: LiveSession['proofs']) => unknown): void => {
        let own: unknown
        Object.defineProperty(view, name, {
          get: () => own ?? of(countedProofs(live, maxAgeIn(ctx.oidc?.params), needs.now())), set(value: unknown) { own = value }, enumerable: true, configurable: true,
        })
      }
      said('acr', assuranceOf)
      said('amr', amrOf)
      // Without these the library would write a row and a cookie of its own for it.
      Object.defineProperty(view, 'new', { value: true })
      Object.defineProperty(view, 'touched', { get: () => false, set() { /* the library's wish to write its own row */ } })
      Object.defineProperty(view, 'ensureClientContainer', { value(clientId: string) { view.sidFor(clientId, sidOf({ sessionId: live.id, clientId })) } })
      Object.defineProperty(view, 'destroy', {
        value() {
          const work = currentWork()
          if (!work) throw new Error('a session ends only inside a request to the provider')
          work.ending = live
          return Promise.resolve()
        },
      })
      views.set(ctx.req, { live, view, before: JSON.stringify(view.state) })
      ctx.oidc?.entity('Session', view)
      return view
    },
  })
}

/** OpenID Connect Core §3.1.2.1, in seconds; the library has refused what is no number. */
export function maxAgeIn(params: Readonly<Record<string, unknown>> | undefined): number | null {
  const value = params?.['max_age']
  return value === undefined || value === null ? null : Number(value)
}
