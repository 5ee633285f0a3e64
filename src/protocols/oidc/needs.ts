import type { JWK } from 'jose'
import type { ApplicationId, OrganizationId, SessionId, Clock, Storage, Transaction, UserId } from '../../storage/index.ts'
import type { Applications } from '../../applications/index.ts'
import type { LiveSession, Sessions } from '../../authentication/sessions/index.ts'
import type { SignInDesk, SignOuts } from '../../authentication/signin/index.ts'
import type { Person } from '../../directory/index.ts'
import type { Brand, Context, CookieSigner } from '../../http/index.ts'
import type { Log } from '../../log.ts'

/** What is written down about applications and tokens. */
export interface OidcEvent {
  readonly action: 'application.opened' | 'application.refused' | 'consent.granted' | 'consent.denied' | 'token.reuse_detected' | 'logout.delivered' | 'logout.failed' | 'session.ended'
  readonly outcome: 'success' | 'failure' | 'denied'
  readonly organizationId: OrganizationId
  readonly userId: UserId | null
  /** The person's address where they acted themselves; otherwise the application did. */
  readonly userName?: string
  readonly application: { readonly id: ApplicationId; readonly name: string } | null
  readonly details: Readonly<Record<string, string | number | boolean | null>>
}

export interface OidcNeeds {
  readonly publicUrl: string
  readonly storage: Storage
  readonly clock: Clock
  readonly log: Log
  readonly cookieSigner: CookieSigner
  /** 256 bits that all nodes share, for DPoP nonces. */
  readonly nonceSecret: Buffer
  readonly desk: SignInDesk
  /** @returns where a browser goes whose session has ended: on, or first to applications that only it can tell */
  readonly beginSignOut: SignOuts['begin']
  readonly sessions: Pick<Sessions, 'current' | 'findById' | 'forget' | 'end' | 'announce' | 'changeProtocolState'>
  readonly applications: Pick<Applications, 'findByClientId'>
  readonly mayUse: (applicationId: ApplicationId, userId: UserId) => Promise<boolean>
  readonly person: (id: UserId) => Promise<Person | undefined>
  readonly keys: () => Promise<{ readonly version: string; readonly privateJwks: readonly JWK[] }>
  /** True the first time a name is given, false ever after until it expires (SEC-06). */
  readonly once: (name: string, lifetimeSeconds: number) => Promise<boolean>
  readonly fetch: typeof globalThis.fetch
  readonly record: (tx: Transaction, ctx: Context | undefined, event: OidcEvent) => Promise<void>
  readonly brandOf: (organizationId: OrganizationId) => Promise<Brand | undefined>
}

export type { LiveSession, SessionId }
