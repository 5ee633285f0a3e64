import type { Failure } from './aadsts.ts'
import type { Flows } from './flows.ts'
import type { Directory, User } from './tenant.ts'

export const realm = 'urn:federation:MicrosoftOnline'
export const multipleAuthentication = 'http://schemas.microsoft.com/claims/multipleauthn'

export interface Urls {
  /** Origins. */
  readonly login: string
  readonly graph: string
  readonly nexus: string
  /** Where every answer of the passive protocols goes. */
  readonly loginSrf: string
  readonly externalAuthProvider: string
}

export interface Evidence {
  readonly upn: string
  readonly tenantId: string
  readonly protocol: 'saml' | 'wsFed' | 'externalMfa'
  /** The class or method that the token names. */
  readonly methods: readonly string[]
  readonly authenticatedAt: number | undefined
  /** Who took the second factor, if one was needed or done. */
  readonly mfaBy: 'identity provider' | 'Entra' | 'external provider' | 'nobody'
}

/** A refusal or an interruption, with the check that made it. */
export interface Event extends Failure { readonly at: number; readonly text: string }

export interface Session { readonly id: string; readonly user: User; readonly evidence: Evidence; isOpen: boolean }

/** What every surface of the simulator works with. */
export interface World {
  readonly urls: Urls
  readonly directory: Directory
  readonly flows: Flows
  /** Milliseconds since 1970. */
  now(): number
  readonly skewMilliseconds: number
  /** Takes rsa-sha1 and sha1 digests as well. */
  readonly takesSha1: boolean
  /** Refuses certificates outside of their validity (7.2 #11; whether Entra does is not known). */
  readonly checksCertificateValidity: boolean
  readonly signIns: Evidence[]
  readonly sessions: Session[]
  refused(failure: Failure): Event
  /** Not a refusal: Entra goes on in another way, and the sign-in log names this code. */
  interrupted(failure: Failure): Event
  openSession(user: User, evidence: Evidence): Session
}
