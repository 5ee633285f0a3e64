import type { ApplicationId, OrganizationId, UserId } from '../../storage/index.ts'

/** What is written down about applications of SAML and WS-Federation. */
export interface FederationEvent {
  readonly action: 'application.opened' | 'application.refused' | 'session.ended'
  readonly outcome: 'success' | 'failure' | 'denied'
  readonly organizationId: OrganizationId
  readonly userId: UserId | null
  /** The person's address where they acted themselves. */
  readonly userName?: string
  readonly application: { readonly id: ApplicationId; readonly name: string } | null
  readonly details: Readonly<Record<string, string | number | boolean | null>>
}
