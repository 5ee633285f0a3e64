import type { IssuedCode } from '../../authentication/methods/code/index.ts'
import { atEvenPace, judgeSecurityCheck } from '../../authentication/signin/index.ts'
import { describeDevice } from '../../authentication/sessions/index.ts'
import { networkOf } from '../../authentication/throttle/index.ts'
import { readName } from '../../directory/index.ts'
import { anyone, type Context, type Routes } from '../../http/index.ts'
import type { Transaction } from '../../storage/index.ts'
import type { FirstKey } from './first-key.ts'
import type { WelcomeNeeds } from './needs.ts'
import type { SignUp, SignUpKind, SignUpStore } from './sign-up.ts'
import { mountSignUpCompletion } from './sign-up-completion.ts'

/**
 * Signing up by oneself (S41–S45): choose → form → code → key.
 *
 *   GET       /signup                     work or school, or personal
 *   GET, POST /signup/personal, /signup/work
 *   …         /signup/:id/code, /signup/:id/key   in sign-up-completion.ts
 */
export function mountSignUp(routes: Routes, needs: WelcomeNeeds, store: SignUpStore, firstKey: FirstKey): void {
  routes.get('/signup', anyone, (ctx) => {
    ctx.page('welcome/signup', { personal: needs.signUp.personal, organizations: needs.signUp.organizations })
  })

  for (const kind of ['personal', 'work'] as const) {
    const open = kind === 'personal' ? needs.signUp.personal : needs.signUp.organizations

    routes.get(`/signup/${kind}`, anyone, (ctx) => {
      if (!open) return ctx.page('welcome/signup-closed', { kind })
      show(ctx, needs, kind, { email: '', givenName: '', familyName: '', organization: '' }, {})
    })

    routes.post(`/signup/${kind}`, anyone, async (ctx) => {
      if (!open) return ctx.page('welcome/signup-closed', { kind }, { status: 403 })
      await needs.throttle.admit(needs.limits.signUpsPerAddress, networkOf(ctx.state.request.ip))
      const form = await ctx.form()
      const values = { email: form.text('email'), givenName: form.text('given_name'), familyName: form.text('family_name'), organization: form.text('organization') }
      const address = needs.normaliseEmail(values.email)
      const givenName = readName(values.givenName)
      const familyName = readName(values.familyName)
      const organization = kind === 'personal' ? '' : readName(values.organization)
      const errors = {
        email: address ? null : 'welcome.error.email', given_name: givenName ? null : 'welcome.error.given_name', family_name: familyName ? null : 'welcome.error.family_name',
        organization: organization === undefined ? 'welcome.error.organization' : null, consent: form.checked('consent') ? null : 'welcome.error.consent',
        security_check: await judgeSecurityCheck(needs.securityCheck, form),
      }
      if (!address || !givenName || !familyName || organization === undefined || Object.values(errors).some((error) => error !== null)) {
        return show(ctx, needs, kind, values, errors)
      }
      const signUp = { id: store.newId(), kind, email: address.email, givenName, familyName, organizationName: organization }
      await atEvenPace(() => needs.storage.write(async (tx) => {
        const code = await sendCode(tx, ctx, needs, signUp)
        await store.create(tx, { ...signUp, codeId: code.id, resendAt: code.resendAt, codeExpiresAt: code.expiresAt }, ctx.state.browser)
      }))
      ctx.redirectTo(`/signup/${signUp.id}/code`)
    })
  }

  mountSignUpCompletion(routes, needs, store, firstKey, (tx, ctx, signUp) => sendCode(tx, ctx, needs, signUp))
}

/** The page answers alike whether the address has an account; only its owner learns that by mail (S45, SEC-54). */
async function sendCode(tx: Transaction, ctx: Context, needs: WelcomeNeeds, signUp: Pick<SignUp, 'id' | 'email' | 'givenName'>): Promise<IssuedCode> {
  const key = needs.normaliseEmail(signUp.email)?.key ?? ''
  const limited = (await needs.throttle.count(needs.limits.codesPerAccount, key, tx)) > 0
  const owner = await needs.users.findByEmailKey(key, tx)
  const to = { organizationId: owner?.organizationId ?? '', email: signUp.email, givenName: owner?.givenName ?? signUp.givenName, locale: owner?.locale ?? ctx.state.locale }
  const device = describeDevice(ctx.state.request.userAgent) || ctx.t('common.unknown_device')
  const model = { ip: ctx.state.request.ip, device, minutes: 10, link: `${needs.publicUrl}/` }
  const issued = await needs.codes.issue(tx, {
    purpose: 'signup', binding: signUp.id, userId: null, organizationId: null, channel: 'mail', destination: signUp.email,
    deliver: limited || owner ? null : (code, expiresAt) => needs.mail(tx, { template: 'signup-code', to, model: { ...model, code }, expiresAt, urgent: true }),
  })
  if (owner && !limited) await needs.mail(tx, { template: 'signup-taken', to, model, expiresAt: issued.expiresAt })
  return issued
}

function show(ctx: Context, needs: WelcomeNeeds, kind: SignUpKind, values: { email: string; givenName: string; familyName: string; organization: string }, errors: Readonly<Record<string, string | null>>): void {
  const hasErrors = Object.values(errors).some((error) => error !== null)
  ctx.page('welcome/signup-form', {
    kind, ...values, hasErrors, securityCheck: needs.securityCheck.create(), terms: needs.links.terms, privacy: needs.links.privacy,
    errors: { email: null, given_name: null, family_name: null, organization: null, consent: null, security_check: null, ...errors },
  }, { status: hasErrors ? 422 : 200 })
}
