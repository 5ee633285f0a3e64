import type { Log } from '../../log.ts'
import type { Clock, OrganizationId, Storage, Transaction, UserId } from '../../storage/index.ts'
import type { Alerts } from '../alerts.ts'
import type { Domains } from '../domains.ts'
import { GraphRefused } from '../graph/index.ts'
import type { Identities } from '../identities.ts'
import type { createPeopleGuide } from '../people-guide.ts'
import type { Unattended } from '../unattended.ts'

/** waiting: there is no phone yet · asked: a phone shows it · removed: cancelled, or taken off Microsoft again. */
export type KeyState = 'waiting' | 'asked' | 'registered' | 'denied' | 'failed' | 'removed'
export const keyStates: readonly KeyState[] = ['waiting', 'asked', 'registered', 'denied', 'failed', 'removed']

/** Each has texts `microsoft.key_reason.<reason>.cause` and `….fix`. */
export const keyReasons = [
  'too_late', 'invalid', 'host', 'rejected', 'denied', 'unauthorized', 'not_found', 'throttled', 'unavailable', 'unreachable', 'unreadable', 'no_app', 'no_consent', 'expired', 'cancelled', 'person_gone', 'phone_gone', 'too_many', 'there_already',
] as const
export type KeyReason = (typeof keyReasons)[number]

/** Nothing is wrong that would not pass by itself: the order stays open. */
export const reasonsToRetry: readonly KeyReason[] = ['too_late', 'invalid', 'throttled', 'unavailable', 'unreachable', 'unreadable']

/** The least that Microsoft wants of an application; named on the pages. */
export const keyPermission = 'UserAuthMethod-Passkey.ReadWrite.All'
export const passPermission = 'UserAuthMethod-TAP.ReadWrite.All'
export const policyPermission = 'Policy.Read.AuthenticationMethod'

/** What our phones say they are (../../browser/authenticator); tenants that allow some models only have to name it. */
export const phoneAaguid = 'b5f0c3e2-6d1a-4a87-9c44-2f7be01d83a6'

export interface KeyOrder {
  readonly id: string
  readonly organizationId: OrganizationId
  readonly userId: UserId
  readonly domainId: string
  readonly upn: string
  /** The phone it is for, or that made the key; null while any phone of the person may. */
  readonly phoneId: string | null
  readonly phoneName: string | null
  readonly state: KeyState
  readonly reason: KeyReason | null
  readonly createdBy: string | null
  /** Empty for what the rule ordered. */
  readonly createdByName: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly decidedAt: number | null
  /** Microsoft's name for the key. */
  readonly methodId: string | null
  readonly credentialId: string | null
  readonly aaguid: string | null
  readonly displayName: string | null
  readonly attempts: number
  readonly retryAt: number | null
  readonly challengeHash: string | null
  readonly challengeHost: string | null
  readonly challengeExpiresAt: number | null
  readonly removalAskedAt: number | null
}

export interface Orderer { readonly id: UserId; readonly name: string }

/** Phones look at once: they are asked something, or are no more. */
export type KeyAnnouncement = (userId: UserId, what: 'asked' | 'changed') => void

/** What is written down; who acted is the person of the phone, or the job. */
export interface KeyEvent {
  readonly action: 'microsoft.key_ordered' | 'microsoft.key_registered' | 'microsoft.key_denied' | 'microsoft.key_failed' | 'microsoft.key_cancelled' | 'microsoft.key_removed'
  readonly outcome: 'success' | 'failure' | 'denied'
  readonly organizationId: OrganizationId
  readonly userId: UserId
  /** Where the phone called from; null for the job. */
  readonly from: { readonly ip: string; readonly userAgent: string } | null
  readonly details: Readonly<Record<string, string | number | boolean | null>>
}

export interface KeyNeeds {
  readonly storage: Storage
  readonly clock: Clock
  readonly log: Log
  readonly domains: Domains
  readonly identities: Identities
  readonly unattended: Unattended
  readonly alerts: Alerts
  readonly peopleGuide: ReturnType<typeof createPeopleGuide>
  readonly recordKey: (tx: Transaction, event: KeyEvent) => Promise<void>
  /** The person reads by mail what was done for them (S109). */
  readonly tellOfKey: (tx: Transaction, news: { readonly what: 'registered' | 'removed' | 'pass'; readonly organizationId: OrganizationId; readonly userId: UserId; readonly phone: string; readonly upn: string; readonly by: string }) => Promise<void>
}

/** Microsoft takes no more (section 5.1, step 2). */
const longestDisplayName = 30

/** How the key is called on Microsoft's own page. */
export function displayNameOf(phone: string): string {
  return [...`Doorward ${phone}`].reduce((name, letter) => (name.length + letter.length <= longestDisplayName ? name + letter : name), '').trimEnd()
}

/** What a refusal of Graph means for an order. A 400 names a rule of the tenant more often than a fault of ours. */
export function reasonOf(error: GraphRefused): KeyReason {
  if (error.status === 400 && error.kind !== 'unauthorized') return 'rejected'
  switch (error.kind) {
    case 'denied': case 'unauthorized': case 'not_found': case 'throttled': case 'unreachable': case 'unreadable': return error.kind
    case 'stuck': return 'unavailable'
    default: return error.status >= 500 ? 'unavailable' : 'rejected'
  }
}
