/**
 * Calls to Microsoft Graph and to Entra's token endpoint: small typed functions over http/outbound, nothing kept.
 *
 *   session.ts   one token, its calls, retries by Retry-After
 *   token.ts     a token by device code, where a person signs in, or by certificate (section 5.3)
 *   refused.ts   what Graph refuses, named (section 3.2); texts are `microsoft.graph.<kind>.cause` and `….fix`
 *   calls.ts     what we ask: domains, federation, users, administrators, Conditional Access; ending sessions
 *   key-calls.ts keys of people (sections 5.1, 5.2): options, registration, removal, policy; Temporary Access Passes
 */
export { federationOf, globalAdministrators, revokeSessions, stateOfDomain, unsatisfiableStrengths, usersWithin, verifiedDomains, type EntraDomain, type EntraUser } from './calls.ts'
export { addKey, issueAccessPass, keyOptions, keyPolicy, keysOf, removeKey, type AccessPass, type AddedKey, type KeyOptions, type NewKey } from './key-calls.ts'
export { GraphRefused, type GraphRefusalKind } from './refused.ts'
export { createGraphSession, type GraphNeeds, type GraphSession } from './session.ts'
export { askWithCertificate, createDeviceSignIn, graphScopes, wellKnownClient, type DeviceCode, type DeviceOutcome, type Token } from './token.ts'
