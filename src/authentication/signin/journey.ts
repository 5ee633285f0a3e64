import type { Brand, Context } from '../../http/index.ts'
import type { LiveSession } from '../sessions/index.ts'
import { createFinish, type Finish } from './finish.ts'
import type { SignInNeeds } from './needs.ts'
import { nextStep, type Step } from './next-step.ts'
import type { SignIn } from './sign-in.ts'
import type { SignInStore } from './store.ts'

/** A sign-in as a request of its browser meets it. */
export interface Visit {
  readonly signIn: SignIn
  readonly session: LiveSession | undefined
  readonly step: Step
  readonly brand: Brand | undefined
}

export type Journey = ReturnType<typeof createJourney>

/** What all sign-in routes share: loading the sign-in, and never going on without it. */
export function createJourney(needs: SignInNeeds, store: SignInStore) {
  const finish: Finish = createFinish(needs, store)

  return {
    needs,
    store,
    finish,

    /**
     * Loads the sign-in named in the URL. An old, unknown or foreign one never breaks (S35): a fresh one for our own panel
     * is begun instead and undefined returned.
     */
    async visit(ctx: Context): Promise<Visit | undefined> {
      const signIn = await store.find(ctx.params['id'] ?? '', ctx.state.browser)
      if (!signIn) {
        ctx.redirectTo('/signin', { key: 'signin.notice.began_again', kind: 'warning' })
        return undefined
      }
      const session = await needs.sessions.ofBrowser(ctx)
      const organizationId = signIn.organizationId ?? (signIn.request.userId !== null ? session?.organizationId : undefined)
      const brand = organizationId ? await needs.brandOf(organizationId) : undefined
      ctx.state.brand = brand
      ctx.state.leavesFormActionOpen = signIn.request.application !== null
      return { signIn, session, brand, step: nextStep(signIn.request, session, needs.clock.now(), signIn.createdAt) }
    },

    /** The facts every sign-in page shows. */
    facts(visit: Visit, problem: string | null = null) {
      return {
        id: visit.signIn.id as string,
        application: visit.signIn.request.application?.name ?? null,
        organization: (visit.brand ?? needs.defaultBrand()).name,
        problem,
      }
    },

    async settings(signIn: SignIn) {
      return signIn.organizationId === null ? needs.defaultSettings() : needs.settingsOf(signIn.organizationId)
    },
  }
}
