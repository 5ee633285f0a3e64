/** Every page and the model it takes. Rooms add theirs by augmentation, so a page without a type does not compile. */
// An interface, not a type: only interfaces can be augmented.
export interface Views {
  error: ErrorPage
}

export interface ErrorPage {
  readonly titleText: string
  readonly text: string
  /** The request id; the same number stands in the log. */
  readonly reference: string
}

export interface NavItem {
  readonly href: string
  /** Locale key. */
  readonly label: string
  readonly icon: string
  readonly current: boolean
}

/** What every page knows besides its own model; reachable in templates and partials as `@page`. */
export interface PageContext {
  readonly locale: string
  readonly dir: 'ltr' | 'rtl'
  /** null follows the system. */
  readonly theme: 'light' | 'dark' | null
  readonly timeZone: string
  readonly organization: { readonly name: string; readonly logoUrl: string | null; readonly brandHref: string | null }
  readonly csrf: string
  readonly path: string
  readonly requestId: string
  readonly user: { readonly name: string; readonly email: string; readonly initials: string } | null
  readonly nav: readonly NavItem[]
  readonly navLabel: string | null
  readonly notice: { readonly kind: 'success' | 'warning'; readonly text: string } | null
  readonly banner: { readonly text: string; readonly href: string | null; readonly linkText: string | null } | null
  readonly locales: readonly { readonly tag: string; readonly name: string; readonly current: boolean }[]
  readonly faceSwitch: { readonly href: string; readonly labelKey: string } | null
  readonly links: { readonly help: string | null; readonly privacy: string | null; readonly terms: string | null }
}
