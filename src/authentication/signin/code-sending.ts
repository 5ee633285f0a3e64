import type { Context } from '../../http/index.ts'
import type { Transaction } from '../../storage/index.ts'
import type { Channel } from '../methods/code/index.ts'
import { codeRefusal } from '../policy/index.ts'
import { describeDevice } from '../sessions/index.ts'
import { networkOf } from '../throttle/index.ts'
import { atEvenPace } from './even-pace.ts'
import type { Journey, Visit } from './journey.ts'
import type { SignInState, SignInUser } from './sign-in.ts'

/**
 * Sends a code, or does the same work without sending when policy or limits say no.
 *
 * The page's button may be pressed twice, or the page left and opened again: whether a code is on its way is judged in the
 * transaction that sends one, so one message goes out (S24).
 * @returns whether this press was the one to send; false while an earlier code is on its way
 */
export async function sendCode(ctx: Context, journey: Journey, visit: Visit, channel: Channel, destination: string): Promise<boolean> {
  const { needs } = journey
  const { signIn } = visit
  const isOnItsWay = ({ code }: SignInState): boolean => code?.channel === channel && code.resendAt > needs.clock.now()
  if (isOnItsWay(signIn.state)) return false
  await needs.throttle.admit(needs.limits.codesPerAddress, networkOf(ctx.state.request.ip))
  await atEvenPace(() => send(ctx, journey, visit, channel, destination, isOnItsWay))
  return true
}

async function send(ctx: Context, journey: Journey, visit: Visit, channel: Channel, destination: string, isOnItsWay: (state: SignInState) => boolean): Promise<void> {
  const { needs } = journey
  const { signIn } = visit
  const email = signIn.state.email ?? ''
  const user = await needs.users.findByEmail(email)
  const settings = user ? await needs.settingsOf(user.organizationId) : await journey.settings(signIn)
  const application = signIn.request.application && { id: signIn.request.application.id, name: signIn.request.application.name }

  await needs.storage.write((tx) => journey.store.remember(tx, signIn, async (state) => {
    if (state.email !== email || isOnItsWay(state)) return state
    // The account's own limit answers like any other send: a 429 here would tell which addresses are being asked for.
    const waitSeconds = await needs.throttle.count(needs.limits.codesPerAccount, needs.normaliseEmail(email)?.key ?? email, tx)
    const refused = waitSeconds > 0 ? 'limit' : codeRefusal(user, settings.methods, channel) ?? (await smsRefusal(tx, journey, user, channel))
    const issued = await needs.codes.issue(tx, {
      purpose: 'signin', binding: signIn.id, channel, destination, userId: user?.id ?? null, organizationId: user?.organizationId ?? null,
      deliver: !user || refused !== undefined ? null : async (code, expiresAt) => {
        if (channel === 'sms' && user.phone) await needs.sms(tx, { user, phone: user.phone, code, expiresAt })
        else await needs.mail(tx, { template: 'code', user, expiresAt, model: letterModel(ctx, { code, application: application?.name ?? null }) })
      },
    })
    if (user) {
      await needs.record(tx, ctx, {
        action: refused === undefined ? 'code.sent' : 'code.refused', outcome: refused === undefined ? 'success' : 'denied',
        organizationId: user.organizationId, user, application, details: { channel, ...(refused === undefined ? {} : { reason: refused }) },
      })
      // The owner of the address learns why nothing works, and that someone tried; the page does not say.
      if (refused === 'has_key' || refused === 'administrator') await needs.mail(tx, { template: 'codes-off', user, expiresAt: issued.expiresAt, model: letterModel(ctx, {}) })
    }
    return { ...state, code: { ...issued, channel, destination } }
  }))
}

/** Where and when it was asked for, so that the reader can tell whether it was them (S25). */
function letterModel(ctx: Context, more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...more, ip: ctx.state.request.ip, device: describeDevice(ctx.state.request.userAgent) || ctx.t('common.unknown_device'), minutes: 10 }
}

/**
 * SMS costs money and invites pumping: limits per number, per block of numbers, per day, and by country (SEC-58). In this
 * order, so that one number asked for a thousand times does not use up the day's budget for everybody.
 */
async function smsRefusal(tx: Transaction, journey: Journey, user: SignInUser | undefined, channel: Channel): Promise<'limit' | 'country' | undefined> {
  if (channel !== 'sms' || !user?.phone) return undefined
  const { throttle, limits } = journey.needs
  if (limits.smsCountries.length > 0 && !limits.smsCountries.some((prefix) => user.phone?.startsWith(prefix))) return 'country'
  for (const [limit, subject] of [[limits.smsPerNumber, user.phone], [limits.smsPerPrefix, user.phone.slice(0, -4)], [limits.smsDaily, 'all']] as const) {
    if ((await throttle.count(limit, subject, tx)) > 0) return 'limit'
  }
  return undefined
}
