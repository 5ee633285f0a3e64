import type { Clock, OrganizationId, Storage, Transaction, UserId } from '../../storage/index.ts'
import type { Groups } from '../groups.ts'
import type { User } from '../user.ts'
import type { Users } from '../users.ts'
import type { Store } from './store.ts'
import type { ScimToken, ScimTokens } from './tokens.ts'

interface Who { readonly organizationId: OrganizationId; readonly id: UserId }

/** What happened, for the audit log. Who acted is the token. */
export interface ScimEvent {
  readonly action: string
  readonly target: { readonly kind: 'user' | 'group'; readonly id: string; readonly name: string }
  readonly userId?: UserId
  readonly details?: Readonly<Record<string, unknown>>
}

/** Who calls, and from where. */
export interface Caller { readonly token: ScimToken; readonly ip: string; readonly userAgent: string }

export interface ScimNeeds {
  readonly storage: Storage
  readonly clock: Clock
  readonly publicUrl: string
  readonly users: Users
  readonly groups: Groups
  readonly normaliseEmail: (text: string) => { readonly email: string; readonly key: string } | undefined
  readonly normalisePhone: (text: string) => string | undefined
  /** The languages that a person can have here. */
  readonly locales: readonly string[]
  readonly access: {
    /** Ends what the person holds, in this transaction. @returns what to do once it is committed: applications are told then */
    suspendWithin(tx: Transaction, who: Who): Promise<() => Promise<void>>
    resumeWithin(tx: Transaction, who: Who): Promise<void>
    remove(who: Who, record: (tx: Transaction, before: User) => Promise<void>): Promise<void>
  }
  /** What the person is called over there has changed: where Microsoft 365 knows them by it, it shall know them by the new one. @returns false where somebody else has that */
  readonly renamed: (tx: Transaction, who: Who, before: string, after: string, caller: Caller) => Promise<boolean>
  /** Counts a call without a valid token. @returns seconds to wait where there were too many from this network, 0 otherwise */
  readonly countFailure: (ip: string) => Promise<number>
  /** @param caller null for the job that deletes accounts which were kept long enough */
  readonly record: (tx: Transaction, organizationId: OrganizationId, caller: Caller | null, event: ScimEvent) => Promise<void>
}

export interface RoomNeeds extends ScimNeeds { readonly store: Store; readonly tokens: ScimTokens }

/** What a request asks for besides its body. */
export interface Ask {
  readonly ifMatch: string | undefined
  readonly ifNoneMatch: string | undefined
  readonly query: Readonly<Record<string, unknown>>
}

export interface Answer { readonly status: number; readonly body?: unknown; readonly etag?: string; readonly location?: string }
