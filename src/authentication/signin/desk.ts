import type { SignInId } from '../../storage/index.ts'
import { toSignedIn, type LiveSession } from '../sessions/index.ts'
import type { Outcome, SignInDesk, SignInRequest } from './request.ts'
import { nextStep } from './next-step.ts'
import { safeReturnPath, type StoredRequest } from './sign-in.ts'
import type { SignInStore } from './store.ts'

export interface Desk extends SignInDesk {
  /** Sends a signed-in person to confirm that it is them, and back to a page of ours. */
  beginStepUp(browser: string, session: LiveSession, returnTo: string): Promise<string>
}

export function createDesk(needs: { store: SignInStore; findSession: (id: string) => Promise<LiveSession | undefined>; now: () => number }): Desk {
  const begin = async (browser: string, request: StoredRequest): Promise<string> => {
    const signIn = await needs.store.create(browser, {
      ...request, returnTo: safeReturnPath(request.returnTo.replaceAll('{id}', '%7Bid%7D')).replaceAll('%7Bid%7D', '{id}'),
      ...(request.cancelTo === undefined ? {} : { cancelTo: safeReturnPath(request.cancelTo) }),
    })
    return `/signin/${signIn.id}`
  }
  return {
    begin: (browser: string, request: SignInRequest) => begin(browser, { ...request, stepUp: false }),
    beginStepUp: (browser, session, returnTo) => begin(browser, {
      application: null, assurance: null, maxAgeSeconds: null, loginHint: null, userId: session.userId, returnTo, stepUp: true,
    }),
    satisfied: (session, request) => nextStep({ ...request, stepUp: false }, session, needs.now()).kind === 'done',
    async outcome(browser: string, id: SignInId, returnTo: string): Promise<Outcome> {
      const signIn = await needs.store.find(id, browser)
      // One that asked for less must not answer a request for a fresh or stronger proof (SEC-19, SEC-61).
      if (!signIn?.outcome || signIn.request.returnTo !== returnTo.replaceAll('{id}', id)) return { kind: 'none' }
      if (signIn.outcome !== 'done') return { kind: 'refused', reason: signIn.outcome }
      const session = signIn.state.sessionId === undefined ? undefined : await needs.findSession(signIn.state.sessionId)
      return session ? { kind: 'authenticated', session: toSignedIn(session) } : { kind: 'none' }
    },
  }
}
