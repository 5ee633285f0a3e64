import type { Context } from '../../http/index.ts'
import type { Transaction } from '../../storage/index.ts'
import type { Proof } from '../proof.ts'
import type { Limit } from '../throttle/index.ts'
import { nextStep } from './next-step.ts'
import type { SignInNeeds, SignInSettings } from './needs.ts'
import { addProofs, toSignedIn } from '../sessions/index.ts'
import type { SignIn, SignInUser } from './sign-in.ts'
import type { SignInStore } from './store.ts'

export type Finish = ReturnType<typeof createFinish>

export type Acceptance = 'accepted' | 'refused' | 'other_organization'

/** Turns a proof into a session. Every method ends here, so its rules hold for all of them. */
export function createFinish(needs: SignInNeeds, store: SignInStore) {
  const { storage, clock, sessions } = needs

  /** Why this person may not go on with a proof that is right in itself; undefined when they may. */
  function refusal(signIn: SignIn, user: SignInUser, proof: Proof, settings: SignInSettings): 'not_active' | 'other_organization' | 'other_person' | 'not_verified_by_key' | undefined {
    if (user.status !== 'active') return 'not_active'
    if (signIn.organizationId !== null && signIn.organizationId !== user.organizationId) return 'other_organization'
    if (signIn.request.userId !== null && signIn.request.userId !== user.id) return 'other_person'
    // A page that knew no organization may have asked for less than this person's organization wants.
    if (proof.method === 'passkey' && settings.userVerification === 'required' && proof.factors.length < 2) return 'not_verified_by_key'
    return undefined
  }

  function limitOf({ method }: Proof): Limit | undefined {
    const { triesPerAccount, passwordTries, totpTries, passTries, phoneRequests } = needs.limits
    switch (method) {
      case 'code': return triesPerAccount
      case 'password': return passwordTries
      case 'totp': return totpTries
      case 'access-pass': return passTries
      case 'phone': return phoneRequests
      case 'passkey': case 'recovery-code': return undefined
    }
  }

  return {
    /**
     * @param spend - uses up what may serve only once, in the transaction that opens the session: both hold or neither.
     *   Its false, when another sign-in was quicker, refuses this one.
     * @param known - the settings, where they have just been looked up
     * @returns 'accepted' when a session now holds the proof. 'refused' stands for every reason that only the audit log may
     * tell; that the application is another organization's is no secret to someone who has just proven who they are.
     */
    async accept(ctx: Context, signIn: SignIn, user: SignInUser, proof: Proof, spend?: (tx: Transaction) => Promise<boolean>, known?: SignInSettings): Promise<Acceptance> {
      const settings = known ?? (await needs.settingsOf(user.organizationId))
      const reason = refusal(signIn, user, proof, settings)
      if (reason !== undefined) {
        await this.refuse(ctx, signIn, user, reason, proof.method)
        return reason === 'other_organization' ? reason : 'refused'
      }
      const before = await sessions.ofBrowser(ctx)
      const same = before !== undefined && before.userId === user.id ? before : undefined
      const application = signIn.request.application && { id: signIn.request.application.id, name: signIn.request.application.name }
      const proofs = addProofs(same?.proofs ?? [], [proof])
      const facts = { userId: user.id, organizationId: user.organizationId, proofs, authenticatedAt: Math.max(...proofs.map(({ at }) => at)), user: { passkeys: user.passkeys, authenticators: user.authenticators } }
      const isDone = nextStep(signIn.request, facts, clock.now(), signIn.createdAt).kind === 'done'
      const opening = await storage.write(async (tx) => {
        // Asked inside: a suspension between our look and this would leave a session that wakes up when it is lifted (SEC-68).
        if (!(await needs.users.recordSignIn(tx, user, proof))) return { refused: 'shut_out_meanwhile' } as const
        if (spend && !(await spend(tx))) return { refused: 'used_meanwhile' } as const
        // Someone else's session in this browser ends; it must not wake up again at the next sign-out (SEC-66).
        const replaced = before !== undefined && !same ? await sessions.end(tx, before.userId, before.id) : []
        const opened = same
          ? { id: same.id, secret: await sessions.extend(tx, same, [proof]) }
          : await sessions.open(tx, {
              userId: user.id, organizationId: user.organizationId, browser: signIn.browser, proofs: [proof],
              ip: ctx.state.request.ip, userAgent: ctx.state.request.userAgent, ...settings.session,
            })
        const limit = limitOf(proof)
        if (limit) await needs.throttle.refund(tx, limit, user.id)
        await needs.record(tx, ctx, {
          action: same ? 'session.extended' : 'session.opened', outcome: 'success', organizationId: user.organizationId, user, application,
          details: { method: proof.method, amr: proof.amr.join(' ') },
        })
        if (isDone) await store.finish(tx, signIn, 'done', opened.id)
        return { secret: opened.secret, ended: replaced }
      })
      if ('refused' in opening) {
        await this.refuse(ctx, signIn, user, opening.refused, proof.method)
        return 'refused'
      }
      const { secret, ended } = opening
      sessions.remember(ctx, secret)
      if (before !== undefined) await sessions.announce(ended, before.userId)
      return 'accepted'
    },

    /** A live session answers by itself: single sign-on without a page. */
    async reuse(signIn: SignIn, session: Parameters<typeof toSignedIn>[0]): Promise<void> {
      if (signIn.outcome === 'done') return
      await storage.write((tx) => store.finish(tx, signIn, 'done', session.id))
    },

    async refuse(ctx: Context, signIn: SignIn, user: SignInUser, reason: string, method: string): Promise<void> {
      const application = signIn.request.application && { id: signIn.request.application.id, name: signIn.request.application.name }
      await storage.write((tx) => needs.record(tx, ctx, {
        action: 'signin.refused', outcome: 'failure', organizationId: user.organizationId, user, application, details: { reason, method },
      }))
    },
  }
}
