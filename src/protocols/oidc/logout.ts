import type { Provider } from 'oidc-provider'
import type { EndedSession, LiveSession } from '../../authentication/sessions/index.ts'
import type { Context } from '../../http/index.ts'
import type { UserId } from '../../storage/index.ts'
import { factsOf } from './client.ts'
import type { OidcNeeds } from './needs.ts'
import type { PayloadStore } from './payloads.ts'
import { readState, writeState } from './session.ts'

/** Ends what hangs on sessions: grants at once, and the applications' own sessions by back-channel logout. */
export function createLogout(needs: OidcNeeds, store: PayloadStore, provider: () => Promise<Provider>) {
  const underWay = new Set<Promise<void>>()

  async function tell(clientId: string, userId: UserId, sid: string): Promise<void> {
    const client = await (await provider()).Client.find(clientId)
    if (!client?.backchannelLogoutUri) return
    const facts = factsOf(client)
    let problem: string | null = null
    try {
      await (client as unknown as { backchannelLogout(sub: string, sid: string): Promise<void> }).backchannelLogout(userId, sid)
    } catch (error) {
      problem = (error as Error).message
      needs.log.warn('an application could not be told of a sign-out', { application: facts.name, error })
    }
    await needs.storage.write((tx) => needs.record(tx, undefined, {
      action: problem === null ? 'logout.delivered' : 'logout.failed', outcome: problem === null ? 'success' : 'failure', organizationId: facts.organizationId, userId,
      application: { id: facts.id, name: facts.name }, details: problem === null ? {} : { problem: problem.slice(0, 200) },
    }))
  }

  async function endSessions(ended: readonly EndedSession[], userId: UserId): Promise<void> {
    const authorizations = ended.flatMap((session) => Object.entries(readState(session.protocolState).authorizations ?? {}))
    const grants = authorizations.flatMap(([, { grantId }]) => grantId ?? [])
    if (grants.length > 0) await needs.storage.write((tx) => store.revokeGrants(tx, grants))
    for (const [clientId, { sid }] of authorizations) {
      if (sid === undefined) continue
      // Nobody waits for a slow application to sign out.
      const task = tell(clientId, userId, sid).catch((error: unknown) => { needs.log.error('back-channel logout failed', { error }) }).finally(() => underWay.delete(task))
      underWay.add(task)
    }
  }

  return {
    endSessions,

    /** The library's logout page was confirmed: our session ends, and with it everything else. */
    async endFromProvider(ctx: Context, live: LiveSession): Promise<void> {
      const ended = await needs.storage.write(async (tx) => {
        // The library has told the applications and revoked the grants itself.
        await needs.sessions.saveProtocolState(tx, live.id, writeState(live.protocolState, {}))
        await needs.record(tx, ctx, { action: 'session.ended', outcome: 'success', organizationId: live.organizationId, userId: live.userId, application: null, details: { by: 'application' } })
        return needs.sessions.end(tx, live.userId, live.id)
      })
      needs.sessions.forget(ctx)
      await needs.sessions.announce(ended, live.userId)
    },

    async settled(): Promise<void> {
      await Promise.allSettled(underWay)
    },
  }
}
