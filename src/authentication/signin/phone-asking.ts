import type { Context } from '../../http/index.ts'
import type { Approval } from '../../phones/index.ts'
import { phoneProof } from '../methods/phone/index.ts'
import { phoneRefusal } from '../policy/index.ts'
import { describeDevice } from '../sessions/index.ts'
import type { Acceptance } from './finish.ts'
import type { Journey, Visit } from './journey.ts'
import type { SignInUser } from './sign-in.ts'

/** What a page says of a request: only `approved` tells more than the passing of time. */
export type PhonePageState = 'open' | 'scanned' | 'approved' | 'over'

/** Refused, replaced, run out or used: a stranger who asked for somebody else's phone learns from none of them that there is one (SEC-54). */
export function pageState({ state, expiresAt, kind, userId }: Approval, now: number): PhonePageState {
  if (state === 'approved') return 'approved'
  if (state !== 'open' || expiresAt <= now) return 'over'
  return kind === 'code' && userId !== null ? 'scanned' : 'open'
}

/** A phone confirms what it could have begun: not where a key is asked for, which it never replaces, nor before changes to the ways in. */
export async function isPhonePossible(journey: Journey, { step, signIn, session }: Visit): Promise<boolean> {
  if (step.kind === 'identify') return (await journey.settings(signIn)).methods.phone
  if (step.kind !== 'confirm' || !session || session.opens !== 'everything') return false
  const reaches = step.because === 'too_old' ? signIn.request.assurance === null || !isStrong(signIn.request.assurance) : step.because === 'too_weak' && !isStrong(signIn.request.assurance)
  return reaches && phoneRefusal({ status: 'active', role: session.user.role }, (await journey.needs.settingsFor({ id: session.userId, organizationId: session.organizationId })).methods, 'request') === undefined
}

function isStrong(assurance: Visit['signIn']['request']['assurance']): boolean {
  return assurance === 'phr' || assurance === 'phrh'
}

/** Asks the phones of whoever has this address; for everybody else the page gets a request that no phone ever sees. */
export async function askPhone(ctx: Context, journey: Journey, visit: Visit, email: string): Promise<void> {
  const { needs } = journey
  const { signIn } = visit
  const user = await needs.users.findByEmail(email)
  const reason = await reasonNotToAsk(journey, user)
  const nearness = user && (await needs.settingsFor(user)).methods.phoneNear ? 'needed' : 'not_asked'
  const approval = await needs.storage.write(async (tx) => {
    const asked = await needs.phones.ask(tx, ctx.state.request, {
      user: user && reason === undefined ? { id: user.id, organizationId: user.organizationId } : null, signInId: signIn.id, kind: 'request', application: signIn.request.application?.name ?? null,
      browser: describeDevice(ctx.state.request.userAgent), ip: ctx.state.request.ip, nearness,
    })
    await journey.store.remember(tx, signIn, (state) => ({ ...state, email, phone: asked.id }))
    return asked
  })
  if (user && reason !== undefined) await journey.finish.refuse(ctx, signIn, user, `phone_${reason}`, 'phone')
  needs.phones.announce(approval)
}

async function reasonNotToAsk({ needs }: Journey, user: SignInUser | undefined): Promise<string | undefined> {
  if (!user) return 'unknown_user'
  const refused = phoneRefusal(user, (await needs.settingsFor(user)).methods, 'request')
  if (refused !== undefined) return refused
  if ((await needs.phones.store.count(needs.storage.read, user.id)) === 0) return 'no_phone'
  if ((await needs.phones.approvals.pausedUntil(user.id)) !== null) return 'paused'
  // Counted last: what nobody hears of bothers nobody (SEC-43).
  return (await needs.throttle.count(needs.limits.phoneRequests, user.id)) > 0 ? 'too_many' : undefined
}

/** A code belongs to nobody until a phone scans it. */
export async function showCode(ctx: Context, journey: Journey, { signIn }: Visit): Promise<void> {
  const { needs } = journey
  await needs.storage.write(async (tx) => {
    const approval = await needs.phones.ask(tx, ctx.state.request, {
      user: null, signInId: signIn.id, kind: 'code', application: signIn.request.application?.name ?? null, browser: describeDevice(ctx.state.request.userAgent), ip: ctx.state.request.ip, nearness: 'needed',
    })
    await journey.store.remember(tx, signIn, (state) => ({ ...state, phone: approval.id }))
  })
}

/** The phone has said yes: the rest is as with every other proof, and the yes is used up with it. */
export async function judgeApproval(ctx: Context, journey: Journey, { signIn, step, session }: Visit, approval: Approval): Promise<Acceptance | 'waiting'> {
  const { needs } = journey
  const state = pageState(approval, needs.clock.now())
  if (state === 'open' || state === 'scanned') return 'waiting'
  const user = approval.userId === null ? undefined : await needs.users.find(approval.userId)
  if (state !== 'approved' || !user || approval.phoneId === null) return 'refused'
  const settings = await needs.settingsFor(user)
  // Asked again: policy or person may have changed since the phone was asked.
  const refused = phoneRefusal(user, settings.methods, approval.kind) ?? (step.kind === 'confirm' && session?.userId !== user.id ? 'other_person' : undefined)
  if (refused !== undefined) {
    await journey.finish.refuse(ctx, signIn, user, `phone_${refused}`, 'phone')
    return 'refused'
  }
  return journey.finish.accept(ctx, signIn, user, phoneProof(approval.phoneId, needs.clock.now()), (tx) => needs.phones.approvals.consume(tx, approval.id, signIn.id), settings)
}
