import type { Brand, Context } from '../../http/index.ts'
import type { ApplicationId, Clock, OrganizationId, SignInId, Storage, Transaction, UserId } from '../../storage/index.ts'
import type { Phones } from '../../phones/index.ts'
import type { AccessPasses } from '../methods/access-pass/index.ts'
import type { Codes } from '../methods/code/index.ts'
import type { RecoveryCodes } from '../methods/recovery-code/index.ts'
import type { Authenticators } from '../methods/totp/index.ts'
import type { MethodSettings } from '../policy/index.ts'
import type { Proof, Verification } from '../proof.ts'
import type { SecurityCheck } from '../security-check/index.ts'
import type { Sessions } from '../sessions/index.ts'
import type { Throttle } from '../throttle/index.ts'
import type { SignInLimits } from './limits.ts'
import type { SignInUser } from './sign-in.ts'

/** The organization's rules as far as signing in needs them. */
export interface SignInSettings {
  readonly methods: MethodSettings
  /** What any person here might use beside keys and codes: all that a page may show which must not tell who has an account. */
  readonly anybody: Pick<MethodSettings, 'password' | 'totp' | 'accessPass' | 'passwordEnrolsFirstKey'>
  readonly userVerification: 'required' | 'preferred'
  readonly session: { readonly idleMinutes: number; readonly absoluteHours: number }
}

/** What is written down about a sign-in; app.ts turns it into an audit event. */
export interface SignInEvent {
  readonly action: 'session.opened' | 'session.extended' | 'session.ended' | 'signin.refused' | 'code.sent' | 'code.refused' | 'recovery.code_used' | 'access_pass.used'
  readonly outcome: 'success' | 'failure' | 'denied'
  readonly organizationId: OrganizationId
  readonly user: { readonly id: UserId; readonly email: string }
  readonly application: { readonly id: ApplicationId; readonly name: string } | null
  readonly details: Readonly<Record<string, string | number | boolean | null>>
}

export interface Letter {
  readonly template: 'code' | 'codes-off' | 'recovery-used' | 'way-changed'
  readonly user: Pick<SignInUser, 'id' | 'organizationId' | 'email' | 'givenName' | 'locale'>
  readonly model: Readonly<Record<string, unknown>>
  readonly expiresAt: number
}

export interface SignInNeeds {
  readonly publicUrl: string
  readonly storage: Storage
  readonly clock: Clock
  readonly sessions: Sessions
  readonly codes: Codes
  readonly recoveryCodes: RecoveryCodes
  readonly passwords: {
    verify(user: Pick<SignInUser, 'id' | 'managedBy'>, password: string): Promise<'right' | 'wrong' | 'unavailable' | 'none'>
    pretend(password: string): Promise<void>
    isSpent(userId: UserId): Promise<boolean>
  }
  readonly authenticators: Pick<Authenticators, 'verify' | 'pretend'>
  readonly accessPasses: Pick<AccessPasses, 'find' | 'use'>
  readonly phones: Pick<Phones, 'approvals' | 'ask' | 'announce' | 'watch'> & { readonly store: Pick<Phones['store'], 'count'> }
  readonly securityCheck: SecurityCheck
  readonly throttle: Throttle
  readonly limits: SignInLimits
  /** Keyed hash for decoys: the same stranger's address gets the same answer every time. */
  readonly hash: (text: string) => string
  readonly passkeys: {
    beginAuthentication(options: { binding: string; userId: UserId | null; userVerification: 'required' | 'preferred' }): Promise<{ challengeId: string; options: unknown }>
    finishAuthentication(answer: { binding: SignInId; challengeId: string; response: string; expectedUser: UserId | null }): Promise<Verification>
  }
  readonly users: {
    find(id: UserId): Promise<SignInUser | undefined>
    findByEmail(email: string): Promise<SignInUser | undefined>
    /** @returns false where the person, or the key behind the proof, was shut out meanwhile */
    recordSignIn(tx: Transaction, user: SignInUser, proof: Proof): Promise<boolean>
  }
  readonly normaliseEmail: (text: string) => { readonly email: string; readonly key: string } | undefined
  readonly settingsOf: (organizationId: OrganizationId) => Promise<SignInSettings>
  /** With what the person's groups add: the only ones that say what this person may use. */
  readonly settingsFor: (user: Pick<SignInUser, 'id' | 'organizationId'>) => Promise<SignInSettings>
  /** Rules for pages that do not know an organization yet. */
  readonly defaultSettings: () => Promise<SignInSettings>
  readonly brandOf: (organizationId: OrganizationId) => Promise<Brand | undefined>
  /** What a page wears that knows no organization. */
  readonly defaultBrand: () => Brand
  readonly isSetUp: () => boolean
  readonly record: (tx: Transaction, ctx: Context, event: SignInEvent) => Promise<void>
  readonly mail: (tx: Transaction, letter: Letter) => Promise<void>
  readonly sms: (tx: Transaction, message: { user: SignInUser; phone: string; code: string; expiresAt: number }) => Promise<void>
  readonly signUpOffered: boolean
  readonly helpUrl: string | null
}
