/**
 * Phones that approve: the key that a phone holds for an account, and what it says to requests.
 *
 *   phone.ts         texts that a phone signs, numbers to match         activations.ts   links and codes that put a key on a phone
 *   store.ts         phones of people                                   approvals.ts     a request, step by step, each one statement
 *   assignments.ts   phone keys for a group or for all who lack one, mail by mail
 *   api.ts           /phone/api: who calls; decisions.ts, events.ts     watch.ts         who waits for what on this node
 *   orders.ts        keys that an administrator wants a phone to make   changes.ts    what other nodes did, in one statement
 *   computers/       computers that reach a phone's keys
 *
 * A phone signs each request with its approval key, so it has no session and no password; a yes needs the phone's own lock beside it, judged by
 * the passkey of the same phone. It is told of as SEC-47 wants: two factors, and never phishing-resistant.
 * How a sign-in asks → ../authentication/signin; pages and the app's shell → ../panels/phone; the app itself → ../browser/phone.
 */
export { shownLifetimeSeconds, type Activation, type Activations } from './activations.ts'
export { approvalLifetimeSeconds, type Approval, type Approvals, type Nearness } from './approvals.ts'
export type { Computer, ComputerKind, Computers } from './computers/index.ts'
export { pauseHours, type Account, type ActivityFact, type CredentialFact, type From, type OrderFact, type OrderOptions, type OrderOutcome, type PhoneEvent, type PhoneNeeds, type PhoneOf, type PhoneOrders } from './needs.ts'
export { activationText, isHandheld, isSignedBy, maxPhonesPerPerson, readPublicKey, type Phone } from './phone.ts'
export { createPhones, type Phones } from './phones.ts'
export { createAssignments, type Assignment, type Assignments } from './assignments.ts'
export { PhoneActivationTable, PhoneApprovalTable, PhoneAssignmentTable, PhonePauseTable, PhoneTable } from './schema.ts'
export type { PhoneStanding, PhoneStore, StoredPhone } from './store.ts'
export { viewOf, type PhoneView } from './views.ts'
export { approvalSubject } from './watch.ts'
