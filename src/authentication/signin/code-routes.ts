import { anyone, type Context, type Routes } from '../../http/index.ts'
import type { OrganizationId } from '../../storage/index.ts'
import { codeProof, maskEmail, maskPhone, type Channel, type CodeCheck } from '../methods/code/index.ts'
import { codeRefusal } from '../policy/index.ts'
import { networkOf } from '../throttle/index.ts'
import { sendCode } from './code-sending.ts'
import { atEvenPace } from './even-pace.ts'
import type { Acceptance } from './finish.ts'
import type { Journey, Visit } from './journey.ts'
import { judgeSecurityCheck } from './security-check-form.ts'
import { linksTo, waysFor, waysOf, type Way } from './ways.ts'

/**
 * Signing in without a key (S18–S29): e-mail → channel → code. Where passwords or apps are on, the address leads to their page,
 * and from there to the others (ways.ts).
 *
 *   GET, POST /signin/:id/email      who are you
 *   GET, POST /signin/:id/channel    mail or SMS; sends
 *   GET, POST /signin/:id/code       the six digits
 *
 * Every address gets the same pages in the same order, whether it has an account or not (S2, SEC-54).
 */
export function mountCodeRoutes(routes: Routes, journey: Journey): void {
  const { needs } = journey

  routes.get('/signin/:id/email', anyone, async (ctx) => {
    const visit = await open(ctx, journey)
    if (!visit) return
    const known = visit.step.kind === 'confirm' ? visit.session?.user.email : undefined
    await showEmail(ctx, journey, visit, known ?? visit.signIn.state.email ?? visit.signIn.request.loginHint ?? '', {})
  })

  routes.post('/signin/:id/email', anyone, async (ctx) => {
    const visit = await open(ctx, journey)
    if (!visit) return
    await needs.throttle.admit(needs.limits.signInsPerAddress, networkOf(ctx.state.request.ip))
    const form = await ctx.form()
    const typed = form.text('email')
    const address = needs.normaliseEmail(typed)
    const check = await judgeSecurityCheck(needs.securityCheck, form)
    const errors = { ...(address ? {} : { email: typed === '' ? 'signin.email.error.empty' : 'signin.email.error.syntax' }), ...(check === null ? {} : { security_check: check }) }
    if (!address || check !== null) return showEmail(ctx, journey, visit, typed, errors)
    // A code that is on its way to another address is not this one's: it is neither waited for nor judged under this name.
    await needs.storage.write((tx) => journey.store.remember(tx, visit.signIn, ({ code, ...state }) => ({ ...state, email: address.email, ...(code && state.email === address.email ? { code } : {}) })))
    const [way = 'channel'] = visit.step.kind === 'confirm' ? [] : waysFor(await journey.settings(visit.signIn))
    ctx.redirectTo(`/signin/${visit.signIn.id}/${way}`)
  })

  routes.get('/signin/:id/channel', anyone, async (ctx) => {
    const visit = await open(ctx, journey)
    if (!visit) return
    const { email } = visit.signIn.state
    if (email === undefined) return ctx.redirectTo(`/signin/${visit.signIn.id}/email`)
    const offer = await channelsFor(journey, visit, email)
    ctx.page('signin/channel', { ...journey.facts(visit), mailDestination: maskEmail(email), ...offer, channel: offer.mailOff ? 'sms' : 'mail', sendable: offer.smsOffered || !offer.mailOff, others: linksTo(visit.signIn.id, offer.ways, 'channel') })
  })

  routes.post('/signin/:id/channel', anyone, async (ctx) => {
    const visit = await open(ctx, journey)
    if (!visit) return
    if (visit.signIn.state.email === undefined) return ctx.redirectTo(`/signin/${visit.signIn.id}/email`)
    const asked: Channel = (await ctx.form()).text('channel') === 'sms' ? 'sms' : 'mail'
    const offer = await channelsFor(journey, visit, visit.signIn.state.email)
    if (asked === 'sms' ? !offer.smsOffered : offer.mailOff) return ctx.redirectTo(`/signin/${visit.signIn.id}/channel`)
    // Told from this browser's own journey alone, so it says nothing about the account.
    const isAgain = visit.signIn.state.code?.channel === asked
    const isSent = await sendCode(ctx, journey, visit, asked, asked === 'sms' ? offer.smsDestination ?? '' : maskEmail(visit.signIn.state.email))
    ctx.redirectTo(`/signin/${visit.signIn.id}/code`, isAgain ? { key: isSent ? 'signin.notice.code_again' : 'signin.notice.code_waiting', kind: isSent ? 'success' : 'warning' } : undefined)
  })

  routes.get('/signin/:id/code', anyone, async (ctx) => {
    const visit = await open(ctx, journey)
    if (visit) showCode(ctx, journey, visit, undefined)
  })

  routes.post('/signin/:id/code', anyone, async (ctx) => {
    const visit = await open(ctx, journey)
    if (!visit) return
    const { code } = visit.signIn.state
    if (!code) return ctx.redirectTo(`/signin/${visit.signIn.id}/email`)
    await needs.throttle.admit(needs.limits.triesPerAddress, networkOf(ctx.state.request.ip))
    const typed = (await ctx.form()).text('code')
    const check = await atEvenPace(() => judge(ctx, visit, code.id, typed))
    if (check === 'accepted') ctx.redirectTo(`/signin/${visit.signIn.id}`)
    else if (check === 'other_organization') ctx.redirectTo(`/signin/${visit.signIn.id}`, { key: 'signin.problem.other_organization', kind: 'warning' })
    else showCode(ctx, journey, visit, check)
  })

  /** @returns 'accepted' once a session holds the proof, or what the page says */
  async function judge(ctx: Context, visit: Visit, id: string, typed: string): Promise<Exclude<Acceptance, 'refused'> | CodeCheck> {
    const { signIn } = visit
    const email = signIn.state.email ?? ''
    const known = await needs.users.findByEmail(email)
    await needs.throttle.admit(needs.limits.triesPerAccount, known?.id ?? needs.normaliseEmail(email)?.key ?? '')
    const check = await needs.codes.check({ id, purpose: 'signin', binding: signIn.id, typed })
    if (check.outcome === 'rejected') {
      if (known) await journey.finish.refuse(ctx, signIn, known, `code_${check.reason}`, 'code')
      return check
    }
    const user = check.code.userId ? await needs.users.find(check.code.userId) : undefined
    const settings = user && (await needs.settingsOf(user.organizationId))
    // Asked again: policy or person may have changed since the code was sent.
    const allowed = user && settings && codeRefusal(user, settings.methods, check.code.channel) === undefined
    const accepted = allowed ? await journey.finish.accept(ctx, signIn, user, codeProof(check.code.channel, needs.clock.now())) : 'refused'
    return accepted === 'refused' ? { outcome: 'rejected', reason: 'expired' } : accepted
  }
}

