/**
 * Keys at Microsoft on a person's behalf (section 5.1): an administrator orders, the person's phone makes the key and says yes, and Graph is told.
 *
 *   order.ts       what an order is, and why one came to nothing
 *   settings.ts    the organization's consent, and whether every new phone is ordered for
 *   store.ts       orders, each change one statement
 *   orders.ts      ordering, cancelling, trying again, taking away
 *   phone-side.ts  what a phone is shown, asks for and answers
 *   answer.ts      what a phone made, judged before anybody else sees it
 *   upkeep.ts      the job: new phones, orders that are over, keys whose phone or person is gone
 *   policy.ts      what the tenant's policy means for our phones
 *   access-pass.ts Temporary Access Passes (section 5.2)
 *
 * No key is made without the phone: its private half never leaves it, and no order is answered by anything else.
 */
export { accessPassMinutes, createMicrosoftPasses, type PassOutcome } from './access-pass.ts'
export { keyPermission, keyStates, passPermission, phoneAaguid, reasonsToRetry, type KeyAnnouncement, type KeyEvent, type KeyNeeds, type KeyOrder, type KeyReason, type KeyState, type Orderer } from './order.ts'
export { createKeyOrders, type OrderOutcome, type Place as KeyPlace } from './orders.ts'
export { createPhoneSide } from './phone-side.ts'
export { policyFindings, type KeyFinding } from './policy.ts'
export { consentVersion, createKeySettings, type KeySettings } from './settings.ts'
export { createKeyStore, type KeyStore } from './store.ts'
export { createUpkeep } from './upkeep.ts'
