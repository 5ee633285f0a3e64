/**
 * SAML 2.0: applications ask who someone is, and we are their identity provider.
 *
 *   receive.ts → authn-request.ts → sign-on.ts → sign-in desk → sign-on.ts → response.ts → a form that the browser posts
 *
 *   receive            whose message it is, and whether the signature is theirs; before that nothing of it is believed
 *   authn-request, authn-context   what is asked, as pure rules    service-provider   what we know of who asks
 *   response, name-id  what is said of a person                    metadata           what is said of us
 *   single-logout, logout-message  ending it everywhere, with the browser
 *
 * Federated Microsoft 365 domains come in by their own addresses (/fed/:key/…) and are one more service provider here.
 * Reading, writing and signing XML → ../xml. What waits and who takes part → ../exchange. Signing in → the desk.
 */
import type { Protocol } from '../protocol.ts'
import type { SamlNeeds } from './needs.ts'
import { createProviders } from './providers.ts'
import { createReceive } from './receive.ts'
import { createSamlEndpoints, mountSaml } from './routes.ts'
import { createSignOn } from './sign-on.ts'
import { createSingleLogout } from './single-logout.ts'

export type { SamlNeeds } from './needs.ts'
export type * from './pages.ts'
export { entityIdOf } from './service-provider.ts'

export function createSaml(needs: SamlNeeds): Protocol {
  const providers = createProviders(needs)
  const receive = createReceive(needs, providers)
  const signOn = createSignOn(needs, providers)
  const logout = createSingleLogout(needs, providers, signOn.participants)
  const parts = { providers, receive, signOn, logout }
  return {
    id: 'saml',
    endpoints: createSamlEndpoints(needs, parts),
    mount(routes) { mountSaml(routes, needs, parts) },
    endingSessions: (tx, ended) => logout.revoke(tx, ended),
    endSessions: (ended) => logout.steps(ended),
  }
}
