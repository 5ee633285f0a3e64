import type { Audit } from '../../audit/index.ts'
import type { Application, ApplicationAccess, Applications } from '../../applications/index.ts'
import type { Codes } from '../../authentication/methods/code/index.ts'
import type { AccessPasses } from '../../authentication/methods/access-pass/index.ts'
import type { Passkeys } from '../../authentication/methods/passkey/index.ts'
import type { LocalPasswords } from '../../authentication/methods/password/index.ts'
import type { RecoveryCodes } from '../../authentication/methods/recovery-code/index.ts'
import type { Authenticators } from '../../authentication/methods/totp/index.ts'
import type { Sessions } from '../../authentication/sessions/index.ts'
import type { Limit, Throttle } from '../../authentication/throttle/index.ts'
import type { GroupMethods, Invitations, Organizations, OrganizationTexts, Users } from '../../directory/index.ts'
import type { KeyOrder, Microsoft365 } from '../../microsoft365/index.ts'
import type { Phones } from '../../phones/index.ts'
import type { Clock, Storage, Transaction, UserId } from '../../storage/index.ts'
import type { PersonAccess, RecordEvent, SendLetter, Who } from '../needs.ts'

export interface AccountNeeds {
  readonly storage: Storage
  readonly clock: Clock
  readonly publicUrl: string
  readonly users: Users
  readonly invitations: Pick<Invitations, 'cancel'>
  readonly organizations: Organizations
  readonly applications: Applications
  readonly access: ApplicationAccess
  readonly sessions: Sessions
  readonly passkeys: Passkeys
  readonly codes: Codes
  readonly recoveryCodes: RecoveryCodes
  readonly localPasswords: LocalPasswords
  readonly authenticators: Authenticators
  readonly accessPasses: AccessPasses
  readonly phones: Phones
  readonly groupMethods: GroupMethods
  readonly audit: Pick<Audit, 'list'>
  readonly throttle: Throttle
  readonly limits: { readonly codesPerAccount: Limit; readonly smsPerNumber: Limit; readonly smsPerPrefix: Limit; readonly smsDaily: Limit; readonly smsCountries: readonly string[]; readonly triesPerAccount: Limit }
  readonly normaliseEmail: (text: string) => { readonly email: string; readonly key: string } | undefined
  readonly normalisePhone: (text: string) => string | undefined
  readonly smsConfigured: boolean
  readonly record: RecordEvent
  readonly mail: SendLetter
  readonly sms: (tx: Transaction, message: { organizationId: string; phone: string; code: string; expiresAt: number; locale: string | null }) => Promise<void>
  /** Ends the account with all that hangs on it. */
  readonly remove: PersonAccess['remove']
  /** Where a tile leads. */
  readonly startAddress: (application: Application) => string | null
  readonly microsoft365: {
    readonly peopleGuide: Microsoft365['peopleGuide']
    /** Keys that administrators ordered for somebody, newest first. */
    readonly orders: (who: Who) => Promise<readonly KeyOrder[]>
    /** What the person types at Microsoft, where that leads here; null for everybody else. */
    readonly signInName: (userId: UserId) => Promise<string | null>
    /** Where the tile leads for this very person: several domains may be federated. */
    readonly address: (userId: UserId) => Promise<string | null>
  }
  /** Whose words stand at the first steps. */
  readonly texts: Pick<OrganizationTexts, 'all'>
  /** What the first steps ask of phones. */
  readonly phonesOf: (who: Who) => Promise<{ readonly active: number; readonly pending: boolean }>
  /** The languages to choose from. */
  readonly locales: readonly string[]
}
