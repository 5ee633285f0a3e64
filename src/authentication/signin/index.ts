/**
 * The sign-in journey: from someone's question to a signed-in session.
 *
 *   GET  /signin/:id            decide the next step and show it (next-step.ts)
 *   POST /signin/:id/…          judge an answer (key, code, password, app, pass, recovery code), then back to GET
 *   POST /signout               end the session; GET /signed-out/:id takes the browser to applications that must hear of it
 *
 * Methods never route to one another; only next-step.ts knows the order, and every proof ends in finish.ts. Which ways a page names → ways.ts.
 * Protocols and panels come in through the desk. Elsewhere: what is required → ../policy, how long it lasts → ../sessions.
 */
import type { Routes } from '../../http/index.ts'
import { createDesk, type Desk } from './desk.ts'
import { createJourney } from './journey.ts'
import type { SignInNeeds } from './needs.ts'
import { mountSignInRoutes } from './routes.ts'
import { createSignOuts, type SignOuts } from './sign-outs.ts'
import { createSignInStore } from './store.ts'

export type { Desk } from './desk.ts'
export { atEvenPace } from './even-pace.ts'
export { signInLimits, type LimitSettings, type SignInLimits } from './limits.ts'
export type { Letter, SignInEvent, SignInNeeds, SignInSettings } from './needs.ts'
export type { Outcome, Refusal, SignInDesk, SignInRequest } from './request.ts'
export { SignInTable, SignOutTable } from './schema.ts'
export { judgeSecurityCheck } from './security-check-form.ts'
export type { SignOuts } from './sign-outs.ts'
export { safeReturnPath, type SignInUser } from './sign-in.ts'
export type * from './pages.ts'

export interface SignIns {
  readonly desk: Desk
  readonly signOuts: SignOuts
  mount(routes: Routes): void
}

export function createSignIns(needs: SignInNeeds): SignIns {
  const store = createSignInStore(needs)
  const signOuts = createSignOuts(needs)
  const journey = createJourney(needs, store)
  return {
    desk: createDesk({ store, findSession: (id) => needs.sessions.findById(id), now: () => needs.clock.now() }),
    signOuts,
    mount(routes) { mountSignInRoutes(routes, journey, signOuts) },
  }
}