/** A sign-in that is finished, or whose person is known and needs a key, does not go through codes. */
async function open(ctx: Context, journey: Journey): Promise<Visit | undefined> {
  const visit = await journey.visit(ctx)
  if (!visit) return undefined
  const byCode = visit.step.kind === 'identify' || (visit.step.kind === 'confirm' && visit.step.because !== 'too_weak' && visit.step.because !== 'second_step' && visit.session?.user.passkeys === 0)
  if (byCode) return visit
  ctx.redirectTo(`/signin/${visit.signIn.id}`)
  return undefined
}

/**
 * Which channels the page offers. Whoever may not use codes at all, a stranger first, may get a made-up number, always the
 * same one, so that neither an offered SMS nor a missing one tells who has an account here.
 */
async function channelsFor(journey: Journey, visit: Visit, email: string): Promise<{ smsOffered: boolean; smsDestination: string | null; smsHintKey: string; mailOff: boolean; ways: readonly Way[] }> {
  const { needs } = journey
  const user = await needs.users.findByEmail(email)
  // Asked for strangers too, who have none: the same work for everyone.
  const { methods } = await needs.settingsOf((user?.organizationId ?? '') as OrganizationId)
  const general = await journey.settings(visit.signIn)
  const mailOff = !general.methods.emailCode
  const ways = visit.step.kind === 'confirm' ? await waysOf(journey, visit) : waysFor(general)
  if (!general.methods.smsCode) return { smsOffered: false, smsDestination: null, smsHintKey: 'signin.channel.sms_none', mailOff, ways }
  const refused = codeRefusal(user, methods, 'sms')
  if (user?.phone && refused === undefined) return { smsOffered: true, smsDestination: maskPhone(user.phone), smsHintKey: 'signin.channel.sms_off', mailOff, ways }
  const decoy = Buffer.from(needs.hash(`decoy phone ${needs.normaliseEmail(email)?.key ?? ''}`), 'base64url')
  const offered = refused !== 'phone_not_verified' && refused !== 'channel_off' && (decoy[0] ?? 0) < 128
  return { smsOffered: offered, smsDestination: offered ? `+${decoyCountry(decoy[1] ?? 0)} ••• ${String((decoy[2] ?? 0) % 100).padStart(2, '0')}` : null, smsHintKey: 'signin.channel.sms_off', mailOff, ways }
}

function decoyCountry(byte: number): string {
  return ['49', '44', '33', '39', '31', '43', '41', '48'][byte % 8] ?? '49'
}

async function showEmail(ctx: Context, journey: Journey, visit: Visit, email: string, errors: Readonly<Record<string, string>>): Promise<void> {
  const settings = await journey.settings(visit.signIn)
  const hasErrors = Object.keys(errors).length > 0
  ctx.page('signin/email', {
    ...journey.facts(visit), email, hasErrors, errors: { email: errors['email'] ?? null, security_check: errors['security_check'] ?? null },
    optionsUrl: `/signin/${visit.signIn.id}/passkey/options`, passkeyAction: `/signin/${visit.signIn.id}/passkey`, securityCheck: journey.needs.securityCheck.create(), keysOnly: waysFor(settings).every((way) => way === 'phone'), recoveryOffered: settings.methods.recoveryCodes,
  }, { status: hasErrors ? 422 : 200 })
}

function showCode(ctx: Context, journey: Journey, visit: Visit, check: CodeCheck | undefined): void {
  const { code } = visit.signIn.state
  if (!code) return ctx.redirectTo(`/signin/${visit.signIn.id}/email`)
  const rejected = check?.outcome === 'rejected' ? check : undefined
  const secondsLeft = Math.max(0, Math.ceil((code.expiresAt - journey.needs.clock.now()) / 1_000))
  const error = rejected ? `signin.code.error.${rejected.reason}` : null
  ctx.page('signin/code', {
    ...journey.facts(visit), destination: code.destination, channel: code.channel, expiresAt: code.expiresAt, secondsLeft,
    resendSeconds: Math.max(0, Math.ceil((code.resendAt - journey.needs.clock.now()) / 1_000)),
    errors: { code: error }, hasErrors: error !== null, triesLeft: rejected?.reason === 'wrong' ? rejected.triesLeft : null,
    over: secondsLeft === 0 || rejected?.reason === 'locked' || rejected?.reason === 'expired',
  }, { status: error === null ? 200 : 422 })
}
