import type { Client, Provider } from 'oidc-provider'
import type { EndedSession, LiveSession } from '../../authentication/sessions/index.ts'
import type { Context } from '../../http/index.ts'
import type { Sql, Transaction, UserId } from '../../storage/index.ts'
import { factsOf } from './client.ts'
import type { OidcNeeds } from './needs.ts'
import type { Participant, PayloadStore } from './payloads.ts'
import { sidOf } from './session.ts'
import { currentWork, outsideWork } from './work.ts'

export type Logout = ReturnType<typeof createLogout>
interface Telling { backchannelLogout(sub: string, sid: string): Promise<void> }

/** Ends what hangs on sessions: grants at once, and the applications' own sessions by back-channel logout. */
export function createLogout(needs: OidcNeeds, store: PayloadStore, provider: () => Promise<Provider>) {
  const underWay = new Set<Promise<void>>()
  /** Who took part in sessions that are ending; told once it is committed. */
  const participants = new WeakMap<EndedSession, readonly Participant[]>()

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
    const task = outsideWork(work).catch((error: unknown) => { needs.log.error('back-channel logout failed', { error }) }).finally(() => underWay.delete(task))
    underWay.add(task)
  }

  return {
    /** In the transaction that ends the sessions: a process that dies right after it leaves no token alive. */
    async revoke(tx: Sql, ended: readonly EndedSession[]): Promise<void> {
      const all = await store.ofSessions(tx, ended.map(({ id }) => id))
      for (const session of ended) participants.set(session, all.filter(({ sessionId }) => sessionId === session.id))
    },

    tell(ended: readonly EndedSession[], userId: UserId): void {
      for (const participant of ended.flatMap((session) => participants.get(session) ?? [])) {
        inBackground(async () => {
          const client = await (await provider()).Client.find(participant.clientId)
          if (client?.backchannelLogoutUri) await (client as unknown as Telling).backchannelLogout(userId, sidOf(participant))
        })
      }
    },

    /** The library tells applications in the middle of a request; here they are told when it is committed, and it is written down. */
    adapt(instance: Provider): void {
      const clients = instance.Client.prototype as unknown as Telling
      const send = clients.backchannelLogout
      Object.defineProperty(clients, 'backchannelLogout', {
        value(this: Client, sub: string, sid: string) {
          const begin = (): void => { inBackground(() => deliver(this, sub as UserId, () => send.call(this, sub, sid))) }
          const work = currentWork()
          if (work) work.afterwards.push(begin)
          else begin()
          return Promise.resolve()
        },
      })
    },

    /** Our session ends with everything issued in it. The result is to be announced once it is committed. */
    async end(tx: Transaction, ctx: Context, live: LiveSession): Promise<EndedSession[]> {
      await needs.record(tx, ctx, {
        action: 'session.ended', outcome: 'success', organizationId: live.organizationId, userId: live.userId, userName: live.user.email, application: null, details: { by: 'application' },
      })
      return needs.sessions.end(tx, live.userId, live.id)
    },

    async settled(): Promise<void> {
      while (underWay.size > 0) await Promise.allSettled(underWay)
    },
  }
}
