/**
 * External MFA: Entra ID has taken the first factor and asks us for the second, as an OpenID provider of its implicit flow.
 *
 *   POST /eam/:connection/authorize → /eam/requests/:id → sign-in desk → …/complete → form to Entra with an ID token
 *
 *   connections, links    which tenants may ask, and which of their people is who here
 *   cloud                 Microsoft's clouds and their addresses
 *   question, hint        what a request must say (pure); entra-keys: whose signature it must carry
 *   recognition           who that is here
 *   answer, metadata      what is true of a sign-in, in Entra's words; what we publish
 *   endpoints, request-routes   the addresses
 *
 * Not oidc-provider: here each connection is an issuer, the subject is Entra's, and its hints have expired when they come. Signing in →
 * authentication, through the desk. The pages that set it up → panels/admin.
 */
import type { Protocol } from '../protocol.ts'
import { createConnections, type Connections } from './connections.ts'
import { createEndpoints } from './endpoints.ts'
import { createLinks, type Links } from './links.ts'
import type { ExternalMfaNeeds } from './needs.ts'
import { mountRequests } from './request-routes.ts'
import { createQuestions } from './requests.ts'

export { clouds, loginOf, readGuid, redirectUriOf, type Cloud } from './cloud.ts'
export { longestMaxAgeSeconds, type Connection, type ConnectionChanges, type Connections, type NewConnection } from './connections.ts'
export type { Link, Links, LinkView } from './links.ts'
export { addressesOf } from './metadata.ts'
export type { ExternalMfaEvent, ExternalMfaNeeds } from './needs.ts'
export { ExternalMfaConnectionTable, ExternalMfaLinkTable } from './schema.ts'

export interface ExternalMfa extends Protocol {
  readonly connections: Connections
  readonly links: Links
}

export function createExternalMfa(needs: ExternalMfaNeeds): ExternalMfa {
  const connections = createConnections(needs)
  const links = createLinks(needs)
  const questions = createQuestions(needs)
  return {
    id: 'external-mfa',
    connections,
    links,
    endpoints: createEndpoints(needs, connections, questions),
    mount(routes) { mountRequests(routes, needs, connections, links, questions) },
    // Entra has asked about one moment: it takes no part in our session, and wants to hear nothing of its end.
    endingSessions: () => Promise.resolve(),
    endSessions: () => Promise.resolve([]),
  }
}
