import { anyone, type Context, type Routes } from '../../http/index.ts'
import { useOf } from '../policy/index.ts'
import { atEvenPace } from './even-pace.ts'
import type { Acceptance } from './finish.ts'
import type { Journey } from './journey.ts'
import { countTry, goOn, openWay, othersOf, type Asking } from './ways.ts'

/** The code of an authenticator app, alone or after a password: GET, POST /signin/:id/totp. */
export function mountTotpRoutes(routes: Routes, journey: Journey): void {
  const { needs } = journey

  routes.get('/signin/:id/totp', anyone, async (ctx) => {
    const asking = await openWay(ctx, journey)
    if (asking) await show(ctx, journey, asking, null)
  })

  routes.post('/signin/:id/totp', anyone, async (ctx) => {
    const asking = await openWay(ctx, journey)
    if (!asking) return
    const typed = (await ctx.form()).text('code')
    if (typed === '') return show(ctx, journey, asking, 'empty')
    if (!goOn(ctx, asking.visit, await atEvenPace(() => judge(ctx, asking, typed)))) await show(ctx, journey, asking, 'wrong')
  })

  async function judge(ctx: Context, { visit, email }: Asking, typed: string): Promise<Acceptance> {
    const { signIn, session, step } = visit
    const { user, settings } = await countTry(ctx, journey, email, needs.limits.totpTries)
    const use = useOf('totp', user, settings.methods)
    // Whoever is in and has an app confirms with it, also where it signs nobody in by itself any more.
    const confirms = step.kind === 'confirm' && session !== undefined && session.userId === user?.id && session.opens !== 'first_key'
    const refused = typeof use === 'string' || (use.refused === 'off' && confirms) ? null : use.refused
    const refuse = async (reason: string): Promise<'refused'> => {
      if (user) await journey.finish.refuse(ctx, signIn, user, `totp_${reason}`, 'totp')
      return 'refused'
    }
    if (!user || refused !== null) {
      needs.authenticators.pretend(typed)
      return refuse(refused ?? 'none')
    }
    const proof = await needs.authenticators.verify(user.id, typed)
    return typeof proof === 'string' ? refuse(proof) : journey.finish.accept(ctx, signIn, user, proof, undefined, settings)
  }
}

async function show(ctx: Context, journey: Journey, { visit, email }: Asking, error: 'empty' | 'wrong' | null): Promise<void> {
  const others = await othersOf(ctx, journey, visit, 'totp')
  if (!others) return
  const afterPassword = visit.step.kind === 'confirm' && visit.step.because === 'second_step'
  ctx.page('signin/totp', {
    ...journey.facts(visit), email, afterPassword, others: afterPassword ? [{ href: `/signin/${visit.signIn.id}/recovery`, labelKey: 'signin.way.recovery' }] : others,
    changeHref: visit.step.kind === 'identify' ? `/signin/${visit.signIn.id}/email` : null,
    errors: { code: error === null ? null : `signin.totp.error.${error}` }, hasErrors: error !== null,
  }, { status: error === null ? 200 : 422 })
}
