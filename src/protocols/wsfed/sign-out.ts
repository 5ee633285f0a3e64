import type { EndedSession, LiveSession, SignOutStep } from '../../authentication/sessions/index.ts'
import type { Context } from '../../http/index.ts'
import type { Sql } from '../../storage/index.ts'
import { endSession, type FederationParticipant, type Participants } from '../exchange/index.ts'
import type { WsFedNeeds } from './needs.ts'
import type { Realm } from './realm.ts'
import type { Realms } from './realms.ts'
import type { Participation } from './sign-on.ts'

export type SignOut = ReturnType<typeof createSignOut>

/** `wsignout1.0` and `wsignoutcleanup1.0` (WS-Federation 1.2 §13.2.4), both ways. */
export function createSignOut(needs: WsFedNeeds, realms: Realms, participants: Participants<Participation>) {
  const ending = new WeakMap<EndedSession, readonly FederationParticipant<Participation>[]>()

  const realmsOf = async (live: LiveSession): Promise<Realm[]> => {
    const found = await Promise.all((await participants.ofSession(live.id)).map(({ details }) => realms.byReference(details.realm)))
    return found.filter((realm) => realm !== undefined)
  }

  return {
    async revoke(tx: Sql, ended: readonly EndedSession[]): Promise<void> {
      const all = await participants.take(tx, ended.map(({ id }) => id))
      for (const session of ended) ending.set(session, all.filter(({ sessionId }) => sessionId === session.id))
    },

    async steps(ended: readonly EndedSession[]): Promise<SignOutStep[]> {
      const steps: SignOutStep[] = []
      for (const { details } of ended.flatMap((session) => ending.get(session) ?? [])) {
        const realm = await realms.byReference(details.realm)
        if (!realm || realm.settings.signOutUrl === null) continue
        const url = new URL(realm.settings.signOutUrl)
        if (!url.searchParams.has('wa')) url.searchParams.set('wa', 'wsignoutcleanup1.0')
        steps.push({ applicationName: realm.application.name, url: url.href, origin: url.origin })
      }
      return steps
    },

    /**
     * A link cannot prove where it comes from. It ends the session where an application that may ask so took part in it;
     * otherwise the person is asked first.
     */
    async leave(ctx: Context, parameters: URLSearchParams, from: Realm | undefined): Promise<void> {
      const live = await needs.sessions.current(ctx)
      if (!live) return ctx.redirectTo('/signed-out')
      const known = await realmsOf(live)
      const by = from ? known.find(({ name, issuer }) => name === from.name && issuer === from.issuer) : known[0]
      if (!by) return ctx.page('wsfed/sign-out', { email: live.user.email })
      const reply = parameters.get('wreply')
      const allowed = reply !== null && known.some(({ settings }) => settings.replyUrls.includes(reply) || settings.signOutUrl === reply)
      ctx.redirectTo(await needs.beginSignOut(await endSession(needs, ctx, live, by, 'wsfed'), allowed ? reply : null))
    },
  }
}
