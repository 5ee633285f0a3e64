import type { OrganizationId, UserId } from '../storage/index.ts'

/**
 * new: invited, the link was not opened · pending: link opened · active: may sign in · suspended: may not, nothing is lost ·
 * deleted: gone, kept only so that the audit log can name them.
 */
export type UserStatus = 'new' | 'pending' | 'active' | 'suspended' | 'deleted'
export type UserRole = 'owner' | 'administrator' | 'helpdesk' | 'user'

export const userRoles: readonly UserRole[] = ['user', 'helpdesk', 'administrator', 'owner']

export interface User {
  readonly id: UserId
  readonly organizationId: OrganizationId
  readonly status: UserStatus
  readonly role: UserRole
  readonly email: string
  readonly emailVerified: boolean
  readonly givenName: string
  readonly familyName: string
  /** What to call the person: the names, or the address while there are none. */
  readonly name: string
  readonly phone: string | null
  readonly phoneVerified: boolean
  readonly locale: string | null
  readonly timeZone: string | null
  /** The directory that owns names and addresses, or null when they are edited here. */
  readonly managedBy: string | null
  readonly recoveryCodesSeenAt: number | null
  readonly lastSignInAt: number | null
  readonly createdAt: number
  readonly updatedAt: number
  /** Keys that can sign this person in. */
  readonly passkeys: number
  /** Authenticator apps that are set up. */
  readonly authenticators: number
}

/** What protocols tell applications about a person. */
export interface Person extends User {
  readonly groups: readonly string[]
}

export function nameOf(user: { givenName: string; familyName: string; email: string }): string {
  return `${user.givenName} ${user.familyName}`.trim() || user.email
}

/** Lower case, without accents, one blank between words: what searching and sorting by name look at. */
export function searchKeyOf(user: { givenName: string; familyName: string; email: string }): string {
  return foldText(`${user.familyName} ${user.givenName} ${user.email}`)
}

export function foldText(text: string): string {
  return text.normalize('NFKD').replaceAll(/[\u0300-\u036f]/g, '').toLocaleLowerCase('en').replaceAll(/\s+/g, ' ').trim()
}

const names = /^[^\p{Cc}\p{Zl}\p{Zp}<>]{1,100}$/u

/** A person's or organization's name as typed; undefined when nobody would see it, when it is too long or holds control characters (SEC-88). */
export function readName(text: string): string | undefined {
  const name = text.normalize('NFC').replaceAll(/\s+/g, ' ').trim()
  const visible = /[^\p{Default_Ignorable_Code_Point}\p{M}\s]/u.test(name)
  return visible && names.test(name) && !/[\u202a-\u202e\u2066-\u2069]/u.test(name) ? name : undefined
}

/** Who may give or take which role: owners everything, administrators everything but ownership, nobody else anything. */
export function mayGrant(actor: UserRole, from: UserRole, to: UserRole): boolean {
  if (actor === 'owner') return true
  return actor === 'administrator' && from !== 'owner' && to !== 'owner'
}

/** Who may reset, suspend or delete whom: never someone who stands higher (SEC-69). */
export function mayManage(actor: UserRole, target: UserRole): boolean {
  if (actor === 'owner') return true
  if (actor === 'administrator') return target !== 'owner'
  return actor === 'helpdesk' && target === 'user'
}
