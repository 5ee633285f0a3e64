import { anyone, type Context, type Routes } from '../../http/index.ts'
import { approvalSubject, type Approval } from '../../phones/index.ts'
import { maskEmail } from '../methods/code/index.ts'
import { qrPicture } from '../methods/totp/index.ts'
import { networkOf } from '../throttle/index.ts'
import { atEvenPace } from './even-pace.ts'
import type { Journey, Visit } from './journey.ts'
import { askPhone, isPhonePossible, judgeApproval, pageState, showCode, type PhonePageState } from './phone-asking.ts'
import { linksTo, waysOf } from './ways.ts'

/**
 *   GET       /signin/:id/phone             which phone: that of an address, or one that scans a code
 *   POST      /signin/:id/phone/request     asks the phone of the address; POST …/phone/code shows a code
 *   GET, POST /signin/:id/phone/wait        the number, and what has become of it; the POST goes on after a yes
 *   GET       /signin/:id/phone/state       the same as JSON, as soon as it is not as it was; …/phone/code.svg the code of this moment
 *
 * Whoever has no account, no phone, or too many requests behind them sees the same number and waits as long (SEC-54, S2).
 */
export function mountPhoneRoutes(routes: Routes, journey: Journey): void {
  const { needs } = journey

  routes.get('/signin/:id/phone', anyone, async (ctx) => {
    const visit = await open(ctx, journey)
    if (visit) await showChoice(ctx, visit, visit.signIn.state.email ?? visit.signIn.request.loginHint ?? '', null)
  })

  routes.post('/signin/:id/phone/request', anyone, async (ctx) => {
    const visit = await open(ctx, journey)
    if (!visit) return
    await needs.throttle.admit(needs.limits.signInsPerAddress, networkOf(ctx.state.request.ip))
    const typed = visit.step.kind === 'confirm' ? visit.session?.user.email ?? '' : (await ctx.form()).text('email')
    const address = needs.normaliseEmail(typed)
    if (!address) return showChoice(ctx, visit, typed, typed === '' ? 'signin.email.error.empty' : 'signin.email.error.syntax')
    await atEvenPace(() => askPhone(ctx, journey, visit, address.email))
    ctx.redirectTo(`/signin/${visit.signIn.id}/phone/wait`)
  })

  routes.post('/signin/:id/phone/code', anyone, async (ctx) => {
    const visit = await open(ctx, journey)
    if (!visit) return
    await needs.throttle.admit(needs.limits.signInsPerAddress, networkOf(ctx.state.request.ip))
    const { methods } = await journey.settings(visit.signIn)
    if (!methods.phoneCode || visit.step.kind === 'confirm') return ctx.redirectTo(`/signin/${visit.signIn.id}/phone`)
    await showCode(ctx, journey, visit)
    ctx.redirectTo(`/signin/${visit.signIn.id}/phone/wait`)
  })

  routes.get('/signin/:id/phone/wait', anyone, async (ctx) => {
    const found = await waiting(ctx, journey)
    if (found) showWait(ctx, found)
  })

  routes.get('/signin/:id/phone/state', anyone, async (ctx) => {
    const found = await waiting(ctx, journey)
    if (!found) return
    ctx.set('Cache-Control', 'no-store')
    const seen = ctx.query['seen']
    const now = (approval: Approval): PhonePageState => pageState(approval, needs.clock.now())
    // Listening begins before looking, so that nothing falls between the two.
    const gone = new AbortController()
    ctx.req.once('close', () => { gone.abort() })
    const changed = needs.phones.watch.wait([approvalSubject(found.approval.id)], pollMilliseconds, gone.signal)
    let approval = await needs.phones.approvals.find(found.approval.id) ?? found.approval
    if (now(approval) === seen) {
      await changed
      approval = await needs.phones.approvals.find(approval.id) ?? approval
    } else gone.abort()
    ctx.body = { state: now(approval), secondsLeft: secondsLeft(approval) }
  })

  routes.get('/signin/:id/phone/code.svg', anyone, async (ctx) => {
    const found = await waiting(ctx, journey)
    if (!found) return
    ctx.set('Content-Type', 'image/svg+xml')
    ctx.set('Cache-Control', 'no-store')
    ctx.body = qrPicture(`${needs.publicUrl}/phone/scan#${needs.phones.approvals.scanSecret(found.approval.id)}`)
  })

  routes.post('/signin/:id/phone/wait', anyone, async (ctx) => {
    const found = await waiting(ctx, journey)
    if (!found) return
    const accepted = await judgeApproval(ctx, journey, found.visit, found.approval)
    if (accepted === 'accepted') ctx.redirectTo(`/signin/${found.visit.signIn.id}`)
    else if (accepted === 'other_organization') ctx.redirectTo(`/signin/${found.visit.signIn.id}`, { key: 'signin.problem.other_organization', kind: 'warning' })
    else if (accepted === 'waiting') ctx.redirectTo(`/signin/${found.visit.signIn.id}/phone/wait`)
    else ctx.redirectTo(`/signin/${found.visit.signIn.id}/phone`, { key: 'signin.phone.notice.refused', kind: 'warning' })
  })

  async function showChoice(ctx: Context, visit: Visit, email: string, error: string | null): Promise<void> {
    const { methods } = await journey.settings(visit.signIn)
    const confirms = visit.step.kind === 'confirm'
    ctx.page('signin/phone', {
      ...journey.facts(visit), email, confirms, codeOffered: methods.phoneCode && !confirms, errors: { email: error }, hasErrors: error !== null,
      others: linksTo(visit.signIn.id, await waysOf(journey, visit), 'phone'),
    }, { status: error === null ? 200 : 422 })
  }

  function showWait(ctx: Context, { visit, approval }: Waiting): void {
    const { signIn } = visit
    const state = pageState(approval, needs.clock.now())
    const base = `/signin/${signIn.id}/phone`
    ctx.page('signin/phone-wait', {
      ...journey.facts(visit), state, kind: approval.kind, digits: String(approval.number), secondsLeft: secondsLeft(approval), expiresAt: approval.expiresAt,
      destination: approval.kind === 'request' && signIn.state.email !== undefined ? maskEmail(signIn.state.email) : null,
      picture: approval.kind === 'code' || approval.nearness === 'needed' ? `${base}/code.svg` : null,
      manualCode: needs.phones.approvals.manualCode(approval.id).replace(/(\d{4})/, '$1 '),
      stateUrl: `${base}/state`, action: `${base}/wait`, again: approval.kind === 'code' ? `${base}/code` : `${base}/request`, email: visit.step.kind === 'confirm' ? '' : signIn.state.email ?? '',
      others: [{ href: base, labelKey: 'signin.phone.another' }, { href: `/signin/${signIn.id}`, labelKey: 'signin.phone.key' }],
    })
  }

  function secondsLeft(approval: Approval): number {
    return Math.max(0, Math.ceil((approval.expiresAt - needs.clock.now()) / 1_000))
  }
}

/** A proxy in between cuts what is silent for longer. */
const pollMilliseconds = 15_000

interface Waiting { readonly visit: Visit; readonly approval: Approval }

/** @returns undefined where a phone has nothing to say in this sign-in; the visitor is then on the way to what has */
async function open(ctx: Context, journey: Journey): Promise<Visit | undefined> {
  const visit = await journey.visit(ctx)
  if (!visit) return undefined
  if (await isPhonePossible(journey, visit)) return visit
  ctx.redirectTo(`/signin/${visit.signIn.id}`)
  return undefined
}

/** The request of this very sign-in: another browser's is nowhere to be found (SEC-42). */
async function waiting(ctx: Context, journey: Journey): Promise<Waiting | undefined> {
  const visit = await open(ctx, journey)
  if (!visit) return undefined
  const { phone } = visit.signIn.state
  const approval = phone === undefined ? undefined : await journey.needs.phones.approvals.find(phone)
  if (approval?.signInId === visit.signIn.id) return { visit, approval }
  ctx.redirectTo(`/signin/${visit.signIn.id}/phone`)
  return undefined
}
