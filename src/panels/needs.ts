import type { User } from '../directory/index.ts'
import type { Context } from '../http/index.ts'
import type { OrganizationId, Transaction, UserId } from '../storage/index.ts'

/** What a panel writes down about an act of the visitor; organization, actor and address come from the request. */
export interface PanelEvent {
  readonly action: string
  readonly outcome?: 'success' | 'failure' | 'denied'
  /** Whose account it concerns, so that it shows in that person's own activity. */
  readonly userId?: UserId
  readonly target?: { readonly kind: 'user' | 'group' | 'application' | 'organization' | 'passkey' | 'phone' | 'computer' | 'invitation' | 'session' | 'domain' | 'directory'; readonly id: string; readonly name: string }
  readonly details?: Readonly<Record<string, string | number | boolean | null>>
}

/** In the same transaction as the act itself: nothing happens that is not written down (S128). */
export type RecordEvent = (tx: Transaction, ctx: Context, event: PanelEvent) => Promise<void>

/** One of several lines of a mail, written in the reader's language already. */
export type LetterLine = Readonly<Record<string, string | number>>

/** A mail to one person, put into the outbox with the act that causes it. `template` names views/email/<template>. */
export interface PanelLetter {
  readonly template: string
  readonly to: { readonly organizationId: string; readonly email: string; readonly givenName: string; readonly locale: string | null }
  readonly model: Readonly<Record<string, string | number | null | readonly LetterLine[]>>
  readonly expiresAt: number
  readonly urgent?: boolean
}

export type SendLetter = (tx: Transaction, letter: PanelLetter) => Promise<void>

export interface Who { readonly organizationId: OrganizationId; readonly id: UserId }

/** Runs in the transaction of the act: writes it down, or throws to undo it. `before` is the person as found inside it. */
export type RecordAct = (tx: Transaction, before: User) => Promise<void>

/** Acts that reach into every room where a person has something. */
export interface PersonAccess {
  /** Not active from this moment on: sessions and tokens end, applications are told; keys stay for the day of return. */
  suspend(who: Who, record: RecordAct): Promise<void>
  resume(who: Who, record: RecordAct): Promise<void>
  /** Takes away every key, password, app, recovery code, session and token; the person needs a new invitation. */
  reset(who: Who, record: RecordAct): Promise<void>
  /** The account is gone; the audit log still names it. */
  remove(who: Who, record: RecordAct): Promise<void>
  /** Signed out everywhere; may sign in again. @returns how many sessions ended */
  signOut(who: Who, record: (tx: Transaction, count: number, before: User) => Promise<void>): Promise<number>
}
