/**
 * The ways in for people who have no session yet: the first start, invitations, signing up.
 *
 * All three end in first-key.ts: a key is enrolled, the account becomes usable and the session opens, in one transaction.
 * A one-time link is bound to one person and is used up only by that (SEC-35, SEC-70).
 */
import type { Routes } from '../../http/index.ts'
import { createFirstKey } from './first-key.ts'
import { mountInvitations } from './invitation-routes.ts'
import type { WelcomeNeeds } from './needs.ts'
import type { SetupLinks } from './setup-link.ts'
import { mountSetup } from './setup-routes.ts'
import { createSignUpStore } from './sign-up.ts'
import { mountSignUp } from './sign-up-routes.ts'

export { addFirstTile } from './first-tile.ts'
export type { KeyDesk, KeyRegistration, NewcomerEvent, WelcomeNeeds } from './needs.ts'
export { SignUpTable } from './schema.ts'
export { createSetupLinks, setupLinkMinutes, type SetupLinks } from './setup-link.ts'
export type * from './pages.ts'

export function mountWelcome<Credential>(routes: Routes, needs: WelcomeNeeds<Credential>, links: SetupLinks): void {
  const firstKey = createFirstKey(needs)
  const plain = needs as unknown as WelcomeNeeds
  mountSetup(routes, plain, links, firstKey)
  mountInvitations(routes, plain, firstKey)
  mountSignUp(routes, plain, createSignUpStore(needs), firstKey)
}
