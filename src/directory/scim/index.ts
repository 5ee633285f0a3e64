/**
 * SCIM 2.0 (RFC 7643, RFC 7644): another directory, such as Entra or Okta, says who exists here.
 *
 *   /scim/v2/Users       people.ts      /scim/v2/Groups   teams.ts, members.ts
 *   /scim/v2/Bulk        bulk.ts        /scim/v2/Schemas …  discovery.ts from attributes.ts
 *
 *   endpoints.ts   HTTP: token, body, answer          router.ts   address and method → what is done
 *   filter.ts, evaluate.ts, patch.ts, values.ts       the rules of the standard, pure
 *
 * Only people and groups that came by SCIM are seen and changed; the organization comes from the token (SEC-73).
 * Whoever is deleted or set inactive is locked out at once and kept for some days. Tokens are made in panels/admin.
 */
export type { Caller, ScimEvent, ScimNeeds } from './needs.ts'
export { createScim, type Scim } from './scim.ts'
export { longestTokenDays, mostTokens, type ScimScope, type ScimSettings, type ScimToken, type ScimTokens } from './tokens.ts'
