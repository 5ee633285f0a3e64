import type { Applications, ApplicationAccess, AttributeFacts } from '../../applications/index.ts'
import type { Audit } from '../../audit/index.ts'
import type { AccessPasses } from '../../authentication/methods/access-pass/index.ts'
import type { Passkeys } from '../../authentication/methods/passkey/index.ts'
import type { LocalPasswords } from '../../authentication/methods/password/index.ts'
import type { RecoveryCodes } from '../../authentication/methods/recovery-code/index.ts'
import type { Authenticators } from '../../authentication/methods/totp/index.ts'
import type { Sessions } from '../../authentication/sessions/index.ts'
import type { Limit, Throttle } from '../../authentication/throttle/index.ts'
import type { PeopleImports } from '../../directory/csv/index.ts'
import type { Scim } from '../../directory/scim/index.ts'
import type { Directories } from '../../directory/sync/index.ts'
import type { DirectoryLooker, LdapDirectory } from '../../directory/sync/ldap/index.ts'
import type { GroupMethods, Groups, Invitation, Invitations, Organization, OrganizationTexts, Organizations, User, Users } from '../../directory/index.ts'
import type { CertificateSet } from '../../keys/index.ts'
import type { ExternalMfa } from '../../protocols/external-mfa/index.ts'
import type { Microsoft365 } from '../../microsoft365/index.ts'
import type { Outbox } from '../../messaging/index.ts'
import type { MetadataImport } from '../../protocols/saml/metadata-import/index.ts'
import type { Assignments, Phones } from '../../phones/index.ts'
import type { Clock, Storage, Transaction, UserId } from '../../storage/index.ts'
import type { PersonAccess, RecordEvent, SendLetter } from '../needs.ts'

export interface AdminNeeds {
  readonly storage: Storage
  readonly clock: Clock
  readonly publicUrl: string
  readonly users: Users
  readonly organizations: Organizations
  readonly groups: Groups
  readonly invitations: Invitations
  readonly imports: PeopleImports
  readonly directories: Directories
  /** Looks at a directory's servers: the test, samples, groups to choose from. */
  readonly look: (directory: LdapDirectory) => DirectoryLooker
  readonly applications: Applications
  readonly access: ApplicationAccess
  readonly sessions: Sessions
  readonly passkeys: Passkeys
  readonly recoveryCodes: RecoveryCodes
  readonly localPasswords: LocalPasswords
  readonly authenticators: Authenticators
  readonly accessPasses: AccessPasses
  readonly phones: Phones
  readonly phoneAssignments: Assignments
  readonly texts: OrganizationTexts
  /** The names of the steps that new people are led through. */
  readonly firstSteps: readonly string[]
  readonly pushOffered: boolean
  readonly groupMethods: GroupMethods
  readonly externalMfa: Pick<ExternalMfa, 'connections' | 'links'>
  readonly scim: Pick<Scim, 'tokens' | 'counts'>
  readonly audit: Pick<Audit, 'list' | 'stream'>
  readonly outbox: Outbox
  readonly personAccess: PersonAccess
  /** Reads what SAML and WS-Federation applications say about themselves. */
  readonly metadata: MetadataImport
  /** What we sign with towards them. */
  readonly certificates: (purpose: 'saml' | 'wsfed') => Promise<CertificateSet>
  /** What may be told of a person there. */
  readonly attributeFacts: (id: UserId) => Promise<AttributeFacts | undefined>
  /** Ends what an application that is deleted still holds. */
  readonly endApplication: (tx: Transaction, clientId: string) => Promise<void>
  /** Makes a one-time link and puts its mail into the outbox. */
  readonly invite: (tx: Transaction, order: {
    organization: Organization; user: User; purpose: Invitation['purpose']; note: string; createdBy: { readonly id: UserId; readonly name: string } | null
  }) => Promise<{ readonly link: string; readonly expiresAt: number }>
  readonly record: RecordEvent
  readonly mail: SendLetter
  readonly normaliseEmail: (text: string) => { readonly email: string; readonly key: string } | undefined
  /** The languages to choose from. */
  readonly locales: readonly string[]
  readonly mailConfigured: boolean
  readonly smsConfigured: boolean
  /** After an organization's name, colour or logo changed. */
  readonly refreshBrands: () => Promise<void>
  readonly microsoft365: Microsoft365
  /** What a browser gets at the sign-in page; undefined where it could not be asked for. */
  readonly signInPage: () => Promise<{ readonly html: string; readonly contentSecurityPolicy: string } | undefined>
  readonly throttle: Throttle
  readonly limits: { readonly invitationsPerHour: Limit; readonly testMails: Limit; readonly phoneRequests: Limit }
}
