import { networkOf, type Limit, type Throttle } from '../../authentication/throttle/index.ts'
import { InvalidRequest } from '../../errors.ts'
import type { Context } from '../../http/index.ts'
import type { Storage, Transaction } from '../../storage/index.ts'
import type { FederationEvent } from './event.ts'
import type { Party } from './flow.ts'

export interface RefusalNeeds {
  readonly storage: Storage
  readonly throttle: Throttle
  readonly record: (tx: Transaction, ctx: Context, event: FederationEvent) => Promise<void>
}

/** Anybody can send a wrong message, and must not be able to fill the audit log with it; the process log has them all. */
const written: Limit = { name: 'federation.refused', attempts: 30, windowSeconds: 600 }

/** @returns whether this refusal of somebody who is not signed in goes into the audit log too */
export const isWritten = async (throttle: Throttle, ctx: Context): Promise<boolean> => (await throttle.count(written, networkOf(ctx.state.request.ip))) === 0

/** Questions that are wrong in themselves never return to the application; its administrator reads in the audit log why. */
export function createRefusals(needs: RefusalNeeds, protocol: string) {
  return async <T>(ctx: Context, { application }: Party, judge: () => Promise<T> | T): Promise<T> => {
    try {
      return await judge()
    } catch (error) {
      if (!(error instanceof InvalidRequest)) throw error
      if (await isWritten(needs.throttle, ctx)) {
        await needs.storage.write((tx) => needs.record(tx, ctx, {
          action: 'application.refused', outcome: 'failure', organizationId: application.organizationId, userId: null, application: { id: application.id, name: application.name },
          details: { protocol, reason: error.message },
        }))
      }
      throw error
    }
  }
}
