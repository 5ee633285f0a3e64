import { anyone, type Context, type Routes } from '../../http/index.ts'
import { useOf } from '../policy/index.ts'
import { describeDevice } from '../sessions/index.ts'
import { atEvenPace } from './even-pace.ts'
import type { Acceptance } from './finish.ts'
import type { Journey } from './journey.ts'
import { countTry, goOn, openWay, othersOf, type Asking } from './ways.ts'

/** A pass of the help desk leads to the page that enrolls the first key: GET, POST /signin/:id/access-pass. */
export function mountAccessPassRoutes(routes: Routes, journey: Journey): void {
  const { needs } = journey

  routes.get('/signin/:id/access-pass', anyone, async (ctx) => {
    const asking = await openWay(ctx, journey)
    if (asking) await show(ctx, journey, asking, null)
  })

  routes.post('/signin/:id/access-pass', anyone, async (ctx) => {
    const asking = await openWay(ctx, journey)
    if (!asking) return
    const typed = (await ctx.form()).text('pass')
    if (typed === '') return show(ctx, journey, asking, 'empty')
    if (!goOn(ctx, asking.visit, await atEvenPace(() => judge(ctx, asking, typed)))) await show(ctx, journey, asking, 'wrong')
  })

  async function judge(ctx: Context, { visit, email }: Asking, typed: string): Promise<Acceptance> {
    const { signIn } = visit
    const { user, settings } = await countTry(ctx, journey, email, needs.limits.passTries)
    const use = useOf('access-pass', user, settings.methods)
    const proof = user && typeof use === 'string' ? await needs.accessPasses.find(user.id, typed) : undefined
    if (!user || !proof) {
      if (user) await journey.finish.refuse(ctx, signIn, user, `access_pass_${typeof use === 'string' ? 'wrong' : use.refused}`, 'access-pass')
      return 'refused'
    }
    return journey.finish.accept(ctx, signIn, user, proof, async (tx) => {
      if (!(await needs.accessPasses.use(tx, user.id, proof))) return false
      await needs.record(tx, ctx, { action: 'access_pass.used', outcome: 'success', organizationId: user.organizationId, user, application: null, details: {} })
      await needs.mail(tx, {
        template: 'way-changed', user, expiresAt: needs.clock.now() + 7 * 86_400_000,
        model: { whatKey: 'mail.way-changed.pass_used', way: '', by: '', ip: ctx.state.request.ip, device: describeDevice(ctx.state.request.userAgent) || ctx.t('common.unknown_device') },
      })
      return true
    }, settings)
  }
}

async function show(ctx: Context, journey: Journey, { visit, email }: Asking, error: 'empty' | 'wrong' | null): Promise<void> {
  const others = await othersOf(ctx, journey, visit, 'access-pass')
  if (!others) return
  ctx.page('signin/access-pass', {
    ...journey.facts(visit), email, others, changeHref: visit.step.kind === 'identify' ? `/signin/${visit.signIn.id}/email` : null,
    errors: { pass: error === null ? null : `signin.access_pass.error.${error}` }, hasErrors: error !== null,
  }, { status: error === null ? 200 : 422 })
}
