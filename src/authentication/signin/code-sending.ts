import type { Context } from '../../http/index.ts'
import { maskEmail, type Channel } from '../methods/code/index.ts'
import { codeRefusal, type CodeRefusal } from '../policy/index.ts'
import { describeDevice } from '../sessions/index.ts'
import { networkOf } from '../throttle/index.ts'
import type { Journey, Visit } from './journey.ts'
import type { SignInUser } from './sign-in.ts'

/** Sends a code, or does the same work without sending when policy or limits say no. */
export async function sendCode(ctx: Context, journey: Journey, visit: Visit, channel: Channel, offer: { smsDestination: string | null }): Promise<void> {
  const { needs } = journey
  const { signIn } = visit
  const email = signIn.state.email ?? ''
  await needs.throttle.admit(needs.limits.codesPerAddress, networkOf(ctx.state.request.ip))
  // The account's own limit answers like any other send: a 429 here would tell which addresses are being asked for.
  const waitSeconds = await needs.throttle.count(needs.limits.codesPerAccount, email.toLowerCase())
  const user = await needs.users.findByEmail(email)
  const settings = user ? await needs.settingsOf(user.organizationId) : await journey.settings(signIn)
  const refused = waitSeconds > 0 ? 'limit' : codeRefusal(user, settings.methods, channel) ?? (await smsRefusal(journey, user, channel))
  const destination = channel === 'sms' ? offer.smsDestination ?? '' : maskEmail(email)
  const application = signIn.request.application && { id: signIn.request.application.id, name: signIn.request.application.name }

  const issued = await needs.codes.issue({
    purpose: 'signin', binding: signIn.id, channel, destination,
    userId: refused === undefined ? user?.id ?? null : null, organizationId: user?.organizationId ?? null,
    deliver: user ? async (tx, code, expiresAt) => {
      await needs.record(tx, ctx, {
        action: refused === undefined ? 'code.sent' : 'code.refused', outcome: refused === undefined ? 'success' : 'denied',
        organizationId: user.organizationId, user, application, details: { channel, ...(refused === undefined ? {} : { reason: refused }) },
      })
      if (refused === undefined && channel === 'sms' && user.phone) await needs.sms(tx, { user, phone: user.phone, code, expiresAt })
      if (refused === undefined && channel === 'mail') await needs.mail(tx, { template: 'code', user, expiresAt, model: letterModel(ctx, { code, application: application?.name ?? null }) })
      // The owner of the address learns why nothing works, and that someone tried; the page does not say.
      if (refused === 'has_key' || refused === 'administrator') await needs.mail(tx, { template: 'codes-off', user, expiresAt, model: letterModel(ctx, {}) })
    } : null,
  })
  await needs.storage.write((tx) => journey.store.remember(tx, signIn, { code: { ...issued, channel, destination } }))
}

/** Where and when it was asked for, so that the reader can tell whether it was them (S25). */
function letterModel(ctx: Context, more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...more, ip: ctx.state.request.ip, device: describeDevice(ctx.state.request.userAgent) || ctx.t('common.unknown_device'), minutes: 10 }
}

/** SMS costs money and invites pumping: limits per number, per block of numbers, per day, and by country (SEC-58). */
async function smsRefusal(journey: Journey, user: SignInUser | undefined, channel: Channel): Promise<CodeRefusal | 'limit' | 'country' | undefined> {
  if (channel !== 'sms' || !user?.phone) return undefined
  const { throttle, limits } = journey.needs
  if (limits.smsCountries.length > 0 && !limits.smsCountries.some((prefix) => user.phone?.startsWith(prefix))) return 'country'
  const waits = [
    await throttle.count(limits.smsPerNumber, user.phone),
    await throttle.count(limits.smsPerPrefix, user.phone.slice(0, -4)),
    await throttle.count(limits.smsDaily, 'all'),
  ]
  return waits.some((seconds) => seconds > 0) ? 'limit' : undefined
}
