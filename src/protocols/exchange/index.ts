/**
 * What SAML, WS-Federation and External MFA have in common: an application's question comes with the browser, waits for a
 * sign-in, and is answered by a form that the browser posts.
 *
 *   requests.ts       a question while the person signs in; answered once, in one browser
 *   flow.ts           from the question to the answer: at once, or by way of the sign-in desk
 *   admission.ts      whether a person may be told of, and what is written down
 *   proven-at.ts      which proofs an answer may speak of, and when they were given
 *   participants.ts   which applications took part in a session, to sign out of them
 *   subject.ts        who the person is to an application: facts, attributes, a name of its own
 *   federated-domain, microsoft   what the protocols ask of Microsoft 365, and what is special about it
 *   refusals.ts       questions that are wrong in themselves, for the audit log
 *   pages.ts          the form that posts itself, and "you may not use this"
 *
 * What a question means and what the answer says → the protocol's own room. Signing in → authentication, through the desk.
 */
export { microsoftRealm, multipleAuthentication, type FederatedDomain, type FederatedDomains } from './federated-domain.ts'
export { createAdmission } from './admission.ts'
export { endSession } from './end-session.ts'
export type { FederationEvent } from './event.ts'
export { createFlow, type FlowNeeds, type FlowRules, type Party } from './flow.ts'
export { createMicrosoftRules, type Answered } from './microsoft.ts'
export type * from './pages.ts'
export { createParticipants, type FederationParticipant, type Participants } from './participants.ts'
export { countedProofs, provenAt } from './proven-at.ts'
export { createRefusals, isWritten, type RefusalNeeds } from './refusals.ts'
export { createWaitingRequests, requestLifetimeSeconds, type WaitingRequest, type WaitingRequests } from './requests.ts'
export { FederationParticipantTable, FederationRequestTable } from './schema.ts'
export { attributesOf, factsOf, mostValues, pairwiseId, valuesOf, type Attribute } from './subject.ts'
