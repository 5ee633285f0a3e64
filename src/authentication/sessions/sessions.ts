import { readCookie, setCookie, type Brand, type Context, type Visitor } from '../../http/index.ts'
import type { Clock, Sql, Storage, UserId } from '../../storage/index.ts'
import { isFresh, type EndedSession, type LiveSession, type SignOutStep } from './session.ts'
import { createSessionStore, type SessionStore } from './store.ts'

const cookie = '__Host-doorward'

/** Ends what hangs on sessions in our own database, in the transaction that ends them. */
export type OnEnding = (tx: Sql, ended: readonly EndedSession[]) => Promise<void>
/** Told after sessions have ended, to end what hangs on them elsewhere. @returns where the browser itself has to go for that */
export type OnEnd = (ended: readonly EndedSession[], userId: UserId) => Promise<readonly SignOutStep[]>

export interface Sessions extends SessionStore {
  /** The session of this browser that opens everything, if it is alive; asked once per request. */
  current(ctx: Context): Promise<LiveSession | undefined>
  /** Also one that waits for a second step or a first key. Only for pages on the way there, and for ending it. */
  ofBrowser(ctx: Context): Promise<LiveSession | undefined>
  /** Gives the browser the secret of its session. */
  remember(ctx: Context, secret: string): void
  forget(ctx: Context): void
  visitor(ctx: Context): Promise<Visitor | undefined>
  onEnding(listener: OnEnding): void
  onEnd(listener: OnEnd): void
  /** @returns what only the browser can do; whoever ends sessions of another browser can do nothing with it */
  announce(ended: readonly EndedSession[], userId: UserId): Promise<readonly SignOutStep[]>
}

export function createSessions(needs: { storage: Storage; clock: Clock; brandOf: (organization: LiveSession['organization']) => Brand }): Sessions {
  const ending: OnEnding[] = []
  const store = createSessionStore({ ...needs, async ending(tx, ended) { for (const listener of ending) await listener(tx, ended) } })
  const listeners: OnEnd[] = []
  const loaded = new WeakMap<object, Promise<LiveSession | undefined>>()

  const ofBrowser = (ctx: Context): Promise<LiveSession | undefined> => {
    let session = loaded.get(ctx.req)
    if (!session) {
      const secret = readCookie(ctx, cookie)
      session = secret === undefined ? Promise.resolve(undefined) : store.find(secret)
      loaded.set(ctx.req, session)
    }
    return session
  }

  return {
    ...store,
    ofBrowser,
    async current(ctx) {
      return whole(await ofBrowser(ctx))
    },
    async findById(id) {
      return whole(await store.findById(id))
    },
    remember(ctx, secret) {
      setCookie(ctx, cookie, secret)
      loaded.delete(ctx.req)
    },
    forget(ctx) {
      setCookie(ctx, cookie, '', { maxAgeSeconds: 0 })
      loaded.set(ctx.req, Promise.resolve(undefined))
    },
    async visitor(ctx) {
      const session = await ofBrowser(ctx)
      return session && toVisitor(session, needs.brandOf(session.organization), needs.clock.now())
    },
    onEnding(listener) { ending.push(listener) },
    onEnd(listener) { listeners.push(listener) },
    async announce(ended, userId) {
      return ended.length === 0 ? [] : (await Promise.all(listeners.map((listener) => listener(ended, userId)))).flat()
    },
  }
}

/** Default for everybody who asks: what is not whole opens nothing (SEC-61). */
function whole(session: LiveSession | undefined): LiveSession | undefined {
  return session?.opens === 'everything' ? session : undefined
}

function toVisitor(session: LiveSession, brand: Brand, now: number): Visitor {
  const { user, organization } = session
  const name = `${user.givenName} ${user.familyName}`.trim() || user.email
  return {
    sessionId: session.id, userId: session.userId, organizationId: session.organizationId, organizationKind: organization.kind, brand,
    role: user.role, email: user.email, name, initials: initialsOf(user.givenName, user.familyName, user.email),
    locale: user.locale, timeZone: user.timeZone, authenticatedAt: session.authenticatedAt, fresh: isFresh(session, now),
  }
}

// Making one takes longer than everything else that a page asks of a session.
const segmenter = new Intl.Segmenter()

function initialsOf(givenName: string, familyName: string, email: string): string {
  const first = (text: string): string => segmenter.segment(text.trim()).containing(0)?.segment ?? ''
  return (first(givenName) + first(familyName) || first(email)).toLocaleUpperCase()
}
