import type { Assurance } from '../proof.ts'

/** What an organization has decided about ways to sign in. */
export interface MethodSettings {
  readonly emailCode: boolean
  readonly smsCode: boolean
  readonly codesForKeyHolders: boolean
  readonly recoveryCodes: boolean
  readonly password: boolean
  readonly totp: boolean
  readonly accessPass: boolean
  /** A password may enroll the first key, once, also where it signs nobody in. */
  readonly passwordEnrolsFirstKey: boolean
  readonly phone: boolean
  /** A computer that does not know the person shows a code for the phone to scan. */
  readonly phoneCode: boolean
  /** The phone must show that it is near. */
  readonly phoneNear: boolean
}

export interface PolicyUser {
  readonly status: 'new' | 'pending' | 'active' | 'suspended' | 'deleted'
  readonly role: 'owner' | 'administrator' | 'helpdesk' | 'user'
  readonly emailVerified: boolean
  readonly phoneVerified: boolean
  readonly passkeys: number
  readonly authenticators: number
}

export type CodeRefusal = 'unknown_user' | 'not_active' | 'administrator' | 'has_key' | 'channel_off' | 'email_not_verified' | 'phone_not_verified'

/**
 * Whether a code may sign this person in, and if not, why (for the log; the page says the same to everyone).
 * Administrators sign in with keys only (SEC-59), and whoever has a key is not offered the weaker way (SEC-37).
 */
export function codeRefusal(user: PolicyUser | undefined, settings: MethodSettings, channel: 'mail' | 'sms'): CodeRefusal | undefined {
  if (!user) return 'unknown_user'
  if (user.status !== 'active') return 'not_active'
  if (user.role !== 'user') return 'administrator'
  if (user.passkeys > 0 && !settings.codesForKeyHolders) return 'has_key'
  if (channel === 'mail' ? !settings.emailCode : !settings.smsCode) return 'channel_off'
  // An address that an administrator has typed may be a stranger's; a link of ours proves it first (SEC-59).
  if (channel === 'mail' && !user.emailVerified) return 'email_not_verified'
  if (channel === 'sms' && !user.phoneVerified) return 'phone_not_verified'
  return undefined
}

export type WayRefusal = 'unknown_user' | 'not_active' | 'administrator' | 'has_key' | 'has_authenticator' | 'off'

/**
 * What a password, an authenticator app or an access pass is good for in this person's hands. The same two rules as for codes:
 * keys only for administrators (SEC-59), and nothing weaker for whoever has a key (SEC-37), a pass never.
 * @param settings what this very person is allowed, by their organization or one of their groups
 */
export function useOf(way: 'password' | 'totp' | 'access-pass', user: PolicyUser | undefined, settings: MethodSettings): 'everything' | 'first_key' | { readonly refused: WayRefusal } {
  if (!user) return { refused: 'unknown_user' }
  if (user.status !== 'active') return { refused: 'not_active' }
  if (user.role !== 'user') return { refused: 'administrator' }
  if (user.passkeys > 0 && (way === 'access-pass' || !settings.codesForKeyHolders)) return { refused: 'has_key' }
  switch (way) {
    case 'access-pass': return settings.accessPass ? 'first_key' : { refused: 'off' }
    case 'totp': return settings.totp ? 'everything' : { refused: 'off' }
    case 'password': {
      if (settings.password) return 'everything'
      if (!settings.passwordEnrolsFirstKey || user.passkeys > 0) return { refused: 'off' }
      // Somebody with an app has more than a password already, and less must not lead to a key (SEC-35).
      return user.authenticators > 0 ? { refused: 'has_authenticator' } : 'first_key'
    }
  }
}

/**
 * Whether a phone's yes may sign this person in. Keys only for administrators, since a yes can be asked for by a stranger (SEC-59); whoever has a
 * phone has its passkey too, so that having a key is no reason against it.
 */
export function phoneRefusal(user: Pick<PolicyUser, 'status' | 'role'> | undefined, settings: MethodSettings, kind: 'request' | 'code'): Exclude<WayRefusal, 'has_key' | 'has_authenticator'> | undefined {
  if (!user) return 'unknown_user'
  if (user.status !== 'active') return 'not_active'
  if (user.role !== 'user') return 'administrator'
  return settings.phone && (kind === 'request' || settings.phoneCode) ? undefined : 'off'
}

/** The stronger of what the application asks now and what its administrator has set for good. */
export function requiredAssurance(asked: Assurance | null, configured: Assurance | null, order: readonly Assurance[]): Assurance | null {
  if (asked === null || configured === null) return asked ?? configured
  return order.indexOf(asked) >= order.indexOf(configured) ? asked : configured
}
