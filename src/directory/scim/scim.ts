import type { Middleware } from '../../http/index.ts'
import type { OrganizationId } from '../../storage/index.ts'
import { createEndpoints } from './endpoints.ts'
import type { ScimNeeds } from './needs.ts'
import { createRouter } from './router.ts'
import { createStore } from './store.ts'
import { createTokens, type ScimTokens } from './tokens.ts'

export interface Scim {
  /** Answers /scim/v2. */
  readonly endpoints: Middleware
  readonly tokens: ScimTokens
  /** How many people and groups SCIM keeps. */
  counts(organizationId: OrganizationId): Promise<{ readonly people: number; readonly groups: number }>
  /** For a job: deletes the accounts of people whom SCIM deleted and that were kept long enough. @returns how many */
  removeKept(signal?: AbortSignal): Promise<number>
}

const batch = 100

/** Joins the parts of the room. */
export function createScim(needs: ScimNeeds): Scim {
  const { storage, clock } = needs
  const store = createStore({ storage, clock })
  const tokens = createTokens({ storage, clock })
  return {
    endpoints: createEndpoints(needs, tokens, createRouter({ ...needs, store, tokens })),
    tokens,
    counts: async (organizationId) => ({ people: await store.count('user', organizationId), groups: await store.count('group', organizationId) }),

    async removeKept(signal) {
      let removed = 0
      for (let due = await store.goneBefore(clock.now(), batch); due.length > 0 && !signal?.aborted; due = await store.goneBefore(clock.now(), batch)) {
        for (const { id, organizationId, suspendedByUs } of due) {
          if (suspendedByUs) {
            await needs.access.remove({ organizationId, id }, (tx, before) => needs.record(tx, organizationId, null, { action: 'user.deleted', target: { kind: 'user', id, name: before.email }, userId: id, details: { deletedByScim: true } }))
            removed++
          } else {
            // An administrator wanted the person back: from now on nobody else says who they are.
            await storage.write(async (tx) => {
              await store.disown(tx, organizationId, id)
              await store.forget(tx, organizationId, id)
            })
          }
        }
      }
      return removed
    },
  }
}
