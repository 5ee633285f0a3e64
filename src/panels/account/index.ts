/**
 * A person's own panel: applications, ways to sign in, activity, profile.
 *
 * Two faces on the same routes: people of an organization see My Apps first, personal accounts their security key.
 * Whatever changes how someone signs in asks for a fresh proof and tells the person by mail (SEC-35, S76).
 */
import type { Routes } from '../../http/index.ts'
import { mountActivity } from './activity-routes.ts'
import { mountAuthenticators } from './authenticator-routes.ts'
import { mountComputers } from './computer-routes.ts'
import { mountHome } from './home-routes.ts'
import { mountKeys } from './key-routes.ts'
import { mountMicrosoft } from './microsoft-routes.ts'
import type { AccountNeeds } from './needs.ts'
import { mountPassword } from './password-routes.ts'
import { mountPhones } from './phone-routes.ts'
import { mountProfile } from './profile-routes.ts'
import { mountSecurity } from './security-routes.ts'
import { mountSettings } from './settings-routes.ts'
import { mountStart } from './start-routes.ts'

export { stepRows, steps, type StepFacts } from './first-steps.ts'
export type { AccountNeeds } from './needs.ts'
export type * from './pages.ts'

export function mountAccount(routes: Routes, needs: AccountNeeds): void {
  mountHome(routes, needs)
  mountStart(routes, needs)
  mountMicrosoft(routes, needs)
  mountSecurity(routes, needs)
  mountKeys(routes, needs)
  mountPassword(routes, needs)
  mountAuthenticators(routes, needs)
  mountPhones(routes, needs)
  mountComputers(routes, needs)
  mountActivity(routes, needs)
  mountProfile(routes, needs)
  mountSettings(routes, needs)
}
