import type { SecurityCheckView } from '../../authentication/security-check/index.ts'

type Errors = Readonly<Record<string, string | null>>

export interface SetupPage {
  readonly organization: string
  readonly givenName: string
  readonly familyName: string
  readonly email: string
  readonly errors: Errors
  readonly hasErrors: boolean
}

export interface FirstKeyPage {
  /** Which words fit: the first start, an invitation, a new start after a reset, signing up. */
  readonly occasion: 'setup' | 'invitation' | 'reset' | 'signup'
  readonly email: string
  readonly name: string
  readonly action: string
  readonly optionsUrl: string
  /** Where "Skip for now" posts; null when the person could not sign in without a key. */
  readonly skipAction: string | null
  readonly problem: string | null
  readonly existingName: string | null
}

export interface InvitationPage {
  readonly organization: string
  readonly email: string
  readonly note: string
  readonly expiresAt: number
  readonly purpose: 'invitation' | 'reset'
  readonly namesFixed: boolean
  readonly givenName: string
  readonly familyName: string
  readonly errors: Errors
  readonly hasErrors: boolean
}

export interface SignUpPage {
  readonly personal: boolean
  readonly organizations: boolean
}

export interface SignUpFormPage {
  readonly kind: 'personal' | 'work'
  readonly email: string
  readonly givenName: string
  readonly familyName: string
  readonly organization: string
  readonly errors: Errors
  readonly hasErrors: boolean
  readonly securityCheck: SecurityCheckView
  readonly terms: string | null
  readonly privacy: string | null
}

export interface SignUpCodePage {
  readonly destination: string
  readonly expiresAt: number
  /** How long until another code may be asked for. */
  readonly resendSeconds: number
  readonly secondsLeft: number
  readonly action: string
  readonly resendAction: string
  readonly startAgain: string
  readonly errors: Errors
  readonly hasErrors: boolean
  readonly triesLeft: number | null
  readonly over: boolean
}

declare module '../../http/views/model.ts' {
  interface Views {
    'welcome/setup': SetupPage
    'welcome/first-key': FirstKeyPage
    'welcome/invitation': InvitationPage
    'welcome/signup': SignUpPage
    'welcome/signup-form': SignUpFormPage
    'welcome/signup-code': SignUpCodePage
    'welcome/signup-closed': { readonly kind: 'personal' | 'work' }
  }
}
