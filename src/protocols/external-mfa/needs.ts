import type { Sessions } from '../../authentication/sessions/index.ts'
import type { SignInDesk } from '../../authentication/signin/index.ts'
import type { Throttle } from '../../authentication/throttle/index.ts'
import type { User } from '../../directory/index.ts'
import type { Brand, Context } from '../../http/index.ts'
import type { Outbound } from '../../http/outbound/index.ts'
import type { Keys } from '../../keys/index.ts'
import type { Log } from '../../log.ts'
import type { ApplicationId, Clock, OrganizationId, Storage, Transaction, UserId } from '../../storage/index.ts'

/** What is written down about a question of Entra. */
export interface ExternalMfaEvent {
  readonly action: 'application.opened' | 'external_mfa.refused' | 'external_mfa.linked'
  readonly outcome: 'success' | 'failure' | 'denied'
  readonly organizationId: OrganizationId
  /** Whom it concerns. */
  readonly user: { readonly id: UserId; readonly email: string } | null
  /** True where that person has proven to be there; otherwise Entra acted. */
  readonly proven: boolean
  readonly connection: { readonly id: ApplicationId; readonly name: string }
  readonly details: Readonly<Record<string, string | number | boolean | null>>
}

export interface ExternalMfaNeeds {
  readonly publicUrl: string
  readonly storage: Storage
  readonly clock: Clock
  readonly log: Log
  readonly desk: SignInDesk
  readonly sessions: Pick<Sessions, 'current'>
  readonly keys: Pick<Keys, 'certificates' | 'current'>
  readonly fetch: Outbound['fetch']
  /** Whoever has this address here, in any organization. */
  readonly personWithAddress: (address: string) => Promise<User | undefined>
  /** Whoever is this in Microsoft 365, as the organization has written it down. */
  readonly personWithUpn: (organizationId: OrganizationId, upn: string) => Promise<User | undefined>
  /** True the first time a name is given, false ever after until it expires (SEC-06). */
  readonly once: (name: string, lifetimeSeconds: number) => Promise<boolean>
  readonly throttle: Pick<Throttle, 'count'>
  readonly record: (tx: Transaction, ctx: Context, event: ExternalMfaEvent) => Promise<void>
  readonly brandOf: (organizationId: OrganizationId) => Promise<Brand | undefined>
}
