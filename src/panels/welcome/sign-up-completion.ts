import type { CodeCheck, IssuedCode } from '../../authentication/methods/code/index.ts'
import { atEvenPace } from '../../authentication/signin/index.ts'
import { networkOf } from '../../authentication/throttle/index.ts'
import { anyone, type Context, type Routes } from '../../http/index.ts'
import { sha256, type Transaction, type UserId } from '../../storage/index.ts'
import type { Entry, FirstKey, Newcomer } from './first-key.ts'
import { addFirstTile } from './first-tile.ts'
import type { WelcomeNeeds } from './needs.ts'
import type { SignUp, SignUpStore } from './sign-up.ts'

type SendCode = (tx: Transaction, ctx: Context, signUp: SignUp) => Promise<IssuedCode>

/** GET, POST /signup/:id/code, POST /signup/:id/code/again, and the key step /signup/:id/key. */
export function mountSignUpCompletion(routes: Routes, needs: WelcomeNeeds, store: SignUpStore, firstKey: FirstKey, sendCode: SendCode): void {
  async function load(ctx: Context, verified: boolean): Promise<SignUp | undefined> {
    const signUp = await store.find(ctx.params['id'] ?? '', ctx.state.browser)
    if (!signUp) ctx.redirectTo('/signup', { key: 'welcome.notice.began_again', kind: 'warning' })
    else if (signUp.verified !== verified) ctx.redirectTo(`/signup/${signUp.id}/${signUp.verified ? 'key' : 'code'}`)
    else return signUp
    return undefined
  }

  routes.get('/signup/:id/code', anyone, async (ctx) => {
    const signUp = await load(ctx, false)
    if (signUp) showCode(ctx, needs, signUp, undefined)
  })

  routes.post('/signup/:id/code', anyone, async (ctx) => {
    const signUp = await load(ctx, false)
    if (!signUp) return
    await needs.throttle.admit(needs.limits.triesPerAddress, networkOf(ctx.state.request.ip))
    // Whoever keeps beginning anew gets no more tries at someone else's address (SEC-56).
    await needs.throttle.admit(needs.limits.triesPerAccount, `sign-up ${needs.normaliseEmail(signUp.email)?.key ?? ''}`)
    const check = await needs.codes.check({ id: signUp.codeId, purpose: 'signup', binding: signUp.id, typed: (await ctx.form()).text('code') })
    if (check.outcome === 'rejected') return showCode(ctx, needs, signUp, check)
    await store.markVerified(signUp.id)
    ctx.redirectTo(`/signup/${signUp.id}/key`)
  })

  routes.post('/signup/:id/code/again', anyone, async (ctx) => {
    const signUp = await load(ctx, false)
    if (!signUp) return
    const isDue = signUp.resendAt <= needs.clock.now()
    if (isDue) {
      await needs.throttle.admit(needs.limits.signUpsPerAddress, networkOf(ctx.state.request.ip))
      await atEvenPace(() => needs.storage.write(async (tx) => {
        // Asked again inside: of two presses at once one sends.
        const now = await store.find(signUp.id, ctx.state.browser, tx)
        if (now && now.resendAt <= needs.clock.now()) await store.renewCode(tx, now.id, await sendCode(tx, ctx, now))
      }))
    }
    ctx.redirectTo(`/signup/${signUp.id}/code`, { key: isDue ? 'signin.notice.code_again' : 'signin.notice.code_waiting', kind: isDue ? 'success' : 'warning' })
  })

  routes.get('/signup/:id/key', anyone, async (ctx) => {
    const signUp = await load(ctx, true)
    if (signUp) firstKey.show(ctx, toNewcomer(signUp))
  })

  routes.post('/signup/:id/key/options', anyone, async (ctx) => {
    const signUp = await load(ctx, true)
    if (signUp) await firstKey.options(ctx, toNewcomer(signUp))
  })

  routes.post('/signup/:id/key', anyone, async (ctx) => {
    const signUp = await load(ctx, true)
    if (!signUp) return
    const result = await firstKey.finish(ctx, toNewcomer(signUp), admit(ctx, signUp))
    if (result === 'over') ctx.redirectTo('/signin', { key: 'welcome.notice.account_exists', kind: 'warning' })
    if (result === 'done') ctx.redirectTo('/security/recovery-codes', { key: 'welcome.notice.key_added' })
  })

  routes.post('/signup/:id/skip', anyone, async (ctx) => {
    const signUp = await load(ctx, true)
    if (!signUp) return
    const newcomer = toNewcomer(signUp)
    if (!newcomer.skippable) return ctx.redirectTo(`${newcomer.path}/key`)
    if ((await firstKey.skip(ctx, admit(ctx, signUp))) === 'over') return ctx.redirectTo('/signin', { key: 'welcome.notice.account_exists', kind: 'warning' })
    await firstKey.onward(ctx)
  })

  /** Makes the account; the address may have been taken while the form was open. */
  const admit = (ctx: Context, signUp: SignUp) => async (tx: Transaction): Promise<Entry | undefined> => {
    const email = needs.normaliseEmail(signUp.email)
    if (!email || (await needs.users.findByEmailKey(email.key, tx)) || !(await store.complete(tx, signUp.id))) return undefined
    const personal = signUp.kind === 'personal'
    const organization = personal ? await needs.organizations.personal(tx) : await needs.organizations.create(tx, { name: signUp.organizationName, kind: 'business' })
    if (!personal) await addFirstTile(tx, needs.applications, organization.id)
    const user = await needs.users.create(tx, {
      id: userIdOf(signUp), organizationId: organization.id, email, givenName: signUp.givenName, familyName: signUp.familyName,
      role: personal ? 'user' : 'owner', status: 'active', emailVerified: true, locale: ctx.state.locale,
    })
    await needs.record(tx, ctx, { action: 'signup.completed', organizationId: organization.id, user, details: { kind: signUp.kind } })
    return user
  }
}

/** The key is made for an account that does not exist yet, so its id follows from the sign-up's. */
function userIdOf(signUp: SignUp): UserId {
  return sha256(`sign-up ${signUp.id}`).slice(0, 22) as UserId
}

function toNewcomer(signUp: SignUp): Newcomer {
  return {
    id: userIdOf(signUp), email: signUp.email, name: `${signUp.givenName} ${signUp.familyName}`, binding: `sign-up ${signUp.id}`, occasion: 'signup',
    path: `/signup/${signUp.id}`, skippable: signUp.kind === 'personal', userVerification: 'required',
  }
}

function showCode(ctx: Context, needs: WelcomeNeeds, signUp: SignUp, check: CodeCheck | undefined): void {
  const rejected = check?.outcome === 'rejected' ? check : undefined
  const secondsLeft = Math.max(0, Math.ceil((signUp.codeExpiresAt - needs.clock.now()) / 1_000))
  const error = rejected ? `signin.code.error.${rejected.reason}` : null
  ctx.page('welcome/signup-code', {
    // In full: this browser has typed it, and only so does a slip of the finger show.
    destination: signUp.email, expiresAt: signUp.codeExpiresAt, secondsLeft, action: `/signup/${signUp.id}/code`,
    resendSeconds: Math.max(0, Math.ceil((signUp.resendAt - needs.clock.now()) / 1_000)),
    resendAction: `/signup/${signUp.id}/code/again`, startAgain: `/signup/${signUp.kind}`, errors: { code: error }, hasErrors: error !== null,
    triesLeft: rejected?.reason === 'wrong' ? rejected.triesLeft : null, over: secondsLeft === 0 || rejected?.reason === 'locked' || rejected?.reason === 'expired',
  }, { status: error === null ? 200 : 422 })
}
