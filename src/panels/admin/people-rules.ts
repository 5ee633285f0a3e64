import { useOf, type WayRefusal } from '../../authentication/policy/index.ts'
import { mayGrant, mayManage, userRoles, type OrganizationSettings, type User, type UserRole } from '../../directory/index.ts'
import { roleMay, type Permission } from '../../http/index.ts'

export type PersonAct = 'edit' | 'suspend' | 'resume' | 'reset' | 'delete' | 'invite' | 'cancel' | 'keys' | 'sessions' | 'groups' | 'phone'

/**
 * forbidden: the role lacks the right · above: the person stands higher · self: done in one's own panel, or by somebody else ·
 * managed: a directory decides · status: there is nothing to do, perhaps because somebody has just done it.
 */
export type Refusal = 'forbidden' | 'above' | 'self' | 'managed' | 'status'

export const permissionOf: Readonly<Record<PersonAct, Permission>> = {
  edit: 'users.write', suspend: 'users.write', resume: 'users.write', reset: 'users.reset', delete: 'users.delete', invite: 'users.invite', cancel: 'users.invite',
  keys: 'users.reset', sessions: 'users.reset', groups: 'groups.write', phone: 'users.invite',
}
const allowedToOneself: readonly PersonAct[] = ['edit', 'groups']

type Actor = Pick<User, 'id' | 'role'>
type Target = Pick<User, 'id' | 'role' | 'status' | 'managedBy' | 'passkeys' | 'lastSignInAt'>

/** What keeps the actor from an act on a person; null when nothing does (SEC-69). */
export function refusalOf(actor: Actor, target: Target, act: PersonAct): Refusal | null {
  if (!roleMay(actor.role, permissionOf[act])) return 'forbidden'
  if (actor.id === target.id) return allowedToOneself.includes(act) ? null : 'self'
  if (!mayManage(actor.role, target.role)) return 'above'
  if (act === 'delete' && target.managedBy !== null) return 'managed'
  return fits(target, act) ? null : 'status'
}

function fits(target: Target, act: PersonAct): boolean {
  switch (act) {
    case 'suspend': return target.status !== 'suspended'
    case 'resume': return target.status === 'suspended'
    // Whoever never came in has nothing to take away.
    case 'reset': return target.status === 'active' || (target.status === 'suspended' && cameIn(target))
    case 'invite': return invitationFor(target) !== null
    case 'phone': return target.status !== 'suspended' && target.status !== 'deleted'
    case 'sessions': return target.status === 'active'
    default: return true
  }
}

function cameIn(target: Target): boolean {
  return target.passkeys > 0 || target.lastSignInAt !== null
}

/** Which one-time link brings this person in: the first one, or a new start for somebody without a key. */
export function invitationFor(target: Pick<User, 'status' | 'passkeys'>): 'invitation' | 'reset' | null {
  if (target.status === 'new' || target.status === 'pending') return 'invitation'
  return target.status === 'active' && target.passkeys === 0 ? 'reset' : null
}

/** Why nobody gives this person an access pass; null when somebody may (SEC-37, SEC-59). */
export function passRefusal(target: User, methods: OrganizationSettings['methods']): WayRefusal | null {
  const use = useOf('access-pass', target, methods)
  return typeof use === 'string' ? null : use.refused
}

/** The roles to choose from for somebody who has `from`; one alone means there is no choice. */
export function grantableRoles(actor: UserRole, from: UserRole): UserRole[] {
  return userRoles.filter((role) => role === from || (roleMay(actor, 'users.grant') && mayGrant(actor, from, role)))
}
