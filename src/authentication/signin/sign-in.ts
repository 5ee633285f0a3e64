import type { OrganizationId, SignInId, UserId } from '../../storage/index.ts'
import type { Channel } from '../methods/code/index.ts'
import type { Refusal, SignInRequest } from './request.ts'

/** How long a person may take from the first page to the last. */
export const signInLifetimeSeconds = 1_800

export interface StoredRequest extends SignInRequest {
  /** The person is signed in and confirms with the strongest way they have, before an act that matters. */
  readonly stepUp: boolean
}

/** What the pages of one sign-in remember between each other; never what was proven. */
export interface SignInState {
  readonly email?: string
  readonly code?: {
    readonly id: string
    readonly channel: Channel
    /** Masked, as the pages show it. */
    readonly destination: string
    readonly expiresAt: number
    readonly resendAt: number
  }
  /** The request that a phone is asked, or the code that one may scan. */
  readonly phone?: string
  readonly sessionId?: string
}

/** One journey from request to outcome, bound to one browser. */
export interface SignIn {
  readonly id: SignInId
  readonly browser: string
  readonly organizationId: OrganizationId | null
  readonly request: StoredRequest
  readonly state: SignInState
  readonly outcome: 'done' | Refusal | null
  readonly createdAt: number
  readonly expiresAt: number
}

/** What this room needs to know of a person. */
export interface SignInUser {
  readonly id: UserId
  readonly organizationId: OrganizationId
  readonly status: 'new' | 'pending' | 'active' | 'suspended' | 'deleted'
  readonly role: 'owner' | 'administrator' | 'helpdesk' | 'user'
  /** Who says who this person is, such as a directory; null where that is done here. */
  readonly managedBy: string | null
  readonly email: string
  readonly givenName: string
  readonly familyName: string
  readonly locale: string | null
  readonly phone: string | null
  readonly emailVerified: boolean
  readonly phoneVerified: boolean
  readonly passkeys: number
  readonly authenticators: number
}

/**
 * A path of ours that is safe to go to afterwards: one leading slash, no backslash or control character that a browser
 * would turn into another host (SEC-14). Anything else leads home.
 */
export function safeReturnPath(path: unknown): string {
  if (typeof path !== 'string' || path.length > 2_000 || !isPathOfOurs(path)) return '/'
  const url = new URL(path, 'https://doorward.invalid')
  // Looked at again: `/.//evil.example` is a path of ours until its dot is resolved, and another host afterwards.
  const resolved = url.pathname + url.search
  return url.origin === 'https://doorward.invalid' && isPathOfOurs(resolved) ? resolved : '/'
}

function isPathOfOurs(path: string): boolean {
  return /^\/(?![/\\])[\u0021-\u007e]*$/.test(path) && !path.includes('\\')
}
