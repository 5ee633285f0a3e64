/**
 * OpenID Connect: applications ask who someone is, over oidc-provider.
 *
 *   GET /oidc/auth → /oidc/interaction/:uid → sign-in desk → …/complete → code → POST /oidc/token
 *
 *   configuration.ts   how the library is set up         provider.ts    where it is bent to our rules
 *   payloads, work     one commit per request            session.ts     its session is a view of ours
 *   interaction-routes, policy                           when to ask the person, and what
 *   logout.ts          ending it everywhere
 *
 * Which applications exist → applications. How people prove who they are → authentication, through the desk.
 */
import type { Transaction, UserId } from '../../storage/index.ts'
import type { Protocol } from '../protocol.ts'
import { createEndpoints } from './endpoints.ts'
import { mountInteractions } from './interaction-routes.ts'
import { createLogout, type Logout } from './logout.ts'
import type { OidcNeeds } from './needs.ts'
import { createPayloadStore } from './payloads.ts'
import { createProviders } from './provider.ts'

export { claimsByScope } from './claims.ts'
export { routes as oidcRoutes } from './configuration.ts'
export type { OidcEvent, OidcNeeds } from './needs.ts'
export type * from './pages.ts'
export { OidcPayloadTable } from './schema.ts'

export interface Oidc extends Protocol {
  /** Takes up new signing keys; cheap when there are none. */
  refreshKeys(): Promise<void>
  /** Ends every grant and token of someone who was suspended, deleted or reset, in the transaction that does so. */
  endPerson(tx: Transaction, userId: UserId): Promise<void>
  /** Ends every grant, token and consent of an application that is deleted, in the transaction that does so. */
  endApplication(tx: Transaction, clientId: string): Promise<void>
  /** Waits for back-channel logouts that are under way. */
  settled(): Promise<void>
}

export function createOidc(needs: OidcNeeds): Oidc {
  const store = createPayloadStore(needs)
  const logout: Logout = createLogout(needs, store, () => providers.get())
  const providers = createProviders(needs, store, logout)
  return {
    id: 'oidc',
    endpoints: createEndpoints(needs, store, logout, () => providers.get()),
    mount(routes) { mountInteractions(routes, needs, store, () => providers.get()) },
    endingSessions: (tx, ended) => logout.revoke(tx, ended),
    endSessions(ended, userId) {
      logout.tell(ended, userId)
      return Promise.resolve([])
    },
    async refreshKeys() { await providers.refresh() },
    endPerson: (tx, userId) => store.ofAccount(tx, userId),
    endApplication: (tx, clientId) => store.ofClient(tx, clientId),
    settled: () => logout.settled(),
  }
}
