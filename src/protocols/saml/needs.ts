import type { Applications } from '../../applications/index.ts'
import type { Sessions } from '../../authentication/sessions/index.ts'
import type { SignInDesk, SignOuts } from '../../authentication/signin/index.ts'
import type { Once, Throttle } from '../../authentication/throttle/index.ts'
import type { Person } from '../../directory/index.ts'
import type { Brand, Context } from '../../http/index.ts'
import type { Keys } from '../../keys/index.ts'
import type { ApplicationId, Clock, OrganizationId, Storage, Transaction, UserId } from '../../storage/index.ts'
import type { FederatedDomains, FederationEvent } from '../exchange/index.ts'
import type { XmlReader } from '../xml/index.ts'

export interface SamlNeeds {
  readonly publicUrl: string
  readonly storage: Storage
  readonly clock: Clock
  readonly reader: XmlReader
  readonly keys: Pick<Keys, 'certificates'>
  readonly desk: SignInDesk
  readonly beginSignOut: SignOuts['begin']
  readonly sessions: Sessions
  readonly applications: Pick<Applications, 'findByRealm' | 'byId'>
  readonly domains: FederatedDomains
  readonly mayUse: (applicationId: ApplicationId, userId: UserId) => Promise<boolean>
  readonly person: (id: UserId) => Promise<Person | undefined>
  readonly once: Once
  readonly throttle: Throttle
  readonly brandOf: (id: OrganizationId) => Promise<Brand | undefined>
  readonly record: (tx: Transaction, ctx: Context, event: FederationEvent) => Promise<void>
}
