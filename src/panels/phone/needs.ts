import type { Passkeys } from '../../authentication/methods/passkey/index.ts'
import type { Limit, Throttle } from '../../authentication/throttle/index.ts'
import type { Invitations, Organizations, Users } from '../../directory/index.ts'
import type { Brand, Context } from '../../http/index.ts'
import type { Account, Phones } from '../../phones/index.ts'
import type { Clock, OrganizationId, Storage, Transaction, UserId } from '../../storage/index.ts'
import type { SendLetter } from '../needs.ts'

/** What is written down about an activation; nobody is signed in there. */
export interface ActivationEvent {
  readonly action: 'phone.activated' | 'phone.activation_denied' | 'phone.removed' | 'invitation.accepted' | 'phone.code_refused'
  readonly outcome: 'success' | 'failure' | 'denied'
  readonly organizationId: OrganizationId
  readonly user: { readonly id: UserId; readonly email: string }
  readonly details: Readonly<Record<string, string | number | boolean | null>>
}

export interface PhonePanelNeeds {
  readonly storage: Storage
  readonly clock: Clock
  readonly publicUrl: string
  readonly phones: Phones
  readonly passkeys: Passkeys
  readonly users: Users
  readonly organizations: Organizations
  readonly invitations: Pick<Invitations, 'cancel'>
  readonly account: (organizationId: OrganizationId, userId: UserId) => Promise<Account | undefined>
  readonly throttle: Throttle
  readonly limits: { readonly triesPerAddress: Limit; readonly triesPerAccount: Limit }
  readonly normaliseEmail: (text: string) => { readonly email: string; readonly key: string } | undefined
  readonly brandOf: (organizationId: OrganizationId) => Promise<Brand | undefined>
  readonly record: (tx: Transaction, ctx: Context, event: ActivationEvent) => Promise<void>
  readonly mail: SendLetter
  readonly pushOffered: boolean
}
