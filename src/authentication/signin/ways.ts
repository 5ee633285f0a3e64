import { TooManyRequests } from '../../errors.ts'
import type { Context } from '../../http/index.ts'
import type { OrganizationId, UserId } from '../../storage/index.ts'
import { networkOf, type Limit } from '../throttle/index.ts'
import type { Acceptance } from './finish.ts'
import type { Journey, Visit } from './journey.ts'
import type { MethodSettings } from '../policy/index.ts'
import type { SignInSettings } from './needs.ts'
import type { SignInUser } from './sign-in.ts'

/** Ways in for somebody without a key at hand, by the last part of their address. */
export type Way = 'phone' | 'password' | 'totp' | 'channel' | 'access-pass'

export interface WayLink { readonly href: string; readonly labelKey: string }

/** A page of one way, and whom it is about: the person who confirms, or whoever was named on the page before. */
export interface Asking { readonly visit: Visit; readonly email: string }

const order: readonly Way[] = ['password', 'totp', 'channel', 'access-pass', 'phone']

type Flags = Pick<MethodSettings, 'password' | 'totp' | 'accessPass' | 'passwordEnrolsFirstKey' | 'emailCode' | 'smsCode' | 'phone'>

function isOffered(way: Way, flags: Flags): boolean {
  switch (way) {
    case 'password': return flags.password || flags.passwordEnrolsFirstKey
    case 'totp': return flags.totp
    case 'channel': return flags.emailCode || flags.smsCode
    case 'access-pass': return flags.accessPass
    case 'phone': return flags.phone
  }
}

/** Everything that anybody here might use, whoever is asked about: a page that left something out would tell who has an account (SEC-54). */
export function waysFor({ methods, anybody }: SignInSettings): Way[] {
  return order.filter((way) => isOffered(way, { ...methods, ...anybody }))
}

/** What lifts the session of somebody without a key to where it is wanted. @param settings of this very person */
export function waysToConfirm({ step, session }: Visit, { methods }: SignInSettings): Way[] {
  if (step.kind !== 'confirm' || !session || session.user.passkeys > 0) return []
  const { authenticators, role } = session.user
  const onlyFirstKey = session.opens === 'first_key'
  // Less than the app proves nothing new: after a password, and before changes to an account that has one.
  if (authenticators > 0 && !onlyFirstKey && (step.because === 'second_step' || step.because === 'step_up')) return ['totp']
  return order.filter((way) => {
    switch (way) {
      case 'password': return role === 'user' && isOffered(way, { ...methods, passwordEnrolsFirstKey: methods.passwordEnrolsFirstKey && onlyFirstKey })
      case 'totp': return authenticators > 0 && !onlyFirstKey
      case 'channel': return role === 'user' && isOffered(way, methods) && step.because !== 'too_weak'
      case 'access-pass': return onlyFirstKey && isOffered(way, methods)
      // Whoever has a phone has its key too, and is asked for that (phone-asking.ts).
      case 'phone': return false
    }
  })
}

export function linksTo(id: string, ways: readonly Way[], except?: Way): WayLink[] {
  return ways.filter((way) => way !== except).map((way) => ({ href: `/signin/${id}/${way}`, labelKey: `signin.way.${way}` }))
}

/** The same on the page that asks to confirm, where a code begins with the address it goes to. */
export function linksToConfirm(id: string, ways: readonly Way[]): WayLink[] {
  return linksTo(id, ways).map((link) => (link.labelKey === 'signin.way.channel' ? { href: `/signin/${id}/email`, labelKey: 'signin.confirm.code' } : link))
}

export async function waysOf(journey: Journey, visit: Visit): Promise<Way[]> {
  const { step, session, signIn } = visit
  if (step.kind === 'confirm' && session) return waysToConfirm(visit, await journey.needs.settingsFor({ id: session.userId, organizationId: session.organizationId }))
  return step.kind === 'identify' ? waysFor(await journey.settings(signIn)) : []
}

/**
 * Whom a page of such a way is about. Whether it is offered at all is asked where the page is shown (`othersOf`): an answer is
 * judged by what the person may use.
 * @returns undefined when this sign-in has no such page; the visitor is then on the way to the one it has
 */
export async function openWay(ctx: Context, journey: Journey): Promise<Asking | undefined> {
  const visit = await journey.visit(ctx)
  if (!visit) return undefined
  const { signIn, step, session } = visit
  if (step.kind !== 'identify' && (step.kind !== 'confirm' || !session || session.user.passkeys > 0)) {
    ctx.redirectTo(`/signin/${signIn.id}`)
    return undefined
  }
  const email = step.kind === 'confirm' ? session?.user.email : signIn.state.email
  if (email !== undefined) return { visit, email }
  ctx.redirectTo(`/signin/${signIn.id}/email`)
  return undefined
}

/** Where else its page leads; undefined where nobody here goes this way, and the visitor is sent to where they can. */
export async function othersOf(ctx: Context, journey: Journey, visit: Visit, way: Way): Promise<readonly WayLink[] | undefined> {
  const ways = await waysOf(journey, visit)
  if (ways.includes(way)) return linksTo(visit.signIn.id, ways, way)
  ctx.redirectTo(`/signin/${visit.signIn.id}`)
  return undefined
}

/**
 * Looks up whom it is about and counts the try before anything is judged (SEC-55). Strangers cost the same questions as anyone,
 * and their limit is that of the address they name.
 * @throws TooManyRequests over either limit
 */
export async function countTry(ctx: Context, journey: Journey, email: string, limit: Limit): Promise<{ user: SignInUser | undefined; settings: SignInSettings }> {
  const { needs } = journey
  const user = await needs.users.findByEmail(email)
  const seconds = await needs.throttle.countAll([[needs.limits.triesPerAddress, networkOf(ctx.state.request.ip)], [limit, user?.id ?? needs.normaliseEmail(email)?.key ?? '']])
  if (seconds > 0) throw new TooManyRequests(seconds)
  return { user, settings: await needs.settingsFor(user ?? { id: '' as UserId, organizationId: '' as OrganizationId }) }
}

/** Where a proof that was right leads; undefined where the page stays, with its error. */
export function goOn(ctx: Context, visit: Visit, accepted: Acceptance): boolean {
  if (accepted === 'refused') return false
  ctx.redirectTo(`/signin/${visit.signIn.id}`, accepted === 'other_organization' ? { key: 'signin.problem.other_organization', kind: 'warning' } : undefined)
  return true
}
