import { anyone, type Context, type Notice, type Routes } from '../../http/index.ts'
import { describeDevice } from '../sessions/index.ts'
import { networkOf } from '../throttle/index.ts'
import { atEvenPace } from './even-pace.ts'
import type { Acceptance } from './finish.ts'
import type { Journey, Visit } from './journey.ts'
import { judgeSecurityCheck } from './security-check-form.ts'

/** Signing in with a recovery code when the key is lost: GET, POST /signin/:id/recovery. */
export function mountRecoveryRoutes(routes: Routes, journey: Journey): void {
  const { needs } = journey

  /** Where no organization of this sign-in has recovery codes there is no such page. */
  async function open(ctx: Context): Promise<Visit | undefined> {
    const visit = await journey.visit(ctx)
    if (!visit || (await journey.settings(visit.signIn)).methods.recoveryCodes) return visit
    ctx.redirectTo(`/signin/${visit.signIn.id}`)
    return undefined
  }

  routes.get('/signin/:id/recovery', anyone, async (ctx) => {
    const visit = await open(ctx)
    if (visit) show(ctx, journey, visit, visit.session?.user.email ?? visit.signIn.state.email ?? '', {})
  })

  routes.post('/signin/:id/recovery', anyone, async (ctx) => {
    const visit = await open(ctx)
    if (!visit) return
    await needs.throttle.admit(needs.limits.triesPerAddress, networkOf(ctx.state.request.ip))
    const form = await ctx.form()
    const email = form.text('email')
    const address = needs.normaliseEmail(email)
    const check = await judgeSecurityCheck(needs.securityCheck, form)
    if (!address || check !== null) {
      return show(ctx, journey, visit, email, { ...(address ? {} : { email: 'signin.email.error.syntax' }), ...(check === null ? {} : { security_check: check }) })
    }
    const accepted = await atEvenPace(() => judge(ctx, visit, address, form.text('recovery_code')))
    if (accepted === 'refused') return show(ctx, journey, visit, email, { recovery_code: 'signin.recovery.error.wrong' })
    ctx.redirectTo(`/signin/${visit.signIn.id}`, accepted === 'accepted' ? afterwards(visit) : { key: 'signin.problem.other_organization', kind: 'warning' })
  })

  async function judge(ctx: Context, visit: Visit, address: { email: string; key: string }, typed: string): Promise<Acceptance> {
    const user = await needs.users.findByEmail(address.email)
    const waitSeconds = await needs.throttle.count(needs.limits.recoveryTries, user?.id ?? address.key)
    const settings = user && (await needs.settingsOf(user.organizationId))
    const allowed = user !== undefined && user.status === 'active' && settings?.methods.recoveryCodes === true && waitSeconds === 0
    const proof = allowed ? await needs.recoveryCodes.find(user.id, typed) : undefined
    if (!user || !proof) {
      if (user) await journey.finish.refuse(ctx, visit.signIn, user, waitSeconds > 0 ? 'recovery_limit' : 'recovery_code_wrong', 'recovery-code')
      return 'refused'
    }
    return journey.finish.accept(ctx, visit.signIn, user, proof, async (tx) => {
      if (!(await needs.recoveryCodes.use(tx, user.id, proof))) return false
      await needs.record(tx, ctx, {
        action: 'recovery.code_used', outcome: 'success', organizationId: user.organizationId, user, application: null, details: { left: await needs.recoveryCodes.left(user.id, tx) },
      })
      await needs.mail(tx, {
        template: 'recovery-used', user, expiresAt: needs.clock.now() + 7 * 86_400_000,
        model: { ip: ctx.state.request.ip, device: describeDevice(ctx.state.request.userAgent) || ctx.t('common.unknown_device') },
      })
      return true
    })
  }
}

/** On the panel; an application that waits would show it to nobody. */
function afterwards(visit: Visit): Notice | undefined {
  return visit.signIn.request.application === null && !visit.signIn.request.stepUp ? { key: 'signin.notice.recovery_used', kind: 'warning' } : undefined
}

function show(ctx: Context, journey: Journey, visit: Visit, email: string, errors: Readonly<Record<string, string>>): void {
  const hasErrors = Object.keys(errors).length > 0
  ctx.page('signin/recovery', {
    ...journey.facts(visit), email, hasErrors, securityCheck: journey.needs.securityCheck.create(),
    errors: { email: errors['email'] ?? null, recovery_code: errors['recovery_code'] ?? null, security_check: errors['security_check'] ?? null },
  }, { status: hasErrors ? 422 : 200 })
}
