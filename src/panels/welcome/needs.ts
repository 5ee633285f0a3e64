import type { Applications } from '../../applications/index.ts'
import type { Codes } from '../../authentication/methods/code/index.ts'
import type { SecurityCheck } from '../../authentication/security-check/index.ts'
import type { Sessions } from '../../authentication/sessions/index.ts'
import type { Limit, Throttle } from '../../authentication/throttle/index.ts'
import type { Proof } from '../../authentication/index.ts'
import type { Invitations, Organizations, Users } from '../../directory/index.ts'
import type { Brand, Context } from '../../http/index.ts'
import type { Clock, OrganizationId, Storage, Transaction, UserId } from '../../storage/index.ts'
import type { SendLetter } from '../needs.ts'

export interface NewcomerEvent {
  readonly action: 'setup.completed' | 'invitation.opened' | 'invitation.accepted' | 'signup.completed' | 'passkey.added' | 'session.opened'
  readonly organizationId: OrganizationId
  readonly user: { readonly id: UserId; readonly email: string }
  readonly details: Readonly<Record<string, string | number | boolean | null>>
}

export type KeyRegistration<Credential> =
  | { readonly outcome: 'verified'; readonly credential: Credential; readonly proof: Proof }
  | { readonly outcome: 'rejected'; readonly reason: string; readonly existingName?: string }

/** Registration of a key by someone who has no session yet. */
export interface KeyDesk<Credential> {
  beginRegistration(order: { binding: string; user: { id: UserId; email: string; name: string }; userVerification: 'required' | 'preferred' }): Promise<{ challengeId: string; options: unknown }>
  verifyRegistration(answer: { binding: string; challengeId: string; response: string; transports: string; userId: UserId }): Promise<KeyRegistration<Credential>>
  add(tx: Transaction, user: { id: UserId; organizationId: OrganizationId }, credential: Credential, name: string | null): Promise<{ readonly id: string; readonly name: string }>
}

export interface WelcomeNeeds<Credential = unknown> {
  readonly storage: Storage
  readonly clock: Clock
  readonly publicUrl: string
  readonly organizations: Organizations
  readonly users: Users
  readonly invitations: Invitations
  readonly applications: Applications
  readonly sessions: Sessions
  readonly codes: Codes
  readonly passkeys: KeyDesk<Credential>
  readonly securityCheck: SecurityCheck
  readonly throttle: Throttle
  readonly limits: { readonly signUpsPerAddress: Limit; readonly codesPerAccount: Limit; readonly triesPerAddress: Limit; readonly triesPerAccount: Limit }
  readonly normaliseEmail: (text: string) => { readonly email: string; readonly key: string } | undefined
  readonly brandOf: (organizationId: OrganizationId) => Promise<Brand | undefined>
  readonly record: (tx: Transaction, ctx: Context, event: NewcomerEvent) => Promise<void>
  readonly mail: SendLetter
  readonly signUp: { readonly personal: boolean; readonly organizations: boolean }
  readonly links: { readonly privacy: string | null; readonly terms: string | null }
}
