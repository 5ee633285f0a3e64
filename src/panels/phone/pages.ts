/** A link or code that somebody opened, to put a key on a phone. */
export interface ActivationPage {
  /** Where approving and denying are posted: `/phone/activate/<token>`. */
  readonly action: string
  readonly organization: string
  readonly kind: 'business' | 'personal'
  /** Masked: whoever forwards a mail tells no more than they must. */
  readonly email: string
  readonly expiresAt: number
  readonly note: string
  /** The phone that carries the key now and would lose it; null for a first one. */
  readonly replaces: string | null
  /** Whether this looks like a phone; if not, the page shows the code to scan with one, and how to go on here all the same. */
  readonly onPhone: boolean
  /** Colours for the key's picture; the checked one is not another phone's yet. */
  readonly hues: readonly { readonly hue: number; readonly labelKey: string; readonly checked: boolean }[]
  /** Address of the code as a picture, and what it says as a link. */
  readonly picture: string
  readonly link: string
}

/** Somebody types the six digits that a page or mail shows. */
export interface ActivationCodePage {
  readonly email: string
  readonly errors: Readonly<Record<string, string | null>>
  readonly hasErrors: boolean
}

declare module '../../http/views/model.ts' {
  interface Views {
    /** The app itself: every screen as a template with its texts, filled by script. */
    'phone/app': {
      /** Whether somebody without an account may make one here. */
      readonly signUp: boolean
      readonly host: string
      readonly worker: string
      readonly actions: readonly { readonly action: string; readonly labelKey: string }[]
    }
    'phone/activation': ActivationPage
    'phone/activation-code': ActivationCodePage
  }
}
