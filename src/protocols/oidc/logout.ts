import type { Client, Provider } from 'oidc-provider'
import type { EndedSession, LiveSession } from '../../authentication/sessions/index.ts'
import type { Context } from '../../http/index.ts'
import type { Sql, Transaction, UserId } from '../../storage/index.ts'
import { factsOf } from './client.ts'
import type { OidcNeeds } from './needs.ts'
import type { PayloadStore } from './payloads.ts'
import { readState, stateUntold, type Authorization } from './session.ts'
import { currentWork } from './work.ts'

export type Logout = ReturnType<typeof createLogout>
interface Telling { backchannelLogout(sub: string, sid: string): Promise<void> }

/** Ends what hangs on sessions: grants at once, and the applications' own sessions by back-channel logout. */
export function createLogout(needs: OidcNeeds, store: PayloadStore, provider: () => Promise<Provider>) {
  const underWay = new Set<Promise<void>>()

  async function deliver(client: Client, userId: UserId, tell: () => Promise<void>): Promise<void> {
    const facts = factsOf(client)
    let problem: string | null = null
    try {
      await tell()
    } catch (error) {
      problem = (error as Error).message
      needs.log.warn('an application could not be told of a sign-out', { application: facts.name, error })
    }
    await needs.storage.write((tx) => needs.record(tx, undefined, {
      action: problem === null ? 'logout.delivered' : 'logout.failed', outcome: problem === null ? 'success' : 'failure', organizationId: facts.organizationId, userId,
      application: { id: facts.id, name: facts.name }, details: problem === null ? {} : { problem: problem.slice(0, 200) },
    }))
  }

  /** Nobody waits for a slow application to sign out. */
  function inBackground(work: () => Promise<void>): void {
    const task = work().catch((error: unknown) => { needs.log.error('back-channel logout failed', { error }) }).finally(() => underWay.delete(task))
    underWay.add(task)
  }

  return {
    /** In the transaction that ends the sessions: a process that dies right after it leaves no token alive. */
    async revoke(tx: Sql, ended: readonly EndedSession[]): Promise<void> {
      await store.revokeGrants(tx, authorizationsOf(ended).flatMap(([, { grantId }]) => grantId ?? []))
    },

    tell(ended: readonly EndedSession[], userId: UserId): void {
      const authorizations = authorizationsOf(ended)
      for (const [clientId, { sid }] of authorizations) {
        if (sid === undefined) continue
        inBackground(async () => {
          const client = await (await provider()).Client.find(clientId)
          if (client?.backchannelLogoutUri) await (client as unknown as Telling).backchannelLogout(userId, sid)
        })
      }
    },

    /** The library tells applications in the middle of a request; here they are told when it is committed, and it is written down. */
    adapt(instance: Provider): void {
      const clients = instance.Client.prototype as unknown as Telling
      const tell = clients.backchannelLogout
      Object.defineProperty(clients, 'backchannelLogout', {
        value(this: Client, sub: string, sid: string) {
          const begin = (): void => { inBackground(() => deliver(this, sub as UserId, () => tell.call(this, sub, sid))) }
          const work = currentWork()
          if (work) work.afterwards.push(begin)
          else begin()
          return Promise.resolve()
        },
      })
    },

    /** Our session ends, in the transaction that revokes its grants. @returns what is to be announced afterwards */
    async end(tx: Transaction, ctx: Context, live: LiveSession): Promise<EndedSession[]> {
      // The applications of this request have been told and their grants revoked; one opened meanwhile is left for the announcement.
      await needs.sessions.changeProtocolState(tx, live.id, (state) => stateUntold(ctx, state))
      await needs.record(tx, ctx, { action: 'session.ended', outcome: 'success', organizationId: live.organizationId, userId: live.userId, userName: live.user.email, application: null, details: { by: 'application' } })
      return needs.sessions.end(tx, live.userId, live.id)
    },

    async settled(): Promise<void> {
      while (underWay.size > 0) await Promise.allSettled(underWay)
    },
  }
}

function authorizationsOf(ended: readonly EndedSession[]): [string, Authorization][] {
  return ended.flatMap((session) => Object.entries(readState(session.protocolState).authorizations ?? {}))
}
