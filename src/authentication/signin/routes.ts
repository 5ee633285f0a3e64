import { anyone, type Context, type Routes } from '../../http/index.ts'
import { mountAccessPassRoutes } from './access-pass-routes.ts'
import { mountCodeRoutes } from './code-routes.ts'
import type { Journey, Visit } from './journey.ts'
import { mountPasswordRoutes } from './password-routes.ts'
import { isPhonePossible } from './phone-asking.ts'
import { mountPhoneRoutes } from './phone-routes.ts'
import { mountRecoveryRoutes } from './recovery-routes.ts'
import { safeReturnPath, type StoredRequest } from './sign-in.ts'
import { mountSignOutRoutes } from './sign-out-routes.ts'
import type { SignOuts } from './sign-outs.ts'
import { mountTotpRoutes } from './totp-routes.ts'
import { linksToConfirm, waysToConfirm } from './ways.ts'

/**
 *   GET  /signin                       begin a sign-in for our own panels
 *   GET  /signin/:id                   decide the next step and show it
 *   POST /signin/:id/passkey/options   a fresh challenge, as JSON
 *   POST /signin/:id/passkey           judge the key's answer, then back to GET
 */
export function mountSignInRoutes(routes: Routes, journey: Journey, signOuts: SignOuts): void {
  const { needs } = journey

  routes.get('/signin', anyone, async (ctx) => {
    const request: StoredRequest = {
      application: null, assurance: null, maxAgeSeconds: null, userId: null, stepUp: false,
      loginHint: typeof ctx.query['login_hint'] === 'string' ? ctx.query['login_hint'].slice(0, 320) : null,
      returnTo: safeReturnPath(ctx.query['return']),
    }
    const signIn = await journey.store.create(ctx.state.browser, request)
    ctx.redirectTo(`/signin/${signIn.id}`)
  })

  routes.get('/signin/:id', anyone, async (ctx) => {
    const visit = await journey.visit(ctx)
    if (visit) await showStep(ctx, journey, visit)
  })

  routes.post('/signin/:id/passkey/options', anyone, async (ctx) => {
    const visit = await journey.visit(ctx)
    if (!visit) return
    // Not throttled: a key cannot be guessed, and a whole office signs in from one address at nine in the morning (SEC-55).
    const settings = await journey.settings(visit.signIn)
    const userId = visit.step.kind === 'confirm' ? visit.session?.userId ?? null : null
    ctx.set('Cache-Control', 'no-store')
    const asked = visit.signIn.request.assurance
    const userVerification = asked === 'phr' || asked === 'phrh' ? 'required' : settings.userVerification
    const { challengeId, options } = await needs.passkeys.beginAuthentication({ binding: visit.signIn.id, userId, userVerification })
    ctx.body = { challengeId, options }
  })

  // The page that refuses a key stands at this address; choosing another language there, or returning to it, asks for it again.
  routes.get('/signin/:id/passkey', anyone, async (ctx) => {
    const visit = await journey.visit(ctx)
    if (visit) ctx.redirectTo(`/signin/${visit.signIn.id}`)
  })

  routes.post('/signin/:id/passkey', anyone, async (ctx) => {
    const visit = await journey.visit(ctx)
    if (!visit) return
    const form = await ctx.form()
    // Pressed before the page's script was there, or where it never will be: no key has been asked.
    if (form.text('response') === '') return showStep(ctx, journey, visit, 'signin.problem.key_not_asked')
    const expectedUser = visit.step.kind === 'confirm' ? visit.session?.userId ?? null : null
    const verification = await needs.passkeys.finishAuthentication({
      binding: visit.signIn.id, challengeId: form.text('challenge_id'), response: form.text('response'), expectedUser,
    })
    if (verification.outcome === 'rejected') {
      ctx.state.log.info('key refused', { reason: verification.reason })
      const owner = verification.user && (await needs.users.find(verification.user))
      if (owner) await journey.finish.refuse(ctx, visit.signIn, owner, `key_${verification.reason}`, 'passkey')
      return showStep(ctx, journey, visit, verification.reason === 'expired' ? 'signin.problem.expired' : 'signin.problem.key_refused')
    }
    const user = await needs.users.find(verification.user)
    const accepted = user ? await journey.finish.accept(ctx, visit.signIn, user, verification.proof) : 'refused'
    if (accepted !== 'accepted') return showStep(ctx, journey, visit, accepted === 'refused' ? 'signin.problem.key_refused' : 'signin.problem.other_organization')
    ctx.redirectTo(`/signin/${visit.signIn.id}`)
  })

  mountPhoneRoutes(routes, journey)
  mountCodeRoutes(routes, journey)
  mountPasswordRoutes(routes, journey)
  mountTotpRoutes(routes, journey)
  mountAccessPassRoutes(routes, journey)
  mountRecoveryRoutes(routes, journey)
  mountSignOutRoutes(routes, journey, signOuts)
}

