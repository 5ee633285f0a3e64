export interface ConsentPage {
  readonly application: string
  readonly organization: string
  readonly name: string
  readonly email: string
  readonly action: string
  /** Locale keys of what is asked for. */
  readonly permissions: readonly string[]
}

declare module '../../http/views/model.ts' {
  interface Views {
    'oidc/consent': ConsentPage
    'oidc/no-access': { readonly application: string; readonly email: string; readonly action: string; readonly reference: string }
    'oidc/logout': { readonly application: string | null; readonly action: string; readonly xsrf: string }
  }
}
