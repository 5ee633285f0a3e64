declare module '../../http/views/model.ts' {
  interface Views {
    /** Stands in a frame of the sign-out page, where nobody reads it. */
    'saml/logged-out': { readonly application: string; readonly success: boolean }
  }
}
export {}