/** Answers with what `nextStep` decided: a page, or on to where the sign-in was asked for. */
async function showStep(ctx: Context, journey: Journey, visit: Visit, problem: string | null = null): Promise<void> {
  const { needs } = journey
  const { signIn, session, step } = visit
  const status = problem === null ? 200 : 422
  const passkeyAction = `/signin/${signIn.id}/passkey`
  const optionsUrl = `${passkeyAction}/options`
  switch (step.kind) {
    case 'done': {
      if (session) await journey.finish.reuse(signIn, session)
      return ctx.redirectTo(landing(visit))
    }
    case 'identify':
      return ctx.page('signin/identify', { ...journey.facts(visit, problem), because: step.because, cancelHref: cancelOf(signIn), optionsUrl, passkeyAction, signUpOffered: needs.signUpOffered, setUp: needs.isSetUp(), phoneOffered: await isPhonePossible(journey, visit) }, { status })
    case 'enroll': return ctx.redirectTo('/security/keys/new', { key: 'signin.notice.first_key', kind: 'warning' })
    case 'confirm': {
      if (!session) return ctx.redirectTo('/signin')
      if (step.because === 'second_step') return ctx.redirectTo(`/signin/${signIn.id}/totp`)
      const { user } = session
      const settings = await needs.settingsFor({ id: session.userId, organizationId: session.organizationId })
      // They have just confirmed, and it was not enough: a key that is copied between devices where one device is asked for (SEC-36).
      const triedInVain = step.because === 'too_weak' && session.proofs.some((proof) => proof.phishingResistant && proof.at >= signIn.createdAt)
      return ctx.page('signin/confirm', {
        ...journey.facts(visit, problem ?? (triedInVain ? 'signin.problem.too_weak' : null)), because: step.because, cancelHref: cancelOf(signIn), optionsUrl, passkeyAction, email: user.email,
        name: `${user.givenName} ${user.familyName}`.trim() || user.email,
        hasKey: user.passkeys > 0, phoneOffered: user.passkeys > 0 && (await isPhonePossible(journey, visit)), ways: linksToConfirm(signIn.id, waysToConfirm(visit, settings)), recoveryOffered: settings.methods.recoveryCodes,
      }, { status })
    }
    case 'refuse': {
      await needs.storage.write((tx) => journey.store.finish(tx, signIn, step.reason, null))
      // An application is told through its own protocol; our own pages tell the person.
      if (signIn.request.application !== null) return ctx.redirectTo(signIn.request.returnTo)
      return ctx.page('signin/refused', { application: null, reason: 'unmet_authentication_requirements', again: '/signin' }, { status: 403 })
    }
  }
}

/** Only an application waits for a refusal. */
function cancelOf({ request }: Visit['signIn']): string | null {
  return request.application === null ? null : request.cancelTo ?? null
}

/**
 * Who has just signed in without a wish for a page begins where their work is: administrators in the administration (S16), unless
 * they came in without their key: that opens no administration, and the way to a new key is in their own panel.
 */
function landing({ signIn, session }: Visit): string {
  const { returnTo, application } = signIn.request
  const justNow = signIn.outcome === 'done'
  const withKey = session?.proofs.some((proof) => proof.phishingResistant) ?? false
  return justNow && application === null && returnTo === '/' && withKey && session?.user.role !== 'user' ? '/admin' : returnTo
}
