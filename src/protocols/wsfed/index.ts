/**
 * WS-Federation: applications and Entra ask with the browser who someone is, and get a SAML 1.1 token.
 *
 *   passive-request.ts → sign-on.ts → sign-in desk → sign-on.ts → token.ts → a form that the browser posts
 *
 *   realm, realms      what we know of who asks         metadata   what is said of us
 *   sign-out           ending it everywhere, with the browser
 *   trust, trust-request, trust-answer, mex   a password for a token, for clients without a browser; off unless a domain wants it
 *
 * Federated Microsoft 365 domains come in by their own addresses (/fed/:key/wsfed) and are one more relying party here.
 * Writing and signing XML → ../xml. What waits and who takes part → ../exchange. Signing in → the desk.
 */
import type { Protocol } from '../protocol.ts'
import { createRealms } from './realms.ts'
import { createPassiveEndpoints, mountPassive } from './routes.ts'
import { createSignOn } from './sign-on.ts'
import { createSignOut } from './sign-out.ts'
import { createTrust, type TrustNeeds } from './trust.ts'

export type { TrustNeeds } from './trust.ts'
export type * from './pages.ts'
export { issuerOf } from './realm.ts'

export function createWsFed(needs: TrustNeeds): Protocol {
  const realms = createRealms(needs)
  const signOn = createSignOn(needs, realms)
  const signOut = createSignOut(needs, realms, signOn.participants)
  const parts = { realms, signOn, signOut }
  const passive = createPassiveEndpoints(needs, parts)
  const trust = createTrust(needs, signOn.participants)
  return {
    id: 'wsfed',
    endpoints: (ctx, next) => passive(ctx, () => trust(ctx, next)),
    mount(routes) { mountPassive(routes, needs, parts) },
    endingSessions: (tx, ended) => signOut.revoke(tx, ended),
    endSessions: (ended) => signOut.steps(ended),
  }
}
