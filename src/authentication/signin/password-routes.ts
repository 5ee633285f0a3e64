import { anyone, type Context, type Routes } from '../../http/index.ts'
import { passwordProof } from '../methods/password/index.ts'
import { useOf } from '../policy/index.ts'
import { atEvenPace } from './even-pace.ts'
import type { Acceptance } from './finish.ts'
import type { Journey } from './journey.ts'
import { countTry, goOn, openWay, othersOf, type Asking } from './ways.ts'

/** For so long after a directory did not answer every refusal says so: it must not be the mark of who has an account (SEC-54). */
const outageMilliseconds = 60_000

/** Signing in with a password: GET, POST /signin/:id/password. The same page for everyone, whoever was named (SEC-54). */
export function mountPasswordRoutes(routes: Routes, journey: Journey): void {
  const { needs } = journey
  let outageUntil = 0

  routes.get('/signin/:id/password', anyone, async (ctx) => {
    const asking = await openWay(ctx, journey)
    if (asking) await show(ctx, journey, asking, null)
  })

  routes.post('/signin/:id/password', anyone, async (ctx) => {
    const asking = await openWay(ctx, journey)
    if (!asking) return
    const password = (await ctx.form()).secret('password')
    // Some directories take an empty password for nobody's, and let nobody in (SEC-64).
    if (password === '') return show(ctx, journey, asking, 'empty')
    const judged = await atEvenPace(() => judge(ctx, asking, password))
    if (judged === 'unavailable') outageUntil = needs.clock.now() + outageMilliseconds
    if (judged !== 'unavailable' && goOn(ctx, asking.visit, judged)) return
    await show(ctx, journey, asking, needs.clock.now() < outageUntil ? 'unavailable' : 'wrong')
  })

  async function judge(ctx: Context, { visit, email }: Asking, password: string): Promise<Acceptance | 'unavailable'> {
    const { signIn } = visit
    const { user, settings } = await countTry(ctx, journey, email, needs.limits.passwordTries)
    const use = useOf('password', user, settings.methods)
    const refuse = async (reason: string): Promise<'refused'> => {
      if (user) await journey.finish.refuse(ctx, signIn, user, `password_${reason}`, 'password')
      return 'refused'
    }
    const isSpent = user !== undefined && use === 'first_key' && (await needs.passwords.isSpent(user.id))
    if (!user || typeof use !== 'string' || isSpent) {
      await needs.passwords.pretend(password)
      return refuse(isSpent ? 'spent' : typeof use === 'string' ? 'none' : use.refused)
    }
    const verdict = await needs.passwords.verify(user, password)
    switch (verdict) {
      case 'right': return journey.finish.accept(ctx, signIn, user, passwordProof(needs.clock.now(), use === 'first_key' ? use : undefined), undefined, settings)
      case 'none': {
        await needs.passwords.pretend(password)
        return refuse(verdict)
      }
      case 'wrong': return refuse(verdict)
      case 'unavailable': {
        await refuse(verdict)
        return verdict
      }
    }
  }
}

async function show(ctx: Context, journey: Journey, { visit, email }: Asking, error: 'empty' | 'wrong' | 'unavailable' | null): Promise<void> {
  const others = await othersOf(ctx, journey, visit, 'password')
  if (!others) return
  ctx.page('signin/password', {
    ...journey.facts(visit), email, others, changeHref: visit.step.kind === 'identify' ? `/signin/${visit.signIn.id}/email` : null,
    errors: { password: error === null ? null : `signin.password.error.${error}` }, hasErrors: error !== null,
  }, { status: error === null ? 200 : error === 'unavailable' ? 503 : 422 })
}
