import type { ApplicationId, OrganizationId, SignInId, UserId } from '../../storage/index.ts'
import type { Assurance } from '../proof.ts'
import type { LiveSession, SignedIn } from '../sessions/index.ts'

/** What someone who wants a person signed in asks for; the same for every protocol and for our own panels. */
export interface SignInRequest {
  /** The application that waits, or null for our own panels. */
  readonly application: { readonly id: ApplicationId; readonly organizationId: OrganizationId; readonly name: string } | null
  /** At least this strong; null leaves it to policy. */
  readonly assurance: Assurance | null
  /** The proof may be at most this old (OIDC `max_age`, SAML ForceAuthn as 0); null: any live session will do. */
  readonly maxAgeSeconds: number | null
  readonly loginHint: string | null
  /** The person to confirm (step-up, `id_token_hint`); someone else is refused. */
  readonly userId: UserId | null
  /** Path of ours to go to when it is done; never another host. `{id}` in it is replaced by the sign-in's id. */
  readonly returnTo: string
  /** Path of ours for whoever would rather not: there the application gets its refusal. Without one nothing is offered. */
  readonly cancelTo?: string
}

export type Refusal = 'access_denied' | 'authentication_failed' | 'login_required' | 'unmet_authentication_requirements' | 'temporarily_unavailable'

export type Outcome =
  | { readonly kind: 'authenticated'; readonly session: SignedIn }
  | { readonly kind: 'refused'; readonly reason: Refusal }
  /** Unknown, expired, of another browser, or not finished. */
  | { readonly kind: 'none' }

/** All that a protocol may ask of authentication. */
export interface SignInDesk {
  /** Stores the request, bound to this browser, and returns the path of its sign-in page. */
  begin(browser: string, request: SignInRequest): Promise<string>
  /** Whether this session answers the request by itself: no page, and nothing to wait for. */
  satisfied(session: LiveSession, request: SignInRequest): boolean
  /** @param returnTo as it was given to `begin`: a sign-in answers only the request it was begun for */
  outcome(browser: string, signIn: SignInId, returnTo: string): Promise<Outcome>
}
