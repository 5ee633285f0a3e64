import type { SecurityCheckView } from '../security-check/index.ts'
import type { WayLink } from './ways.ts'

export interface FormErrors { readonly [field: string]: string | null }

interface SignInPage {
  readonly id: string
  /** The application that waits, or null for our own panels. */
  readonly application: string | null
  readonly organization: string
  /** Locale key of what went wrong, shown above everything else. */
  readonly problem: string | null
}

export interface IdentifyPage extends SignInPage {
  readonly because: 'nobody' | 'other_person' | 'other_organization'
  /** Where to go without signing in; null where the application offers no way back. */
  readonly cancelHref: string | null
  readonly optionsUrl: string
  readonly passkeyAction: string
  readonly signUpOffered: boolean
  readonly phoneOffered: boolean
  /** False on a new server, where nobody can sign in yet. */
  readonly setUp: boolean
}

export interface ConfirmPage extends SignInPage {
  readonly because: 'too_old' | 'too_weak' | 'step_up'
  readonly cancelHref: string | null
  readonly name: string
  readonly email: string
  readonly optionsUrl: string
  readonly passkeyAction: string
  readonly hasKey: boolean
  readonly phoneOffered: boolean
  /** What else this person may confirm with. */
  readonly ways: readonly WayLink[]
  readonly recoveryOffered: boolean
}

export interface EmailPage extends SignInPage {
  readonly email: string
  readonly errors: FormErrors
  readonly hasErrors: boolean
  readonly optionsUrl: string
  readonly passkeyAction: string
  readonly securityCheck: SecurityCheckView
  /** Nobody here signs in without a key, so there is nothing to name an address for. */
  readonly keysOnly: boolean
  readonly recoveryOffered: boolean
}

export interface ChannelPage extends SignInPage {
  readonly mailDestination: string
  readonly smsDestination: string | null
  readonly smsOffered: boolean
  /** Why there is no SMS: nobody here gets one, or this person has no verified number. */
  readonly smsHintKey: string
  readonly mailOff: boolean
  /** False where this person has no channel at all: then there is nothing to press. */
  readonly sendable: boolean
  readonly channel: 'mail' | 'sms'
  readonly others: readonly WayLink[]
}

/** A password, the code of an app, or a pass: the address is known, one field is asked for. */
export interface WayPage extends SignInPage {
  readonly email: string
  /** Where another address can be named; null for somebody who confirms. */
  readonly changeHref: string | null
  readonly errors: FormErrors
  readonly hasErrors: boolean
  readonly others: readonly WayLink[]
}

export interface CodePage extends SignInPage {
  readonly destination: string
  readonly channel: 'mail' | 'sms'
  readonly expiresAt: number
  /** How long until another code may be asked for. */
  readonly resendSeconds: number
  readonly secondsLeft: number
  readonly errors: FormErrors
  readonly hasErrors: boolean
  readonly triesLeft: number | null
  readonly over: boolean
}

export interface PhonePage extends SignInPage {
  readonly email: string
  /** The person is known already, and only confirms. */
  readonly confirms: boolean
  readonly codeOffered: boolean
  readonly errors: FormErrors
  readonly hasErrors: boolean
  readonly others: readonly WayLink[]
}

export interface PhoneWaitPage extends SignInPage {
  readonly state: 'open' | 'scanned' | 'approved' | 'over'
  readonly kind: 'request' | 'code'
  readonly digits: string
  readonly secondsLeft: number
  readonly expiresAt: number
  /** Masked, where an address was named. */
  readonly destination: string | null
  /** The code of this moment; null where the phone need not show that it is near. */
  readonly picture: string | null
  /** For whoever cannot scan. */
  readonly manualCode: string
  readonly stateUrl: string
  readonly action: string
  /** Where another request is posted. */
  readonly again: string
  readonly email: string
  readonly others: readonly WayLink[]
}

export interface RecoveryPage extends SignInPage {
  readonly email: string
  readonly errors: FormErrors
  readonly hasErrors: boolean
  readonly securityCheck: SecurityCheckView
}

export interface RefusedPage {
  readonly application: string | null
  readonly reason: 'unmet_authentication_requirements' | 'expired'
  readonly again: string
}

declare module '../../http/views/model.ts' {
  interface Views {
    'signin/identify': IdentifyPage
    'signin/confirm': ConfirmPage
    'signin/email': EmailPage
    'signin/channel': ChannelPage
    'signin/code': CodePage
    'signin/password': WayPage
    'signin/totp': WayPage & { readonly afterPassword: boolean }
    'signin/access-pass': WayPage
    'signin/phone': PhonePage
    'signin/phone-wait': PhoneWaitPage
    'signin/recovery': RecoveryPage
    'signin/refused': RefusedPage
    /** `steps` are opened in frames; `next` is where the browser goes when they are done. */
    'signin/signed-out': { readonly steps: readonly { readonly name: string; readonly url: string }[]; readonly next: string | null }
  }
}
