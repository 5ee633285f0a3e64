import type { LiveSession, Sessions, SignOutStep } from '../../authentication/sessions/index.ts'
import type { Context } from '../../http/index.ts'
import type { Storage, Transaction } from '../../storage/index.ts'
import type { FederationEvent } from './event.ts'
import type { Party } from './flow.ts'

interface Needs {
  readonly storage: Storage
  readonly sessions: Pick<Sessions, 'end' | 'forget' | 'announce'>
  readonly record: (tx: Transaction, ctx: Context, event: FederationEvent) => Promise<void>
}

/**
 * Ends a session because an application asks so.
 * @param first what else belongs into the same transaction
 * @returns whom the browser still has to tell
 */
export async function endSession(needs: Needs, ctx: Context, live: LiveSession, { application }: Party, protocol: string, first?: (tx: Transaction) => Promise<void>): Promise<readonly SignOutStep[]> {
  const ended = await needs.storage.write(async (tx) => {
    await needs.record(tx, ctx, {
      action: 'session.ended', outcome: 'success', organizationId: live.organizationId, userId: live.userId, userName: live.user.email,
      application: { id: application.id, name: application.name }, details: { by: 'application', protocol },
    })
    await first?.(tx)
    return needs.sessions.end(tx, live.userId, live.id)
  })
  needs.sessions.forget(ctx)
  return needs.sessions.announce(ended, live.userId)
}
